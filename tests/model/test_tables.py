"""Many records at once."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.tables import (
    address_list,
    address_order,
    canonical_address,
)

addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
almost_addresses = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){2,4}", fullmatch=True)
almost_hostnames = st.from_regex(
    r"[A-Za-z0-9_-]{0,5}(\.[A-Za-z0-9_-]{1,70}){0,4}\.?", fullmatch=True
)
hostnames = st.from_regex(r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){1,3}\.[a-z]{2,4}", fullmatch=True)


def outcome(function: object, text: str) -> str:
    """Give what a reader makes of a text, or the reason why it makes nothing of it."""
    try:
        return str(function(text))  # type: ignore[operator]
    except InvalidInputError as error:
        return f"refused: {error}"


@given(st.one_of(addresses, almost_addresses))
def test_an_address_is_read_as_that_of_a_single_record_is(text: str) -> None:
    assert outcome(canonical_address, text) == outcome(parse_address, text)


@given(st.lists(addresses))
def test_addresses_are_sorted_as_numbers_and_those_of_ipv4_first(texts: list[str]) -> None:
    expected = sorted(map(ipaddress.ip_address, texts), key=lambda one: (one.version, int(one)))
    assert sorted(texts, key=address_order) == [str(one) for one in expected]


def test_neighbours_are_one_range() -> None:
    texts = [f"192.0.2.{at}" for at in (1, 2, 3, 9)] + ["2001:db8::ffff", "2001:db8::1:0"]
    expected = "192.0.2.1 to 192.0.2.3, 192.0.2.9, 2001:db8::ffff to 2001:db8::1:0"
    assert address_list(reversed(texts)) == expected
