"""Edit the text of a zone: what is not asked for stays byte for byte as it was."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import dns.name
import dns.rdata
import dns.rdatatype
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change

from .lexer import entries
from .reader import Item, Record, ZoneText
from .serial import next_serial

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

    def change(self, change: Change) -> None:
        records = self.zone.at(change.name, change.rdtype)
        wanted = list(change.after or ())
        ttl = change.after.ttl if change.after else 0
        there = {record.rdata for record in records}
        missing = [rdata for rdata in wanted if rdata not in there]
        surplus = [record for record in records if record.rdata not in wanted]
        for record in records:
            if record.rdata in wanted:
                self._set_ttl(record, ttl)
        for record, rdata in zip(surplus, missing, strict=False):
            self._set_ttl(record, ttl)
            self._set_rdata(record, rdata)
        for record in surplus[len(missing) :]:
            self.removed.add(_item(record, "removed"))
        for rdata in missing[len(surplus) :]:
            self.new_lines.append(self._line(change.name, ttl, change.rdtype, rdata))

    def _set_ttl(self, record: Record, ttl: int) -> None:
        if record.ttl != ttl:
            self.ttls[_item(record, "given another TTL")] = ttl

    def _set_rdata(self, record: Record, rdata: dns.rdata.Rdata) -> None:
        """Replace token by token, so that parentheses and comments between them stay."""
        old = _item(record, "changed").rdata
        new = [token.text for entry in entries(rdata.to_text(), "") for token in entry.tokens]
        new[len(old) - 1 :] = [" ".join(new[len(old) - 1 :])]
        new += [""] * (len(old) - len(new))
        for token, text in zip(old, new, strict=True):
            if token.text != text:
                self.edits.append(_Edit(token.start, token.end, text))

    def _line(
        self, name: dns.name.Name, ttl: int, rdtype: RdataType, rdata: dns.rdata.Rdata
    ) -> str:
        owner = _relative(name, self.zone.last_origin)
        return "\t".join([owner, str(ttl), "IN", dns.rdatatype.to_text(rdtype), rdata.to_text()])

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
        text = self.zone.text
        edits = self.edits + [_Edit(i.entry.start, i.entry.end, "") for i in self.removed]
        for item, ttl in self.ttls.items():
            edits.append(_ttl_edit(item, ttl))
        parts: list[str] = []
        position = 0
        for start, end, new in sorted(edits):
            parts += [text[position:start], new]
            position = end
        return self._with_new_lines("".join([*parts, text[position:]]))

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
            f"the record comes from {record.file}, line {record.line}, which is a $GENERATE or an "
            f"included file, and would have to be {what}; do that there by hand, or move the "
            "record into the zone file as a line of its own"
        )
    return record.item


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
