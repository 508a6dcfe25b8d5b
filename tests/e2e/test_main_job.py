"""`pulumi up` on real zone files: what a user sees, and what is in the files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from .conftest import MakeProject
from .harness import Project, Result, declare, forward, ptr
from .moved_resources import COMPUTED
from .worlds import ZoneFileWorld

REPOSITORY = Path(__file__).parents[2]
MAIL, WEB = "mail.example.com", "web.example.com"
V4, V6, SECOND = "192.0.2.10", "2001:db8::10", "192.0.2.11"
HOST = declare("ForwardConfirmedHost", "mail", hostname=MAIL, addresses=[V4, V6])


@pytest.fixture
def world(tmp_path: Path) -> ZoneFileWorld:
    return ZoneFileWorld("zones", tmp_path / "project")


@pytest.fixture
def project(world: ZoneFileWorld, make_project: MakeProject) -> Project:
    return make_project(config(world))


def config(world: ZoneFileWorld) -> dict[str, object]:
    return {"rdns:backend": world.instance, "rdns:backends": {world.instance: world.settings()}}


def without_serials(world: ZoneFileWorld) -> dict[str, bytes]:
    """Give the files, with the serial of each SOA record blanked out."""
    serial = re.compile(rb"(SOA\s+\S+\s+\S+\s*\(?\s*)\d+")
    return {zone: serial.sub(rb"\1-", text, count=1) for zone, text in world.texts().items()}


def order(result: Result, *events: str) -> list[int]:
    """Give where each event stands in what the command printed."""
    lines = result.stdout.splitlines()
    found = []
    for event in events:
        at = [n for n, line in enumerate(lines) if re.search(event, line)]
        assert at, f"{event!r} is not in:\n{result.stdout}"
        found.append(at[0])
    return found


def test_up_creates_forward_records_before_ptrs_and_prints_the_outputs(
    project: Project, world: ZoneFileWorld
) -> None:
    project.program(
        f"host = {HOST}",
        "pulumi.export('reverseNames', host.reverse_names)\n",
        "pulumi.export('forwardConfirmed', host.forward_confirmed)\n",
    )
    result = project.up()
    for address in (V4, V6):
        name = f"mail-{re.escape(address)}"
        before, after = order(result, f"ForwardRecord {name} created", f"PtrRecord {name} creating")
        assert before < after
    assert re.search(r'192\.0\.2\.10\s*: "10\.2\.0\.192\.in-addr\.arpa"', result.stdout)
    assert project.outputs()["forwardConfirmed"] == {V4: True, V6: True}
    assert world.forward(MAIL, "A") == [V4]
    assert world.forward(MAIL, "AAAA") == [V6]
    assert world.ptr(V4) == world.ptr(V6) == [MAIL]
    world.verify()
    # The list of all records that the program hands over is for the run alone.
    assert "__declared" not in project.state_text()


def test_a_second_up_changes_nothing_also_in_another_spelling(
    project: Project, world: ZoneFileWorld
) -> None:
    project.program(HOST, ptr("second", SECOND, WEB, forward_check="skip"))
    project.up()
    files = world.texts()
    project.up("--expect-no-changes")
    shouted = declare(
        "ForwardConfirmedHost",
        "mail",
        hostname="Mail.EXAMPLE.com.",
        addresses=["2001:0DB8:0:0::0010", "::ffff:192.0.2.10"],
    )
    again = ptr("second", "::FFFF:c000:20b", "WEB.example.com.", forward_check="skip")
    project.program(shouted, again)
    project.up("--expect-no-changes")
    assert world.texts() == files


def test_preview_writes_nothing(project: Project, world: ZoneFileWorld) -> None:
    files = world.texts()
    project.program(HOST)
    project.preview()
    assert world.texts() == files
    assert sorted(path.name for path in world.folder.iterdir()) == sorted(
        file.name for file in world.files.values()
    )


def test_preview_with_diff_shows_the_old_and_the_new_hostname(
    project: Project, world: ZoneFileWorld
) -> None:
    project.program(ptr("p", V4, MAIL))
    project.up()
    files = world.texts()
    project.program(ptr("p", V4, WEB))
    result = project.preview("--diff")
    assert f'hostname: "{MAIL}" => "{WEB}"' in result.stdout
    assert world.texts() == files


def test_a_hostname_and_a_ttl_change_in_place(project: Project, world: ZoneFileWorld) -> None:
    project.program(ptr("p", V4, MAIL), forward("f", MAIL, V4))
    project.up()
    assert world.ttl(V4) == 3600
    project.program(ptr("p", V4, WEB, forward_check="skip"), forward("f", MAIL, V4, ttl=300))
    result = project.up()
    assert "2 updated" in result.stdout
    assert "replaced" not in result.stdout
    assert world.ptr(V4) == [WEB]
    project.program(ptr("p", V4, WEB, forward_check="skip", ttl=300), forward("f", MAIL, V4))
    result = project.up()
    assert "2 updated" in result.stdout
    assert world.ttl(V4) == 300
    world.verify()


def test_another_address_replaces_the_record_and_the_old_ptr_is_gone(
    project: Project, world: ZoneFileWorld
) -> None:
    project.program(ptr("p", V4, MAIL))
    project.up()
    project.program(ptr("p", SECOND, MAIL))
    assert "replaced" in project.up().stdout
    assert world.ptr(V4) == []
    assert world.ptr(SECOND) == [MAIL]
    resource = project.resources()["p"]
    assert resource.id == f"zones/{SECOND}"


def test_a_policy_alone_changes_without_any_look_at_the_files(
    project: Project, world: ZoneFileWorld
) -> None:
    project.program(ptr("p", V4, MAIL), forward("f", MAIL, V4))
    project.up()
    policies = {"on_conflict": "overwrite", "on_delete": "restore", "forward_check": "strict"}
    project.program(
        ptr("p", V4, MAIL, **policies, forward_timeout=5), forward("f", MAIL, V4, on_conflict="add")
    )
    with world.offline():
        assert "2 updated" in project.up().stdout
        project.up("--expect-no-changes")


def test_an_edit_by_hand_is_shown_by_refresh_and_repaired_by_up(
    project: Project, world: ZoneFileWorld
) -> None:
    project.program(ptr("p", V4, MAIL, ttl=3600))
    project.up()
    world.set_ptr(V4, [WEB])
    shown = project.preview("--refresh", "--diff").stdout
    assert f'hostname: "{WEB}" => "{MAIL}"' in shown
    assert world.ptr(V4) == [WEB]
    refreshed = project.refresh("--diff").stdout
    assert re.search(rf'hostname\s*: "{MAIL}" => "{WEB}"', refreshed)
    project.up()
    assert world.ptr(V4) == [MAIL]
    assert world.ttl(V4) == 3600
    project.up("--refresh", "--expect-no-changes")


def test_a_record_deleted_by_hand_is_created_again(project: Project, world: ZoneFileWorld) -> None:
    project.program(HOST)
    project.up()
    world.set_ptr(V4, [])
    world.set_forward(MAIL, "AAAA", [])
    assert "2 created" in project.up("--refresh").stdout
    assert world.ptr(V4) == [MAIL]
    assert world.forward(MAIL, "AAAA") == [V6]


def test_a_ptr_that_is_right_already_is_adopted_with_a_warning_and_no_write(
    project: Project, world: ZoneFileWorld
) -> None:
    world.set_ptr(V4, [MAIL])
    world.set_forward(MAIL, "A", [V4])
    files = world.texts()
    project.program(ptr("p", V4, MAIL), forward("f", MAIL, V4))
    result = project.up()
    assert f"warning: the PTR of {V4} was {MAIL} already" in result.text
    assert "destroy will leave it" in result.text
    assert world.texts() == files
    assert project.resources()["p"].outputs["adopted"] is True
    assert f"the PTR of {V4}, {MAIL}, was there before this resource" in project.destroy().text
    assert world.texts() == files
    project.program(ptr("p", V4, MAIL, on_delete="remove"), forward("f", MAIL, V4))
    project.up()
    project.destroy()
    assert (world.ptr(V4), world.forward(MAIL, "A")) == ([], [V4])


def test_forward_orders_creation_and_destruction(project: Project, world: ZoneFileWorld) -> None:
    project.program(
        f"record = {forward('f', WEB, V4)}",
        "rdns.PtrRecord('p', forward=record)\n",
    )
    result = project.up()
    before, after = order(result, "ForwardRecord f created", "PtrRecord p creating")
    assert before < after
    assert world.ptr(V4) == [WEB]
    result = project.destroy()
    before, after = order(result, "PtrRecord p deleted", "ForwardRecord f deleting")
    assert before < after


def test_forward_accepts_a_resource_of_another_provider(
    project: Project, world: ZoneFileWorld
) -> None:
    project.program(
        COMPUTED,
        "records = [Computed('one', 'x'), Computed('two', 'y')]\n",
        f"rdns.PtrRecord('p', address={V4!r}, hostname={MAIL!r}, forward=records,\n",
        "               forward_check='skip')\n",
    )
    result = project.up()
    one, two, after = order(
        result, "Resource one created", "Resource two created", "PtrRecord p creating"
    )
    assert max(one, two) < after
    result = project.destroy()
    before, one, two = order(
        result, "PtrRecord p deleted", "Resource one deleting", "Resource two deleting"
    )
    assert before < min(one, two)


def test_destroy_leaves_the_files_byte_for_byte_as_before_but_for_the_serial(
    project: Project, world: ZoneFileWorld
) -> None:
    before = without_serials(world)
    serial = world.serial("2.0.192.in-addr.arpa")
    project.program(HOST, ptr("p", SECOND, WEB, ttl=60))
    project.up()
    assert world.serial("2.0.192.in-addr.arpa") > serial
    assert without_serials(world) != before
    project.destroy()
    assert without_serials(world) == before
    untouched = "0/25.2.0.192.in-addr.arpa"
    assert world.serial(untouched) == serial
    world.verify()


def test_a_hostname_that_does_not_resolve_back_is_refused_and_nothing_is_written(
    project: Project, world: ZoneFileWorld
) -> None:
    files = world.texts()
    project.program(ptr("p", V4, MAIL, forward_check="verify", forward_timeout=1))
    (error,) = project.up(fails=True).errors
    assert error.startswith(f"ForwardMismatchError: forward check: {MAIL} does not resolve to {V4}")
    assert world.texts() == files


def test_two_stacks_keep_to_their_own_records(
    project: Project, world: ZoneFileWorld, tmp_path: Path
) -> None:
    home = project.folder / ".home"
    other = Project(project.folder, config(world), home=home, stack="prod")
    program = """\
        prod = pulumi.get_stack() == "prod"
        host = rdns.ForwardConfirmedHost(
            "mail",
            hostname="web.example.com" if prod else "mail.example.com",
            addresses=["192.0.2.11" if prod else "192.0.2.10"],
        )
        """
    project.program(program)
    project.up()
    other.up()
    project.up("--expect-no-changes", "--refresh")
    assert (world.ptr(V4), world.ptr(SECOND)) == ([MAIL], [WEB])
    project.destroy()
    assert (world.ptr(V4), world.ptr(SECOND)) == ([], [WEB])
    other.up("--expect-no-changes", "--refresh")


def test_the_wheel_works_in_another_project(tmp_path: Path, world: ZoneFileWorld) -> None:
    wheels = tmp_path / "wheels"
    _python(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", wheels, REPOSITORY)
    (wheel,) = wheels.glob("*.whl")
    environment = tmp_path / "environment"
    _python(sys.executable, "-m", "venv", "--without-pip", environment)
    python = environment / "bin" / "python"
    # The dependencies come from where the tests run; an editable install there does not count.
    libraries = Path(sysconfig.get_path("purelib"))
    site = next((environment / "lib").glob("python3*/site-packages"))
    (site / "libraries.pth").write_text(f"{libraries}\n")
    _python(
        python, "-m", "pip", "install", "--no-deps", "--no-index", "--ignore-installed", "-q", wheel
    )

    project = Project(tmp_path / "project", config(world))
    project.environ["PATH"] = os.pathsep.join([str(python.parent), project.environ["PATH"]])
    project.environ.pop("PYTHONPATH", None)
    project.program(
        """\
        record = rdns.ForwardRecord("mail", hostname="mail.example.com", address="192.0.2.10")
        reverse = rdns.PtrRecord("mail", forward=record)

        pulumi.export("reverse", reverse.reverse_name)
        pulumi.export("confirmed", reverse.forward_confirmed)
        pulumi.export("package", rdns.__file__)
        """
    )
    project.up()
    assert world.ptr(V4) == [MAIL]
    outputs = project.outputs()
    assert outputs["confirmed"] is True
    assert Path(outputs["package"]).is_relative_to(site)


def _python(*command: str | Path) -> None:
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    result = subprocess.run(
        [str(part) for part in command],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
