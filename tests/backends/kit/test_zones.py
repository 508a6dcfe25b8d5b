"""Which zone holds a name, and what is said where none here does."""

from __future__ import annotations

import dns.name
import dns.rrset
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.zones import (
    delegated_error,
    find_delegation,
    longest_match,
    misplaced_error,
)

FIND = Operation("pdns", "find the zone of", "a.lab.example.com")
LABELS = st.lists(st.sampled_from(["a", "b", "lab"]), max_size=4)


def name(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


@given(LABELS, st.lists(LABELS))
def test_the_longest_match_is_that_of_all_zones_above(
    owner: list[str], tops: list[list[str]]
) -> None:
    at = name(".".join([*owner, "example"]))
    zones = {name(".".join([*top, "example"])) for top in tops}
    above = [zone for zone in zones if at.is_subdomain(zone)]
    assert longest_match(at, zones) == (max(above, key=len) if above else None)


def ns(owner: str) -> dns.rrset.RRset:
    return dns.rrset.from_text(name(owner), 60, "IN", "NS", "ns2.example.net.", "ns1.example.net.")


def delegated(owner: str, *cuts: str, zone: str = "example.com") -> dns.rrset.RRset | None:
    there = {name(cut): ns(cut) for cut in cuts}
    return find_delegation(name(zone), name(owner), there.get)


def test_the_topmost_delegation_counts() -> None:
    found = delegated("a.b.lab.example.com", "lab.example.com", "b.lab.example.com")
    assert found == ns("lab.example.com")


def test_a_name_may_be_delegated_itself() -> None:
    assert delegated("lab.example.com", "lab.example.com") == ns("lab.example.com")


def test_the_ns_records_at_the_top_of_a_zone_or_beside_delegate_nothing() -> None:
    cuts = ("example.com", "laboratory.example.com", "com")
    assert delegated("a.lab.example.com", *cuts) is None
    assert delegated("example.com", *cuts) is None


def test_a_delegated_name_is_told_with_its_servers() -> None:
    assert str(delegated_error(FIND, ns("lab.example.com"), "this server", "HTTP 404")) == (
        "pdns: find the zone of a.lab.example.com: lab.example.com is delegated to "
        "ns1.example.net, ns2.example.net, and this server does not have it (HTTP 404)"
    )


def test_a_misplaced_name_is_told_with_its_zone() -> None:
    error = misplaced_error(
        FIND, name("a.lab.example.com"), name("lab.example.com"), name("example.com")
    )
    assert str(error).endswith(
        "the server has a.lab.example.com in the zone lab.example.com, not in example.com; check "
        "`zone`"
    )
