"""What ``rdns doctor`` says of the zones and addresses of an instance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import dns.name
import pytest

from pulumi_rdns.backends.base import ListedZone, OwnedAddress, warn
from pulumi_rdns.backends.memory import MemoryBackend
from pulumi_rdns.cli import doctor_instance
from pulumi_rdns.errors import ConfigError, UnavailableError
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.resolve.delegation import DelegationAnswer
from pulumi_rdns.resolve.verdicts import Status
from tests.servers.internet import Internet

from .conftest import Rdns
from .doctoring import MEMORY, NOBODY, REVERSE, TOKEN, failing, rows, zone_file
from .stacks import enter_stack, ptr_resource

pytestmark = pytest.mark.usefixtures("nothing_set_up")


# Zones, and whether they are delegated


@pytest.fixture
def files(tmp_path: Path, internet: Internet, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack with a folder of zone files, in the small Internet."""
    config = {
        "rdns:backends": {"zonefile": {"directory": "zones"}},
        "rdns:resolvers": [internet.resolver],
    }
    (tmp_path / "zones").mkdir()
    enter_stack(tmp_path, monkeypatch, config)
    return tmp_path / "zones"


def test_a_zone_is_delegated_to_the_servers_that_it_names(rdns: Rdns, files: Path) -> None:
    zone_file(files, REVERSE, "@ NS ns1.example.com.", "@ NS ns2.example.com.")
    ran = rdns("doctor", "--json")
    assert rows(ran, "writable zones") == [("", "ok", f"1 zone: {REVERSE}")]
    detail = "delegated to ns1.example.com, ns2.example.com, which serve it"
    assert rows(ran, "delegation") == [(REVERSE, "ok", detail)]
    assert ran.code == 0


def test_a_zone_that_is_delegated_elsewhere_is_told(rdns: Rdns, files: Path) -> None:
    zone_file(files, REVERSE, "@ NS ns1.other.example.")
    ran = rdns("doctor", "--json")
    assert rows(ran, "delegation") == [
        (
            REVERSE,
            "failed",
            "delegated to ns1.example.com, ns2.example.com, but the zone itself names "
            "ns1.other.example",
        )
    ]
    assert ran.code == 1


def test_a_zone_that_is_not_delegated_is_told(rdns: Rdns, files: Path) -> None:
    zone_file(files, "3.0.192.in-addr.arpa", "@ NS ns1.example.com.")
    ((_, result, detail),) = rows(rdns("doctor", "--json"), "delegation")
    assert result == "failed"
    assert detail.startswith("the public DNS does not delegate it: ")


def test_a_zone_without_ns_records_cannot_be_judged(rdns: Rdns, files: Path) -> None:
    zone_file(files, REVERSE, "10 PTR mail.example.com.")
    ((_, result, detail),) = rows(rdns("doctor", "--json"), "delegation")
    assert result == "unknown"
    assert detail.endswith("the backend does not say which name servers the zone has")


def test_a_private_zone_needs_no_delegation(rdns: Rdns, files: Path) -> None:
    zone_file(files, "10.in-addr.arpa", "@ NS ns1.example.com.")
    ran = rdns("doctor", "--json")
    ((_, result, detail),) = rows(ran, "delegation")
    assert (result, ran.code) == ("info", 0)
    assert detail.startswith("a private zone")


