"""A zone as the API shows it, read as RRsets with absolute names. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, same_rrset
from pulumi_rdns.backends.kit.rrsets import name_of, rrset_of

from .types import NameRecord, RecordSet

_NAME_VALUES = (RdataType.CNAME, RdataType.NS)


@dataclass
class _Held:
    """All values of one name and type."""

    ttl: int
    served: list[str] = field(default_factory=list)
    disabled: list[str] = field(default_factory=list)


class ZoneView:
    """What a zone held at one moment. Disabled records are not served: they are in no RRset."""

    def __init__(self, zone: dns.name.Name, sets: Iterable[RecordSet]) -> None:
        """Raise UnreadableRecordError for a name that cannot be read."""
        self.zone = zone
        self._held: dict[tuple[dns.name.Name, str], _Held] = {}
        for entry in sets:
            key = (absolute(entry.name, zone), entry.type.upper())
            held = self._held.setdefault(key, _Held(entry.ttl))
            for record in entry.records:
                (held.disabled if record.is_disabled else held.served).append(record.content)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all."""
        return not self._held

    def rrset(self, name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset | None:
        """Return an RRset. Raises UnreadableRecordError."""
        held = self._held.get((name, rdtype.name))
        if held is None or not held.served:
            return None
        values = [_value(content, rdtype, self.zone) for content in held.served]
        return rrset_of(name, rdtype, held.ttl, values)

    def disabled(self, name: dns.name.Name, rdtype: RdataType) -> Sequence[str]:
        """List the values that are kept but not served."""
        held = self._held.get((name, rdtype.name))
        return held.disabled if held else ()

    def target(self, name: dns.name.Name) -> str | None:
        """Return where an ALIAS record points: the vendor's own type, resolved to addresses."""
        held = self._held.get((name, "ALIAS"))
        return held.served[0] if held and held.served else None


@dataclass(frozen=True)
class Step:
    """A change, and the values that come and go with it."""

    change: Change

    @property
    def added(self) -> frozenset[dns.rdata.Rdata]:
        """The values that must be there afterwards and were not before."""
        return values(self.change.after) - values(self.change.before)

    @property
    def removed(self) -> frozenset[dns.rdata.Rdata]:
        """The values that must be gone afterwards."""
        return values(self.change.before) - values(self.change.after)

    @property
    def is_addition(self) -> bool:
        """Whether it can be done without naming the values that are there, so that none is lost."""
        return bool(self.added) and not self.removed

    def live(self, view: ZoneView) -> dns.rrset.RRset | None:
        """Return the RRset as it is in the zone."""
        return view.rrset(self.change.name, self.change.rdtype)

    def is_there(self, view: ZoneView) -> bool:
        """Whether the zone already holds exactly what the change asks for."""
        return same_rrset(self.live(view), self.change.after)

    def is_done(self, view: ZoneView) -> bool:
        """Whether it was done, perhaps with others' changes on top."""
        live = self.live(view)
        if not self.added and not self.removed and self.change.after is not None:
            return live is not None and live.ttl == self.change.after.ttl
        return self.added <= values(live) and not self.removed & values(live)

    def is_as_before(self, view: ZoneView) -> bool:
        """Whether the zone holds the values from before the change."""
        return values(self.live(view)) == values(self.change.before)

    def record_set(self, zone: dns.name.Name) -> RecordSet:
        """Return what a PUT needs: for an addition the new values, otherwise all."""
        after = self.change.after
        assert after is not None
        wanted = self.added if self.is_addition else values(after)
        contents = sorted(rdata.to_text() for rdata in wanted)
        name, rdtype = relative(self.change.name, zone), self.change.rdtype.name
        return RecordSet(name, rdtype, after.ttl, [NameRecord(content) for content in contents])


def values(rrset: dns.rrset.RRset | None) -> frozenset[dns.rdata.Rdata]:
    """Return the values of an RRset; none of None."""
    return frozenset(rrset or ())


def absolute(name: str, zone: dns.name.Name) -> dns.name.Name:
    """Return the absolute name of one as the API writes it.

    >>> zone = dns.name.from_text("example.com")
    >>> str(absolute("@", zone)), str(absolute("Mail", zone))
    ('example.com.', 'mail.example.com.')
    """
    return zone if name in ("@", "") else name_of(name, zone)


def relative(name: dns.name.Name, zone: dns.name.Name) -> str:
    """Return a name as the API reads it: ``mail`` or ``@``."""
    return name.relativize(zone).to_text()


def _value(content: str, rdtype: RdataType, zone: dns.name.Name) -> str:
    """Names among the values are absolute, with or without a dot at the end."""
    if rdtype not in _NAME_VALUES or content.endswith("."):
        return content
    return zone.to_text() if content == "@" else f"{content}."
