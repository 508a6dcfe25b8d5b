"""Which resource of a program sets the PTR record of which address: there can be one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

import pulumi

from pulumi_rdns.errors import DuplicateAddressError
from pulumi_rdns.model.tables import Table, address_order

#: addresses that an error names
_SHOWN = 5


class Shared(NamedTuple):
    """Two resources set the PTR record of one address: who came first, and the error."""

    first: pulumi.Resource
    error: DuplicateAddressError


class AddressHolders:
    """The resources of one program. Addresses are canonical text."""

    def __init__(self) -> None:
        self._ones: defaultdict[str, dict[str, tuple[pulumi.Resource, str]]] = defaultdict(dict)
        self._sets: defaultdict[str, list[tuple[pulumi.Resource, str, Table]]] = defaultdict(list)

    def claim_one(
        self, resource: pulumi.Resource, resource_name: str, backend: str, address: str
    ) -> Shared | None:
        """Note who sets one address; give who does already, if anybody."""
        first, first_name = self._ones[backend].setdefault(address, (resource, resource_name))
        if first is not resource:
            return Shared(first, _both(resource_name, first_name, [address], backend))
        return self._shared_with_a_set(resource_name, backend, {address: ""})

    def claim_many(
        self, resource: pulumi.Resource, resource_name: str, backend: str, table: Table
    ) -> Shared | None:
        """Note who sets the addresses of a table; give who does already, if anybody."""
        taken = table.keys() & self._ones[backend].keys()
        shared = self._shared_with_a_set(resource_name, backend, table)
        self._sets[backend].append((resource, resource_name, table))
        if taken:
            first, first_name = self._ones[backend][min(taken, key=address_order)]
            both = [key for key in taken if self._ones[backend][key][0] is first]
            return Shared(first, _both(resource_name, first_name, both, backend))
        return shared

    def _shared_with_a_set(
        self, resource_name: str, backend: str, table: Mapping[str, str]
    ) -> Shared | None:
        for first, first_name, other in self._sets[backend]:
            addresses = table.keys() & other.keys()
            if addresses:
                return Shared(first, _both(resource_name, first_name, addresses, backend))
        return None


def _both(one: str, other: str, addresses: Collection[str], backend: str) -> DuplicateAddressError:
    found = sorted(addresses, key=address_order)
    more = f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
    return DuplicateAddressError(
        f"{one!r} and {other!r} both set the PTR record of {', '.join(found[:_SHOWN])}{more} at "
        f"backend {backend!r}; an address has one: remove one of the two"
    )
