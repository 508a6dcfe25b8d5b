"""Edit the text of a zone: what is not asked for stays byte for byte as it was."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import dns.name
import dns.rdata
import dns.rdatatype
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change

from .generate import ranges_of, read_range
from .lexer import entries, replaced
from .serial import next_serial
from .zonetext import Item, Record, ZoneText

_NEWLINES = ("\n", "\r")


class FixedRecordError(Exception):
    """The edit needs a record changed that has no line of its own; the message says which."""


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def edit(zone: ZoneText, changes: Sequence[Change], today: datetime.date) -> str:
    """Return the zone's text after the changes, with its serial raised once.

    ``before`` is not looked at here. Raises FixedRecordError.
    """
    plan = _Plan(zone)
    for change in changes:
        plan.change(change)
    plan.drop_used_up_ranges()
    plan.keep_inherited_owners()
    plan.keep_inherited_ttls()
    plan.raise_serial(today)
    return plan.render()


class _Plan:
    """What an edit will do, collected before any of it is done."""

    def __init__(self, zone: ZoneText) -> None:
        self.zone = zone
        self.edits: list[_Edit] = []
        self.new_lines: list[str] = []
        self.removed: set[Item] = set()
        self.ttls: dict[Item, int] = {}
        #: what a ``$GENERATE`` no longer makes: the number, and the line in its place or nothing
        self.taken: defaultdict[Item, dict[int, str]] = defaultdict(dict)

    def change(self, change: Change) -> None:
        records = self.zone.at(change.name, change.rdtype)
        wanted = list(change.after or ())
        ttl = change.after.ttl if change.after else 0
        there = {record.rdata for record in records}
        missing = [rdata for rdata in wanted if rdata not in there]
        surplus = [record for record in records if record.rdata not in wanted]
        for record in records:
            if record.rdata in wanted:
                self._put(record, record.rdata, ttl)
        for record, rdata in zip(surplus, missing, strict=False):
            self._put(record, rdata, ttl)
        for record in surplus[len(missing) :]:
            self._remove(record)
        for rdata in missing[len(surplus) :]:
            self._append(change.name, ttl, change.rdtype, rdata)

    def _put(self, record: Record, rdata: dns.rdata.Rdata, ttl: int) -> None:
        """Give a record another value or TTL; one of a ``$GENERATE`` gets a line of its own."""
        if (record.rdata, record.ttl) == (rdata, ttl):
            return
        item = _item(record, "changed")
        if record.number is None:
            if record.ttl != ttl:
                self.ttls[item] = ttl
            if record.rdata != rdata:
                self._set_rdata(item, rdata)
        elif ttl == item.ttl and not self._is_continued(item):
            line = _line(record.name, ttl, record.rdtype, rdata, item.origin)
            self.taken[item][record.number] = line
        else:
            # There, the lines behind it would inherit its TTL or its owner.
            self.taken[item][record.number] = ""
            self._append(record.name, ttl, record.rdtype, rdata)

    def _remove(self, record: Record) -> None:
        item = _item(record, "removed")
        if record.number is None:
            self.removed.add(item)
        else:
            self.taken[item][record.number] = ""

    def _append(
        self, name: dns.name.Name, ttl: int, rdtype: RdataType, rdata: dns.rdata.Rdata
    ) -> None:
        self.new_lines.append(_line(name, ttl, rdtype, rdata, self.zone.last_origin))

    def _is_continued(self, item: Item) -> bool:
        """Whether the next record behind a ``$GENERATE`` has the owner of the one before it."""
        later = self.zone.items[self.zone.items.index(item) + 1 :]
        heir = next((one for one in later if not one.generated and not one.is_ignored), None)
        return heir is not None and heir.owner_from is not None

    def _set_rdata(self, item: Item, rdata: dns.rdata.Rdata) -> None:
        """Replace token by token, so that parentheses and comments between them stay."""
        old = item.rdata
        new = [token.text for entry in entries(rdata.to_text(), "") for token in entry.tokens]
        new[len(old) - 1 :] = [" ".join(new[len(old) - 1 :])]
        new += [""] * (len(old) - len(new))
        for token, text in zip(old, new, strict=True):
            if token.text != text:
                self.edits.append(_Edit(token.start, token.end, text))

    def drop_used_up_ranges(self) -> None:
        """Remove each ``$GENERATE`` that makes no record any longer, and has no line in place."""
        for item, taken in list(self.taken.items()):
            if len(taken) == len(item.generated) and not any(taken.values()):
                self.removed.add(item)
                del self.taken[item]

    def keep_inherited_owners(self) -> None:
        """Name the owner on the line that continued a removed one."""
        heirs = _by_source((item, item.owner_from) for item in self.zone.items)
        for source in self.removed:
            heir = self._first_left(heirs.get(source, ()))
            if heir is None or source.owner is None:
                continue
            self._refuse_include(heir, source, "owner name")
            owner = source.owner.text
            if heir.origin != source.origin:
                name = dns.name.from_text(owner.encode("latin-1"), source.origin)
                owner = _relative(name, heir.origin)
            self.edits.append(_Edit(heir.entry.start, heir.entry.start, owner))

    def keep_inherited_ttls(self) -> None:
        """Write out the TTL of the line that, without a ``$TTL``, continued a changed one."""
        heirs = _by_source((item, item.ttl_from) for item in self.zone.items)
        changed = dict(self.ttls)
        for item in [*self.removed, *changed]:
            source = item if item.ttl_token else item.ttl_from
            if source is None or (item in self.removed and not item.ttl_token):
                continue
            later = (heir for heir in heirs.get(source, ()) if heir.entry.start > item.entry.start)
            heir = self._first_left(later)
            if heir is not None:
                self._refuse_include(heir, item, "TTL")
                self.ttls.setdefault(heir, heir.ttl or 0)

    def _first_left(self, items: Iterable[Item]) -> Item | None:
        return next((item for item in items if item not in self.removed), None)

    def _refuse_include(self, heir: Item, source: Item, what: str) -> None:
        if heir.is_include:
            raise FixedRecordError(
                f"the file included at {self.zone.file}, line {heir.entry.line} takes its first "
                f"{what} from line {source.entry.line}, which would go; write it out there"
            )

    def raise_serial(self, today: datetime.date) -> None:
        item = self.zone.soa.item
        if item is None:
            soa = self.zone.soa
            raise FixedRecordError(
                f"the SOA record, whose serial must go up, is in the included {soa.file}, "
                f"line {soa.line}; move it into {self.zone.file}"
            )
        if len(item.rdata) != 7 or not item.rdata[2].text.isdecimal():
            raise FixedRecordError(
                f"the SOA record at {self.zone.file}, line {item.entry.line} is not written in "
                "the usual form; write it as seven fields"
            )
        token = item.rdata[2]
        serial = next_serial(int(token.text), today)
        self.edits.append(_Edit(token.start, token.end, str(serial)))

    def render(self) -> str:
        edits = self.edits + [_Edit(i.entry.start, i.entry.end, "") for i in self.removed]
        for item, ttl in self.ttls.items():
            if item not in self.taken:
                edits.append(_ttl_edit(item, ttl))
        edits += [self._split(item) for item in self.taken]
        return self._with_new_lines(replaced(self.zone.text, edits))

    def _split(self, item: Item) -> _Edit:
        """Write a ``$GENERATE`` as the ranges that are left, and the lines in the place of others.

        Nothing inherits from within: the ranges keep their TTL, and the lines have it too.
        """
        start, end, _, _, tokens = item.entry
        newline = _dominant_newline(self.zone.text)
        numbers = read_range(tokens[1].text)
        taken = self.taken[item]
        parts = [(number, line + newline) for number, line in taken.items() if line]
        left = [number for number in numbers if number not in taken]
        for first, text in ranges_of(left, numbers.step):
            edits = [_Edit(tokens[1].start, tokens[1].end, text)]
            if item in self.ttls:
                edits.append(_ttl_edit(item, self.ttls[item]))
            moved = [_Edit(one.start - start, one.end - start, one.text) for one in edits]
            parts.append((first, replaced(self.zone.text[start:end], moved)))
        return _Edit(start, end, "".join(text for _, text in sorted(parts)))

    def _with_new_lines(self, text: str) -> str:
        """Append; a file whose last line has no line ending keeps having none."""
        newline = _dominant_newline(self.zone.text)
        if self.zone.text.endswith(_NEWLINES):
            return text + "".join(line + newline for line in self.new_lines)
        if text.endswith(_NEWLINES):  # the last line was removed
            text = text[:-2] if text.endswith("\r\n") else text[:-1]
        new_lines = self.new_lines
        if not new_lines and text[text.rfind("\n") + 1 :].startswith("$"):
            new_lines = [""]  # BIND wants a line ending behind a directive
        return text + "".join(newline + line for line in new_lines)


def _item(record: Record, what: str) -> Item:
    if record.item is None:
        raise FixedRecordError(
            f"the record is in the included file {record.file}, line {record.line}, and would have "
            f"to be {what}; other zones may include it too, so do that there by hand, or move the "
            "record into the zone file as a line of its own"
        )
    return record.item


def _line(
    name: dns.name.Name,
    ttl: int,
    rdtype: RdataType,
    rdata: dns.rdata.Rdata,
    origin: dns.name.Name,
) -> str:
    kind = dns.rdatatype.to_text(rdtype)
    return "\t".join([_relative(name, origin), str(ttl), "IN", kind, rdata.to_text()])


def _ttl_edit(item: Item, ttl: int) -> _Edit:
    if item.ttl_token:
        return _Edit(item.ttl_token.start, item.ttl_token.end, str(ttl))
    return _Edit(item.ttl_place, item.ttl_place, f"{ttl}\t")


def _by_source(pairs: Iterable[tuple[Item, Item | None]]) -> dict[Item, list[Item]]:
    heirs: dict[Item, list[Item]] = {}
    for item, source in pairs:
        if source is not None:
            heirs.setdefault(source, []).append(item)
    return heirs


def _relative(name: dns.name.Name, origin: dns.name.Name) -> str:
    return name.relativize(origin).to_text()


def _dominant_newline(text: str) -> str:
    crlf = text.count("\r\n")
    return "\r\n" if crlf * 2 > text.count("\n") else "\n"
