"""What a resource has written, as its state says it, and the digests that stand for secrets."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.model.addresses import parse_address, reverse_name
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.states import ForwardState, Previous, PtrSetState, PtrState
from pulumi_rdns.records.holdings import (
    Holding,
    Memory,
    Written,
    hidden,
    holding_of_forward,
    holding_of_ptr,
    holding_of_set,
    is_hidden,
    is_same,
)
from tests.records.conftest import name, named

ZONE = "2.0.192.in-addr.arpa"
CLASSLESS = f"0/25.{ZONE}"
MAIL = name("mail.example.com")
PREVIOUS = Previous(known=True, hostnames=(name("old.example.com"),), ttl=60)


def ptr(**more: object) -> PtrState:
    plain: dict[str, object] = {
        "backend": "ns1",
        "address": parse_address("192.0.2.10"),
        "hostnames": (MAIL,),
        "written": MAIL,
        "zone": name(ZONE),
        "owner": name(f"10.{ZONE}"),
        "previous": PREVIOUS,
        "adopted": True,
    }
    return PtrState(**(plain | more))  # type: ignore[arg-type]


def test_a_ptr_record_has_its_value_its_place_and_what_it_remembers() -> None:
    holding = holding_of_ptr("ns1's", ptr())
    assert (holding.kind, holding.identity) == ("PTR", "ns1's")
    memory = Memory(adopted=True, previous=PREVIOUS)
    assert holding.get("192.0.2.10") == Written(MAIL, ZONE, f"10.{ZONE}", memory)
    assert holding.get("192.0.2.11") is None


def test_a_ptr_record_that_an_alias_leads_to_is_in_the_other_zone() -> None:
    state = ptr(zone=name(CLASSLESS), owner=name(f"10.{CLASSLESS}"))
    written = holding_of_ptr("", state).get("192.0.2.10")
    assert written is not None
    assert (written.zone, written.owner) == (CLASSLESS, f"10.{CLASSLESS}")


def test_a_backend_without_zones_has_no_zone() -> None:
    written = holding_of_ptr("", ptr(zone=None, owner=None)).get("192.0.2.10")
    assert written is not None
    assert (written.value, written.zone) == (MAIL, None)


def test_what_was_not_written_by_us_is_not_had() -> None:
    """A refresh has learned it, or it was imported."""
    assert holding_of_ptr("", ptr(written=None)).get("192.0.2.10") is None


@pytest.mark.parametrize(("address", "kind"), [("192.0.2.10", "A"), ("2001:db8::10", "AAAA")])
def test_a_forward_record_has_what_was_written_and_not_what_was_learned(
    address: str, kind: str
) -> None:
    state = ForwardState(
        backend="ns1",
        hostname=MAIL,
        address=parse_address("192.0.2.99"),
        written=parse_address(address),
        zone=name("example.com"),
    )
    holding = holding_of_forward("ns1's", state)
    assert holding.kind == kind
    assert holding.get(MAIL) == Written(address, "example.com", MAIL, Memory())


def test_a_forward_record_that_was_never_written_has_nothing() -> None:
    state = ForwardState(backend="ns1", hostname=MAIL, address=parse_address("192.0.2.99"))
    holding = holding_of_forward("ns1's", state)
    assert (holding.kind, holding.get(MAIL)) == ("A", None)


def test_a_set_has_each_record_in_the_zone_where_it_was_written() -> None:
    texts = {f"192.0.2.{at}": f"h{at}.example.com" for at in (9, 10, 11)}
    table = named({**texts, "2001:db8::1": "six.example.com"})
    state = PtrSetState(
        backend="ns1",
        records=PtrSetRecords(table),
        written=table,
        zones=(name(ZONE), name(CLASSLESS), name(f"11.{ZONE}")),
        owners={"192.0.2.10": name(f"10.{CLASSLESS}")},
    )
    holding = holding_of_set("ns1's", state)
    found = {address: holding.get(address) for address in table}
    six, new = reverse_name("2001:db8::1"), Memory(previous=Previous(known=True))
    assert found == {
        "192.0.2.9": Written("h9.example.com", ZONE, f"9.{ZONE}", new),
        "192.0.2.10": Written("h10.example.com", CLASSLESS, f"10.{CLASSLESS}", new),
        "192.0.2.11": Written("h11.example.com", f"11.{ZONE}", f"11.{ZONE}", new),
        # No zone that is remembered holds it.
        "2001:db8::1": Written("six.example.com", None, six, new),
    }


addresses = st.ip_addresses(v=4, network="192.0.2.0/24").map(str) | st.ip_addresses(v=6).map(str)


@pytest.mark.parametrize("is_aliased", [False, True])
@given(address=addresses)
def test_who_hears_digests_alone_finds_the_record_and_where_it_is(
    is_aliased: bool, address: str
) -> None:
    zone = reverse_name(ipaddress.ip_address(address)).partition(".")[2]
    owner = f"x.{zone}" if is_aliased else reverse_name(address)
    owners = {address: owner} if is_aliased else {}
    open_ = Holding("PTR", "ns1's", {address: MAIL}, frozenset([zone]), owners)
    secret = Holding(
        "PTR",
        "ns1's",
        {hidden(address): hidden(MAIL)},
        frozenset([hidden(zone)]),
        {hidden(key): hidden(one) for key, one in owners.items()},
        is_hidden=True,
    )
    shown, digest = open_.get(address), secret.get(address)
    assert shown is not None
    assert digest is not None
    assert (shown.zone, shown.owner) == (zone, owner)
    assert is_same(digest.value, shown.value)
    assert is_same(digest.owner, shown.owner)
    # Of a digest nobody can say which name is above it.
    assert is_hidden(digest.owner) or digest.zone == zone
    assert secret.get("203.0.113.1") is None


@given(st.text(), st.text())
def test_a_digest_tells_what_it_stands_for_and_nothing_else(one: str, other: str) -> None:
    assert is_hidden(hidden(one))
    assert is_same(hidden(one), one)
    assert is_same(one, other) is (one == other) or is_hidden(one)
    assert is_same(hidden(one), other) is (one == other)


@pytest.mark.parametrize("text", ["", MAIL, "192.0.2.10", "2001:db8::1", f"10.{CLASSLESS}"])
def test_no_name_or_address_looks_like_a_digest(text: str) -> None:
    assert not is_hidden(text)


def test_nothing_is_the_same_as_nothing_alone() -> None:
    assert is_same(None, None)
    assert not is_same(None, MAIL)
    assert not is_same(MAIL, None)
    assert not is_same(hidden(MAIL), None)
