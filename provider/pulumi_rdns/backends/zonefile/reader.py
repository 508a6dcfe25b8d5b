"""Read the text of a zone file into records that remember where they stand.

Follows BIND where RFC 1035 leaves a choice: the last TTL and ``$TTL`` outlive an included file,
the origin and the last owner do not, and ``$GENERATE`` sets no owner.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.ttl
from dns.rdatatype import RdataType

from .generate import MAX_NUMBERS, expand, read_range
from .lexer import Entry, Token, UnusableFileError, ZoneSyntaxError, entries
from .rdtypes import has_reader, is_refused, names_in, read_type
from .zonetext import Item, Record, ZoneText

#: returns the name and the text of an included file; raises OSError and UnusableFileError
Load = Callable[[str], tuple[str, str]]

MAX_DEPTH = 20
_TTL = re.compile(r"\d+|(?:\d+[wdhms])+", re.IGNORECASE)
_CLASS = re.compile(r"IN|CH|HS|CHAOS|HESIOD|NONE|ANY|CLASS\d+", re.IGNORECASE)


def read_zone(text: str, file: str, origin: dns.name.Name | None, load: Load) -> ZoneText | None:
    """Read a zone file; None where it has no SOA record, as a fragment for ``$INCLUDE`` has.

    ``origin`` is what relative names are relative to before the first ``$ORIGIN``. Values other
    than the SOA's are only read when they are asked for. Raises ZoneSyntaxError.
    """
    reader = _Reader(origin, load)
    reader.read(text, file)
    soa = [record for record in reader.records if record.rdtype == RdataType.SOA]
    if not soa:
        return None
    _check(reader.records, soa)
    assert reader.origin is not None
    zone = ZoneText(text, file, origin, reader.origin, reader.items, soa[0], reader.soa_is_given)
    for record in reader.records:
        if not record.name.is_subdomain(zone.apex):
            zone.outside.append(record)  # as BIND does, which ignores it
        else:
            types = zone.records.setdefault(record.name, {})
            types.setdefault(record.rdtype, []).append(record)
    return zone


def _check(records: Iterable[Record], soa: list[Record]) -> None:
    if len(soa) > 1:
        raise ZoneSyntaxError(soa[1].file, soa[1].line, "a second SOA record")
    for record in (*soa, *records):
        if record.ttl is None:
            raise ZoneSyntaxError(record.file, record.line, "no TTL here and no $TTL before it")
    _ = soa[0].rdata


class _Reader:
    """The state of a reader: what one line inherits from those before it."""

    def __init__(self, origin: dns.name.Name | None, load: Load) -> None:
        self.load = load
        self.items: list[Item] = []
        self.records: list[Record] = []
        self.origin = origin
        self.owner: dns.name.Name | None = None
        self.owner_from: Item | None = None
        self.default_ttl: int | None = None
        self.last_ttl: int | None = None
        self.ttl_from: Item | None = None
        #: whether the origin, the owner, the SOA record's owner are relative to the first origin
        self.origin_is_given = True
        self.owner_is_given = True
        self.soa_is_given = False
        self.file = ""
        self.depth = 0
        self.generated = 0

    def read(self, text: str, file: str) -> None:
        for entry in entries(text, file):
            self.file = file
            try:
                self._entry(entry)
            except ValueError as cause:
                raise ZoneSyntaxError(file, entry.line, str(cause)) from cause
            except IndexError as cause:
                raise ZoneSyntaxError(file, entry.line, "something is missing here") from cause

    def _entry(self, entry: Entry) -> None:
        first = entry.tokens[0].text
        if entry.is_indented or not first.startswith("$"):
            self._record(entry)
            return
        match first.upper():
            case "$ORIGIN":
                self._set_origin(entry.tokens[1])
            case "$TTL":
                self.default_ttl = _ttl_of(entry.tokens[1])
            case "$DATE":
                self._item(entry).is_ignored = True
            case "$INCLUDE":
                self._include(entry)
            case "$GENERATE":
                self._generate(entry)
            case _:
                raise ValueError(f"unknown directive {first}")

    def _set_origin(self, token: Token) -> None:
        self.origin_is_given = self.origin_is_given and _is_relative(token)
        self.origin = _name(token, self.origin)

    def _item(self, entry: Entry) -> Item:
        """Make the item of an entry; inside an included file, find that of its ``$INCLUDE``."""
        if self.depth:
            return self.items[-1]
        item = Item(entry, self.origin or dns.name.root)
        self.items.append(item)
        return item

    def _record(self, entry: Entry) -> None:
        item = self._item(entry)
        tokens = entry.tokens
        if entry.is_indented:
            item.owner_from = item.owner_from or self.owner_from
        else:
            self.owner = _name(tokens[0], self.origin)
            self.owner_is_given = self.origin_is_given and _is_relative(tokens[0])
            self.owner_from = None if self.depth else item
            tokens = tokens[1:]
        if self.owner is None:
            raise ValueError("a record without an owner, and none before it")
        ttl_token, rest = _split_ttl_and_class(tokens)
        rdtype = read_type(rest[0].text)
        text = " ".join(token.text for token in rest[1:])
        _check_opaque(rdtype, rest, self.origin)
        ttl = self._ttl(item, ttl_token)
        record = Record(
            name=self.owner,
            rdtype=rdtype,
            ttl=ttl,
            text=text,
            origin=self.origin or dns.name.root,
            file=self.file,
            line=entry.line,
            item=None if self.depth else item,
        )
        if rdtype == RdataType.SOA:
            self.soa_is_given = self.owner_is_given
        if rdtype == RdataType.SOA and ttl is None:
            ttl = record.ttl = self.last_ttl = self.default_ttl = _minimum(record)
        self.records.append(record)
        if not self.depth:
            item.owner = None if entry.is_indented else entry.tokens[0]
            item.ttl_token, item.ttl = ttl_token, ttl
            item.ttl_place = tokens[0].start
            item.rdata = rest[1:]
            item.type_token = rest[0]

    def _ttl(self, item: Item, token: Token | None) -> int | None:
        if token is not None:
            self.last_ttl = _ttl_of(token)
            self.ttl_from = None if self.depth else item
            return self.last_ttl
        if self.default_ttl is not None:
            return self.default_ttl
        item.ttl_from = item.ttl_from or self.ttl_from
        return self.last_ttl

    def _generate(self, entry: Entry) -> None:
        item = self._item(entry)
        token, rest = _split_ttl_and_class(entry.tokens[3:])
        ttl = self._ttl(item, token)
        if ttl is None:
            raise ValueError("no TTL here and no $TTL before it")
        if len(rest) != 2:
            raise ValueError("$GENERATE needs: range, owner, type and one value")
        owner, template = entry.tokens[2], rest[1].text
        if template.startswith('"'):
            template = template[1:-1]
        rdtype = read_type(rest[0].text)
        records = [
            Record(
                name=_name(owner._replace(text=expand(owner.text, number)), self.origin),
                rdtype=rdtype,
                ttl=ttl,
                text=expand(template, number),
                origin=self.origin or dns.name.root,
                file=self.file,
                line=entry.line,
                item=None if self.depth else item,
                number=number,
            )
            for number in read_range(entry.tokens[1].text)
        ]
        self.generated += len(records)
        if self.generated > MAX_NUMBERS:
            raise ValueError(f"$GENERATE makes more than {MAX_NUMBERS:,} records in this zone")
        self.records += records
        if not self.depth:
            item.ttl_token, item.ttl, item.ttl_place = token, ttl, entry.tokens[3].start
            item.generated = records

    def _include(self, entry: Entry) -> None:
        item = self._item(entry)
        saved = self.origin, self.owner, self.owner_from, self.file
        given = self.origin_is_given, self.owner_is_given
        if self.depth >= MAX_DEPTH:
            raise ValueError(f"more than {MAX_DEPTH} files include one another")
        if len(entry.tokens) > 2:
            self._set_origin(entry.tokens[2])
        path = entry.tokens[1].text.strip('"')
        try:
            file, text = self.load(path)
        except OSError as cause:
            raise ValueError(f"cannot read {path}: {cause.strerror}") from cause
        except UnusableFileError as cause:
            raise ValueError(str(cause)) from cause
        self.depth += 1
        self.read(text, file)
        self.depth -= 1
        self.origin, self.owner, self.owner_from, self.file = saved
        self.origin_is_given, self.owner_is_given = given
        if not self.depth:
            item.is_include, item.ttl = True, self.default_ttl


def _split_ttl_and_class(tokens: Sequence[Token]) -> tuple[Token | None, Sequence[Token]]:
    """Take a TTL and a class, in either order, off the front."""
    ttl: Token | None = None
    has_class = False
    for index, token in enumerate(tokens):
        if ttl is None and _TTL.fullmatch(token.text):
            ttl = token
        elif not has_class and _CLASS.fullmatch(token.text):
            if token.text.upper() not in ("IN", "CLASS1"):
                raise ValueError(f"class {token.text}; only IN is supported")
            has_class = True
        else:
            return ttl, tokens[index:]
    raise IndexError


def _name(token: Token, origin: dns.name.Name | None) -> dns.name.Name:
    try:
        name = dns.name.from_text(token.text.encode("latin-1"), origin)
    except dns.exception.DNSException as cause:
        raise ValueError(f"{token.text!r} is not a valid name") from cause
    if not name.is_absolute():
        raise ValueError(f"{token.text} is relative, and no $ORIGIN is given")
    return name


def _ttl_of(token: Token) -> int:
    try:
        return dns.ttl.from_text(token.text)
    except (dns.exception.DNSException, ValueError) as cause:
        raise ValueError(f"{token.text!r} is not a valid TTL") from cause


def _check_opaque(rdtype: RdataType, rest: Sequence[Token], origin: dns.name.Name | None) -> None:
    """Check the value of a type that dnspython does not read as far as its form is known."""
    kind, values = rest[0].text.upper(), rest[1:]
    if has_reader(rdtype) or (values and values[0].text == "\\#"):
        return
    if not values:
        raise IndexError
    names = names_in(kind)
    if is_refused(kind) or (names and len(values) != names):
        raise ValueError(f"this is not a valid {kind} record")
    for token in values[:names]:
        _name(token, origin)


def _is_relative(token: Token) -> bool:
    """Whether a name ends without a dot, or with one that is part of its last label."""
    text = token.text
    return not text.endswith(".") or (len(text) - len(text[:-1].rstrip("\\"))) % 2 == 0


def _minimum(soa: Record) -> int:
    minimum: int = soa.rdata.minimum  # type: ignore[attr-defined]
    return minimum
