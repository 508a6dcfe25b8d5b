"""``rdns doctor --write`` on a file of records: what it says, and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import dns.name
import pytest

from pulumi_rdns.backends.memory import MemoryBackend
from pulumi_rdns.errors import RejectedError, UnavailableError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.records.trial import Trial
from tests.servers.process import zone_text

from .conftest import Rdns
from .stacks import enter_stack

ADDRESS, PROBE, BEFORE = "192.0.2.10", "probe.example.net", "before.example.net"
WRITE = ("doctor", "--write", PROBE, ADDRESS, "--yes")
NOBODY = "127.0.0.1:9"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no trial wait for a write that may come late."""
    monkeypatch.setattr("pulumi_rdns.records.trial._SETTLE", 0.0)
    monkeypatch.setattr("pulumi_rdns.records.trial._TRIES", 1)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack with one backend, whose records are in a file: one PTR."""
    records = tmp_path / "records.json"
    records.write_text(json.dumps({ADDRESS: {"ptr": [f"{BEFORE}."]}}))
    backends = {"shelf": {"type": "memory", "path": "records.json"}}
    enter_stack(tmp_path, monkeypatch, {"rdns:backends": backends, "rdns:resolvers": [NOBODY]})
    return records


def held(file: Path) -> object:
    return json.loads(file.read_text())


def test_what_will_be_done_is_told_and_then_what_was_done(rdns: Rdns, file: Path) -> None:
    before = held(file)
    ran = rdns(*WRITE, "--json")
    assert ran.stderr.splitlines() == [
        f"rdns: at shelf, {ADDRESS} has {BEFORE}",
        f"rdns: its PTR will be set to {PROBE}, then unset (none, or the vendor's default), then "
        "put back to what it is now",
        f"rdns: if this process is killed before it has put that back, set the PTR of {ADDRESS} to "
        f"{BEFORE} in the panel of the vendor (backend shelf)",
    ]
    checks = [(row["check"], row["result"]) for row in ran.rows]
    assert checks[3:] == [("set", "ok"), ("unset", "ok"), ("put back", "ok")]
    assert (ran.code, held(file)) == (0, before)


def test_an_address_without_a_ptr_has_none_again(rdns: Rdns, file: Path) -> None:
    file.write_text("{}")
    ran = rdns(*WRITE)
    assert f"reset the PTR of {ADDRESS} in the panel of the vendor" in ran.stderr
    assert (ran.code, held(file)) == (0, {})
    assert "set       -        ok" in ran.stdout


def test_a_write_that_is_refused_is_told_and_nothing_is_lost(
    rdns: Rdns, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: MemoryBackend, address: Address, hostname: dns.name.Name) -> None:
        raise RejectedError("shelf", "set the PTR of", str(address), f"{PROBE} is not good")

    before = held(file)
    monkeypatch.setattr(MemoryBackend, "set_ptr", refuse)
    ran = rdns(*WRITE, "--json")
    told = {row["check"]: row["detail"] for row in ran.rows}
    assert told["set"].endswith("shelf: set the PTR of ADDRESS: HOSTNAME is not good")
    assert told["put back"] == "what was there before is back"
    assert (ran.code, held(file)) == (1, before)


def test_a_write_without_an_answer_is_told_with_what_to_look_for(
    rdns: Rdns, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(self: MemoryBackend, address: Address) -> None:
        raise UnavailableError("shelf", "unset the PTR of", str(address), "no answer")

    before = held(file)
    monkeypatch.setattr(MemoryBackend, "unset_ptr", lose)
    ran = rdns(*WRITE, "--json")
    assert (
        "a write that was not answered may still take effect; if it does, set the PTR of"
        in ran.stderr
    )
    assert (ran.code, held(file)) == (1, before)


def test_where_putting_back_fails_it_is_told_what_was_there(
    rdns: Rdns, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = MemoryBackend.set_ptr

    def once(self: MemoryBackend, address: Address, hostname: dns.name.Name) -> None:
        if hostname == dns.name.from_text(BEFORE):
            raise RejectedError("shelf", "set the PTR of", str(address), "no more")
        real(self, address, hostname)

    monkeypatch.setattr(MemoryBackend, "set_ptr", once)
    ran = rdns(*WRITE, "--json")
    assert ran.stderr.splitlines()[-2:] == [
        f"rdns: what was there before could NOT be put back: shelf: set the PTR of {ADDRESS}: no "
        "more",
        f"rdns: set the PTR of {ADDRESS} to {BEFORE} in the panel of the vendor (backend shelf)",
    ]
    (row,) = (row for row in ran.rows if row["check"] == "put back")
    assert (ran.code, row["result"]) == (1, "failed")


def test_a_bug_is_told_with_what_was_there(
    rdns: Rdns, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(self: Trial, is_stopped: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Trial, "run", bug)
    with pytest.raises(ZeroDivisionError):
        rdns(*WRITE)


# In a zone


@pytest.mark.parametrize(
    ("records", "by_hand"),
    [
        ("", "delete the PTR record of 10.2.0.192.in-addr.arpa in the zone 2.0.192.in-addr.arpa"),
        (
            "10 300 PTR before.example.net.\n10 300 PTR also.example.net.",
            "make these the only PTR records of the name in the zone 2.0.192.in-addr.arpa: "
            "10.2.0.192.in-addr.arpa. 300 IN PTR also.example.net.; "
            "10.2.0.192.in-addr.arpa. 300 IN PTR before.example.net.",
        ),
    ],
    ids=["none", "two"],
)
def test_a_record_in_a_zone_is_put_back_with_all_its_values(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: str, by_hand: str
) -> None:
    (tmp_path / "zones").mkdir()
    zone = tmp_path / "zones" / "db.192.0.2"
    zone.write_text(zone_text(f"@ NS ns1.example.com.\n{records}\n"))
    hosts = tmp_path / "zones" / "example.net.zone"
    hosts.write_text(zone_text("probe A 192.0.2.11"))
    backends = {"zonefile": {"directory": "zones"}}
    enter_stack(tmp_path, monkeypatch, {"rdns:backends": backends, "rdns:resolvers": [NOBODY]})
    ran = rdns(*WRITE, "--json")
    assert f"if this process is killed before it has put that back, {by_hand}" in ran.stderr
    assert f"{PROBE} does not resolve to {ADDRESS}" in ran.stderr
    assert ("a record's comment and tags" in ran.stderr) == bool(records)
    assert ran.code == 0
    left = [line.split() for line in zone.read_text().splitlines() if "PTR" in line]
    assert sorted(line[-1] for line in left) == sorted(
        line.split()[-1] for line in records.splitlines()
    )
    assert all("300" in line for line in left)


def test_which_backend_is_meant_must_be_clear(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backends = {"one": {"type": "memory"}, "two": {"type": "memory"}}
    enter_stack(tmp_path, monkeypatch, {"rdns:backends": backends, "rdns:resolvers": [NOBODY]})
    ran = rdns(*WRITE)
    assert (ran.code, ran.stdout) == (2, "")
    assert "several backends are set up: pass --backend, one of one, two" in ran.stderr
    assert rdns(*WRITE, "--backend", "two").code == 0
    config = {"rdns:backends": backends, "rdns:backend": "one", "rdns:resolvers": [NOBODY]}
    enter_stack(tmp_path, monkeypatch, config)
    assert "at one, " in rdns(*WRITE).stderr
