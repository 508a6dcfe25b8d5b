"""The properties of a set: which records it has, and what was written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.model.names import stored_name
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.properties.ptr_set import check_records
from pulumi_rdns.properties.set_text import read_written, table_text, written_text

FILL = {"network": "192.0.2.0/28", "fill": "{d}.dyn.example.net"}

members = st.integers(0, 15).map(lambda last: f"192.0.2.{last}")
values = st.sampled_from(["a.example.com", "b.example.com", "3.dyn.example.net"])
tables = st.dictionaries(members, values, max_size=8)


@st.composite
def record_sets(draw: st.DrawFn) -> PtrSetRecords:
    """Make records with or without a fill, some of it left out."""
    records = draw(tables)
    if draw(st.booleans()):
        return check_records({"records": table_text(records)})[0]
    left_out = draw(st.lists(members | st.sampled_from(["192.0.2.0/30", "192.0.2.8/31"])))
    kept = {key: value for key, value in records.items() if key not in left_out}
    made, found = check_records(
        {"records": table_text(kept), "exclude": "\n".join(left_out), **FILL}
    )
    assert found == []
    return made


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
