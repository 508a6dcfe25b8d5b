"""The memory backend keeps the contract of both kinds."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import dns.name
import dns.rrset
import filelock
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.memory import MemoryBackend, MemorySettings
from pulumi_rdns.errors import UnavailableError
from pulumi_rdns.model.addresses import Address, parse_address
from tests.backends.contract import AddressContract, BackendContract, ZoneContract

ZONE = dns.name.from_text("example.com")
HOST, OTHER = parse_address("192.0.2.1"), parse_address("192.0.2.2")


@pytest.fixture
def backend(tmp_path: Path) -> MemoryBackend:
    settings = MemorySettings(
        networks=["192.0.2.0/24", "2001:db8::/64"], zones=["example.com"], path="store.json"
    )
    return MemoryBackend("shelf", settings, tmp_path)


class InMemory(BackendContract):
    minimal_settings: ClassVar[dict[str, str]] = {}
    logs_requests = False


class TestAddresses(InMemory, AddressContract):
    @pytest.fixture
    def owned(self) -> list[Address]:
        return [*map(parse_address, [*(f"192.0.2.{at}" for at in range(1, 9)), "2001:db8::1"])]

    @pytest.fixture
    def not_owned(self) -> Address:
        return parse_address("198.51.100.1")

    @pytest.fixture
    def live(self, tmp_path: Path) -> Callable[[Address], str | None]:
        def read(address: Address) -> str | None:
            store = json.loads((tmp_path / "store.json").read_text())
            values = store.get(str(address), {}).get("ptr")
            return str(values[0]).rstrip(".") if values else None

        return read


class TestZones(InMemory, ZoneContract):
    kind, one, two = "A", "192.0.2.1", "192.0.2.2"

    @pytest.fixture
    def zone(self) -> dns.name.Name:
        return ZONE

    @pytest.fixture
    def names(self) -> list[dns.name.Name]:
        return [dns.name.from_text(f"host{at}", ZONE) for at in range(8)]

    @pytest.fixture
    def alias(self, backend: MemoryBackend) -> dns.name.Name:
        name = dns.name.from_text("alias", ZONE)
        target = dns.rrset.from_text(name, 60, "IN", "CNAME", "host1.example.com.")
        backend.apply(ZONE, [Change(name, RdataType.CNAME, None, target)])
        return name

    @pytest.fixture
    def live(self, tmp_path: Path) -> Callable[[dns.name.Name, str], tuple[int, list[str]] | None]:
        def read(name: dns.name.Name, kind: str) -> tuple[int, list[str]] | None:
            file = tmp_path / "store.json"
            store = json.loads(file.read_text()) if file.exists() else {}
            values = store.get(name.to_text(), {}).get(kind)
            return (int(values[0]), sorted(values[1:])) if values else None

        return read


def test_a_folder_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    backend = MemoryBackend("shelf", MemorySettings(path="away/store.json"), tmp_path)
    with pytest.raises(UnavailableError, match="the folder of the file is not there"):
        backend.get_ptr(parse_address("192.0.2.1"))


def test_a_lock_that_is_held_is_said_in_a_sentence(tmp_path: Path) -> None:
    settings = MemorySettings(path="store.json", lock_timeout=0.1)
    lock = filelock.FileLock(tmp_path / "store.json.lock")
    with lock, pytest.raises(UnavailableError, match="locked by another process"):
        MemoryBackend("shelf", settings, tmp_path).get_ptr(HOST)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b'{"192.0.2.1": []}', b"{ half", b'{"\xff": {}}', b'{"a":' * 200_000],
    ids=["empty", "list", "values", "half", "not UTF-8", "deep"],
)
def test_a_file_that_cannot_be_read_is_left_alone_and_said(
    backend: MemoryBackend, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "store.json").write_bytes(content)
    with pytest.raises(UnavailableError, match=r"open store\.json: it is not a file of the mem"):
        backend.set_ptr(HOST, ZONE)
    assert (tmp_path / "store.json").read_bytes() == content


@pytest.mark.parametrize(
    "records",
    [
        {"192.0.2.1": {"ptr": ["a..b."]}, "mail.example.com.": {"A": ["60", "not an address"]}},
        {"192.0.2.1": {"ptr": ["b..a"]}, "mail.example.com.": {"A": ["-1", "192.0.2.1"]}},
        {"192.0.2.1": {"ptr": ["a b..c"]}, "mail.example.com.": {"A": ["soon", "192.0.2.1"]}},
        {"192.0.2.1": {"ptr": ["..."]}, "mail.example.com.": {"A": ["9" * 9999, "192.0.2.1"]}},
    ],
    ids=["values", "negative TTL", "no TTL", "long TTL"],
)
def test_a_record_that_cannot_be_read_is_said(
    backend: MemoryBackend, tmp_path: Path, records: dict[str, dict[str, list[str]]]
) -> None:
    (tmp_path / "store.json").write_text(json.dumps(records))
    mail = dns.name.from_text("mail.example.com")
    calls: list[Callable[[], object]] = [
        lambda: backend.get_ptr(HOST),
        backend.addresses,
        lambda: backend.get_rrset(ZONE, mail, RdataType.A),
        lambda: backend.apply(ZONE, [Change(mail, RdataType.A, None, None)]),
    ]
    for call in calls:
        with pytest.raises(UnavailableError, match="it is not a file of the memory backend: "):
            call()


def test_an_address_that_is_none_is_said(backend: MemoryBackend, tmp_path: Path) -> None:
    (tmp_path / "store.json").write_text('{"nobody": {"ptr": ["mail.example.com."]}}')
    with pytest.raises(UnavailableError, match=r": 'nobody' is not an address$"):
        backend.addresses()


def test_a_full_disk_leaves_the_file_as_it_was(
    backend: MemoryBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.set_ptr(HOST, ZONE)
    before = (tmp_path / "store.json").read_text()

    def full(path: Path, text: str) -> None:
        path.write_bytes(text.encode()[:5])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UnavailableError, match="No space left on device"):
        backend.set_ptr(OTHER, ZONE)
    assert (tmp_path / "store.json").read_text() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store.json", "store.json.lock"]
