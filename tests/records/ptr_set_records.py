"""Sets of PTR records, as programs ask for them and as somebody else sees and changes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import PtrSetSpec, PtrSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records import ptr_records
from tests.records.conftest import named, new_session

X, Y, Z = "198.51.100.10", "198.51.100.11", "198.51.100.12"
A, B, C, STRANGER = "a.example.com", "b.example.com", "c.example.com", "some.body.example.net"


def spec(backend: str, table: Mapping[str, str], **more: object) -> PtrSetSpec:
    base = PtrSetSpec(backend=backend, records=PtrSetRecords(named(table)))
    return replace(base, **more)


def one_at_a_time(root: Path) -> Session:
    """Start a process whose engine waits for each step, as with `--parallel 1`."""
    session = new_session(root)
    session.ledger.parallel = 1
    return session


def single(backend: str, address: str, hostname: str) -> PtrSpec:
    return replace(ptr_records.spec(backend, hostname), address=parse_address(address))


def created(session: Session, spec: PtrSetSpec, heard: Heard, resource: str = "") -> PtrSetState:
    state, error = session.ptr_sets.create(spec, heard, resource)
    assert error is None
    return state


def updated(
    session: Session, old: PtrSetState, spec: PtrSetSpec, heard: Heard, resource: str = ""
) -> PtrSetState:
    state, error = session.ptr_sets.update(old, spec, heard, resource)
    assert error is None
    return state


def live(session: Session, backend: str, *addresses: str) -> Mapping[str, str]:
    """Read through one-record calls, which are another way than that of a set."""
    found = {}
    for address in addresses or (X, Y, Z):
        names = ptr_records.live(session, backend, parse_address(address))
        if names:
            found[address] = ", ".join(one.rstrip(".") for one in names)
    return found


def put(session: Session, backend: str, address: str, hostname: str | None) -> None:
    """Change one record by hand."""
    hostnames = [] if hostname is None else [hostname]
    ptr_records.put(session, backend, *hostnames, address=parse_address(address))
