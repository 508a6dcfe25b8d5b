"""Any zone file: what a write does not own stays what it was, by three readers."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.rdataset
import dns.zone
from dns.rdatatype import RdataType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.zonefile.guess import find_doubt
from pulumi_rdns.backends.zonefile.lexer import UnusableFileError
from pulumi_rdns.backends.zonefile.reader import read_zone
from pulumi_rdns.backends.zonefile.verify import read
from pulumi_rdns.backends.zonefile.zonetext import ZoneText

from .tools import Zones, name, need_bind, rrset, without_serial

APEX = "example.com"
OWNERS = ["@", "a", "b", "c.d", "a.example.com.", "B.Example.COM.", "x_y", "\\097", "*.w", "7"]
CHANGED = ["a", "b", "c.d", "a.sub", "7", "new"]
VALUES = {
    "A": ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
    "AAAA": ["2001:db8::1", "2001:DB8:0::2"],
    "PTR": ["one.example.net.", "Two.Example.net.", "three"],
    "TXT": ['"a ; b"', "plain", '"q\\"( " two', '"\\\\"', "a\\;b", '""'],
    "MX": ["10 one.example.net.", "20 b"],
}
WANTED = {
    "A": VALUES["A"],
    "PTR": ["one.example.net", "two.example.net", "new.example.net"],
    "TXT": ['"a ; b"', '"plain"', '"new" "two"'],
}
SPACES = st.sampled_from([" ", "\t", "  ", "\t \t"])
TTLS = st.sampled_from(["60", "1h", "1H30m", "3600", "0"])
COMMENTS = st.sampled_from(["", " ", ";c", ' ; "x ( caf\xe9', "\t;)"])


@st.composite
def records(draw: st.DrawFn) -> str:
    rdtype = draw(st.sampled_from(sorted(VALUES)))
    words = (
        draw(st.sampled_from(VALUES[rdtype])).split(" ")
        if rdtype == "MX"
        else [draw(st.sampled_from(VALUES[rdtype]))]
    )
    middle = draw(st.permutations(draw(st.sampled_from([[], ["IN"], ["ttl"], ["in", "ttl"]]))))
    parts = [draw(TTLS) if word == "ttl" else word for word in middle] + [rdtype, *words]
    if draw(st.booleans()):
        place = draw(st.integers(0, len(parts) - 1))
        parts[place] = draw(st.sampled_from(["( ", "(\n", "(;x\n "])) + parts[place]
        parts[-1] += draw(st.sampled_from([")", " )", "\n)", " ; y )\n\t)"]))
    owner = draw(st.sampled_from(["", "", *OWNERS]))
    return owner + "".join(draw(SPACES) + part for part in parts) + draw(COMMENTS)


OTHER_LINES = st.sampled_from(
    [
        "",
        "   ",
        '; a comment ( "',
        "$ORIGIN sub.example.com.",
        "$ORIGIN sub ; relative",
        "$ORIGIN example.com.",
        "$ORIGIN other.example.",
        "$TTL 2h",
        "$TTL 77 ; x",
        "$GENERATE 1-3 g$ 60 A 192.0.2.$\nh 60 A 192.0.2.9",
        "$GENERATE 0-4/2 g${1,2} 60 IN PTR p$.example.net.\nh 60 A 192.0.2.9",
        "$INCLUDE empty.inc",
        "$INCLUDE more.inc inc",
    ]
)
HEADS = [
    "$TTL 1h\n@ SOA ns hostmaster (\n 2024010100 ; serial\n 1h 5m 1w 5m )",
    "@ 90 IN SOA ns hostmaster 4294967295 1h 5m 1w 5m",
    "$ORIGIN com.\nexample IN 90 SOA ns ( hostmaster\n7 1h 5m 1w 5m ) ; x\n$ORIGIN example",
]
BARE_HEAD = "@ SOA ns hostmaster 7 1h 5m 1w 300"
INCLUDED = {"empty.inc": "; nothing\n", "more.inc": "i 60 A 192.0.2.7\n\t60 TXT x\n"}


@st.composite
def texts(draw: st.DrawFn, heads: tuple[str, ...] = tuple(HEADS)) -> str:
    body = draw(st.lists(st.one_of(records(), records(), OTHER_LINES), max_size=12))
    head = draw(st.sampled_from(heads))
    if "$TTL" not in head:
        # Readers differ on whether a TTL outlives an included file or a name out of the zone.
        body = [line for line in body if "more.inc" not in line and "other" not in line]
    lines = [head, "\tNS ns.example.net.", *body]
    if lines[-1].startswith("$"):
        lines.append("")  # BIND wants a line ending behind a directive
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    end = draw(st.sampled_from(["\n", "", "\n\n", "\n; end"]))
    return ("\n".join(lines) + end).replace("\n", newline)


@st.composite
def wishes(draw: st.DrawFn) -> tuple[str, str, list[str], int]:
    rdtype = draw(st.sampled_from(sorted(WANTED)))
    owner = f"{draw(st.sampled_from(CHANGED))}.{APEX}"
    values = draw(st.lists(st.sampled_from(WANTED[rdtype]), max_size=2, unique=True))
    return owner, rdtype, values, draw(st.sampled_from([60, 90, 3600, 5]))


@contextmanager
def folder_with(text: str) -> Iterator[Zones]:
    with tempfile.TemporaryDirectory() as folder:
        zones = Zones(Path(folder) / "zones")
        for file, included in INCLUDED.items():
            zones.write(file, included)
        zones.write("example.com.zone", text)
        yield zones


def apply(zones: Zones, wish: tuple[str, str, list[str], int]) -> Change:
    """Make the wish come true, whatever is there."""
    owner, rdtype, values, ttl = wish
    # Names of other zones alone would speak against a guess.
    backend = zones.backend(zones={APEX: "example.com.zone"})
    before = backend.get_rrset(name(APEX), name(owner), RdataType[rdtype])
    after = rrset(owner, rdtype, *values, ttl=ttl) if values else None
    change = Change(name(owner), RdataType[rdtype], before, after)
    backend.apply(name(APEX), [change])
    return change


def plain(zones: Zones) -> str:
    """The zone's text as dnspython can read it: ASCII, the included files put in."""
    text = zones.text("example.com.zone").replace("\xe9", "e").replace("$INCLUDE empty.inc", "")
    return text.replace("$INCLUDE more.inc inc", f"$INCLUDE {zones.folder}/more.inc inc")


