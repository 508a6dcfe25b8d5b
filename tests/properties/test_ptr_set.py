"""The properties of a set: which records it has, and what was written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.model.names import stored_name
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.properties.ptr_set import PTR_SET, check_records, exclude_lines, records_text
from pulumi_rdns.properties.set_text import read_written, written_text
from tests.properties.strategies import record_sets, tables


@given(record_sets(), tables)
def test_what_was_written_is_read_as_it_was(records: PtrSetRecords, other: dict[str, str]) -> None:
    named = {key: stored_name(value) for key, value in other.items()}
    for written in (records.table, {**records.table, **named}, named):
        assert read_written(written_text(written, records)) == written


def test_a_fill_stays_one_line() -> None:
    records, _ = check_records({"network": "10.0.0.0/16", "fill": "{dashed}.example.net"})
    assert written_text(records.table, records) == "10.0.0.0/16 {dashed}.example.net\n"


def test_single_records_override_the_fill_and_others_are_left_out() -> None:
    records, found = check_records(
        {
            "records": "192.0.2.3 mail.example.com\n",
            "network": "192.0.2.0/29",
            "fill": "{D}.Dyn.example.net.",
            "exclude": "192.0.2.0/30\n192.0.2.7\n",
        }
    )
    assert [reason for _, reason in found] == []
    assert records.table == {
        "192.0.2.3": "mail.example.com",
        "192.0.2.4": "4.dyn.example.net",
        "192.0.2.5": "5.dyn.example.net",
        "192.0.2.6": "6.dyn.example.net",
    }


def test_all_that_is_wrong_is_found_at_once() -> None:
    _, found = check_records(
        {
            "records": "192.0.2.1 a.example.com\n198.51.100.1 b.example.com\n",
            "network": "192.0.2.0/28",
            "fill": "{d}_.example.net",
            "exclude": "192.0.2.1\n198.51.100.0/24\nnonsense\n",
        }
    )
    assert {
        ("records", "198.51.100.1 is not in 192.0.2.0/28"),
        ("exclude", "192.0.2.1 is in records too; leave one of them out"),
        ("exclude", "198.51.100.0/24 is not in 192.0.2.0/28"),
        ("exclude", "'nonsense' is not an IPv4 or IPv6 address"),
    } <= set(found)
    assert any(name == "fill" and "underscore" in reason for name, reason in found)


def test_a_fill_needs_a_network_and_an_exclude_needs_a_fill() -> None:
    assert check_records({"fill": "{a}.example.net"})[1][0].property == "network"
    assert check_records({"network": "192.0.2.0/24", "exclude": "192.0.2.1"})[1][0].reason == (
        "is of use only with a fill"
    )
    assert check_records({"network": "192.0.2.0/24", "fill": 3})[1][0].property == "fill"
    _, found = check_records({"network": "nonsense/24", "fill": "{a}.example.net"})
    assert [finding.property for finding in found] == ["network"]


def test_a_network_alone_only_bounds_the_records() -> None:
    records, found = check_records(
        {"records": "192.0.2.1 a.example.com\n", "network": "192.0.2.0/24"}
    )
    assert found == []
    assert records.table == {"192.0.2.1": "a.example.com"}


def test_records_and_excludes_of_a_program_become_a_line_each() -> None:
    text, wrong = records_text({" 192.0.2.1": "A.example.com. ", "192.0.2.2": "b.example.com"})
    assert text == "192.0.2.1 A.example.com.\n192.0.2.2 b.example.com\n"
    assert wrong == []
    assert exclude_lines(["192.0.2.1 ", "192.0.2.8/31"]) == ("192.0.2.1\n192.0.2.8/31\n", [])
    assert exclude_lines("192.0.2.1") == ("192.0.2.1\n", [])


@pytest.mark.parametrize(
    ("key", "value", "reasons"),
    [
        ("192.0.2.1", "a.example.com\n192.0.2.9 b.example.com", ["192.0.2.1: ", " has a space"]),
        ("192.0.2.1", "", ["192.0.2.1: is empty"]),
        ("192.0.2.1", None, ["192.0.2.1: must be a hostname as text, not nothing"]),
        ("192.0.2 .1", "a.example.com", ["'192.0.2 .1' is not an IPv4 or IPv6 address"]),
        (3, 4, ["as text, not the number 3", "the number 3: must be a hostname as text"]),
        ("", "a.example.com", ["'' is not an IPv4 or IPv6 address"]),
    ],
)
def test_what_is_no_line_of_text_is_told_and_the_others_are_lines(
    key: Any, value: Any, reasons: list[str]
) -> None:
    text, wrong = records_text({"192.0.2.8": "h.example.com", key: value})
    assert text == "192.0.2.8 h.example.com\n"
    assert all(reason in "; ".join(wrong) for reason in reasons)


def test_what_is_no_dict_and_no_list_is_told() -> None:
    assert records_text(["192.0.2.1"]) == ("", ["must be a dict, address -> hostname, not a list"])
    wrong = ["'192.0.2.1\\n192.0.2.2' is not an address or a network as text"]
    assert exclude_lines(["192.0.2.1\n192.0.2.2", "192.0.2.3"]) == ("192.0.2.3\n", wrong)
    assert exclude_lines(3) == ("", ["3 is not an address or a network as text"])


def test_a_hostname_with_a_space_and_one_that_is_no_text_are_told_beside_all_else() -> None:
    props = {"network": "192.0.2.0/24", "fill": "{e}.example.net"}
    props["records"], no_lines = records_text(
        {
            "192.0.2.1": "my host.example.com",
            "192.0.2.2": None,
            "198.51.100.1": "the host.example.com",
            "192.0.2.3": "d_e.example.com",
        }
    )
    props["exclude"], no_exclude = exclude_lines([None, "192.0.2.3"])
    _, found = check_records(props, {"records": no_lines, "exclude": no_exclude})
    assert [(one.property, one.reason.partition(":")[0].partition(" is ")[0]) for one in found] == [
        ("records", "192.0.2.2"),
        ("records", "192.0.2.1"),
        ("records", "198.51.100.1"),
        ("records", "192.0.2.3"),
        ("records", "198.51.100.1"),
        ("fill", "unknown field {e}; IPv4 patterns support {a}, {b}, {c}, {d}, {dashed}"),
        ("exclude", "None"),
        ("exclude", "192.0.2.3"),
    ]
    assert "has a space" in found[1].reason


def test_of_thousands_that_are_no_text_twenty_are_told() -> None:
    text, wrong = records_text({f"10.0.{at // 250}.{at % 250}": None for at in range(1000)})
    _, found = check_records({"records": text}, {"records": wrong})
    assert len(found) == 21
    assert found[-1].reason == "and 980 more"


@given(st.dictionaries(st.text(max_size=4) | st.integers(), st.text(max_size=8) | st.none()))
def test_no_value_makes_more_than_one_line(records: dict[Any, Any]) -> None:
    text, wrong = records_text(records)
    assert len(text.splitlines()) == text.count("\n")
    assert len(text.splitlines()) + len(wrong) >= len(records)


def test_a_set_knows_the_words_of_a_single_record() -> None:
    found = {
        word: PTR_SET.check({"backend": "corp", "onDelete": word}, lambda _: False).findings
        for word in ("remove-written", "remove", "restore", "forget")
    }
    assert [word for word, wrong in found.items() if len(wrong) > len(found["remove"])] == [
        "forget"
    ]
    assert found["forget"][0].reason == "'forget' is not one of remove-written, remove, restore"


def test_records_that_are_not_text_are_a_finding() -> None:
    _, found = check_records({"records": ["192.0.2.1"]})
    assert found == [("records", "must be text, a line for each")]


def test_a_fill_that_cannot_be_made_is_told_beside_all_else() -> None:
    records, found = check_records(
        {"network": "192.0.2.0/28", "fill": "{e}.example.net", "exclude": "nonsense"}
    )
    assert [one.property for one in found] == ["fill", "exclude"]
    assert found[0].reason.startswith("unknown field {e}; IPv4 patterns support {a}")
    assert records.fill is None
