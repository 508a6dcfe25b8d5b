from __future__ import annotations

import datetime
import os
import stat
from pathlib import Path

import pytest

from pulumi_rdns.backends.zonefile.reader import read_zone
from pulumi_rdns.backends.zonefile.serial import next_serial
from pulumi_rdns.backends.zonefile.verify import Reading, difference, read
from pulumi_rdns.errors import ConflictError, RejectedError, ZoneNotFoundError

from .tools import (
    ELEVEN,
    REVERSE,
    SAMPLE,
    TEN,
    Zones,
    accepted_by_bind,
    change,
    name,
    serial_of,
    without_serial,
)

HEAD = "$TTL 600\n@ SOA ns h 7 2 3 4 5\n@ NS ns\nns A 192.0.2.9\n"
NEXT = HEAD.replace(" 7 ", " 8 ")
A = "a.example.com"
B = "b.example.com"


def edited(
    zones: Zones,
    body: str,
    owner: str,
    before: list[str],
    after: list[str],
    ttl: int = 600,
    rdtype: str = "A",
) -> str:
    """Apply one change to a forward zone; the text behind its head."""
    path = zones.write("db.example.com", HEAD + body)
    zones.set(owner, before, after, rdtype=rdtype, zone="example.com", ttl=ttl)
    text = zones.text("db.example.com")
    assert text.startswith(NEXT)
    assert accepted_by_bind(path, "example.com")
    return text.removeprefix(NEXT)


def test_a_new_value_replaces_the_old_in_place_and_the_comment_stays(sample: Zones) -> None:
    sample.set(TEN, [A], [B])
    assert sample.text("db.192.0.2") == SAMPLE.replace(f"{A}.", f"{B}.").replace("7  ", "8  ")


def test_a_new_ttl_changes_only_the_ttl(zones: Zones) -> None:
    value = ["192.0.2.1"]
    assert edited(zones, "x IN 5m A 192.0.2.1 ;c\n", "x.example.com", value, value, 60) == (
        "x IN 60 A 192.0.2.1 ;c\n"
    )
    assert edited(zones, "x\tIN A 192.0.2.1\n", "x.example.com", value, value, 60) == (
        "x\t60\tIN A 192.0.2.1\n"
    )


def test_a_value_within_parentheses_leaves_them(zones: Zones) -> None:
    assert (
        edited(
            zones,
            "x MX ( 10 ; prio\n  one.example.com. ; host\n )\n",
            "x.example.com",
            ["10 one.example.com."],
            ["10 two.example.com."],
            rdtype="MX",
        )
        == "x MX ( 10 ; prio\n  two.example.com. ; host\n )\n"
    )


def test_more_or_fewer_words_than_before_keep_the_line_whole(zones: Zones) -> None:
    assert (
        edited(
            zones,
            'x TXT "a" ( "b"\n "c" )\n',
            "x.example.com",
            ['"a" "b" "c"'],
            ['"d"'],
            rdtype="TXT",
        )
        == 'x TXT "d" ( \n  )\n'
    )
    assert edited(zones, "x TXT (a)\n", "x.example.com", ['"a"'], ['"d" "e;f"'], rdtype="TXT") == (
        'x TXT ("d" "e;f")\n'
    )


def test_a_new_record_goes_to_the_end(sample: Zones) -> None:
    sample.set(ELEVEN, [], [B], ttl=60)
    assert sample.text("db.192.0.2") == (SAMPLE.replace("7  ", "8  ") + f"11\t60\tIN\tPTR\t{B}.\n")


def test_a_new_record_is_written_relative_to_the_origin_at_the_end(zones: Zones) -> None:
    body = "$ORIGIN sub.example.com.\ny A 192.0.2.1\n"
    for owner, written in [
        ("x.sub.example.com", "x"),
        ("sub.example.com", "@"),
        ("x.example.com", "x.example.com."),
    ]:
        assert edited(zones, body, owner, [], ["192.0.2.2"]) == (
            f"{body}{written}\t600\tIN\tA\t192.0.2.2\n"
        )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "{}", "{}{}", "; the end", "{}  ", "{};"])
def test_created_and_deleted_gives_the_same_bytes_but_for_the_serial(
    zones: Zones, newline: str, end: str
) -> None:
    text = SAMPLE.rstrip("\n").replace("\n", newline) + end.format(newline, newline)
    zones.write("db.192.0.2", text)
    zones.set(ELEVEN, [], [B])
    assert f"11\t3600\tIN\tPTR\t{B}." in zones.text("db.192.0.2").split(newline)
    zones.set(f"12.{REVERSE}", [], [B])
    zones.set(ELEVEN, [B], [])
    zones.set(f"12.{REVERSE}", [B], [])
    assert without_serial(zones.text("db.192.0.2")) == without_serial(text)


