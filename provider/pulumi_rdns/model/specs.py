"""What a program asks for: one PTR record, one forward record, and the policies around them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.ptr_sets import PtrSetRecords

#: seconds; used on create where the program has no opinion. Never stored.
DEFAULT_TTL = 3600
#: seconds to keep asking for the forward record, where the program has no opinion. Never stored.
DEFAULT_FORWARD_TIMEOUT = 60.0
#: RFC 2181 section 8
MAX_TTL = 2**31 - 1
#: CNAMEs after one another that are followed (RFC 2317 needs one)
MAX_CNAMES = 8


class OnConflict(StrEnum):
    """What to do when a PTR record points to a name that is not ours."""

    FAIL = "fail"
    OVERWRITE = "overwrite"


class OnForwardConflict(StrEnum):
    """What to do when a hostname has addresses that are not ours."""

    FAIL = "fail"
    ADD = "add"
    OVERWRITE = "overwrite"


class OnDelete(StrEnum):
    """What to leave behind: what was adopted, nothing, or what was there before."""

    REMOVE_WRITTEN = "remove-written"
    REMOVE = "remove"
    RESTORE = "restore"


class OnForwardDelete(StrEnum):
    """What to leave behind of a forward record: what was adopted, or nothing."""

    REMOVE_WRITTEN = "remove-written"
    REMOVE = "remove"


class ForwardPolicy(StrEnum):
    """How much a create depends on the forward record."""

    VERIFY = "verify"
    STRICT = "strict"
    WARN = "warn"
    SKIP = "skip"


class PtrPolicies(msgspec.Struct, frozen=True, kw_only=True):
    """How a PTR record is treated. None is "no opinion": the product's default is used."""

    on_conflict: OnConflict | None = None
    on_delete: OnDelete | None = None
    forward_check: ForwardPolicy | None = None
    #: the instance that has the forward record, where it is another one than the PTR record's
    forward_backend: str | None = None
    #: seconds
    forward_timeout: float | None = None
    #: seconds
    ptr_timeout: float | None = None
    #: of 100: as many of the records of a set may go in one update
    max_delete_percent: int | None = None

    @property
    def keeps_adopted(self) -> bool:
        """Whether a delete leaves a record that was there before its resource."""
        return self.on_delete in (None, OnDelete.REMOVE_WRITTEN)


class PtrSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A PTR record as a program declares it."""

    backend: str
    address: Address
    hostname: DnsName
    zone: DnsName | None = None
    #: seconds; None keeps what is there, and is DEFAULT_TTL on create
    ttl: int | None = None
    policies: PtrPolicies = PtrPolicies()

    @property
    def forward_backend(self) -> str:
        """The instance that has the forward record, as far as the program says it."""
        return self.policies.forward_backend or self.backend


class PtrSetSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Many PTR records as a program declares them."""

    backend: str
    records: PtrSetRecords
    zone: DnsName | None = None
    #: seconds; None keeps what is there, and is DEFAULT_TTL on create
    ttl: int | None = None
    policies: PtrPolicies = PtrPolicies()


class ForwardSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One address of the A or AAAA RRset of a hostname, as a program declares it."""

    backend: str
    hostname: DnsName
    address: Address
    zone: DnsName | None = None
    #: seconds; None keeps what is there, and is DEFAULT_TTL on create
    ttl: int | None = None
    on_conflict: OnForwardConflict | None = None
    on_delete: OnForwardDelete | None = None
