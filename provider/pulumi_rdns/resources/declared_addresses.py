"""Which resource of a program declares the PTR record of which address: there can be one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Set
from typing import NamedTuple, TypeAlias

import pulumi

from pulumi_rdns.errors import DuplicateAddressError
from pulumi_rdns.model.tables import address_order

#: addresses that an error names
_SHOWN = 5


class Duplicate(NamedTuple):
    """Two resources declare the PTR record of one address: who came first, and the error."""

    first: pulumi.Resource
    error: DuplicateAddressError


#: a resource, and its name in the program
_Declared: TypeAlias = tuple[pulumi.Resource, str]


class DeclaredAddresses:
    """The addresses of one program. Addresses are canonical text."""

    def __init__(self) -> None:
        self._ones: defaultdict[str, dict[str, tuple[pulumi.Resource, str]]] = defaultdict(dict)
        self._sets: defaultdict[str, list[tuple[pulumi.Resource, str, Set[str]]]] = defaultdict(
            list
        )

    def declare_one(
        self, resource: pulumi.Resource, resource_name: str, backend: str, address: str
    ) -> Duplicate | None:
        """Note who declares one address. Return who does already, if anybody."""
        first, first_name = self._ones[backend].setdefault(address, (resource, resource_name))
        if first is not resource:
            return Duplicate(first, _error(resource_name, first_name, [address], backend))
        return self._duplicate_of_a_set(resource_name, backend, {address})

    def declare_many(
        self, resource: pulumi.Resource, resource_name: str, backend: str, addresses: Set[str]
    ) -> Duplicate | None:
        """Note who declares many addresses. Return who does already, if anybody."""
        taken = addresses & self._ones[backend].keys()
        duplicate = self._duplicate_of_a_set(resource_name, backend, addresses)
        self._sets[backend].append((resource, resource_name, addresses))
        if taken:
            first, first_name = self._ones[backend][min(taken, key=address_order)]
            both = [key for key in taken if self._ones[backend][key][0] is first]
            return Duplicate(first, _error(resource_name, first_name, both, backend))
        return duplicate

    def _duplicate_of_a_set(
        self, resource_name: str, backend: str, addresses: Set[str]
    ) -> Duplicate | None:
        for first, first_name, other in self._sets[backend]:
            if both := addresses & other:
                return Duplicate(first, _error(resource_name, first_name, both, backend))
        return None


def _error(one: str, other: str, addresses: Collection[str], backend: str) -> DuplicateAddressError:
    found = sorted(addresses, key=address_order)
    more = f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
    return DuplicateAddressError(
        f"{one!r} and {other!r} both set the PTR record of {', '.join(found[:_SHOWN])}{more} at "
        f"backend {backend!r}; an address has one: remove one of the two"
    )
