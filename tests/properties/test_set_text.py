"""The texts of a set of records."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import stored_name
from pulumi_rdns.properties.set_text import (
    check_table,
    live_text,
    read_live,
    read_table,
    table_text,
)
from tests.model.strategies import (
    address_texts,
    almost_addresses,
    almost_hostnames,
    outcome,
    short_hostnames,
)


@given(st.dictionaries(address_texts, short_hostnames))
def test_a_table_is_read_from_its_text_as_it_was(table: dict[str, str]) -> None:
    text = table_text(table)
    assert read_table(text) == table
    assert text == "" or text.endswith("\n")
    assert table_text(dict(reversed(table.items()))) == text


def test_any_spelling_of_a_record_is_one_record() -> None:
    table, _, findings = check_table(
        "2001:DB8:0::10 Mail.Example.COM.\n::ffff:192.0.2.10 bücher.example\n"
    )
    assert table == {"2001:db8::10": "mail.example.com", "192.0.2.10": "xn--bcher-kva.example"}
    assert findings == []


@given(
    st.lists(
        st.tuples(
            st.one_of(address_texts, almost_addresses), st.one_of(short_hostnames, almost_hostnames)
        ),
        unique_by=lambda pair: outcome(parse_address, pair[0]),
    )
)
def test_a_text_is_read_as_its_lines_are_one_by_one(pairs: list[tuple[str, str]]) -> None:
    table, _, findings = check_table("".join(f"{key} {name}\n" for key, name in pairs))
    each = [check_table(f"{key} {name}\n") for key, name in pairs]
    assert table == {key: name for one, _, _ in each for key, name in one.items()}
    assert findings[:20] == [finding for _, _, found in each for finding in found][:20]


def test_two_lines_of_one_address_are_no_table_however_plain_they_are() -> None:
    _, _, findings = check_table("192.0.2.10 a.example.com\n192.0.2.10 b.example.com\n")
    assert [reason for _, reason in findings] == ["192.0.2.10 is there twice"]


def test_everything_that_is_wrong_is_found_at_once() -> None:
    _, _, findings = check_table(
        "192.0.2.256 a.example.com\n"
        "192.0.2.10 a_b.example.com\n"
        "192.0.2.11 b.example.com\n"
        "::ffff:192.0.2.11 c.example.com\n"
    )
    reasons = [reason for _, reason in findings]
    assert {name for name, _ in findings} == {"records"}
    assert "'192.0.2.256' is not an IPv4 or IPv6 address" in reasons[0]
    assert "192.0.2.10" in reasons[1]
    assert "underscore" in reasons[1]
    twice = "192.0.2.11 is there twice, as 192.0.2.11 and as ::ffff:192.0.2.11"
    assert reasons[2] == twice
    assert len(reasons) == 3


def test_a_thousand_mistakes_are_twenty_and_a_count() -> None:
    _, _, findings = check_table("".join(f"192.0.{at} a.example.com\n" for at in range(1000)))
    assert len(findings) == 21
    assert findings[-1].reason == "and 980 more"


@given(
    st.dictionaries(
        address_texts, st.lists(short_hostnames.map(stored_name), min_size=1, max_size=3)
    ),
)
def test_what_was_seen_is_read_as_it_was(seen: dict[str, list[str]]) -> None:
    single = {key: stored_name(names[0]) for key, names in seen.items() if len(names) == 1}
    several = {key: tuple(map(stored_name, names)) for key, names in seen.items() if len(names) > 1}
    assert read_live(live_text(single, several)) == (single, several)