def test_servers_that_a_setting_names_are_an_inner_view(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone_file(tmp_path / "zones", REVERSE, "@ NS ns1.example.com.")
    config = {
        "rdns:backends": {"zonefile": {"directory": "zones"}},
        "rdns:nameservers": ["192.0.2.53"],
    }
    enter_stack(tmp_path, monkeypatch, config)
    ((_, result, detail),) = rows(rdns("doctor", "--json"), "delegation")
    assert (result, detail.partition(":")[0]) == ("info", "not looked up")


def test_a_file_that_cannot_be_written_is_told(rdns: Rdns, files: Path) -> None:
    zone_file(files, REVERSE, "@ NS ns1.example.com.", "@ NS ns2.example.com.")
    (files / f"{REVERSE}.zone.jnl").write_text("")
    ran = rdns("doctor", "--json")
    ((subject, result, detail),) = rows(ran, "zone")
    assert (subject, result) == (REVERSE, "failed")
    assert "has a journal" in detail
    assert rows(ran, "writable zones") == [("", "ok", "no zone")]
    assert rows(rdns("doctor", REVERSE, "--json"), "zone") == [(subject, result, detail)]


def test_of_very_many_zones_the_first_are_looked_at(
    rdns: Rdns, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_instance, "MAX_ZONES", 1)
    for number in (1, 2, 3):
        zone_file(files, f"{number}.10.in-addr.arpa", "@ NS ns1.example.com.")
    found = rows(rdns("doctor", "--json"), "delegation")
    assert [subject for subject, _, _ in found] == ["", "1.10.in-addr.arpa"]
    assert found[0][2] == "only the first 1 of 3 reverse zones were looked at"


def test_a_folder_without_a_zone_does_not_work(rdns: Rdns, files: Path) -> None:
    ran = rdns("doctor", "--json")
    none = "none found: there are none, or the login may not see them"
    assert rows(ran, "writable zones") == [("", "failed", none)]
    assert ran.code == 1


# A single address or zone


def test_an_address_is_followed_to_its_zone(rdns: Rdns, files: Path) -> None:
    lines = ("@ NS ns1.example.com.", "@ NS ns2.example.com.", "200 PTR upper.example.com.")
    zone_file(files, REVERSE, *lines)
    ran = rdns("doctor", "192.0.2.200", "--json")
    assert rows(ran, "address") == [
        (
            "192.0.2.200",
            "ok",
            f"its PTR is kept in the zone {REVERSE}, as 200.{REVERSE}: upper.example.com",
        )
    ]
    assert [result for _, result, _ in rows(ran, "delegation")] == ["ok"]
    assert ran.code == 0


def test_a_zone_is_looked_at_by_itself(rdns: Rdns, files: Path) -> None:
    zone_file(files, REVERSE, "@ NS ns1.example.com.", "@ NS ns2.example.com.")
    zone_file(files, "example.com", "@ NS ns1.example.com.")
    ran = rdns("doctor", REVERSE, "--json")
    assert rows(ran, "zone") == [(REVERSE, "ok", "it can be read")]
    assert [result for _, result, _ in rows(ran, "delegation")] == ["ok"]
    assert rows(rdns("doctor", "example.com.", "--json"), "delegation") == []


@pytest.mark.parametrize("subject", ["198.51.100.1", "example.net"])
def test_what_no_instance_has_is_told(rdns: Rdns, files: Path, subject: str) -> None:
    ran = rdns("doctor", subject, "--json")
    assert rows(ran, "subject") == [(subject, "failed", "no backend instance has it")]
    assert ran.code == 1


def test_one_instance_of_several_is_enough(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backends = {
        "here": {"type": "memory"},
        "there": {"type": "memory", "networks": ["198.51.100.0/24"]},
    }
    enter_stack(tmp_path, monkeypatch, {"rdns:backends": backends, "rdns:resolvers": [NOBODY]})
    ran = rdns("doctor", "192.0.2.10", "--json")
    assert [result for _, result, _ in rows(ran, "address")] == ["ok", "info"]
    assert (ran.code, rows(ran, "subject")) == (0, [])
    assert {row["instance"] for row in rdns("doctor", "--backend", "here", "--json").rows} == {
        "here"
    }


# A server that lists nothing


@pytest.fixture
def unlisted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryBackend, "list_zones", lambda self: None)


@pytest.mark.usefixtures("unlisted")
def test_a_server_without_a_list_is_asked_for_the_zones_of_the_state(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backends = {"memory": {"zones": [REVERSE]}}
    resources = [
        ptr_resource(f"at{at}", backend="memory", address="192.0.2.1", zone=zone, owner=f"1.{zone}")
        for at, zone in enumerate([REVERSE, REVERSE, "3.0.192.in-addr.arpa"])
    ]
    resources.append(ptr_resource("other", backend="another", address="192.0.2.1", zone="x.arpa"))
    config = {"rdns:backends": backends, "rdns:resolvers": [NOBODY]}
    enter_stack(tmp_path, monkeypatch, config, resources)
    ran = rdns("doctor", "--json")
    assert rows(ran, "server") == [("", "ok", "it answers; it cannot list its zones")]
    assert rows(ran, "writable zones") == [("", "ok", f"1 zone: {REVERSE}")]
    assert rows(ran, "zone") == [
        (
            "3.0.192.in-addr.arpa",
            "failed",
            "the stack has records in it, but this backend does not have it",
        )
    ]
    assert [subject for subject, _, _ in rows(ran, "delegation")] == [REVERSE]


@pytest.mark.usefixtures("unlisted")
def test_a_zone_that_cannot_be_asked_for_is_told(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = MemoryBackend.find_zone

    def find(self: MemoryBackend, name: dns.name.Name) -> dns.name.Name:
        if len(name) > 3:
            raise UnavailableError("memory", "find the zone of", str(name), "nobody answers")
        return real(self, name)

    monkeypatch.setattr(MemoryBackend, "find_zone", find)
    record = ptr_resource("at", backend="memory", address="192.0.2.1", zone=REVERSE)
    enter_stack(tmp_path, monkeypatch, {"rdns:backends": {"memory": {}}}, [record])
    ran = rdns("doctor", "--json")
    assert [subject for subject, result, _ in rows(ran, "zone") if result == "failed"] == [REVERSE]


@pytest.mark.usefixtures("unlisted")
def test_a_state_that_cannot_be_read_is_told(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter_stack(tmp_path, monkeypatch, {"rdns:backends": {"memory": {}}})
    (tmp_path / ".state.json").unlink()
    ran = rdns("doctor", "--json")
    ((_, result, detail),) = rows(ran, "zones")
    assert (result, detail.partition(":")[0]) == ("misconfigured", "pulumi stack export")
    assert rows(ran, "server")


# Kinds of backend


def test_a_copy_is_no_failure_and_is_not_written(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zones = [ListedZone(dns.name.from_text(one), is_copy=True) for one in (REVERSE, "example.com")]
    monkeypatch.setattr(MemoryBackend, "list_zones", lambda self: zones)
    enter_stack(tmp_path, monkeypatch, {**MEMORY, "rdns:nameservers": ["192.0.2.53"]})
    ran = rdns("doctor", "--json")
    assert rows(ran, "writable zones") == [("", "ok", "no zone")]
    told = "a copy of another server's zone: write to that server"
    assert rows(ran, "zone") == [(REVERSE, "info", told), ("example.com", "info", told)]
    assert ran.code == 0
    of_one = rows(rdns("doctor", REVERSE, "--json"), "zone")
    assert of_one == [(REVERSE, "info", "a copy of another server's zone")]


def test_what_is_asked_of_the_wrong_kind_of_backend_is_not_here(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter_stack(tmp_path, monkeypatch, {"rdns:backends": {"linode": {"apiToken": TOKEN}}})
    ran = rdns("doctor", "example.com", "--json")
    assert rows(ran, "zone") == [("example.com", "info", "not here: this backend has no zones")]
    assert ran.code == 1
    monkeypatch.setattr(MemoryBackend, "has_reverse_zones", False)
    monkeypatch.setattr(MemoryBackend, "get_ptr", failing(ConfigError("no PTR records")))
    enter_stack(tmp_path, monkeypatch, MEMORY)
    ran = rdns("doctor", "192.0.2.10", "--json")
    assert rows(ran, "address") == [("192.0.2.10", "info", "not here: no PTR records")]
    assert rows(rdns("doctor", "--json"), "delegation") == []


def test_a_look_up_that_does_not_end_is_not_known() -> None:
    result, detail = doctor_instance.judged(None, ())
    assert (result.value, detail) == ("unknown", "the look-up did not finish within 30 s")


def test_a_server_that_does_not_serve_the_zone_is_a_failure() -> None:
    ok = DelegationAnswer(Status.DISAGREE, "b answered REFUSED", (DnsName("a"), DnsName("b")))
    result, detail = doctor_instance.judged(ok, [DnsName("a")])
    assert (result.value, detail) == ("failed", "delegated to a, b: b answered REFUSED")
    lost = DelegationAnswer(Status.UNKNOWN, "a did not answer", (DnsName("a"),))
    result, detail = doctor_instance.judged(lost, [DnsName("a")])
    assert (result.value, detail) == ("unknown", "delegated to a: a did not answer")


def test_a_warning_of_a_backend_is_shown_to_all(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def addresses(self: MemoryBackend) -> Sequence[OwnedAddress]:
        warn("memory: a name could not be read")
        return []

    enter_stack(tmp_path, monkeypatch, {"rdns:backends": {"memory": {}}})
    monkeypatch.setattr(MemoryBackend, "addresses", addresses)
    assert rdns("doctor").stderr == "rdns: memory: a name could not be read\n"
