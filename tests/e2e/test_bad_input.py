"""What cannot be right is refused in clear sentences, all of one resource at once."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import MakeProject
from .harness import Project, Result, declare, forward, ptr
from .worlds import MemoryWorld, ZoneFileWorld

GOOD = {"address": "192.0.2.10", "hostname": "mail.example.com"}
LONG_LABEL = f"{'a' * 64}.example.com"
LONG_NAME = ".".join(["a" * 60] * 4 + ["example.com"])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ZoneFileWorld]:
    """Give zone files that are as before when the test ends."""
    world = ZoneFileWorld("zones", tmp_path / "project")
    files = world.texts()
    yield world
    assert world.texts() == files, "something was written"


@pytest.fixture
def project(world: ZoneFileWorld, make_project: MakeProject) -> Project:
    return make_project(config(world))


def config(world: ZoneFileWorld, **more: object) -> dict[str, Any]:
    return {
        "rdns:backend": world.instance,
        "rdns:backends": {world.instance: world.settings()},
        **{f"rdns:{key}": value for key, value in more.items()},
    }


def problems(result: Result) -> dict[str, str]:
    """Give the reason that the engine shows for each property."""
    found = re.findall(r"property (\w+) value \{.*\} has a problem: (.*)", result.text)
    assert "Traceback" not in result.text
    return dict(found)


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        (
            {"address": "ten", "hostname": "", "ttl": -1, "on_conflict": "perhaps"},
            {
                "address": "'ten' is not an IPv4 or IPv6 address",
                "hostname": "is empty",
                "ttl": "-1 is out of range",
                "onConflict": "'perhaps' is not one of fail, overwrite",
            },
        ),
        (
            {
                "address": "192.0.2.0/24",
                "hostname": "my host.example.com",
                "ttl": 1.5,
                "on_delete": "keep",
            },
            {
                "address": "is a network, not one IP address",
                "hostname": "has a space",
                "ttl": "whole number of seconds",
                "onDelete": "'keep' is not one of remove-written, remove, restore",
            },
        ),
        (
            {
                "address": "192.0.02.010",
                "hostname": "my_host.example.com",
                "ttl": 2**31,
                "forward_check": "maybe",
            },
            {
                "address": "leading zeros",
                "hostname": "underscore",
                "ttl": "2147483648 is out of range: 0 to 2147483647",
                "forwardCheck": "'maybe' is not one of verify, strict, warn, skip",
            },
        ),
        (
            {"address": "fe80::1%eth0", "hostname": LONG_LABEL, "forward_timeout": -1},
            {
                "address": "zone id",
                "hostname": "more than 63 characters",
                "forwardTimeout": "-1 is negative",
            },
        ),
        (
            {"address": "224.0.0.1", "hostname": LONG_NAME, "backend": "nowhere"},
            {
                "address": "multicast",
                "hostname": "longer than 253 characters",
                "backend": "backend 'nowhere': not configured",
            },
        ),
        (
            {"address": "0.0.0.0", "hostname": "192.0.2.10"},
            {"address": "unspecified", "hostname": "is an IP address, not a hostname"},
        ),
        (
            {"address": "::", "hostname": "mail"},
            {"address": "unspecified", "hostname": "is a single label"},
        ),
        (
            {"address": "ff02::1", "hostname": "*.example.com"},
            {"address": "multicast", "hostname": "wildcard"},
        ),
        (
            {"address": ["192.0.2.10"], "hostname": 3, "ttl": "300", "backend": ["zones"]},
            {
                "address": "must be an IP address as text, not a list",
                "hostname": "must be a hostname as text, not the number 3",
                "ttl": "whole number of seconds, not the text '300'",
                "backend": "must be the name of a backend, not a list",
            },
        ),
    ],
)
def test_all_findings_of_a_ptr_record_come_at_once(
    project: Project, given: dict[str, Any], reasons: dict[str, str]
) -> None:
    project.program(declare("PtrRecord", "wrong", **given))
    found = problems(project.preview(fails=True))
    assert found.keys() == reasons.keys()
    for name, reason in reasons.items():
        assert reason in found[name]
    project.up(fails=True)
    assert project.resources() == {}


def test_all_findings_of_a_forward_record_come_at_once(project: Project) -> None:
    project.program(
        forward("wrong", "my_host.example.com", "192.0.2.256", ttl=-5, on_conflict="maybe")
    )
    found = problems(project.up(fails=True))
    assert "underscore" in found["hostname"]
    assert "from 0 to 255" in found["address"]
    assert "-5 is out of range" in found["ttl"]
    assert "'maybe' is not one of fail, add, overwrite" in found["onConflict"]


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        ("[]", "is empty"),
        ('["192.0.2.10", "::ffff:192.0.2.10"]', "192.0.2.10 is there twice"),
        ('[pulumi.Output.from_input("192.0.2.10")]', "give a dict instead"),
    ],
)
def test_a_host_with_impossible_addresses_is_one_sentence(
    project: Project, addresses: str, reason: str
) -> None:
    project.program(
        f"rdns.ForwardConfirmedHost('h', hostname='mail.example.com', addresses={addresses})\n"
    )
    result = project.up(fails=True)
    assert reason in result.text
    assert "'h'" in result.text
    assert "Traceback" not in result.text


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"onConflict": "perhaps"}, "rdns:onConflict: 'perhaps' is not one of fail, overwrite"),
        ({"ttl": "soon"}, "rdns:ttl: "),
        ({"colour": "green"}, "rdns:colour: unknown key"),
    ],
)
def test_a_wrong_setting_of_the_stack_is_one_sentence(
    project: Project, world: ZoneFileWorld, more: dict[str, object], sentence: str
) -> None:
    project.configure(config(world, **more))
    project.program(declare("PtrRecord", "p", **GOOD))
    result = project.up(fails=True)
    assert sentence in result.text
    assert "Traceback" not in result.text


@pytest.mark.parametrize(
    ("instance", "sentences"),
    [
        ({"type": "zonefiles"}, ["rdns:backends.zones.type: 'zonefiles' is not a type of backend"]),
        ({"type": ["zonefile"]}, ["rdns:backends.zones.type: ['zonefile'] is not a type of"]),
        (
            {"type": "memory", "zones": ["a..b"], "networks": ["ten"]},
            ["rdns:backends.zones.networks[0]: 'ten' is not a network"],
        ),
        ({"type": "zonefile"}, ["rdns:backends.zones.directory: is missing; set it with: pulumi "]),
        (
            {"type": "zonefile", "folder": "zones", "lockTimeout": "long"},
            [
                "rdns:backends.zones.directory: is missing",
                "rdns:backends.zones.folder: unknown key",
                "rdns:backends.zones.lockTimeout: ",
            ],
        ),
    ],
)
def test_wrong_settings_of_a_backend_are_listed_together(
    project: Project, instance: dict[str, object], sentences: list[str]
) -> None:
    project.configure({"rdns:backend": "zones", "rdns:backends": {"zones": instance}})
    project.program(declare("PtrRecord", "p", **GOOD))
    result = project.up(fails=True)
    for sentence in sentences:
        assert sentence in result.text
    assert "Traceback" not in result.text


def test_no_chosen_backend_is_one_sentence(project: Project) -> None:
    project.configure({})
    project.program(declare("PtrRecord", "p", **GOOD))
    result = project.up(fails=True)
    assert "no backend is chosen" in result.text
    assert "pulumi config set rdns:backend" in result.text
    assert "Traceback" not in result.text


def test_a_record_without_a_zone_is_the_error_of_that_resource_alone(
    project: Project, world: ZoneFileWorld
) -> None:
    project.program(
        ptr("p", "203.0.113.9", "mail.example.com"), forward("f", "mail.example.org", "192.0.2.10")
    )
    errors = project.up("--continue-on-error", fails=True).errors
    assert len(errors) == 2
    for error, name in zip(errors, ["9.113.0.203.in-addr.arpa", "mail.example.org"], strict=True):
        assert error.startswith(f"ZoneNotFoundError: zones: find the zone of {name}: no zone here")
        assert "2.0.192.in-addr.arpa" in error


def test_rdns_debug_brings_the_traceback_back(project: Project) -> None:
    project.program(ptr("p", "203.0.113.9", "mail.example.com"))
    assert "Traceback" not in project.up(fails=True).text
    result = project.up(fails=True, environ={"RDNS_DEBUG": "1"})
    assert "Traceback" in result.text
    assert "ZoneNotFoundError" in result.text


def test_zone_and_ttl_are_refused_where_the_backend_has_none(make_project: MakeProject) -> None:
    vps = {"type": "hostinger", "apiToken": "not-a-real-token", "apiUrl": "http://127.0.0.1:9"}
    project = make_project({"rdns:backend": "vps", "rdns:backends": {"vps": vps}})
    project.program(declare("PtrRecord", "p", **GOOD, ttl=300, zone="2.0.192.in-addr.arpa"))
    found = problems(project.up(fails=True))
    assert found.keys() == {"ttl", "zone"}


def test_valid_but_unusual_stays_valid(tmp_path: Path, make_project: MakeProject) -> None:
    world = MemoryWorld("memory", tmp_path / "project")
    backends = {world.instance: world.settings()}
    project = make_project({"rdns:backend": world.instance, "rdns:backends": backends})
    project.program(
        ptr("idn", "192.0.2.1", "bücher.example", forward_check="skip"),
        ptr("mapped", "::ffff:192.0.2.2", "a.example.com"),
        ptr("long", "2001:0DB8:0000:0000:0000:0000:0000:0003", "B.EXAMPLE.COM."),
        ptr("private", "10.0.0.4", "c.example.com"),
        ptr("digit", "192.0.2.5", "5.example.com"),
        ptr("never", "192.0.2.6", "d.example.com", forward_timeout=0),
        forward("zero", "zero.example.com", "192.0.2.7", ttl=0),
    )
    project.up()
    live = {
        "192.0.2.1": ["xn--bcher-kva.example"],
        "192.0.2.2": ["a.example.com"],
        "2001:db8::3": ["b.example.com"],
        "10.0.0.4": ["c.example.com"],
        "192.0.2.5": ["5.example.com"],
        "192.0.2.6": ["d.example.com"],
    }
    assert {address: world.ptr(address) for address in live} == live
    assert world.forward("zero.example.com", "A") == ["192.0.2.7"]
    project.up("--expect-no-changes")


def test_a_lock_that_is_held_is_one_sentence(project: Project, world: ZoneFileWorld) -> None:
    settings = {**world.settings(), "lockTimeout": 0.3}
    project.configure({**config(world), "rdns:backends": {world.instance: settings}})
    project.program(declare("PtrRecord", "p", **GOOD))
    with (world.folder / ".rdns.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (error,) = project.up(fails=True).errors
    assert error.startswith("UnavailableError: zones: write 10.2.0.192.in-addr.arpa: ")
    assert "locked by another process" in error
    assert project.resources() == {}


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_is_one_sentence(project: Project, world: ZoneFileWorld) -> None:
    project.program(declare("PtrRecord", "p", **GOOD))
    world.folder.chmod(0o555)
    try:
        (error,) = project.up(fails=True).errors
    finally:
        world.folder.chmod(0o755)
    assert error.startswith("UnavailableError: zones: write 10.2.0.192.in-addr.arpa: ")


def test_a_file_that_does_not_parse_is_named_with_its_line_and_left_alone(
    project: Project, world: ZoneFileWorld
) -> None:
    file = world.files["2.0.192.in-addr.arpa"]
    before = file.read_bytes()
    file.write_bytes(before + b"\n10 IN PTR ( unclosed\n")
    project.program(declare("PtrRecord", "p", **GOOD))
    errors = project.up(fails=True).errors
    broken = file.read_bytes()
    file.write_bytes(before)
    assert broken == before + b"\n10 IN PTR ( unclosed\n"
    assert len(errors) == 1
    line = before.count(b"\n") + 2
    assert re.search(rf"{re.escape(file.name)}\D+{line}\b", errors[0])
