"""Many PTR records in one call of a zone backend, each a compare-and-set of its own.

Names are canonical text without trailing dot here (see `pulumi_rdns.model.tables`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import dns.name
import dns.rrset
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from pulumi_rdns.backends.changes import Change, LiveRecord
from pulumi_rdns.errors import (
    AuthenticationError,
    BackendError,
    ConflictError,
    RateLimitError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.names import from_dns


class PtrChange(NamedTuple):
    """What must be at a name before, and what after: hostnames; none means no record."""

    owner: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    #: seconds, of what stands there after
    ttl: int


class Outcome(NamedTuple):
    """What became of a change. Without any of these, it was made."""

    #: nothing was changed, because this stands there instead of ``before``
    found: LiveRecord | None = None
    #: nothing was changed, because of this
    error: BackendError | None = None
    #: there was an error, and the change may have been made all the same
    is_unknown: bool = False
    #: there was an error, and nothing is on its way any longer: a look shows what came of it
    is_answered: bool = False

    @property
    def is_done(self) -> bool:
        """Whether the change was made."""
        return self.found is None and self.error is None


DONE = Outcome()

#: is told how many more changes have an outcome
Progress: TypeAlias = Callable[[int], None]

#: failures that are not of one change: the next one would fail alike
_OF_ALL = (AuthenticationError, RateLimitError, UnavailableError, ZoneNotFoundError)


class Zones(Protocol):
    """What a batch needs of a zone backend."""

    def read_ptrs(self, zone: dns.name.Name, owners: Collection[str]) -> dict[str, LiveRecord]: ...

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None: ...


def apply_in_parts(
    backend: Zones,
    zone: dns.name.Name,
    changes: Sequence[PtrChange],
    size: int,
    progress: Progress,
) -> list[Outcome]:
    """Look, leave out what is not as expected, and write the rest, ``size`` at a time.

    For backends whose one write is `apply`. A part that is refused is split to find
    the changes that are to blame.
    """
    outcomes = [DONE] * len(changes)
    there = backend.read_ptrs(zone, [change.owner for change in changes])
    fitting = []
    for at, change in enumerate(changes):
        found = there.get(change.owner, LiveRecord())
        if matches_expected(change, found):
            fitting.append(at)
        else:
            outcomes[at] = Outcome(found)
    progress(len(changes) - len(fitting))
    parts = [fitting[at : at + size] for at in range(0, len(fitting), size)]
    while parts:
        part = parts.pop(0)
        try:
            backend.apply(zone, [full_change(zone, changes[at], there) for at in part])
        except BackendError as error:
            if isinstance(error, _OF_ALL):
                unknown = isinstance(error, UnavailableError)
                for left in [part, *parts]:
                    for at in left:
                        outcomes[at] = Outcome(None, error, unknown and left is part)
                break
            if len(part) > 1:
                middle = len(part) // 2
                parts[:0] = [part[:middle], part[middle:]]
                continue
            outcomes[part[0]] = _refused(backend, zone, changes[part[0]], error)
        progress(len(part))
    return outcomes


def _refused(
    backend: Zones, zone: dns.name.Name, change: PtrChange, error: BackendError
) -> Outcome:
    """Look what stands there now, where somebody else was faster."""
    if isinstance(error, ConflictError):
        found = backend.read_ptrs(zone, [change.owner]).get(change.owner, LiveRecord())
        if not matches_expected(change, found):
            return Outcome(found)
    return Outcome(None, error)


def matches_expected(change: PtrChange, found: LiveRecord) -> bool:
    """Whether what stands at the name is what the change expects."""
    if change.after and (found.alias or found.is_delegated):
        return False
    return sorted(found.values) == sorted(change.before)


def full_change(
    zone: dns.name.Name, change: PtrChange, there: Mapping[str, LiveRecord] = {}
) -> Change:
    """Return a change with names and RRsets."""
    owner = dns.name.from_text(change.owner)
    ttl = there[change.owner].ttl if change.owner in there else None
    return Change(
        owner,
        RdataType.PTR,
        _rrset(owner, change.before, change.ttl if ttl is None else ttl),
        _rrset(owner, change.after, change.ttl),
    )


def _rrset(owner: dns.name.Name, hostnames: Sequence[str], ttl: int) -> dns.rrset.RRset | None:
    if not hostnames:
        return None
    texts = [hostname if hostname == "." else f"{hostname}." for hostname in hostnames]
    return dns.rrset.from_text(owner, ttl, RdataClass.IN, RdataType.PTR, *texts)


def found_among(
    zone: dns.name.Name,
    owners: Iterable[str],
    live: Callable[[dns.name.Name, RdataType], dns.rrset.RRset | None],
) -> dict[str, LiveRecord]:
    """Return what is at many names; a name with nothing that counts is left out.

    ``live`` returns an RRset of a name.
    """
    found = {}
    for owner in owners:
        name = dns.name.from_text(owner)
        kinds = (RdataType.PTR, RdataType.CNAME, RdataType.NS)
        there = found_in(zone, *(live(name, kind) for kind in kinds))
        if there is not None:
            found[owner] = there
    return found


def found_in(
    zone: dns.name.Name,
    ptr: dns.rrset.RRset | None,
    cname: dns.rrset.RRset | None,
    ns: dns.rrset.RRset | None,
) -> LiveRecord | None:
    """Return what is at a name, out of its RRsets; None where that is nothing that counts."""
    # A zone may be that of a single address: the NS records at its top delegate nothing.
    ns = None if ns is not None and ns.name == zone else ns
    if not (ptr or cname or ns):
        return None
    return LiveRecord(
        tuple(sorted(from_dns(one.target) for one in ptr or ())),
        ptr.ttl if ptr else None,
        from_dns(cname[0].target.canonicalize()) if cname else None,
        ns is not None,
    )