def test_bytes_that_are_no_ascii_survive(zones: Zones) -> None:
    text = SAMPLE + '; caf\xe9 \xff\nq\xe9 TXT "\xc3\xa9"\n'
    zones.write("db.192.0.2", text)
    zones.set(TEN, [A], [B])
    assert zones.text("db.192.0.2") == text.replace(f"{A}.", f"{B}.").replace("7  ", "8  ")


def test_a_removed_record_goes_with_all_its_lines(zones: Zones) -> None:
    body = "w A 192.0.2.1\nx ( A ; gone\n\n 192.0.2.2 ) ; too\ny A 192.0.2.3\n"
    assert edited(zones, body, "x.example.com", ["192.0.2.2"], []) == (
        "w A 192.0.2.1\ny A 192.0.2.3\n"
    )


def test_the_line_that_continued_a_removed_owner_is_given_its_name(zones: Zones) -> None:
    body = "x A 192.0.2.1\n; between\n\tA 192.0.2.2\n\tTXT t\n"
    assert edited(zones, body, "x.example.com", ["192.0.2.1", "192.0.2.2"], ["192.0.2.2"]) == (
        "; between\nx\tA 192.0.2.2\n\tTXT t\n"
    )
    assert edited(zones, body, "x.example.com", ["192.0.2.1", "192.0.2.2"], []) == (
        "; between\nx\tTXT t\n"
    )


def test_the_owner_is_written_for_the_origin_of_the_line_that_gets_it(zones: Zones) -> None:
    body = "x A 192.0.2.1\n$ORIGIN sub\n\tTXT t\n"
    assert edited(zones, body, "x.example.com", ["192.0.2.1"], []) == (
        "$ORIGIN sub\nx.example.com.\tTXT t\n"
    )


def test_the_owner_outlives_generated_and_included_records(zones: Zones) -> None:
    zones.write("more.inc", "z A 192.0.2.8\n")
    body = "x A 192.0.2.1\n$INCLUDE more.inc\n\tTXT t\n"
    assert edited(zones, body, "x.example.com", ["192.0.2.1"], []) == (
        "$INCLUDE more.inc\nx\tTXT t\n"
    )


def test_a_removed_owner_that_an_included_file_continues_is_refused(zones: Zones) -> None:
    zones.write("more.inc", "\tTXT t\n")
    with pytest.raises(RejectedError, match=r"included at db\.example\.com, line 6.*owner name"):
        edited(zones, "x A 192.0.2.1\n$INCLUDE more.inc\n", "x.example.com", ["192.0.2.1"], [])


def test_without_a_ttl_directive_the_following_lines_keep_their_ttl(zones: Zones) -> None:
    head = "@ 90 SOA ns h 7 2 3 4 5\n@ NS ns\nns A 192.0.2.9\n"
    text = f"{head}x 60 A 192.0.2.1\ny A 192.0.2.1\nz A 192.0.2.1\nw 70 A 192.0.2.1\n"
    kept = "y 60\tA 192.0.2.1\nz A 192.0.2.1\nw 70 A 192.0.2.1\n".replace("y 60\t", "y 60\t")
    path = zones.write("db.example.com", text)
    zones.set("x.example.com", ["192.0.2.1"], [], rdtype="A", zone="example.com")
    assert zones.text("db.example.com") == head.replace(" 7 ", " 8 ") + kept
    zones.set("z.example.com", ["192.0.2.1"], ["192.0.2.1"], rdtype="A", zone="example.com", ttl=5)
    zones.set("y.example.com", ["192.0.2.1"], ["192.0.2.1"], rdtype="A", zone="example.com", ttl=6)
    assert zones.text("db.example.com") == head.replace(" 7 ", " 10 ") + (
        "y 6\tA 192.0.2.1\nz 5\tA 192.0.2.1\nw 70 A 192.0.2.1\n"
    )
    assert accepted_by_bind(path, "example.com")


def test_a_value_written_twice_is_removed_twice(zones: Zones) -> None:
    body = "x A 192.0.2.1\nx A 192.0.2.1\ny A 192.0.2.3\n"
    assert edited(zones, body, "x.example.com", ["192.0.2.1"], []) == "y A 192.0.2.3\n"