def by_dnspython(zones: Zones) -> dict[tuple[str, RdataType], dns.rdataset.Rdataset]:
    zone = dns.zone.from_text(
        plain(zones), APEX, relativize=False, check_origin=False, allow_include=True
    )
    return {
        (str(owner.canonicalize()), rdataset.rdtype): rdataset
        for owner, rdataset in zone.iterate_rdatasets()
    }


def by_us(zones: Zones) -> ZoneText:
    def load(path: str) -> tuple[str, str]:
        return path, zones.text(path)

    zone = read_zone(zones.text("example.com.zone"), "f", name(APEX), load)
    assert zone
    return zone


def by_bind(zones: Zones) -> list[str] | None:
    """The zone as BIND reads it, a line for each record; None where it does not."""
    options = ["-D", "-s", "full", "-i", "none", "-k", "ignore", "-w", str(zones.folder)]
    result = subprocess.run(
        [need_bind(), *options, APEX, "example.com.zone"],
        capture_output=True,
        check=False,
        timeout=30,
    )
    if result.returncode:
        return None
    lines = result.stdout.decode("latin-1").splitlines()
    return [" ".join(line.split()) for line in lines if " IN " in f" {' '.join(line.split())} "]


def others(lines: list[str], change: Change) -> list[str]:
    """What is neither the changed RRset nor the SOA record."""
    key = (str(change.name), change.rdtype.name)
    split = [line.split(" ", 4) for line in lines]
    return sorted(
        " ".join(words)
        for words in split
        if words[3] != "SOA" and (words[0].lower(), words[3]) != key
    )


@settings(deadline=None)
@given(texts())
def test_our_reader_agrees_with_dnspython(text: str) -> None:
    with folder_with(text) as zones:
        ours = by_us(zones)
        theirs = by_dnspython(zones)
        keys = {
            (str(owner.canonicalize()), rdtype)
            for owner, types in ours.records.items()
            for rdtype in types
        }
        assert keys == set(theirs)
        for (owner, rdtype), expected in theirs.items():
            found = ours.rrset(name(owner), rdtype)
            assert found is not None
            assert set(found) == set(expected)
            assert found.ttl == expected.ttl


