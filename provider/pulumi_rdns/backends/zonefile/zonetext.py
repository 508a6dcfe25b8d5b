"""A zone as its file writes it: records that remember where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdatatype import RdataType

from .lexer import Entry, Token, ZoneSyntaxError, ascii_only
from .rdtypes import STRICTER_TYPES, has_reader

#: what a signer makes of a zone (RFC 4034, RFC 5155); keys and NSEC3PARAM are its input
_SIGNING_TYPES = frozenset({RdataType.RRSIG, RdataType.NSEC, RdataType.NSEC3})


@dataclass(eq=False, slots=True)
class Item:
    """An entry of the zone file itself that is not a ``$TTL`` or an ``$ORIGIN``."""

    entry: Entry
    origin: dns.name.Name
    is_include: bool = False
    owner: Token | None = None
    ttl_token: Token | None = None
    #: the TTL in force; after an ``$INCLUDE`` the default TTL, None where there is none
    ttl: int | None = None
    #: where an explicit TTL can be put
    ttl_place: int = 0
    rdata: Sequence[Token] = ()
    type_token: Token | None = None
    #: the records of a ``$GENERATE``
    generated: Sequence[Record] = ()
    #: a directive that changes no record
    is_ignored: bool = False
    #: the item whose owner, or whose explicit TTL, this one continues
    owner_from: Item | None = None
    ttl_from: Item | None = None


@dataclass(eq=False)
class Record:
    """One resource record. ``item`` is None where it comes from an included file."""

    name: dns.name.Name
    rdtype: RdataType
    ttl: int | None
    text: str
    origin: dns.name.Name
    file: str
    line: int
    item: Item | None
    #: which one of the range, where ``item`` is a ``$GENERATE``
    number: int | None = None

    @cached_property
    def is_opaque(self) -> bool:
        """Whether nobody here can read its value, so that its text is what there is to compare."""
        if self.text.startswith("\\#"):
            return False
        if not has_reader(self.rdtype):
            return True
        if self.rdtype not in STRICTER_TYPES or not self.text:
            return False
        try:
            _ = self.rdata
        except ZoneSyntaxError:
            return True
        return False

    @property
    def value(self) -> str:
        """The value as it is written, with what it is relative to."""
        return f"{self.rdtype.value} {self.origin} {self.text}"

    @cached_property
    def rdata(self) -> dns.rdata.Rdata:
        """The value, with absolute names in lower case. Raises ZoneSyntaxError."""
        try:
            rdata = dns.rdata.from_text(
                dns.rdataclass.IN, self.rdtype, ascii_only(self.text), self.origin, False
            )
            wire = rdata.to_digestable()
        except Exception as cause:  # dnspython lets struct.error and others out, too
            kind = dns.rdatatype.to_text(self.rdtype)
            reason = f"{self.text!r} is not a valid value of a {kind} record"
            raise ZoneSyntaxError(self.file, self.line, reason) from cause
        return dns.rdata.from_wire(dns.rdataclass.IN, self.rdtype, wire, 0, len(wire))


@dataclass(eq=False)
class ZoneText:
    """A zone as its file writes it."""

    text: str
    file: str
    #: the origin at the start and at the end of the file
    first_origin: dns.name.Name | None
    last_origin: dns.name.Name
    items: Sequence[Item]
    soa: Record
    #: whether the SOA record is relative to ``first_origin``
    is_given: bool = False
    records: dict[dns.name.Name, dict[RdataType, list[Record]]] = field(default_factory=dict)
    #: what is not in the zone, and so not served
    outside: list[Record] = field(default_factory=list)

    @cached_property
    def apex(self) -> dns.name.Name:
        """The name of the zone, in lower case."""
        return self.soa.name.canonicalize()

    @cached_property
    def is_signed(self) -> bool:
        """Whether it has records of DNSSEC that an edit would make wrong."""
        return any(not _SIGNING_TYPES.isdisjoint(types) for types in self.records.values())

    def check_values(self) -> None:
        """Read every value that can be read. Raises ZoneSyntaxError at the first that is wrong."""
        for types in self.records.values():
            for records in types.values():
                for record in records:
                    if not record.is_opaque:
                        _ = record.rdata

    def at(self, name: dns.name.Name, rdtype: RdataType) -> list[Record]:
        """Return the records of one RRset, in the order of the file."""
        return self.records.get(name, {}).get(rdtype, [])

    def fixed_in(self, name: dns.name.Name, rdtype: RdataType) -> dict[dns.rdata.Rdata, str]:
        """Return the values of one RRset that stand in included files, each with its place."""
        return {
            record.rdata: f"{record.file}, line {record.line}"
            for record in self.at(name, rdtype)
            if record.item is None
        }

    def rrset(self, name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset | None:
        """Return one RRset, or None. Its TTL is the lowest (RFC 2181 section 5.2)."""
        records = self.at(name, rdtype)
        if not records:
            return None
        ttl = min(record.ttl or 0 for record in records)
        rdatas = [record.rdata for record in records]
        return dns.rrset.from_rdata_list(name.canonicalize(), ttl, rdatas)