def test_values_of_an_rrset_come_and_go_alone(zones: Zones) -> None:
    body = "x A 192.0.2.1\nx A 192.0.2.2\n"
    both = ["192.0.2.1", "192.0.2.2"]
    assert edited(zones, body, "x.example.com", both, ["192.0.2.2"]) == "x A 192.0.2.2\n"
    assert edited(zones, body, "x.example.com", both, [*both, "192.0.2.3"]) == (
        body + "x\t600\tIN\tA\t192.0.2.3\n"
    )


def test_many_changes_are_one_write_with_one_serial(sample: Zones) -> None:
    changes = [change(f"{n}.{REVERSE}", "PTR", [], [B]) for n in range(20, 60)]
    sample.backend().apply(name(REVERSE), [*changes, change(TEN, "PTR", [A], [])])
    assert serial_of(sample.text("db.192.0.2")) == 8
    assert sample.text("db.192.0.2").count(f"{B}.\n") == 40
    assert sample.values(TEN) == []


def test_what_is_already_there_is_not_written(sample: Zones) -> None:
    before = (sample.folder / "db.192.0.2").stat()
    sample.set(TEN, [A], ["A.Example.COM"])
    sample.set(TEN, [], [A])
    sample.set(ELEVEN, [B], [])
    assert sample.text("db.192.0.2") == SAMPLE
    assert (sample.folder / "db.192.0.2").stat() == before


def test_something_else_there_is_a_conflict_that_tells_it(sample: Zones) -> None:
    with pytest.raises(ConflictError) as error:
        sample.set(TEN, [], [B])
    assert str(error.value) == f"zones: write {TEN}: PTR {A} is there, not nothing"
    with pytest.raises(ConflictError, match=f"PTR {A} is there, not PTR {B}"):
        sample.set(TEN, [B], [])
    with pytest.raises(ConflictError, match=f"nothing is there, not PTR {A}"):
        sample.set(ELEVEN, [A], [B])
    assert sample.text("db.192.0.2") == SAMPLE


def test_one_conflict_stops_all_changes(sample: Zones) -> None:
    with pytest.raises(ConflictError):
        sample.backend().apply(
            name(REVERSE), [change(ELEVEN, "PTR", [], [B]), change(TEN, "PTR", [B], [])]
        )
    assert sample.text("db.192.0.2") == SAMPLE


def test_a_cname_at_the_name_is_a_conflict(sample: Zones) -> None:
    sample.write("db.192.0.2", SAMPLE + "11 CNAME 11.0-31\n")
    with pytest.raises(ConflictError, match=rf"CNAME 11\.0-31\.{REVERSE} is there"):
        sample.set(ELEVEN, [], [B])
    with pytest.raises(ConflictError, match="a CNAME stands alone"):
        sample.set(TEN, [], [B], rdtype="CNAME")


def test_a_record_takes_the_place_of_a_cname_that_leaves_with_it(sample: Zones) -> None:
    sample.write("db.192.0.2", SAMPLE + f"11 CNAME {B}.\n")
    sample.backend().apply(
        name(REVERSE), [change(ELEVEN, "CNAME", [B], []), change(ELEVEN, "PTR", [], [B])]
    )
    assert sample.values(ELEVEN) == [f"{B}."]


def test_an_included_record_that_would_change_is_refused_with_its_file(sample: Zones) -> None:
    text = SAMPLE + "$INCLUDE more.inc\n"
    sample.write("db.192.0.2", text)
    sample.write("more.inc", "\n11 PTR old.example.com.\n")
    with pytest.raises(RejectedError, match=r"more\.inc, line 2"):
        sample.set(ELEVEN, ["old.example.com"], [B])
    assert sample.text("db.192.0.2") == text


def test_an_edit_beside_included_and_generated_records_leaves_them(sample: Zones) -> None:
    text = SAMPLE + "$INCLUDE more.inc\n$GENERATE 20-22 $ PTR h$.example.com.\n"
    path = sample.write("db.192.0.2", text)
    sample.write("more.inc", "$TTL 7\n12 PTR old.example.com.\n")
    sample.set(ELEVEN, [], [B])
    sample.set(TEN, [A], [])
    assert sample.values(f"12.{REVERSE}") == ["old.example.com."]
    assert sample.values(f"21.{REVERSE}") == ["h21.example.com."]
    assert sample.text("more.inc") == "$TTL 7\n12 PTR old.example.com.\n"
    assert accepted_by_bind(path, REVERSE)


