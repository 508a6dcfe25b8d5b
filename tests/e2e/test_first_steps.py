"""What costs a newcomer time is one sentence that says what to do: on zone files and at BIND."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.resolve.conftest import internet as internet
from tests.servers.dynamic import NARROW
from tests.servers.internet import Internet

from .conftest import MakeProject
from .harness import Project, declare, ptr
from .served_worlds import BindWorld
from .worlds import MemoryWorld, World, ZoneFileWorld

NAME, OTHER = "mail.example.com", "web.example.com"


@pytest.fixture(params=["zone files", "bind"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "zone files":
        yield ZoneFileWorld("main", tmp_path / "project")
    else:
        with BindWorld.running("main", tmp_path / "servers") as world:
            yield world


@pytest.fixture
def project(world: World, make_project: MakeProject) -> Project:
    return make_project(config(world))


def config(world: World, **more: object) -> dict[str, object]:
    return {
        "rdns:backend": world.instance,
        "rdns:backends": {world.instance: world.settings()},
        "rdns:forwardCheck": "skip",
        **more,
    }


# A stack file

HOSTS = """\
file = f"Pulumi.{pulumi.get_stack()}.yaml"
for host in rdns.read_hosts(pulumi.Config().get("hosts"), file):
    rdns.ForwardConfirmedHost(host.hostname, **host.options())