@settings(deadline=None)
@given(texts(), wishes())
def test_after_a_write_everything_else_reads_the_same(
    text: str, wish: tuple[str, str, list[str], int]
) -> None:
    with folder_with(text) as zones:
        old = by_dnspython(zones)
        change = apply(zones, wish)
        new = by_dnspython(zones)
    changed = new.pop((str(change.name), change.rdtype), None)
    old.pop((str(change.name), change.rdtype), None)
    assert set(changed or ()) == set(change.after or ())
    assert changed is None or change.after is None or changed.ttl == change.after.ttl
    soa = (f"{APEX}.", RdataType.SOA)
    assert without_serial(str(new.pop(soa))) == without_serial(str(old.pop(soa)))
    assert {key: (value, value.ttl) for key, value in new.items()} == {
        key: (value, value.ttl) for key, value in old.items()
    }


@settings(deadline=None)
@given(texts((*HEADS, BARE_HEAD)), wishes())
def test_after_a_write_every_line_that_is_not_concerned_is_the_same(
    text: str, wish: tuple[str, str, list[str], int]
) -> None:
    with folder_with(text) as zones:
        zone = by_us(zones)
        change = apply(zones, wish)
        new = zones.text("example.com.zone")
    touched = {r.item for r in zone.at(change.name, change.rdtype)}
    sources = touched | {item.ttl_from for item in touched if item and item.ttl_from}
    heirs = {item for item in zone.items if {item.owner_from, item.ttl_from} & sources}
    spans = [i.entry for i in touched | heirs | {zone.soa.item} if i]
    rest = [
        line
        for start, line in lines_of(text)
        if not any(entry.start <= start < entry.end for entry in spans)
    ]
    remaining = iter(line for _, line in lines_of(new))
    assert all(any(line == other for other in remaining) for line in rest)


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    position = 0
    for line in text.split("\n"):
        yield position, line.rstrip("\r")
        position += len(line) + 1


@settings(deadline=None)
@given(texts((*HEADS, BARE_HEAD)), st.sampled_from(sorted(WANTED)), st.sampled_from(["new", "n.m"]))
def test_created_and_deleted_is_the_same_text_but_for_the_serial(
    text: str, rdtype: str, owner: str
) -> None:
    with folder_with(text) as zones:
        apply(zones, (f"{owner}.{APEX}", rdtype, WANTED[rdtype], 60))
        assert without_serial(zones.text("example.com.zone")) != without_serial(text)
        apply(zones, (f"{owner}.{APEX}", rdtype, [], 60))
        assert without_serial(zones.text("example.com.zone")) == without_serial(text)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(texts((*HEADS, BARE_HEAD)), wishes())
def test_after_a_write_bind_reads_everything_else_the_same(
    text: str, wish: tuple[str, str, list[str], int]
) -> None:
    with folder_with(text) as zones:
        old = by_bind(zones)
        change = apply(zones, wish)
        new = by_bind(zones)
    if old is not None:
        assert new is not None
        assert others(new, change) == others(old, change)


PIECES = [
    "10 PTR a.\n",
    "$GENERATE 1-5/2 $ PTR h${0,3,d}.\n",
    "$ORIGIN sub\n",
    '\tTXT "a" b\n',
    "x TYPE65280 \\# 1 ff\n",
    "y MG .\n",
    "z ( A\n 192.0.2.1 )\n",
    "$DATE 20200101000000\n",
    "h TLSA 3 1 1 00\n",
    "l LOC 60 9 N 24 39 E 10\n",
    "w HTTPS 1 . alpn=h2\n",
    "$INCLUDE f\n",
]
ODDS = st.sampled_from([*'$\\"();@. \t\n-#{},/019azIN\xff\0\x1a', "", "a" * 300, "9" * 5000])


@settings(deadline=None)
@given(st.data())
def test_a_file_of_any_characters_is_read_or_refused_with_a_sentence(data: st.DataObject) -> None:
    text = "$TTL 60\n@ SOA a b 1 2 3 4 5\n"
    text += "".join(data.draw(st.lists(st.sampled_from(PIECES), max_size=6)))
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(text)))
        text = text[:place] + data.draw(ODDS) + text[place + data.draw(st.integers(0, 3)) :]
    with contextlib.suppress(UnusableFileError):
        zone = read_zone(text, "f", name(APEX), lambda file: (file, "i 60 A 192.0.2.7\n"))
        if zone is not None:
            find_doubt(zone)
            zone.check_values()
            read(zone)
