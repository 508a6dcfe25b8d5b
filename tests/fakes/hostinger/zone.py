"""A DNS zone of the simulated account."""

from __future__ import annotations

import copy
import ipaddress
from typing import Any

from tests.fakes.history import History

TYPES = ("A", "AAAA", "CNAME", "ALIAS", "MX", "TXT", "NS", "SOA", "SRV", "CAA")


class InvalidRecordsError(Exception):
    """A PUT or a DELETE with something in it that is no record."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class Zone:
    """RRsets, as the API shows them."""

    def __init__(self, name: str, sets: list[dict[str, Any]]) -> None:
        self.name = name
        self._sets: History[list[dict[str, Any]]] = History(copy.deepcopy(sets))

    def shown(self, moment: float) -> list[dict[str, Any]]:
        """Give the RRsets as they were."""
        return self._sets.at(moment)

    def records(self, name: str, kind: str) -> tuple[int, list[str]] | None:
        """Tell TTL and values of one RRset as it really is; None where there is none."""
        for entry in self._sets.now:
            if (entry["name"], entry["type"]) == (name, kind):
                served = [record for record in entry["records"] if not record["is_disabled"]]
                return entry["ttl"], sorted(record["content"] for record in served)
        return None

    def put(self, moment: float, body: Any) -> None:
        """PUT: replace the RRsets of the same name and type, or append to them and set the TTL."""
        sets = copy.deepcopy(self._sets.now)
        for at, entry in enumerate(body.get("zone") or []):
            _check(at, entry)
            there = _find(sets, entry)
            if entry["type"] != "CNAME" and _find(sets, {**entry, "type": "CNAME"}):
                raise InvalidRecordsError(f"zone.{at}", "There is a CNAME of that name.")
            if there is None:
                there = {"name": entry["name"], "records": [], "ttl": 14400, "type": entry["type"]}
                sets.append(there)
            if body.get("overwrite", True):
                there["records"] = []
            there["ttl"] = entry.get("ttl", there["ttl"])
            known = [record["content"] for record in there["records"]]
            there["records"] += [
                {"content": record["content"], "is_disabled": False}
                for record in entry["records"]
                if record["content"] not in known
            ]
        self._sets.put(moment, sets)

    def delete(self, moment: float, body: Any) -> None:
        """DELETE: take out the RRsets that a filter names."""
        gone = [(entry["name"], entry["type"]) for entry in body["filters"]]
        kept = [entry for entry in self._sets.now if (entry["name"], entry["type"]) not in gone]
        self._sets.put(moment, kept)

    def resolves(self, hostname: str, address: str) -> bool:
        """Tell whether the zone gives the name this address."""
        suffix = f".{self.name}"
        if hostname != self.name and not hostname.endswith(suffix):
            return False
        name = "@" if hostname == self.name else hostname.removesuffix(suffix)
        kind = "A" if ipaddress.ip_address(address).version == 4 else "AAAA"
        _, held = self.records(name, kind) or (0, [])
        return any(ipaddress.ip_address(one) == ipaddress.ip_address(address) for one in held)


def _find(sets: list[dict[str, Any]], wanted: dict[str, Any]) -> dict[str, Any] | None:
    key = (wanted["name"], wanted["type"])
    return next((entry for entry in sets if (entry["name"], entry["type"]) == key), None)


def _check(at: int, entry: dict[str, Any]) -> None:
    if entry.get("type") not in TYPES:
        raise InvalidRecordsError(f"zone.{at}.type", "The selected type is invalid.")
    if not isinstance(entry.get("name"), str) or not entry.get("records"):
        raise InvalidRecordsError(f"zone.{at}", "Name and records are required.")
    for record in entry["records"]:
        try:
            address = ipaddress.ip_address(record["content"])
            is_right = {"A": 4, "AAAA": 6}.get(entry["type"], address.version) == address.version
        except ValueError:
            is_right = entry["type"] not in ("A", "AAAA")
        if not is_right:
            reason = f"The content {record['content']} is invalid."
            raise InvalidRecordsError(f"zone.{at}.records", reason)
