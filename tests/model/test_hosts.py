"""The hosts that a stack file lists: read whole, with every mistake found at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.model.hosts import Host, read_hosts
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, OnDelete, OnForwardConflict


def where(at: int) -> str:
    return f"line {at + 1}"


def read(raw: object) -> list[Host]:
    """Return hosts in which nothing is wrong."""
    listed, wrong = read_hosts(raw, where)
    assert not wrong
    assert not any(one.findings for one in listed)
    return [Host(**one.values) for one in listed]


def refused(raw: object) -> list[tuple[int, str, str]]:
    """Return what is wrong with the entries: index, path and reason."""
    listed, wrong = read_hosts(raw, where)
    assert not wrong
    return [(one.at, path, reason) for one in listed for path, reason in one.findings]


def test_hosts_are_read_from_data_and_from_text() -> None:
    listed = [{"hostname": "mail.example.com", "addresses": ["192.0.2.10"], "onDelete": "restore"}]
    (host,) = read(listed)
    assert read(json.dumps(listed)) == [host]
    assert host.options()["on_delete"] == "restore"


def test_every_key_of_a_host_is_an_argument_in_snake_case() -> None:
    raw = {
        "hostname": "mail.example.com",
        "addresses": ["192.0.2.10", "2001:db8::10"],
        "backend": "corp",
        "forwardBackend": "dns",
        "manageForward": False,
        "zone": "2.0.192.in-addr.arpa",
        "forwardZone": "example.com",
        "ttl": 300,
        "onConflict": "overwrite",
        "onForwardConflict": "add",
        "onDelete": "restore",
        "forwardCheck": "strict",
        "forwardTimeout": 5,
        "ptrTimeout": 2.5,
    }
    (host,) = read([raw])
    assert host.options() == {
        "hostname": "mail.example.com",
        "addresses": ["192.0.2.10", "2001:db8::10"],
        "backend": "corp",
        "forward_backend": "dns",
        "manage_forward": False,
        "zone": "2.0.192.in-addr.arpa",
        "forward_zone": "example.com",
        "ttl": 300,
        "on_conflict": OnConflict.OVERWRITE,
        "on_forward_conflict": OnForwardConflict.ADD,
        "on_delete": OnDelete.RESTORE,
        "forward_check": ForwardPolicy.STRICT,
        "forward_timeout": 5.0,
        "ptr_timeout": 2.5,
    }


def test_what_a_host_leaves_out_is_no_opinion() -> None:
    (host,) = read([{"hostname": "a.example.com", "addresses": ["192.0.2.1"]}])
    options = host.options()
    assert options.pop("manage_forward") is True
    assert [key for key, value in options.items() if value is not None] == ["hostname", "addresses"]


def test_all_mistakes_are_found_also_beside_a_mistyped_key() -> None:
    found = refused(
        [
            {"hostname": "mail.example.com", "addresses": ["192.0.2.300"]},
            {"hostname": 3, "addresses": "192.0.2.11", "adress": "x"},
            {"hostname": "d_e.example.com", "addresses": ["192.0.2.0/24"], "on_conflict": "fail"},
            {"addresses": []},
            "mail",
            {"hostname": "MAIL.example.com.", "addresses": ["192.0.2.12"]},
        ]
    )
    assert [(at, path) for at, path, _ in found] == [
        (0, "addresses[0]"),
        (1, "adress"),
        (1, "hostname"),
        (1, "addresses"),
        (2, "on_conflict"),
        (2, "hostname"),
        (2, "addresses[0]"),
        (3, "hostname"),
        (3, "addresses"),
        (4, ""),
        (5, "hostname"),
    ]
    reasons = [reason for *_, reason in found]
    assert reasons[3] == "must be a list, not text"
    assert reasons[4] == "unknown key; did you mean onConflict?"
    assert "underscore" in reasons[5]
    assert "is a network" in reasons[6]
    assert "a host has at least one address" in reasons[8]
    again = "mail.example.com is in line 1 already; list all its addresses there"
    assert reasons[10] == again


def test_a_host_that_is_listed_three_times_is_told_twice_with_the_first_place() -> None:
    same: list[Any] = [
        {"hostname": name, "addresses": ["192.0.2.1"]}
        for name in ("mail.example.com", "Mail.example.com", "mail.example.com.")
    ]
    reason = "mail.example.com is in line 1 already; list all its addresses there"
    assert refused(same) == [(1, "hostname", reason), (2, "hostname", reason)]


def test_an_address_is_in_one_host_of_a_backend_and_once_in_it() -> None:
    found = refused(
        [
            {"hostname": "a.example.com", "addresses": ["192.0.2.1", "2001:db8::1"]},
            {"hostname": "b.example.com", "addresses": ["192.0.2.2", "2001:DB8:0::1"]},
            {"hostname": "c.example.com", "addresses": ["192.0.2.1"], "backend": "other"},
            {"hostname": "d.example.com", "addresses": ["192.0.2.3", "::ffff:192.0.2.3"]},
        ]
    )
    first = "2001:db8::1 is an address of a.example.com (line 1) already, and has one PTR record"
    assert found == [
        (1, "addresses[1]", first),
        (3, "addresses[1]", "192.0.2.3 is there twice"),
    ]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, "is missing; list the stack's hosts there"),
        ("mail", "must be a list"),
        ({}, "must be a list"),
    ],
)
def test_hosts_that_are_no_list_are_one_finding(raw: object, reason: str) -> None:
    assert read_hosts(raw, where) == ([], [("hosts", reason)])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=4,
)
hosts = st.dictionaries(
    st.sampled_from(["hostname", "addresses", "ttl", "onConflict", "manageForward", "other"]),
    values | st.just("mail.example.com") | st.just(["192.0.2.1"]),
)


@given(st.lists(hosts | values, max_size=3))
def test_every_entry_is_a_host_or_has_a_finding(raw: list[object]) -> None:
    listed, wrong = read_hosts(raw, where)
    assert not wrong
    assert [one.at for one in listed] == list(range(len(raw)))
    for one in listed:
        assert one.findings or Host(**one.values)
