"""``rdns check --stack``, with the real CLI."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.harness import Project, declare, forward, ptr
from tests.servers.internet import Internet
from tests.servers.process import zone_text

from .conftest import Ran, run_command

TOKEN = "a-token-that-nobody-sees"
CONFIG: dict[str, object] = {
    "rdns:backend": "zonefile",
    "rdns:backends": {
        "zonefile": {"directory": "zones"},
        "forward": {"type": "zonefile", "directory": "forward"},
    },
}


@pytest.fixture(autouse=True, scope="module")
def cli() -> None:
    """Skip where there is no `pulumi`; fail where there must be one."""
    if shutil.which("pulumi") is None:
        reason = "pulumi is not on PATH; `make test` puts it there"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def rdns(project: Project, *arguments: str, **environ: str) -> Ran:
    """Run the command in the project's folder."""
    return run_command(*arguments, folder=project.folder, environ={**project.environ, **environ})


def write_zones(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "example.com.zone").write_text(zone_text("@ NS ns\nns A 192.0.2.53"))
    (folder / "db.192.0.2").write_text(zone_text("@ NS ns.example.com."))
    (folder / "8.b.d.0.1.0.0.2.ip6.arpa.zone").write_text(zone_text("@ NS ns.example.com."))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A stack with two hosts in zone files, as `pulumi up` has made it, and a secret."""
    project = Project(tmp_path_factory.mktemp("stack"), CONFIG)
    project.run("config", "set", "--path", "--secret", "rdns:backends.unused.apiToken", TOKEN)
    write_zones(project.folder / "zones")
    project.program(
        declare(
            "ForwardConfirmedHost",
            "mail",
            hostname="mail.example.com",
            addresses=["192.0.2.10", "2001:db8::10"],
        ),
        ptr("late", "192.0.2.12", "late.example.com", forward_check="skip"),
    )
    project.up()
    return project


def test_every_record_of_the_stack_is_checked_where_the_stack_says(project: Project) -> None:
    ran = rdns(project, "check", "--stack", "--json")
    assert sorted(ran.verdicts) == [
        ("192.0.2.10", "mail.example.com", "confirmed"),
        ("192.0.2.12", "late.example.com", "mismatch"),
        ("2001:db8::10", "mail.example.com", "confirmed"),
    ]
    asked = {row["asked"] for row in ran.rows}
    assert asked == {"mail-192.0.2.10", "mail-2001:db8::10", "late"}
    assert ran.code == 1
    late = next(row for row in ran.rows if row["asked"] == "late")
    assert late["detail"] == (
        "late.example.com does not resolve to it: zone example.com of backend zonefile has no A "
        "record for late.example.com"
    )


def test_the_forward_record_is_looked_for_at_its_own_instance(project: Project) -> None:
    before = (project.folder / "__main__.py").read_text()
    zone = zone_text("@ NS ns\nns A 192.0.2.53\nother A 192.0.2.13")
    (project.folder / "forward").mkdir()
    (project.folder / "forward" / "example.com.zone").write_text(zone)
    other = ptr("other", "192.0.2.13", "other.example.com", forward_backend="forward")
    project.program(before.partition("rdns\n")[2], other)
    project.up()
    ran = rdns(project, "check", "--stack", "--json")
    project.program(before.partition("rdns\n")[2])
    project.up()
    assert ("192.0.2.13", "other.example.com", "confirmed") in ran.verdicts


def test_the_doctor_takes_the_settings_and_zones_of_the_stack(project: Project) -> None:
    ran = rdns(project, "doctor", "192.0.2.10", "--json", "--stack", "dev")
    unused, zonefile = (
        [row for row in ran.rows if row["instance"] == name] for name in ("unused", "zonefile")
    )
    assert zonefile[0]["detail"] == "zones (from the stack's configuration)"
    (found,) = (row for row in zonefile if row["check"] == "address")
    assert "in the zone 2.0.192.in-addr.arpa" in found["detail"]
    assert [row["result"] for row in unused] == ["misconfigured"]
    assert (ran.code, TOKEN in ran.stdout + ran.stderr) == (2, False)


def test_a_record_that_is_gone_from_the_zone_is_a_mismatch(project: Project) -> None:
    file = project.folder / "zones" / "db.192.0.2"
    before = file.read_text()
    file.write_text("".join(line for line in before.splitlines(True) if "PTR" not in line))
    ran = rdns(project, "check", "--stack", "dev")
    file.write_text(before)
    assert ran.code == 1
    assert "its PTR could not" not in ran.stdout
    assert "it has no PTR record: backend zonefile has nothing" in ran.stdout


def test_what_a_refresh_has_learned_of_a_stranger_is_not_taken_for_ours(project: Project) -> None:
    file = project.folder / "zones" / "db.192.0.2"
    before = file.read_text()
    file.write_text(before.replace("mail.example.com.", "a.example.net.\n10 PTR b.example.net.", 1))
    project.refresh()
    ran = rdns(project, "check", "--stack", "--json")
    file.write_text(before)
    project.refresh()
    row = next(row for row in ran.rows if row["address"] == "192.0.2.10")
    assert (row["hostname"], row["verdict"]) == ("mail.example.com", "mismatch")
    assert "its PTR is a.example.net and b.example.net" in row["detail"]


def test_a_backend_that_has_lost_its_settings_is_unknown_for_its_records_alone(
    project: Project,
) -> None:
    before = project.config_file.read_text()
    project.configure({"rdns:backend": "zonefile", "rdns:resolvers": ["127.0.0.1:1"]})
    ran = rdns(project, "check", "198.51.100.1", "--stack", "dev", "--json")
    project.config_file.write_text(before)
    assert ran.code == 2
    mine = [row for row in ran.rows if row["asked"] != "198.51.100.1"]
    assert {row["verdict"] for row in mine} == {"unknown"}
    assert {row["address"] for row in mine} == {"192.0.2.10", "192.0.2.12", "2001:db8::10"}
    assert all("directory" in row["detail"] for row in mine)
    assert len(ran.rows) == 4


def test_a_ptr_that_is_an_alias_in_the_zone_is_a_finding(project: Project) -> None:
    file = project.folder / "zones" / "example.com.zone"
    before = file.read_text()
    file.write_text(f"{before}late CNAME real\nreal A 192.0.2.12\n")
    ran = rdns(project, "check", "--stack", "--json")
    file.write_text(before)
    late = next(row for row in ran.rows if row["asked"] == "late")
    assert late["verdict"] == "confirmed"
    assert "is a CNAME to real.example.com" in late["findings"][0]


def test_a_generated_name_and_a_cname_loop_in_the_zones_are_told(project: Project) -> None:
    zones = project.folder / "zones"
    before = {name: (zones / name).read_text() for name in ("example.com.zone", "db.192.0.2")}
    forward = f"{before['example.com.zone']}late CNAME real\nreal CNAME late\n"
    (zones / "example.com.zone").write_text(forward)
    reverse = before["db.192.0.2"].replace("late.example.com.", "192-0-2-12.example.com.")
    (zones / "db.192.0.2").write_text(reverse)
    ran = rdns(project, "check", "--stack", "--json")
    for name, text in before.items():
        (zones / name).write_text(text)
    late = next(row for row in ran.rows if row["asked"] == "late")
    loop = "late.example.com -> real.example.com -> late.example.com"
    assert late["detail"].endswith(f"zonefile has a CNAME loop: {loop}")
    assert [finding.split(": ")[1] for finding in late["findings"]] == [
        "it looks generated (it spells the address); set a PTR of your own"
    ]


def test_a_record_that_the_stack_only_reads_is_judged_by_its_address(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", CONFIG)
    zones = project.folder / "zones"
    write_zones(zones)
    for file, line in (
        ("example.com.zone", "seen A 192.0.2.20"),
        ("db.192.0.2", "20 PTR seen.example.com."),
    ):
        (zones / file).write_text(f"{(zones / file).read_text()}{line}\n")
    read = "id='zonefile/192.0.2.20'"
    project.program(
        declare("PtrRecord", "seen", opts=read, address="192.0.2.20", hostname="seen.example.com")
    )
    project.up()
    ran = rdns(project, "check", "--stack", "--json")
    assert ran.verdicts == [("192.0.2.20", "seen.example.com", "confirmed")]
    assert ran.code == 0


def test_a_given_resolver_means_the_dns(project: Project, internet: Internet) -> None:
    ran = rdns(project, "check", "--stack", "--resolver", internet.resolver, "--json")
    found = {row["address"]: row["verdict"] for row in ran.rows}
    assert found["192.0.2.10"] == "confirmed"
    assert found["192.0.2.12"] == "mismatch"


def test_other_names_are_looked_up_with_the_stacks_resolvers(
    project: Project, internet: Internet
) -> None:
    before = project.config_file.read_text()
    project.configure({**CONFIG, "rdns:resolvers": [internet.resolver]})
    ran = rdns(project, "check", "mail.example.com", "--stack", "dev", "--json")
    project.config_file.write_text(before)
    assert ("2001:db8::10", "mail.example.com", "confirmed") in ran.verdicts


def test_a_secret_of_the_configuration_is_not_shown(project: Project) -> None:
    for arguments in (["check", "--stack"], ["check", "--stack", "--json"], ["addresses"]):
        ran = rdns(project, *arguments)
        assert TOKEN not in ran.stdout + ran.stderr


def test_addresses_need_a_backend_with_a_list(project: Project) -> None:
    ran = rdns(project, "addresses")
    assert ran.code == 2
    assert ran.stderr == (
        "rdns: backend 'zonefile' keeps zones and has no list of addresses; name the backend of a "
        "hosting company\n"
    )


def test_addresses_are_listed_with_the_settings_of_the_stack(tmp_path: Path) -> None:
    memory = {"path": "records.json", "zones": ["example.com"]}
    project = Project(
        tmp_path / "project",
        {
            "rdns:backend": "memory",
            "rdns:backends": {"memory": memory},
            "rdns:forwardSource": "backend",
        },
    )
    records = {
        "192.0.2.10": {"ptr": ["mail.example.com."]},
        "192.0.2.11": {"ptr": ["www.example.com."]},
        "mail.example.com.": {"A": ["300", "192.0.2.10"]},
    }
    (project.folder / "records.json").write_text(json.dumps(records))
    ran = rdns(project, "addresses", "--json")
    assert ran.code == 0
    assert ran.verdicts == [
        ("192.0.2.10", "mail.example.com", "confirmed"),
        ("192.0.2.11", "www.example.com", "mismatch"),
    ]


def test_what_the_cli_refuses_is_one_sentence(project: Project, tmp_path: Path) -> None:
    elsewhere = run_command("check", "--stack", folder=tmp_path, environ=project.environ)
    missing = rdns(project, "check", "--stack", PATH="/nowhere")
    unknown = rdns(project, "check", "--stack", "prod")
    locked = rdns(project, "check", "--stack", PULUMI_CONFIG_PASSPHRASE="wrong")
    unselected = rdns(project, "check", "--stack", PULUMI_STACK="")
    said = {
        "no Pulumi.yaml here or in a folder above: this is not a Pulumi project": elsewhere,
        "pulumi is not on PATH; the stack is read through it": missing,
        "pulumi config --show-secrets --json: no stack named 'prod' found": unknown,
        "pulumi config --show-secrets --json: no stack selected; ": unselected,
    }
    for sentence, ran in said.items():
        assert ran.stderr.startswith(f"rdns: {sentence}")
    for ran in (*said.values(), locked):
        assert (ran.code, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)


def test_a_stack_without_records_is_nothing_to_check(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", CONFIG)
    ran = rdns(project, "check", "--stack")
    assert ran.code == 2
    assert ran.stderr == "rdns: the stack has no PtrRecord: there is nothing to check\n"


def test_a_mistake_in_the_configuration_is_named(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", {**CONFIG, "rdns:forwardSorce": "dns"})
    ran = rdns(project, "check", "--stack")
    assert ran.code == 2
    assert "rdns:forwardSorce: unknown key; did you mean forwardSource?" in ran.stderr
    assert TOKEN not in ran.stderr


def test_every_record_of_a_set_is_checked(tmp_path: Path) -> None:
    write_zones(tmp_path / "zones")
    project = Project(tmp_path, CONFIG)
    project.program(
        forward("mail", "mail.example.com", "192.0.2.20"),
        declare(
            "PtrRecordSet",
            "office",
            records={"192.0.2.20": "mail.example.com"},
            network="192.0.2.20/31",
            fill="{d}.example.com",
        ),
    )
    project.up()
    ran = rdns(project, "check", "--stack", "--json")
    assert sorted(ran.verdicts) == [
        ("192.0.2.20", "mail.example.com", "confirmed"),
        ("192.0.2.21", "21.example.com", "mismatch"),
    ]
    assert {row["asked"] for row in ran.rows} == {"office"}
