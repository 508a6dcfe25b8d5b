"""Other backend instances that hold the very records of a set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Backend, ZoneBackend
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import ConflictError, RdnsError, ZoneNotFoundError
from pulumi_rdns.model.names import DnsName, from_dns
from pulumi_rdns.model.tables import Table
from pulumi_rdns.records.claims import Claims
from pulumi_rdns.records.one_place import Spot, are_one
from pulumi_rdns.records.places import Aliases
from pulumi_rdns.records.ptr_set_places import Place, store_of


class OtherInstances:
    """Finds out which records other instances hold that declare them: at the very same place."""

    def __init__(self, backends: Backends, aliases: Aliases, claims: Claims) -> None:
        self._backends = backends
        self._aliases = aliases
        self._claims = claims

    def hold(
        self,
        backend: Backend,
        places: Mapping[str, Place],
        values: Table,
        declared: Mapping[str, Sequence[tuple[str, object]]],
    ) -> tuple[set[str], dict[str, RdnsError]]:
        """Return the addresses that are held elsewhere, and those of which nobody can tell.

        ``places`` is where each record is, ``values`` what this set wrote there, and ``declared``
        which other places declare it, with the zone that is named there.
        """
        held: set[str] = set()
        unsure: dict[str, RdnsError] = {}
        groups: defaultdict[tuple[str, object], list[str]] = defaultdict(list)
        for address, others in declared.items():
            for other in others:
                groups[other].append(address)
        for (identity, zone), addresses in groups.items():
            there = self._backends.at(identity)
            if not isinstance(there, ZoneBackend) or not isinstance(backend, ZoneBackend):
                continue
            assert zone is None or isinstance(zone, str)
            given = None if zone is None else DnsName(zone)
            store = store_of(there, given, self._aliases, self._claims, ())
            # A guess from a neighbour would do for a write, which the server corrects.
            found = store.each_replaced(addresses)
            alike: defaultdict[DnsName, list[str]] = defaultdict(list)
            for address, place in found.items():
                if isinstance(place, RdnsError):
                    if not isinstance(place, ZoneNotFoundError):
                        unsure[address] = place
                elif place == places[address] and place.zone is not None:
                    alike[place.zone].append(address)
            for same in alike.values():
                try:
                    is_one = _is_one(backend, there, places, values, same)
                except RdnsError as error:
                    unsure |= dict.fromkeys(same, error)
                    continue
                held.update(same if is_one else ())
        return held, unsure


def _is_one(
    one: ZoneBackend,
    other: ZoneBackend,
    places: Mapping[str, Place],
    values: Table,
    addresses: Iterable[str],
) -> bool:
    """Whether both are one place, by the first record where what we wrote still stands.

    Raises ConflictError where each of those changes while it is compared.
    """
    changed: ConflictError | None = None
    for address in addresses:
        zone, owner = places[address]
        assert zone is not None
        spot = Spot(one, zone, owner, RdataType.PTR)
        live = spot.look()
        if live is not None and [_text(rdata) for rdata in live] == [values[address]]:
            try:
                return are_one(spot, Spot(other, zone, owner, RdataType.PTR))
            except ConflictError as error:
                changed = error
    if changed is not None:
        raise changed
    return False


def _text(rdata: Any) -> str:
    return from_dns(rdata.target)
