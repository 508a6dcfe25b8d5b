from __future__ import annotations

import os
import time

import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.errors import RejectedError

from .tools import ELEVEN, REVERSE, SAMPLE, TEN, Zones, name

HEAD = "$TTL 600\n@ SOA ns h 1 2 3 4 5\n@ NS ns\n"


def ttl(zones: Zones, owner: str, rdtype: str = "A") -> int:
    found = zones.backend().get_rrset(name("example.com"), name(owner), RdataType[rdtype])
    assert found
    return found.ttl


def test_names_come_absolute_and_in_lower_case(zones: Zones) -> None:
    zones.write(
        "db.192.0.2", f"$TTL 60\n$ORIGIN {REVERSE.upper()}.\n@ SOA N H 1 2 3 4 5\n10 PTR Mail\n"
    )
    found = zones.backend().get_rrset(name(REVERSE), name(TEN), RdataType.PTR)
    assert str(found) == f"{TEN}. 60 IN PTR mail.{REVERSE}."


def test_absent_is_none(sample: Zones) -> None:
    assert sample.values(ELEVEN) == []
    assert sample.values(TEN, "TXT") == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("www 1h30m A 192.0.2.1", 5400),
        ("www 1W2D IN A 192.0.2.1", 777600),
        ("www IN 42 A 192.0.2.1", 42),
        ("www in A 192.0.2.1", 600),
        ("www TYPE1 192.0.2.1", 600),
        ("www CLASS1 7 A 192.0.2.1", 7),
        ("www ( 8 IN\n A ; comment )\n 192.0.2.1 )", 8),
        ("www.example.com. A 192.0.2.1;comment", 600),
        ("x TXT 1\nwww A 192.0.2.1", 600),
        ("\\119ww A 192.0.2.1", 600),
    ],
)
def test_ttl_and_class_come_in_any_form(zones: Zones, line: str, expected: int) -> None:
    zones.write("db.example.com", f"{HEAD}{line}\n")
    assert zones.values("www.example.com", "A", "example.com") == ["192.0.2.1"]
    assert ttl(zones, "www.example.com") == expected


def test_a_blank_owner_is_the_last_one_also_after_a_new_origin(zones: Zones) -> None:
    zones.write("db.example.com", f"{HEAD}www A 192.0.2.1\n$ORIGIN sub\n\tA 192.0.2.2\n")
    assert zones.values("www.example.com", "A", "example.com") == ["192.0.2.1", "192.0.2.2"]


def test_without_a_ttl_directive_the_last_ttl_holds(zones: Zones) -> None:
    zones.write(
        "db.example.com",
        "@ 90 SOA ns h 1 2 3 4 5\na A 192.0.2.1\nb 70 A 192.0.2.1\nc A 192.0.2.1\n",
    )
    assert [ttl(zones, f"{host}.example.com") for host in "abc"] == [90, 70, 70]


def test_without_any_ttl_the_soa_minimum_holds(zones: Zones) -> None:
    zones.write("db.example.com", "@ SOA ns h 1 2 3 4 5m\nb 70 A 192.0.2.1\nc A 192.0.2.1\n")
    assert [ttl(zones, f"{host}.example.com") for host in "bc"] == [70, 300]


def test_included_files_are_followed_and_their_origin_and_owner_end_with_them(zones: Zones) -> None:
    zones.write(
        "db.example.com", f"{HEAD}www A 192.0.2.1\n$INCLUDE sub.inc lab ; x\n\tA 192.0.2.2\n"
    )
    zones.write("sub.inc", "\tA 192.0.2.3\nx A 192.0.2.4\n$INCLUDE deep.inc\ny A 192.0.2.6\n")
    zones.write("deep.inc", "$ORIGIN deep\nx A 192.0.2.5\n")
    assert zones.values("www.example.com", "A", "example.com") == [
        "192.0.2.1",
        "192.0.2.2",
        "192.0.2.3",
    ]
    assert zones.values("x.lab.example.com", "A", "example.com") == ["192.0.2.4"]
    assert zones.values("x.deep.lab.example.com", "A", "example.com") == ["192.0.2.5"]
    assert zones.values("y.lab.example.com", "A", "example.com") == ["192.0.2.6"]


def test_generated_records_are_read(zones: Zones) -> None:
    zones.write("db.192.0.2", SAMPLE + "$GENERATE 20-24/2 $ 5m IN PTR h${0,3}.example.com.\n")
    assert zones.values(f"22.{REVERSE}") == ["h022.example.com."]
    assert zones.values(f"21.{REVERSE}") == []


def test_a_broken_value_is_told_with_its_line_when_it_is_asked_for(zones: Zones) -> None:
    zones.write("db.example.com", f"{HEAD}www A 192.0.2.1\nbad A 192.0.2.500\n")
    assert zones.values("www.example.com", "A", "example.com") == ["192.0.2.1"]
    with pytest.raises(
        RejectedError, match=r"zones: read bad\.example\.com: db\.example\.com, line 5"
    ):
        zones.values("bad.example.com", "A", "example.com")


def test_a_hand_edit_is_seen_at_once_also_of_the_same_size_and_time(sample: Zones) -> None:
    backend = sample.backend()
    path = sample.folder / "db.192.0.2"
    for letter in "bcdef":
        path.write_text(SAMPLE.replace("a.example", f"{letter}.example"))
        os.utime(path, ns=(1, time.time_ns()))
        found = backend.get_rrset(name(REVERSE), name(TEN), RdataType.PTR)
        assert found
        assert found[0].to_text() == f"{letter}.example.com."


def test_a_hand_edit_of_an_included_file_is_seen(sample: Zones) -> None:
    sample.write("db.192.0.2", SAMPLE + "$INCLUDE more.inc\n")
    backend = sample.backend()
    for host in ("a.example.com.", "b.example.com."):
        sample.write("more.inc", f"11 PTR {host}\n")
        found = backend.get_rrset(name(REVERSE), name(ELEVEN), RdataType.PTR)
        assert found
        assert found[0].to_text() == host


def test_a_value_that_cannot_be_read_is_an_error_of_the_backend_for_many_names_too(
    sample: Zones,
) -> None:
    sample.write("db.192.0.2", SAMPLE + "11 IN PTR a..example.com.\n")
    with pytest.raises(RejectedError, match=r"zones: read .*: db\.192\.0\.2, line 9: "):
        sample.backend().read_ptrs(name(REVERSE), [TEN, ELEVEN])