def test_a_soa_in_an_included_file_is_read_but_not_edited(zones: Zones) -> None:
    zones.write("db.192.0.2", f"$TTL 60\n$INCLUDE soa.inc\n10 PTR {A}.\n")
    zones.write("soa.inc", "@ SOA ns h 1 2 3 4 5\n")
    assert zones.values(TEN) == [f"{A}."]
    with pytest.raises(RejectedError, match=r"included soa\.inc, line 1; move it into db\.192"):
        zones.set(TEN, [A], [B])


def test_a_journal_beside_the_zone_is_refused_with_the_way_out(sample: Zones) -> None:
    sample.write("db.192.0.2.jnl", "")
    for call in (lambda: sample.values(TEN), lambda: sample.set(TEN, [A], [B])):
        with pytest.raises(RejectedError, match="rfc2136 backend"):
            call()


@pytest.mark.parametrize(
    "line",
    [
        "@ NSEC a NS SOA",
        "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A",
        "@ RRSIG NS 8 3 60 20300101000000 20200101000000 1 @ AwEAAQ==",
    ],
)
def test_a_signed_zone_is_read_but_not_edited(sample: Zones, line: str) -> None:
    sample.write("db.192.0.2", f"{SAMPLE}{line}\n")
    assert sample.values(TEN) == [f"{A}."]
    with pytest.raises(RejectedError, match=r"is signed .* rfc2136 backend"):
        sample.set(TEN, [A], [B])
    (listed,) = sample.backend().list_zones()
    assert "is signed (DNSSEC)" in listed.obstacle


@pytest.mark.parametrize(
    "line",
    [
        "@ DNSKEY 256 3 13 AwEAAQ==",
        "@ NSEC3PARAM 1 0 0 -",
        "@ CDS 0 0 0 00",
        "@ CDNSKEY 0 3 0 AA==",
        "host KEY 512 3 13 AwEAAQ==",
        "sub NS ns.example.net.\nsub DS 4941 13 2 " + 64 * "0",
    ],
)
def test_the_keys_of_a_zone_that_is_not_signed_yet_are_no_signatures(
    sample: Zones, line: str
) -> None:
    sample.write("key", f"{line}\n")
    path = sample.write("db.192.0.2", f'{SAMPLE}$INCLUDE "key"\n{line}\n')
    sample.set(TEN, [A], [B])
    assert sample.values(TEN) == [f"{B}."]
    assert accepted_by_bind(path, REVERSE)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("12 PTR two names.", "'two names\\.' is not a valid value of a PTR record"),
        ("12 MG two names.", "this is not a valid MG record"),
        ("12 SSHFP 4 2 zz", "'4 2 zz' is not a valid value of a SSHFP record"),
        ("12 EID \\# 2 ab", "'.*' is not a valid value of a TYPE31 record"),
        ("12 PTRR a.", "unknown type PTRR"),
        ("12 LOC 1 N 1 E 999999999m", "'1 N 1 E 999999999m' is not a valid value of a LOC record"),
        ("12 TLSA", "'' is not a valid value of a TLSA record"),
    ],
)
def test_a_line_that_no_server_takes_stops_a_write(sample: Zones, line: str, reason: str) -> None:
    text = f"{SAMPLE}{line}\n"
    path = sample.write("db.192.0.2", text)
    assert not accepted_by_bind(path, REVERSE)
    with pytest.raises(
        RejectedError, match=rf"db\.192\.0\.2, line 9: {reason}.*nothing was written"
    ):
        sample.set(TEN, [A], [B])
    assert sample.text("db.192.0.2") == text


UNREAD = [
    "x MG .",
    "x MB mailbox",
    "x MR mr.example.",
    "x MINFO a b",
    "x EID 1234",
    "x EID \\# 2 abcd",
    "x NIMLOC \\# 2 abcd",
    "x ATMA +61200000000",
    "x A6 64 ::1 a",
    "x SINK 8 0 2 l4ik",
    "x TLSA 3 1 1 00",
    "x SMIMEA 3 1 1 00",
    "x RKEY 0 255 1 AAAA",
    "x TALINK a b",
    "x HTTPS 1 . ech=AAAA",
    "x UINFO \\# 1 00",
    'x DOA 1 2 1 "image/gif" AAAA',
    "x TA 1 5 1 310D27F4D82C1FC2400704EA9939FE6E1CEAA3B9",
    "x NXT a. A NS",
    "x ( MG ; in parentheses\n .\n )",
    "x SINK ( 8 0\n 2 l4ik ) ; more",
    "$GENERATE 1-3 x$ MG h$",
    "$DATE 20240101000000",
    "$date 20240101000000",
]


