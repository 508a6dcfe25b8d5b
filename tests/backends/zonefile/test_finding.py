from __future__ import annotations

import os
import re

import pytest

from pulumi_rdns.errors import RejectedError, UnavailableError, ZoneNotFoundError

from .tools import ELEVEN, REVERSE, SAMPLE, TEN, Zones, accepted_by_bind, name

FORWARD = "@ 300 SOA ns h 1 2 3 4 5\n@ 300 NS ns1.example.com.\n"


def found(zones: Zones, owner: str) -> str:
    return zones.backend().find_zone(name(owner)).to_text(omit_final_dot=True)


@pytest.mark.parametrize(
    ("file", "zone"),
    [
        ("example.com.zone", "example.com"),
        ("db.example.com", "example.com"),
        ("db.192.0.2", REVERSE),
        ("db.10", "10.in-addr.arpa"),
        ("2.0.192.in-addr.arpa.zone", REVERSE),
        ("db.EXAMPLE.com", "example.com"),
    ],
)
def test_the_file_name_tells_the_zone(zones: Zones, file: str, zone: str) -> None:
    zones.write(file, FORWARD)
    assert found(zones, f"x.{zone}") == zone


def test_the_origin_in_the_file_beats_its_name(zones: Zones) -> None:
    zones.write("db.office", "$ORIGIN com.\n$ORIGIN example\n" + FORWARD)
    assert found(zones, "x.example.com") == "example.com"


def test_an_absolute_soa_owner_beats_the_file_name(zones: Zones) -> None:
    zones.write("db.office", FORWARD.replace("@ 300 SOA", "0/25.2.0.192.in-addr.arpa. 300 SOA"))
    assert found(zones, f"10.0/25.{REVERSE}") == f"0/25.{REVERSE}"


def test_the_longest_match_wins(zones: Zones) -> None:
    zones.write("example.com.zone", FORWARD)
    zones.write("lab.example.com.zone", FORWARD)
    assert found(zones, "x.lab.example.com") == "lab.example.com"
    assert found(zones, "lab.example.com") == "lab.example.com"
    assert found(zones, "x.example.com") == "example.com"


@pytest.mark.parametrize(
    "file",
    [
        ".example.com.zone",
        "db.example.com~",
        ".db.example.com.swp",
        "db.example.com.jnl",
        "db.example.com.bak",
        "#db.example.com#",
        "db.example.com.dpkg-old",
        "named.conf",
    ],
)
def test_leftovers_of_editors_and_servers_are_no_zones(zones: Zones, file: str) -> None:
    zones.write(file, "$ORIGIN example.com.\n" + FORWARD)
    with pytest.raises(ZoneNotFoundError, match="has no zone files"):
        found(zones, "x.example.com")


def test_a_fragment_without_soa_is_no_zone(zones: Zones) -> None:
    zones.write("db.example.com", "www A 192.0.2.1\n")
    with pytest.raises(ZoneNotFoundError):
        found(zones, "www.example.com")


def test_two_files_of_one_zone_are_refused_with_both_names(zones: Zones) -> None:
    zones.write("db.192.0.2", SAMPLE)
    zones.write("office.zone", f"$ORIGIN {REVERSE}.\n{SAMPLE}")
    zones.write("example.com.zone", FORWARD)
    with pytest.raises(RejectedError, match=r"db\.192\.0\.2 and office\.zone both contain"):
        found(zones, TEN)
    assert found(zones, "x.example.com") == "example.com"


def test_a_symlink_beside_its_target_is_one_file(sample: Zones) -> None:
    (sample.folder / f"{REVERSE}.zone").symlink_to("db.192.0.2")
    assert found(sample, TEN) == REVERSE


