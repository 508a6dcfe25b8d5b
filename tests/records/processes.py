"""One record of each resource type, as two processes of a run may share it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import ZoneBackend
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.names import to_dns
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import (
    ForwardPolicy,
    ForwardSpec,
    OnConflict,
    OnDelete,
    PtrPolicies,
    PtrSetSpec,
    PtrSpec,
)
from pulumi_rdns.model.states import Previous
from pulumi_rdns.records.claims import Place
from pulumi_rdns.records.holdings import Memory
from pulumi_rdns.records.ptr_set_state import SetResult
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name, named

URN = "urn:pulumi:dev::test::pulumi-python:dynamic/rdns:PtrRecord::mail"
NEW = "urn:pulumi:dev::test::pulumi-python:dynamic/rdns:PtrRecord::new"
HERE = Place("ns1", "identity of ns1", name("2.0.192.in-addr.arpa"))
X, Y = "192.0.2.10", "192.0.2.11"
MAIL, WWW = "mail.example.com", "www.example.com"
CLASSLESS = "0/25.2.0.192.in-addr.arpa"
REVERSE = frozenset(["2.0.192.in-addr.arpa"])
PREVIOUS = Previous(known=True, hostnames=(name("old.example.com"),), ttl=60)
MEMORY = Memory(adopted=True, previous=PREVIOUS)


ADDRESS = parse_address(X)
#: an address whose name no alias leads elsewhere
PLAIN = parse_address("192.0.2.20")


def single(backend: str, hostname: str = MAIL, address: Address = ADDRESS) -> PtrSpec:
    """Declare a record, which an alias leads to another zone where it is that of ``ADDRESS``."""
    policies = PtrPolicies(
        forward_check=ForwardPolicy.SKIP,
        on_conflict=OnConflict.OVERWRITE if hostname == MAIL else None,
        on_delete=OnDelete.RESTORE,
    )
    return PtrSpec(backend=backend, address=address, hostname=name(hostname), policies=policies)


def live(session: Session, owner: str = f"10.{CLASSLESS}") -> list[str]:
    there = session.backends.get("files")
    assert isinstance(there, ZoneBackend)
    found = there.read_ptrs(to_dns(name(owner.partition(".")[2])), [owner])
    return [f"{hostname}." for one in found.values() for hostname in one.values]


class Kind(NamedTuple):
    """One record as a resource of some type has it."""

    operations: Callable[[Session], Any]
    spec: Callable[[str], Any]
    declare: Callable[[Session, str], None]
    live: Callable[[Session], list[str]]

    def created(self, session: Session, resource: str, value: str = "") -> Any:
        made = self.operations(session).create(self.spec(value), Heard(), resource)
        if isinstance(made, SetResult):
            if made.error is not None:
                raise made.error
            return made.state
        return made


def many(hostname: str) -> PtrSetSpec:
    table = named({X: hostname or MAIL})
    return PtrSetSpec(backend="files", records=PtrSetRecords(table))


def forward(address: str) -> ForwardSpec:
    return ForwardSpec(backend="files", hostname=name(MAIL), address=parse_address(address or X))


def live_addresses(session: Session) -> list[str]:
    there = session.backends.get("files")
    assert isinstance(there, ZoneBackend)
    found = there.get_rrset(to_dns(name("example.com")), to_dns(name(MAIL)), RdataType.A)
    return [rdata.address for rdata in found or ()]


KINDS = {
    "record": Kind(
        lambda session: session.ptr,
        lambda value: single("files", value or MAIL, PLAIN),
        lambda session, urn: session.ptr.declare("files", PLAIN, None, resource=urn),
        lambda session: live(session, "20.2.0.192.in-addr.arpa"),
    ),
    "record behind an alias": Kind(
        lambda session: session.ptr,
        lambda value: single("files", value or MAIL),
        lambda session, urn: session.ptr.declare("files", ADDRESS, None, resource=urn),
        live,
    ),
    "set behind an alias": Kind(
        lambda session: session.ptr_sets,
        many,
        lambda session, urn: session.ptr_sets.declare(many(""), resource=urn),
        live,
    ),
    "forward record": Kind(
        lambda session: session.forward,
        forward,
        lambda session, urn: session.forward.declare(
            "files", name(MAIL), parse_address(X), None, resource=urn
        ),
        live_addresses,
    ),
}
