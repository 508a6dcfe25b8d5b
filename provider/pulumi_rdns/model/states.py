"""What is remembered of each record between two runs. Values alone: the text of the state is made
and read in `pulumi_rdns.properties`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import OnForwardConflict, OnForwardDelete, PtrPolicies, PtrSpec
from pulumi_rdns.model.tables import Table


class Previous(msgspec.Struct, frozen=True):
    """What was there before us; not known where we found our own value already there."""

    known: bool = False
    hostnames: tuple[DnsName, ...] = ()
    #: seconds; None where the backend tells none
    ttl: int | None = None


class PtrState(msgspec.Struct, frozen=True, kw_only=True):
    """One PTR record."""

    backend: str
    address: Address
    #: where it was written; None at a backend that has no zones
    zone: DnsName | None = None
    owner: DnsName | None = None
    #: what the last look or write showed; a stranger's, perhaps
    hostnames: tuple[DnsName, ...] = ()
    #: what create or update wrote: the only value that is ours. None where nothing was written
    written: DnsName | None = None
    #: seconds; None where the program has no opinion
    ttl: int | None = None
    adopted: bool = False
    previous: Previous = Previous()
    forward_confirmed: bool | None = None
    forward_detail: str = ""
    policies: PtrPolicies = PtrPolicies()

    @property
    def is_kept(self) -> bool:
        """Whether a delete leaves the record, as it was there before its resource."""
        return self.adopted and self.policies.keeps_adopted

    @property
    def spec(self) -> PtrSpec | None:
        """What the program asked for when it was last written."""
        if self.written is None:
            return None
        return PtrSpec(
            backend=self.backend,
            address=self.address,
            hostname=self.written,
            ttl=self.ttl,
            policies=self.policies,
        )


class ForwardState(msgspec.Struct, frozen=True, kw_only=True):
    """One address of the A or AAAA RRset of a hostname."""

    backend: str
    hostname: DnsName
    #: what the last look or write showed; a stranger's, perhaps
    address: Address
    #: where it was written
    zone: DnsName | None = None
    #: what create or update wrote: the only address that is ours
    written: Address | None = None
    #: seconds; None where the program has no opinion
    ttl: int | None = None
    adopted: bool = False
    on_conflict: OnForwardConflict | None = None
    on_delete: OnForwardDelete | None = None

    @property
    def is_kept(self) -> bool:
        """Whether a delete leaves the address, as it was there before its resource."""
        return self.adopted and self.on_delete is not OnForwardDelete.REMOVE


class PtrSetState(msgspec.Struct, frozen=True, kw_only=True):
    """A set of PTR records. Addresses are canonical text."""

    backend: str
    #: the zone that the program named, if any
    zone: DnsName | None = None
    #: what the last look or write showed, as the program would declare it; strangers' too, perhaps
    records: PtrSetRecords = PtrSetRecords()
    #: the addresses at which that was several hostnames, which no program declares
    several: Mapping[str, tuple[DnsName, ...]] = {}
    #: what create or update wrote: the only values that are ours
    written: Table = {}
    #: those of them that were there already
    adopted: frozenset[str] = frozenset()
    #: what was there before, where that was something else
    previous: Mapping[str, Previous] = {}
    #: the zones where it was written; none at a backend that has none
    zones: tuple[DnsName, ...] = ()
    #: address -> the name that has its record, where that is not the reverse name (RFC 2317)
    owners: Mapping[str, DnsName] = {}
    #: seconds; None where the program has no opinion
    ttl: int | None = None
    #: how many hostnames resolve to their address; None where that was not asked
    confirmed: int | None = None
    #: the addresses whose hostname does not, or where nobody could be asked
    unconfirmed: tuple[str, ...] = ()
    policies: PtrPolicies = PtrPolicies()