def test_no_zone_is_an_error_that_lists_the_zones_there_are(sample: Zones) -> None:
    sample.write("example.com.zone", FORWARD)
    with pytest.raises(ZoneNotFoundError) as error:
        found(sample, "1.113.0.203.in-addr.arpa")
    assert str(error.value) == (
        "zones: find the zone of 1.113.0.203.in-addr.arpa: no zone here contains it; "
        f"{sample.folder} has {REVERSE}, example.com. If its file has another name, set "
        "rdns:backends.zones.zones (zone: file)"
    )


def test_many_zones_are_counted_not_listed(zones: Zones) -> None:
    for number in range(30):
        zones.write(f"z{number}.example.zone", FORWARD)
    with pytest.raises(ZoneNotFoundError, match="30 other zones"):
        found(zones, "x.example.com")


def test_a_missing_folder_is_unavailable_and_never_gone(zones: Zones) -> None:
    zones.folder.rmdir()
    backend = zones.backend()
    for call in (
        lambda: backend.find_zone(name(TEN)),
        lambda: zones.values(TEN),
        lambda: zones.set(TEN, ["a.example.com"], []),
    ):
        with pytest.raises(UnavailableError, match="is not there; is it mounted"):
            call()


def test_a_zone_whose_file_went_is_never_gone(sample: Zones) -> None:
    (sample.folder / "db.192.0.2").unlink()
    with pytest.raises(ZoneNotFoundError):
        sample.values(TEN)
    with pytest.raises(ZoneNotFoundError):
        sample.set(TEN, ["a.example.com"], [])


def test_a_name_below_a_delegation_tells_to_which_servers(zones: Zones) -> None:
    zones.write("example.com.zone", FORWARD + "sub 60 NS ns.other.example.\nsub 60 NS ns2\n")
    for owner in ("x.sub.example.com", "sub.example.com"):
        with pytest.raises(
            ZoneNotFoundError,
            match=r"to ns\.other\.example, ns2\.example\.com, and the folder .* not have",
        ):
            found(zones, owner)
    with pytest.raises(ZoneNotFoundError, match="is delegated to"):
        zones.set("x.sub.example.com", [], ["y.example.com"], zone="example.com")
    zones.write("sub.example.com.zone", FORWARD)
    assert found(zones, "x.sub.example.com") == "sub.example.com"


