"""``rdns addresses``: what a backend knows, as a table and as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_rdns.backends.base import OwnedAddress, Ptr
from pulumi_rdns.backends.memory import MemoryBackend, MemorySettings
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import parse_hostname, to_dns
from tests.resolve.test_misbehaving_servers import blocked

from .conftest import Rdns


@pytest.fixture(autouse=True)
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two PTRs of the backend ``memory``, in a file that the environment names; no resolver."""
    file = tmp_path / "records.json"
    backend = MemoryBackend("memory", MemorySettings(path=str(file)), tmp_path)
    backend.set_ptr(parse_address("2001:db8::10"), to_dns(parse_hostname("mail.example.com")))
    backend.set_ptr(parse_address("192.0.2.10"), to_dns(parse_hostname("mail.example.com")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RDNS_MEMORY_PATH", str(file))
    monkeypatch.setattr("pulumi_rdns.resolve.forward._system_resolvers", list)
    return file


def test_every_address_is_listed_with_its_owner_and_its_ptr(rdns: Rdns) -> None:
    ran = rdns("addresses", "--backend", "memory")
    assert ran.code == 0
    assert [line.split() for line in ran.stdout.splitlines()] == [
        ["ADDRESS", "OWNER", "ID", "OWNER", "HOSTNAME", "VERDICT"],
        ["192.0.2.10", "memory", "memory", "mail.example.com", "unknown"],
        ["2001:db8::10", "memory", "memory", "mail.example.com", "unknown"],
    ]


def test_json_tells_the_same(rdns: Rdns) -> None:
    ran = rdns("addresses", "--backend", "memory", "--owner", "MEMORY.", "--json")
    assert ran.rows[0] == {
        "address": "192.0.2.10",
        "ownerId": "memory",
        "ownerName": "memory",
        "hostname": "mail.example.com",
        "isDefault": False,
        "verdict": "unknown",
        "detail": "this machine has no DNS resolver configured",
    }


def test_a_name_that_is_missing_its_final_dot_is_told(rdns: Rdns, records: Path) -> None:
    backend = MemoryBackend("memory", MemorySettings(path=str(records)), records.parent)
    undotted = parse_hostname("mail.example.com.2.0.192.in-addr.arpa")
    backend.set_ptr(parse_address("192.0.2.10"), to_dns(undotted))
    row = rdns("addresses", "--backend", "memory", "--json").rows[0]
    assert row["detail"] == (
        "this machine has no DNS resolver configured; the name in the zone is probably missing its "
        "final dot"
    )


def test_where_port_53_is_blocked_the_yes_of_the_resolver_counts(
    rdns: Rdns, monkeypatch: pytest.MonkeyPatch
) -> None:
    with blocked("192.0.2.10") as resolver:
        places = [(resolver.address, resolver.port)]
        monkeypatch.setattr("pulumi_rdns.resolve.forward._system_resolvers", lambda: places)
        rows = rdns("addresses", "--backend", "memory", "--json").rows
    assert {row["address"]: row["verdict"] for row in rows} == {
        "192.0.2.10": "confirmed",
        "2001:db8::10": "unknown",
    }


def test_a_default_name_is_marked_and_no_name_is_a_dash(
    rdns: Rdns, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = Ptr(to_dns(parse_hostname("srv1.example.net")), is_default=True)
    owned = [
        OwnedAddress(parse_address("192.0.2.11"), "1", "srv1.example.net", None),
        OwnedAddress(parse_address("192.0.2.10"), "1", "srv1.example.net", default),
    ]
    monkeypatch.setattr(MemoryBackend, "addresses", lambda self: owned)
    lines = rdns("addresses", "--backend", "memory").stdout.splitlines()
    assert lines[1:] == [
        "192.0.2.10  1         srv1.example.net  srv1.example.net (default)  unknown",
        "192.0.2.11  1         srv1.example.net  -                           -",
    ]
    (first, second) = rdns("addresses", "--backend", "memory", "--json").rows
    assert (first["isDefault"], second["isDefault"], second["verdict"]) == (True, None, None)


def test_an_owner_that_is_not_there_is_one_sentence(rdns: Rdns) -> None:
    ran = rdns("addresses", "--backend", "memory", "--owner", "srv1")
    assert ran.code == 2
    assert ran.stderr == (
        "rdns: owner: backend memory has no owner 'srv1'; it has memory (id memory)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no backend is chosen: pass --backend INSTANCE, or set rdns:backend"),
        (["--backend", "nowhere"], "backend 'nowhere': not configured under rdns:backends"),
        (["--backend", "zonefile"], "rdns:backends.zonefile.directory: is missing"),
        (["--stack", "dev"], "no Pulumi.yaml here or in a folder above"),
    ],
)
def test_what_is_missing_is_one_sentence(rdns: Rdns, arguments: list[str], said: str) -> None:
    ran = rdns("addresses", *arguments)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"rdns: {said}")


def test_a_backend_of_zones_has_no_list(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RDNS_ZONEFILE_DIRECTORY", str(tmp_path))
    ran = rdns("addresses", "--backend", "zonefile")
    assert ran.code == 2
    assert "backend 'zonefile' keeps zones and has no list of addresses" in ran.stderr


def test_what_a_terminal_would_obey_is_not_obeyed(
    rdns: Rdns, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = "vm\x1b]0;owned\x07\n\x9b2J\u202e1"
    owned = [OwnedAddress(parse_address("192.0.2.10"), "1\t", owner, None)]
    monkeypatch.setattr(MemoryBackend, "addresses", lambda self: owned)
    ran = rdns("addresses", "--backend", "memory")
    assert ran.stdout.splitlines()[1:] == [
        r"192.0.2.10  1\t       vm\x1b]0;owned\x07\n\x9b2J\u202e1  -         -"
    ]
    (row,) = rdns("addresses", "--backend", "memory", "--json").rows
    assert row["ownerName"] == owner
