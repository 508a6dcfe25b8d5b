"""Whose an address is: the look-up behind `rdns addresses` and `get_addresses`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pulumi_rdns.backends.base import OwnedAddress
from pulumi_rdns.backends.memory import MemoryBackend, MemorySettings
from pulumi_rdns.backends.zonefile import ZoneFileBackend, ZoneFileSettings
from pulumi_rdns.errors import ConfigError, InvalidInputError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.records.addresses import addresses_of


class Account(MemoryBackend):
    """An account with machines; ``owned`` maps an address to id and hostname of its owner."""

    owned: dict[str, tuple[str, str]]

    def addresses(self) -> Sequence[OwnedAddress]:
        return [
            OwnedAddress(parse_address(address), *owner, None)
            for address, owner in self.owned.items()
        ]


def account(**owned: tuple[str, str]) -> Account:
    backend = Account("host", MemorySettings(), Path())
    backend.owned = {"2001:db8::1": ("1", "a.example"), "192.0.2.9": ("1", "a.example"), **owned}
    return backend


def found(backend: Account, owner: str | None) -> list[str]:
    return [str(one.address) for one in addresses_of(backend, owner)]


@pytest.mark.parametrize("owner", ["1", "a.example", "A.Example.", None])
def test_an_owner_is_known_by_id_and_by_hostname(owner: str | None) -> None:
    assert found(account(), owner) == ["192.0.2.9", "2001:db8::1"]


def test_addresses_of_others_are_left_out() -> None:
    backend = account(**{"192.0.2.10": ("2", "b.example")})
    assert found(backend, "b.example") == ["192.0.2.10"]


def test_an_owner_that_is_not_there_is_an_error_with_the_candidates() -> None:
    with pytest.raises(InvalidInputError) as caught:
        addresses_of(account(), "c.example")
    assert str(caught.value) == (
        "owner: backend host has no owner 'c.example'; it has a.example (id 1)"
    )


def test_an_account_without_an_address_has_no_owner() -> None:
    backend = account()
    backend.owned = {}
    assert addresses_of(backend) == []
    with pytest.raises(InvalidInputError) as caught:
        addresses_of(backend, "a.example")
    assert str(caught.value) == (
        "owner: backend host has no owner 'a.example'; it has no address at all"
    )


def test_an_owner_that_is_two_is_an_error_with_both() -> None:
    backend = account(**{"192.0.2.10": ("2", "a.example")})
    with pytest.raises(InvalidInputError) as caught:
        addresses_of(backend, "a.example")
    assert str(caught.value) == (
        "owner: 'a.example' is more than one owner at backend host: a.example (id 1), "
        "a.example (id 2); give the id"
    )
    assert found(backend, "2") == ["192.0.2.10"]


def test_of_many_candidates_ten_are_shown() -> None:
    many = {f"192.0.2.{number}": (str(number), f"m{number}.example") for number in range(10, 30)}
    with pytest.raises(InvalidInputError, match=r"\(id 18\) and 11 more$"):
        addresses_of(account(**many), "nobody")


def test_a_backend_of_zones_has_no_addresses(tmp_path: Path) -> None:
    backend = ZoneFileBackend("files", ZoneFileSettings(directory=str(tmp_path)), tmp_path)
    with pytest.raises(ConfigError, match="backend 'files' keeps zones"):
        addresses_of(backend)
