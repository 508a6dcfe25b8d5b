"""What a zone backend is asked to change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import dns.name
import dns.rrset
import msgspec
from dns.rdatatype import RdataType


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
