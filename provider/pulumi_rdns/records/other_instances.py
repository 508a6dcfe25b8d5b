"""Other backend instances that hold the very records of a set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dns.name
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import ZoneBackend
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import RdnsError, ZoneNotFoundError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import name_text
from pulumi_rdns.records.one_place import Spot, are_one
from pulumi_rdns.records.places import Aliases, find_place
from pulumi_rdns.records.ptr_set_places import Place


class OtherInstances:
    """Finds out whether other backend instances write to the same place, once for each zone."""

    def __init__(self, backends: Backends, aliases: Aliases) -> None:
        self._backends = backends
        self._aliases = aliases
        self._known: dict[tuple[str, dns.name.Name], bool | RdnsError] = {}

    def hold(
        self,
        backend: str,
        place: Place,
        address: str,
        value: str,
        others: Sequence[tuple[str, object]],
    ) -> bool:
        """Tell whether one of the instances that declare the record elsewhere has this very one.

        Raises RdnsError where an instance cannot be asked.
        """
        here = self._backends.get(backend)
        if place.zone is None or not isinstance(here, ZoneBackend):
            return False
        spot = Spot(here, place.zone, dns.name.from_text(place.owner), RdataType.PTR)
        for identity, zone in others:
            key = (identity, place.zone)
            if key not in self._known:
                try:
                    found = self._is_one(spot, identity, zone, address, value)
                except RdnsError as error:
                    self._known[key] = error
                    raise
                if found is None:
                    continue
                self._known[key] = found
            known = self._known[key]
            if isinstance(known, RdnsError):
                raise known
            if known:
                return True
        return False

    def _is_one(
        self, spot: Spot, identity: str, zone: object, address: str, value: str
    ) -> bool | None:
        """Look whether both are one place; None where this record cannot tell."""
        other = self._backends.at(identity)
        live = spot.look()
        if other is None or live is None or [_text(one) for one in live] != [value]:
            return None
        assert zone is None or isinstance(zone, dns.name.Name)
        try:
            there = find_place(other, parse_address(address), zone, self._aliases).spot
        except ZoneNotFoundError:
            return None
        return None if there is None else are_one(spot, there)


def _text(rdata: Any) -> str:
    return name_text(rdata.target.canonicalize())