def test_a_broken_file_matters_only_for_its_own_zone(sample: Zones) -> None:
    sample.write("example.com.zone", "@ 300 SOA ns h 1 2 3 4 5\nwww 60 NOTYPE x\n")
    assert found(sample, TEN) == REVERSE
    with pytest.raises(RejectedError, match=r"example\.com\.zone, line 2: unknown type NOTYPE"):
        found(sample, "www.example.com")
    with pytest.raises(ZoneNotFoundError, match=r"not readable: example\.com\.zone, line 2"):
        found(sample, "www.example.net")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("@ 60 SOA ns h ( 1 2 3 4 5\n", 1, "is never closed"),
        ("@ 60 SOA ns h 1 2 3 4 5\na 60 A 192.0.2.1 )\n", 2, r"'\)' without"),
        ('@ 60 SOA ns h 1 2 3 4 5\n\na 60 TXT "x\n', 3, "closing"),
        ("@ 60 SOA ns h 1 2 3 4 5\na 60\n", 2, "missing"),
        ("@ SOA ns h 1 2 3 4\n", 1, ""),
        ("@ 60 SOA ns h 1 2 3 4 5\n$FOO x\n", 2, "unknown directive"),
        ("@ 60 SOA ns h 1 2 3 4 5\na 60 CH A 192.0.2.1\n", 2, "class CH"),
        ("www A 192.0.2.1\n@ 60 SOA ns h 1 2 3 4 5\n", 1, "no TTL"),
        ("  60 A 192.0.2.1\n@ 60 SOA ns h 1 2 3 4 5\n", 1, "without an owner"),
        ("@ 60 SOA ns h 1 2 3 4 5\n@ 60 SOA ns h 1 2 3 4 5\n", 2, "second SOA"),
        ("@ 60 SOA ns h 1 2 3 4 5\na..b 60 A 192.0.2.1\n", 2, "'a..b' is not a valid name"),
        ("@ 60 SOA ns h 1 2 3 4 5\n$INCLUDE nowhere.inc\n", 2, "cannot read nowhere.inc"),
        ("@ 60 SOA ns h 1 2 3 4 5\n$INCLUDE db.example.com\n", 2, "include one another"),
        ("@ 60 SOA ns h 1 2 3 4 5\n$GENERATE 1-x $ A 192.0.2.$\n", 2, "'1-x' is not a range"),
        ("@ 60 SOA ns h 1 2 3 4 5\n$GENERATE 2-1 $ A 192.0.2.$\n", 2, "'2-1' is not a range"),
        ("@ 60 SOA ns h 1 2 3 4 5\n$GENERATE 1-2/0 $ A 192.0.2.$\n", 2, "is not a range"),
        ("@ 60 SOA ns h 1 2 3 4 5\n$GENERATE 0-99999999 $ 60 A 1.1.1.1\n", 2, "more than 1,048,"),
        ("@ 60 SOA ns h 1 2 3 4 5\n$GENERATE 1-2 ${0,2,q} 60 A 1.1.1.1\n", 2, "does not know"),
        ("@ 60 SOA ns h 1 2 3 4 5\n$GENERATE 1-2 $ PTR\n", 2, "needs: range, owner, type"),
        ("@ 60 SOA ns h 1 2 3 4 5\n$TTL 1x\n", 2, "'1x' is not a valid TTL"),
        ("@ 60 SOA ns h 1 2 3 4 5\na MG\n", 2, "missing"),
        ("@ 60 SOA ns h 1 2 3 4 5\na MG one two\n", 2, "not a valid MG record"),
        ("@ 60 SOA ns h 1 2 3 4 5\na MD one\n", 2, "not a valid MD record"),
        ("@ 60 SOA ns h 1 2 3 4 5\na TYPE731 one\n", 2, "not a valid TYPE731 record"),
        ("@ 60 SOA ns h 1 2 3 4 5\na AXFR one\n", 2, "not a valid AXFR record"),
    ],
)
def test_a_file_that_does_not_parse_names_file_line_and_reason(
    zones: Zones, text: str, line: int, reason: str
) -> None:
    zones.write("db.example.com", text)
    with pytest.raises(RejectedError, match=rf"db\.example\.com, line {line}: .*{reason}"):
        found(zones, "x.example.com")


def test_a_raw_file_is_refused_with_the_way_out(zones: Zones) -> None:
    zones.write("db.192.0.2", "\0\0\0\2\0\0\0\1rest")
    with pytest.raises(RejectedError, match=r"raw format.*named-compilezone"):
        found(zones, TEN)


SERVED = f"$ORIGIN {REVERSE}.\n{SAMPLE}"


@pytest.mark.parametrize(
    ("data", "name_of_it"),
    [
        (SERVED.encode("utf-8-sig"), "starts with a UTF-8 byte order mark"),
        (SERVED.encode("utf-16"), r"is in UTF-16 \(little-endian"),
        (SERVED.encode("utf-16-le"), r"is in UTF-16 \(little-endian"),
        (b"\xfe\xff" + SERVED.encode("utf-16-be"), r"is in UTF-16 \(big-endian"),
        (SERVED.encode("utf-16-be"), r"is in UTF-16 \(big-endian"),
        (SERVED.encode() + b"\x1a", r"ends with a Ctrl-Z \(0x1A\)"),
        (SERVED.encode() + b"\x1a\x1a\r\n", r"ends with a Ctrl-Z \(0x1A\)"),
        (SERVED.encode().rstrip() + b"\n11 PTR b.example.com.\x1a", r"ends with a Ctrl-Z"),
    ],
)
@pytest.mark.parametrize("is_included", [False, True])
def test_what_windows_programs_put_into_a_file_is_named(
    sample: Zones, data: bytes, name_of_it: str, is_included: bool
) -> None:
    file = "more.inc" if is_included else "db.192.0.2"
    sample.write("db.192.0.2", SAMPLE + "$INCLUDE more.inc\n")
    (sample.folder / file).write_bytes(data)
    before = sample.text("db.192.0.2")
    backend = sample.backend()
    with pytest.raises(RejectedError, match=rf"{re.escape(file)} {name_of_it}"):
        backend.find_zone(name(TEN))
    with pytest.raises(RejectedError, match=rf"{re.escape(file)} {name_of_it}.*nothing was writ"):
        sample.set(ELEVEN, [], ["b.example.com"])
    assert sample.text("db.192.0.2") == before