@pytest.mark.parametrize("lines", UNREAD)
def test_a_line_that_only_name_servers_understand_is_left_and_stops_no_write(
    sample: Zones, lines: str
) -> None:
    text = f"{SAMPLE}y A 192.0.2.1\n{lines}\n\tTXT t\n"
    path = sample.write("db.192.0.2", text)
    assert accepted_by_bind(path, REVERSE)
    sample.set(TEN, [A], [B])
    sample.set(ELEVEN, [], [B])
    assert sample.text("db.192.0.2") == (
        text.replace("7  ", "9  ").replace(A, B) + f"11\t3600\tIN\tPTR\t{B}.\n"
    )
    assert accepted_by_bind(path, REVERSE)


def test_a_change_of_what_only_name_servers_understand_would_be_found_out() -> None:
    text = "@ 60 SOA ns h 1 2 3 4 5\nx 60 SINK ( 8 0 2 l4ik )\ny 60 MG a\n"

    def reading(text: str) -> Reading:
        zone = read_zone(text, "f", name(REVERSE), lambda file: (file, ""))
        assert zone
        return read(zone)

    for new in (
        text.replace("l4ik", "l4iK"),
        text.replace("MG", "MB"),
        text.replace("MG a", "MG b"),
    ):
        assert difference(reading(text), reading(new), name(REVERSE), [])


def test_the_soa_and_names_of_other_zones_are_refused(sample: Zones) -> None:
    with pytest.raises(RejectedError, match="not in the zone"):
        sample.set("x.example.com", [], [B])
    with pytest.raises(ZoneNotFoundError):
        sample.set("x.example.com", [], [B], zone="example.com")


def test_the_apex_itself_can_hold_a_record(sample: Zones) -> None:
    sample.set(REVERSE, [], [B])
    assert sample.text("db.192.0.2").endswith(f"@\t3600\tIN\tPTR\t{B}.\n")


def test_records_of_unknown_form_are_left_and_can_be_replaced(zones: Zones) -> None:
    body = "x TYPE65280 \\# 1 ff\ny TYPE1 \\# 4 c0000201\n"
    assert edited(zones, body, "y.example.com", ["192.0.2.1"], ["192.0.2.2"]) == (
        "x TYPE65280 \\# 1 ff\ny TYPE1 192.0.2.2  \n"
    )


def test_a_directive_at_the_end_keeps_its_line_ending(zones: Zones) -> None:
    body = "$ORIGIN sub\nx A 192.0.2.1"
    assert edited(zones, body, "x.sub.example.com", ["192.0.2.1"], []) == "$ORIGIN sub\n"


def test_a_symlink_stays_and_its_target_is_written(sample: Zones, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (sample.folder / "db.192.0.2").rename(tmp_path / "real" / "zone")
    (sample.folder / "db.192.0.2").symlink_to(tmp_path / "real" / "zone")
    sample.set(TEN, [A], [B])
    assert (sample.folder / "db.192.0.2").is_symlink()
    assert f"{B}." in (tmp_path / "real" / "zone").read_text()
    assert [path.name for path in (tmp_path / "real").iterdir()] == ["zone"]


def test_the_mode_is_kept_and_the_time_is_new(sample: Zones) -> None:
    path = sample.folder / "db.192.0.2"
    path.chmod(0o640)
    future = 2_000_000_000 * 10**9 * 2
    os.utime(path, ns=(future, future))
    sample.set(TEN, [A], [B])
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.stat().st_mtime_ns > future
    assert sample.listing() == ["db.192.0.2"]


TODAY = datetime.date(2024, 2, 1)


@pytest.mark.parametrize(
    ("serial", "following"),
    [
        (1, 2),
        (0, 1),
        (2**31 - 1, 2**31),
        (2**32 - 1, 1),
        (2023123199, 2024020100),
        (2024020100, 2024020101),
        (2024020199, 2024020200),
        (2024020200, 2024020201),
        (2030010100, 2030010101),
        (2023000001, 2023000002),
        (2023130101, 2023130102),
        (1700000000, 1700000001),
        (2023013299, 2024020100),
    ],
)
def test_the_serial_goes_up_in_its_own_convention(serial: int, following: int) -> None:
    assert next_serial(serial, TODAY) == following
