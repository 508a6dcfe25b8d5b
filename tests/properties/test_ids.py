"""The ids of resources."""

from __future__ import annotations

import pytest
from hypothesis import given

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.names import stored_name
from pulumi_rdns.properties.ids import forward_id, parse_ptr_id, ptr_id, ptr_set_id
from tests.model.strategies import addresses
from tests.properties.strategies import backends


@given(backends, addresses)
def test_the_id_of_a_ptr_record_is_read_as_it_was_made(backend: str, address: Address) -> None:
    assert parse_ptr_id(ptr_id(backend, address)) == (backend, address)
    assert parse_ptr_id(ptr_id(backend, address).upper()) == (backend.upper(), address)


@pytest.mark.parametrize(
    "wrong", ["", "corp", "/192.0.2.1", "corp/", "corp/192.0.2.1/24", "a b/::1"]
)
def test_what_is_no_id_of_a_ptr_record_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_ptr_id(wrong)


@pytest.mark.parametrize(("address", "kind"), [("192.0.2.1", "A"), ("2001:db8::1", "AAAA")])
def test_the_id_of_a_forward_record_names_all_but_the_address(address: str, kind: str) -> None:
    made = [
        forward_id("corp", stored_name("a.example.com"), parse_address(address)) for _ in range(2)
    ]
    assert made[0].rpartition("/")[0] == f"corp/a.example.com/{kind}"
    assert made[0] != made[1]


def test_two_sets_of_a_backend_have_two_ids() -> None:
    assert ptr_set_id("corp").startswith("corp/")
    assert ptr_set_id("corp") != ptr_set_id("corp")