"""


def test_all_mistakes_of_a_stack_file_are_told_in_one_run(project: Project, world: World) -> None:
    x, y, *_ = world.addresses
    hosts: list[dict[str, object]] = [
        {"hostname": "a.example.com", "addresses": [x]},
        {"hostname": NAME, "addresses": [x, "192.0.2.300"], "on_conflict": "overwrite"},
        {"hostname": OTHER, "addresses": [y], "ttl": -1, "onDelete": "keep"},
    ]
    project.program(HOSTS)
    project.configure(config(world, **{"probe:hosts": hosts, "rdns:colour": "green"}))
    lines = project.config_file.read_text().splitlines()
    at = [number for number, line in enumerate(lines, 1) if line.startswith("  - addresses:")]
    for command in (project.preview, project.up):
        text = command(fails=True).text
        assert "Traceback" not in text
        for sentence in (
            "rdns:colour: unknown key",
            f"Pulumi.dev.yaml, line {at[1]}, {NAME}:",
            "  on_conflict: unknown key; did you mean onConflict?",
            "  addresses[1]: '192.0.2.300' is not an IPv4 or IPv6 address",
            f"  addresses[0]: {x} is an address of a.example.com (line {at[0]}) already",
            f"Pulumi.dev.yaml, line {at[2]}, {OTHER}:",
            "  ttl: -1 is out of range",
            "  onDelete: 'keep' is not one of ",
        ):
            assert sentence in text
    assert project.resources() == {}
    assert world.ptr(x) == []


def test_a_new_environment_as_the_readme_makes_it_leaves_the_first_ones_records(
    project: Project, world: World
) -> None:
    x, y, *_ = world.addresses
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    recipe = re.findall(r"^pulumi (stack init office .*|config rm .*)$", readme, re.MULTILINE)
    assert len(recipe) == 2
    project.program(HOSTS)
    project.configure(config(world, **{"probe:hosts": [{"hostname": NAME, "addresses": [x]}]}))
    project.up()
    for command in recipe:
        project.run(*shlex.split(command))
    office = Project(project.folder, home=project.folder / ".home", stack="office")
    missing = "Pulumi.office.yaml: probe:hosts: is missing; list the stack's hosts there"
    assert missing in office.up(fails=True).text
    office.configure(config(world, **{"probe:hosts": [{"hostname": OTHER, "addresses": [y]}]}))
    office.up()
    assert world.ptrs([x, y]) == {x: [NAME], y: [OTHER]}
    office.destroy()
    assert world.ptrs([x, y]) == {x: [NAME], y: []}
    assert world.forward(NAME, "A") == [x]
    project.up("--expect-no-changes", "--refresh")


# A program


@pytest.mark.parametrize(
    ("second", "key", "sentence"),
    [
        (
            "rdns.PtrRecord('second', address=f'{first.address}', hostname='b.example.com')\n",
            "address",
            "pass the Output itself, or pulumi.Output.format(",
        ),
        (
            "rdns.PtrRecord('second', address='{y}', hostname=f'{first.hostname}')\n",
            "hostname",
            "or what output.apply(...) returns",
        ),
        (
            "rdns.PtrRecordSet('second', records={f'{first.address}': 'b.example.com'})\n",
            "records",
            "give the whole dict as one Output: output.apply(lambda known: {known: ",
        ),
    ],
)
def test_an_output_in_an_f_string_is_told_with_what_to_do(
    project: Project, world: World, second: str, key: str, sentence: str
) -> None:
    x, y, *_ = world.addresses
    project.program(f"first = {ptr('first', x, NAME)}", second.replace("{y}", y))
    text = project.preview(fails=True).text
    assert f"{key}: 'second': " in text
    assert sentence in text
    assert "Traceback" not in text


def test_what_is_told_to_do_in_the_place_of_an_f_string_is_done(
    project: Project, world: World
) -> None:
    x, y, *_ = world.addresses
    project.program(
        f"first = {ptr('first', x, NAME)}",
        "b = pulumi.Output.format('{0}.example.com', first.hostname.apply(lambda _: 'b'))\n",
        f"many = first.address.apply(lambda known: {{{y!r}: 'c.example.com'}})\n",
        "rdns.PtrRecordSet('second', records=many)\n",
        f"rdns.ForwardRecord('third', hostname=b, address={x!r})\n",
    )
    project.up()
    assert world.ptrs([x, y]) == {x: [NAME], y: ["c.example.com"]}
    assert world.forward("b.example.com", "A") == [x]


def test_an_import_is_one_sentence_and_an_up_without_it_adopts(
    project: Project, world: World
) -> None:
    x = world.addresses[0]
    world.set_ptr(x, [NAME])
    project.program(ptr("mail", x, NAME, opts=f"import_='main/{x}'"))
    for command in (project.preview, project.up):
        text = command(fails=True).text
        assert "import_: 'mail': remove it: `pulumi up` adopts the record" in text
        assert "Traceback" not in text
    project.program(ptr("mail", x, NAME))
    project.up()
    assert project.resources()["mail"].outputs["adopted"] is True
    assert world.ptr(x) == [NAME]


def test_all_findings_of_a_set_are_one_message(project: Project, world: World) -> None:
    x, y, z, *_ = world.addresses
    records = {x: "my host.example.com", y: None, z: "d_e.example.com", "ten": "a.example.com"}
    project.program(declare("PtrRecordSet", "office", records=records))
    text = project.up(fails=True).text
    for finding in (
        f"records: {x}: 'my host.example.com' has a space",
        f"records: {y}: must be a hostname as text, not nothing",
        f"records: {z}: 'd_e.example.com' has an underscore",
        "records: 'ten' is not an IPv4 or IPv6 address",
    ):
        assert finding in text
    assert "Traceback" not in text
    assert world.ptrs([x, y, z]) == {x: [], y: [], z: []}


def test_an_output_without_a_value_is_not_in_stack_output_as_the_docs_say(
    tmp_path: Path, make_project: MakeProject
) -> None:
    world = MemoryWorld("main", tmp_path / "project")
    project = make_project(config(world))
    project.program(
        f"mail = {ptr('mail', world.addresses[0], NAME)}",
        "pulumi.export('zone', mail.zone)\n",
        "pulumi.export('in_a_map', {'zone': mail.zone})\n",
        "pulumi.export('said', mail.zone.apply(lambda zone: zone or 'none'))\n",
    )
    project.up()
    shown = project.run("stack", "output", "--json", "--stack", project.stack).json()
    assert shown == {"in_a_map": {"zone": None}, "said": "none"}


# A zone of one's own


def test_the_first_up_against_a_zone_of_ones_own_names_the_settings_for_it(
    make_project: MakeProject, internet: Internet, tmp_path: Path
) -> None:
    """The public DNS has the domain, and not the name; the server on the inside has both."""
    with BindWorld.running("main", tmp_path / "servers") as world:
        x = world.addresses[0]
        inside = {**config(world), "rdns:resolvers": [internet.resolver]}
        verify = {**inside, "rdns:forwardCheck": "verify", "rdns:forwardTimeout": 0}
        project = make_project(verify)
        host = declare("ForwardConfirmedHost", "h", hostname="fresh.example.com", addresses=[x])
        project.program(host)
        (error,) = project.up(fails=True).errors
        assert (
            "ns1.example.com and ns2.example.com answered NXDOMAIN for fresh.example.com" in error
        )
        assert error.endswith(
            ". The public DNS does not know fresh.example.com: where it is in a zone of your own, "
            "set rdns:forwardSource to backend, or rdns:nameservers to servers that have it"
        )
        assert world.ptr(x) == []
        # For an address that is not global, which is most of them, it is a warning.
        project.configure({**inside, "rdns:forwardCheck": "warn"})
        told = project.up().text
        assert "The public DNS does not know fresh.example.com: where it is in a zone of" in told
        assert world.ptr(x) == ["fresh.example.com"]
        # What it names.
        nameservers = [f"{world.server.address}:{world.server.port}"]
        for setting in ({"rdns:forwardSource": "backend"}, {"rdns:nameservers": nameservers}):
            project.program("")
            project.up()
            assert world.ptr(x) == []
            project.configure({**verify, **setting})
            project.program(host)
            assert "warning" not in project.up().text
            assert world.ptr(x) == ["fresh.example.com"]


# A key that was changed since the last update


def test_a_key_that_was_changed_since_the_last_update_is_told_in_refresh_and_destroy(
    make_project: MakeProject, tmp_path: Path
) -> None:
    with BindWorld.running("main", tmp_path / "servers") as world:
        x, y, *_ = world.addresses
        old, new = NARROW.secret, str(world.settings()["keySecret"])

        def with_key(secret: str) -> dict[str, Any]:
            return config(
                world, **{"rdns:backends": {"main": {**world.settings(), "keySecret": secret}}}
            )

        project = make_project(with_key(old))
        program = [ptr("mail", x, NAME), declare("PtrRecordSet", "set", records={y: OTHER})]
        project.program(*program)
        variable = {"RDNS_MAIN_KEYSECRET": new}
        project.up(environ=variable)
        unchanged = project.refresh(fails=True)
        assert "BADSIG" in unchanged.text
        assert "was changed since" not in unchanged.text
        project.configure(with_key(new))
        sentence = (
            "`pulumi refresh` and `pulumi destroy` use the configuration of the last update, and "
            "rdns:backends.main.keySecret was changed since: run `pulumi up` first, or set "
            "RDNS_MAIN_KEYSECRET to what is configured now"
        )
        for command in (project.refresh, project.destroy):
            told = command(fails=True)
            assert "BADSIG" in told.text
            assert sentence in told.text
            assert "Traceback" not in told.text
            assert old not in told.text
            assert new not in told.text
        assert world.ptrs([x, y]) == {x: [NAME], y: [OTHER]}
        # The other way that the sentence names, then the first one.
        project.refresh(environ=variable)
        project.up("--expect-no-changes")
        project.destroy()
        assert world.ptrs([x, y]) == {x: [], y: []}
