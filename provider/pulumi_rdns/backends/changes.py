"""What stands at a name, and what a zone backend is asked to change there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import dns.name
import dns.rrset
import msgspec
from dns.rdatatype import RdataType


class LiveRecord(NamedTuple):
    """What stands at a name, or is set for an address, at one moment."""

    #: hostnames of PTR records, addresses of the others, in canonical text
    values: tuple[str, ...] = ()
    #: seconds; None where the backend tells none
    ttl: int | None = None
    #: what keeps a record from being served here: where a CNAME points to
    alias: str | None = None
    #: what does so too: the name is delegated to other servers
    is_delegated: bool = False
    #: the vendor's own default: nobody chose it
    is_default: bool = False
    #: where a record stands that can never be changed; empty where all can be
    fixed: str = ""


NOTHING = LiveRecord()


class Change(msgspec.Struct, frozen=True):
    """One compare-and-set of one RRset: what must be there before, and what after.

    ``before`` is None where the RRset must be absent; its TTL is not compared. ``after`` is None
    where the RRset shall be gone. Both carry absolute names.
    """

    name: dns.name.Name
    rdtype: RdataType
    before: dns.rrset.RRset | None
    after: dns.rrset.RRset | None


class _ToBeMade(Protocol):
    @property
    def after(self) -> object: ...


def verb(changes: Iterable[_ToBeMade]) -> str:
    """Return what the changes do, for an operation's name: a removal writes nothing."""
    kinds = {bool(change.after) for change in changes}
    return "change" if len(kinds) > 1 else "write" if True in kinds else "remove"


def same_rrset(one: dns.rrset.RRset | None, other: dns.rrset.RRset | None) -> bool:
    """Whether two RRsets are alike in name, type, values and TTL."""
    if one is None or other is None:
        return one is other
    return one == other and one.ttl == other.ttl