@pytest.mark.parametrize(
    "end", ["; the end\x1a", "11 TXT \x1aa\n", "; \xef\xbb\xbf\n", "; \xff\xfe\n"]
)
def test_the_same_bytes_where_they_do_no_harm_are_no_reason(sample: Zones, end: str) -> None:
    path = sample.write("db.192.0.2", SAMPLE.replace("\n", "\r\n") + end)
    sample.set(TEN, ["a.example.com"], ["b.example.com"])
    assert accepted_by_bind(path, REVERSE)


@pytest.mark.parametrize("target", ["fifo", "/dev/zero", "/dev/full"])
def test_only_regular_files_are_read(sample: Zones, target: str) -> None:
    os.mkfifo(sample.folder / "fifo")
    (sample.folder / "more.inc").symlink_to(target)
    sample.write("db.192.0.2", SAMPLE + "$INCLUDE more.inc\n")
    with pytest.raises(RejectedError, match=r"line 9: .*more\.inc.*not a regular file"):
        found(sample, TEN)


def test_a_zone_file_that_is_a_fifo_is_none(sample: Zones) -> None:
    os.mkfifo(sample.folder / "db.203.0.113")
    assert found(sample, TEN) == REVERSE


@pytest.mark.parametrize("is_included", [False, True])
def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    sample: Zones, is_included: bool
) -> None:
    large = "more.inc" if is_included else "db.192.0.2"
    sample.write("db.192.0.2", SAMPLE + "$INCLUDE more.inc\n")
    with (sample.folder / large).open("ab") as file:
        file.truncate(2**40)
    with pytest.raises(RejectedError, match=rf"{re.escape(large)} has more than 64 MiB.*rfc2136"):
        found(sample, TEN)


def test_small_files_that_include_one_another_twice_come_to_an_end(sample: Zones) -> None:
    sample.write("db.192.0.2", SAMPLE + "$INCLUDE 1.inc\n")
    for depth in range(1, 20):
        sample.write(f"{depth}.inc", f"$INCLUDE {depth + 1}.inc\n" * 2)
    sample.write("20.inc", "11 PTR b.example.com.\n")
    with pytest.raises(RejectedError, match=r"db\.192\.0\.2 with what it includes has more than"):
        found(sample, TEN)


def test_each_zone_is_listed_once_and_a_file_of_no_zone_is_not(zones: Zones) -> None:
    zones.write("db.192.0.2", SAMPLE)
    zones.write("example.com.zone", FORWARD)
    zones.write("notes.zone", "; nothing yet\n")
    listed = {one.name: one.obstacle for one in zones.backend().list_zones()}
    assert listed == {name(REVERSE): "", name("example.com"): ""}


def test_a_folder_that_may_not_be_written_is_told_with_each_zone(
    zones: Zones, monkeypatch: pytest.MonkeyPatch
) -> None:
    zones.write("db.192.0.2", SAMPLE)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    (listed,) = zones.backend().list_zones()
    assert listed.obstacle.startswith("this user may not write in ")


def test_a_folder_that_is_not_there_has_no_list(zones: Zones) -> None:
    zones.folder.rmdir()
    with pytest.raises(UnavailableError, match="is not there; is it mounted"):
        zones.backend().list_zones()
