"""A record of a ``$GENERATE`` is changed and removed by splitting the range."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_rdns.backends.zonefile.generate import expand, ranges_of, read_range
from pulumi_rdns.errors import ConflictError

from .tools import REVERSE, Zones, accepted_by_bind, change, name, need_bind

HEAD = f"$TTL 1h\n$ORIGIN {REVERSE}.\n@ SOA ns h 7 2 3 4 5\n@ NS ns.example.com.\n"
NEXT = HEAD.replace(" 7 ", " 8 ")
B = "b.example.com"


def twenty_five(number: int = 25) -> str:
    return f"{number}.{REVERSE}"


def edited(
    zones: Zones,
    body: str,
    after: list[str],
    *,
    number: int = 25,
    ttl: int = 3600,
    before: list[str] | None = None,
    head: str = HEAD,
) -> str:
    """Change what stands at one address; return the text behind the head of the zone."""
    path = zones.write("db.192.0.2", head + body)
    old = zone_of(path)
    owner = twenty_five(number)
    zones.set(owner, before or [f"h{number}.example.net"], after, ttl=ttl)
    text = zones.text("db.192.0.2")
    new = zone_of(path)
    assert [line for line in old if not line.startswith(f"{owner}. ")] == [
        line for line in new if not line.startswith(f"{owner}. ")
    ]
    there = [line.split(" ", 4)[1:] for line in new if line.startswith(f"{owner}. ")]
    assert there == [[str(ttl), "IN", "PTR", f"{one}."] for one in sorted(after)]
    assert text.startswith(head.replace(" 7 ", " 8 "))
    return text.removeprefix(head.replace(" 7 ", " 8 "))


def zone_of(path: Path, zone: str = REVERSE) -> list[str]:
    """The records of a zone as BIND compiles it, without the SOA record."""
    options = ["-q", "-D", "-s", "full", "-i", "none", "-k", "ignore"]
    result = subprocess.run(
        [need_bind(), *options, zone, str(path)], capture_output=True, check=True, timeout=30
    )
    lines = (" ".join(line.split()) for line in result.stdout.decode("latin-1").splitlines())
    return sorted(line for line in lines if line and " SOA " not in line)


LINE = "$GENERATE {} $ PTR h$.example.net.\n"
ALL = LINE.format("20-30")


@pytest.mark.parametrize(
    ("number", "first", "last"), [(25, "20-24", "26-30"), (20, "", "21-30"), (30, "20-29", "")]
)
def test_a_changed_record_stands_between_what_is_left_of_its_range(
    zones: Zones, number: int, first: str, last: str
) -> None:
    own = f"{number}\t3600\tIN\tPTR\t{B}.\n"
    ranges = [LINE.format(one) if one else "" for one in (first, last)]
    assert edited(zones, ALL, [B], number=number) == ranges[0] + own + ranges[1]


def test_a_removed_record_leaves_the_ranges_beside_it(zones: Zones) -> None:
    assert edited(zones, ALL, []) == LINE.format("20-24") + LINE.format("26-30")
    assert edited(zones, LINE.format("25-25") + "1 PTR x.\n", []) == "1 PTR x.\n"
    assert edited(zones, LINE.format("24-25"), []) == LINE.format("24-24")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_and_spaces_stay_with_each_range(zones: Zones, newline: str) -> None:
    head = HEAD.replace("\n", newline)
    body = f"$generate 20-30\t$ 1h IN PTR  h$.example.net. ; the pool{newline}"
    assert edited(zones, body, [B], head=head) == (
        body.replace("20-30", "20-24")
        + f"25\t3600\tIN\tPTR\t{B}.{newline}"
        + body.replace("20-30", "26-30")
    )


def test_the_step_of_a_range_stays(zones: Zones) -> None:
    assert edited(zones, LINE.format("21-31/2"), [B]) == (
        LINE.format("21-23/2") + f"25\t3600\tIN\tPTR\t{B}.\n" + LINE.format("27-31/2")
    )


def test_modifiers_stay_as_they_are(zones: Zones) -> None:
    line = "$GENERATE {} ${{5}} PTR h${{0,3,d}}-${{1,2,x}}.example.net.\n"
    before = ["h020-15.example.net"]
    assert edited(zones, line.format("10-30"), [], before=before) == (
        line.format("10-19") + line.format("21-30")
    )


def test_another_ttl_gives_the_record_a_line_at_the_end(zones: Zones) -> None:
    assert edited(zones, ALL + "1 PTR x.\n", ["h25.example.net"], ttl=60) == (
        LINE.format("20-24") + LINE.format("26-30") + "1 PTR x.\n"
        "25\t60\tIN\tPTR\th25.example.net.\n"
    )


def test_a_line_that_continues_the_owner_before_the_range_keeps_it(zones: Zones) -> None:
    body = f"1 PTR x.\n{ALL}\tTXT t\n"
    assert edited(zones, body, [B]) == (
        f"1 PTR x.\n{LINE.format('20-24')}{LINE.format('26-30')}\tTXT t\n25\t3600\tIN\tPTR\t{B}.\n"
    )


def test_a_line_of_its_own_beside_the_range_is_one_record_of_two(zones: Zones) -> None:
    body = f"{ALL}25 PTR {B}.\n"
    both = ["h25.example.net", B]
    assert edited(zones, body, [B], before=both) == (
        LINE.format("20-24") + LINE.format("26-30") + f"25 PTR {B}.\n"
    )
    assert edited(zones, body, ["h25.example.net"], before=both) == ALL


def test_two_ranges_that_make_the_same_name_are_both_split(zones: Zones) -> None:
    other = "$GENERATE 25-26 $ PTR g$.example.net.\n"
    assert edited(zones, ALL + other, [], before=["g25.example.net", "h25.example.net"]) == (
        LINE.format("20-24") + LINE.format("26-30") + other.replace("25-26", "26-26")
    )


def test_without_a_ttl_directive_the_lines_behind_a_used_up_range_keep_their_ttl(
    zones: Zones,
) -> None:
    head = HEAD.replace("$TTL 1h\n", "").replace("@ SOA", "@ 90 SOA")
    body = "$GENERATE 25-25 $ 3600 PTR h$.example.net.\n1 PTR x.\n"
    assert edited(zones, body, [], head=head) == "1 3600\tPTR x.\n"
    two = body + LINE.format("40-41")
    assert edited(zones, two, [], head=head) == "1 3600\tPTR x.\n" + LINE.format("40-41")


def test_many_records_of_a_range_are_one_write(zones: Zones) -> None:
    path = zones.write("db.192.0.2", HEAD + ALL)
    changes = [
        change(twenty_five(number), "PTR", [f"h{number}.example.net"], after)
        for number, after in ((21, []), (22, [B]), (23, [B]), (27, []), (30, [B]))
    ]
    zones.backend().apply(name(REVERSE), changes)
    own = {number: f"{number}\t3600\tIN\tPTR\t{B}.\n" for number in (22, 23, 30)}
    assert zones.text("db.192.0.2") == (
        f"{NEXT}{LINE.format('20-20')}{own[22]}{own[23]}{LINE.format('24-26')}"
        f"{LINE.format('28-29')}{own[30]}"
    )
    assert accepted_by_bind(path, REVERSE)


def test_another_value_than_expected_is_a_conflict(zones: Zones) -> None:
    zones.write("db.192.0.2", HEAD + ALL)
    with pytest.raises(ConflictError, match=r"PTR h25\.example\.net is there, not nothing"):
        zones.set(twenty_five(), [], [B])


FORMS = [
    "",
    "{0}",
    "{7}",
    "{-3}",
    "{0,3}",
    "{0,3,d}",
    "{1,2,x}",
    "{0,4,X}",
    "{0,2,o}",
    "{0,7,n}",
    "{0,3,N}",
]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_range_is_expanded_as_bind_does_it(tmp_path: Path, data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(FORMS))
    around = data.draw(st.sampled_from(["h{}", "{}", "a\\\\${}", "{}-$", "{}.$", "\\052{}"]))
    template = around.format(f"${form}")
    start = data.draw(st.integers(5, 300))
    step = data.draw(st.integers(1, 9))
    text = f"{start}-{start + data.draw(st.integers(0, 30))}/{step}"
    path = tmp_path / "zone"
    head = "$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns.example.net.\n"
    path.write_text(f"{head}$GENERATE {text} r-$ PTR {template}.\n")
    theirs = zone_of(path, "example.com")
    lines = (f"r-{number} PTR {expand(template, number)}.\n" for number in read_range(text))
    path.write_text(head + "".join(lines))
    assert zone_of(path, "example.com") == theirs


@given(st.sets(st.integers(0, 60)), st.integers(1, 7), st.integers(0, 9))
def test_ranges_make_up_exactly_the_numbers_that_are_left(
    places: set[int], step: int, start: int
) -> None:
    numbers = {start + place * step for place in places}
    ranges = list(ranges_of(numbers, step))
    assert sorted(number for _, text in ranges for number in read_range(text)) == sorted(numbers)
    assert [first for first, _ in ranges] == [read_range(text)[0] for _, text in ranges]
