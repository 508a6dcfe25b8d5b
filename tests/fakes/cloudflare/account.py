"""The state behind the simulator, and what each call of the API does to it."""

from __future__ import annotations

import copy
import ipaddress
import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.history import History

from .scenario import Scenario, ZoneSpec

_MOMENT = "2026-01-02T03:04:05.678901Z"
_PROXIABLE = ("A", "AAAA", "CNAME")
#: fields that a request may set
_FIELDS = ("name", "type", "content", "ttl", "proxied", "comment", "tags", "settings")

#: id -> record
Records = dict[str, dict[str, Any]]


class RefusedError(Exception):
    """A request that the API refuses, with what its error chain says."""

    def __init__(self, status: int, code: int, message: str, chain: tuple[int, str] | None = None):
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.chain = chain


@dataclass
class Zone:
    """A zone with what its records were at each time."""

    id: str
    spec: ZoneSpec
    records: History[Records]


class Account:
    """Zones. Whoever calls the API's part holds the guard."""

    def __init__(self, scenario: Scenario, now: Callable[[], float]) -> None:
        self.scenario = scenario
        self.now = now
        self.guard = threading.RLock()
        self._ids = itertools.count(0xC10D)
        self.zones: dict[str, Zone] = {}
        for spec in scenario.zones:
            self.add_zone(spec)

    # What a test or the dashboard does and sees

    def add_zone(self, spec: ZoneSpec) -> str:
        """Add a zone; return its id."""
        with self.guard:
            zone = Zone(self._id(), spec, History({}))
            self.zones[zone.id] = zone
            for record in spec.records:
                self.create(zone.id, record)
            return zone.id

    def remove_zone(self, name: str) -> None:
        """Take a zone out of the account."""
        with self.guard:
            del self.zones[self.named(name).id]

    def named(self, name: str) -> Zone:
        """Return the zone of this name."""
        return next(zone for zone in self.zones.values() if zone.spec.name == name)

    def add(self, zone: str, kind: str, name: str, content: str, **more: Any) -> str:
        """Create a record by hand; return its id."""
        with self.guard:
            body = {"type": kind, "name": name, "content": content, **more}
            made: str = self.create(self.named(zone).id, body)["id"]
            return made

    def remove(self, zone: str, id_: str) -> None:
        """Delete a record by hand."""
        with self.guard:
            self.delete(self.named(zone).id, id_)

    def edit(self, zone: str, id_: str, **fields: Any) -> None:
        """Change a record by hand."""
        with self.guard:
            self.patch(self.named(zone).id, id_, fields)

    def live(self, zone: str, kind: str = "", name: str = "") -> list[dict[str, Any]]:
        """Return the records as they really are, sorted by content."""
        with self.guard:
            found = [
                copy.deepcopy(record)
                for record in self.named(zone).records.now.values()
                if kind in ("", record["type"]) and name in ("", record["name"])
            ]
            return sorted(found, key=lambda record: (record["name"], record["content"]))

    # The API

    def list_zones(self, query: Mapping[str, str]) -> list[Any]:
        """GET /zones"""
        if "zone:read" not in self.scenario.permissions:
            return []
        return [
            self._shown(zone)
            for zone in self.zones.values()
            if query.get("name", zone.spec.name) == zone.spec.name
            and query.get("status", zone.spec.status) == zone.spec.status
        ]

    def list_records(self, zone_id: str, query: Mapping[str, str]) -> list[Any]:
        """GET /zones/{zone}/dns_records"""
        zone = self._zone(zone_id)
        name = query.get("name.exact", query.get("name", "")).lower()
        content = query.get("content.exact", "").lower()
        there = zone.records.at(self.now() - self.scenario.lag)
        return [
            record
            for record in sorted(there.values(), key=lambda one: (one["name"], one["id"]))
            if name in ("", record["name"])
            and query.get("type", record["type"]) == record["type"]
            and content in ("", record["content"].lower())
        ]

    def get(self, zone_id: str, id_: str) -> Any:
        """GET /zones/{zone}/dns_records/{record}"""
        return _found(self._zone(zone_id).records.now, id_)

    def create(self, zone_id: str, body: Any) -> Any:
        """POST /zones/{zone}/dns_records"""
        return self._change(zone_id, {"posts": [body]})["posts"][0]

    def patch(self, zone_id: str, id_: str, body: Any) -> Any:
        """PATCH /zones/{zone}/dns_records/{record}"""
        return self._change(zone_id, {"patches": [{**body, "id": id_}]})["patches"][0]

    def put(self, zone_id: str, id_: str, body: Any) -> Any:
        """PUT /zones/{zone}/dns_records/{record}"""
        return self._change(zone_id, {"puts": [{**body, "id": id_}]})["puts"][0]

    def delete(self, zone_id: str, id_: str) -> Any:
        """DELETE /zones/{zone}/dns_records/{record}"""
        self._change(zone_id, {"deletes": [{"id": id_}]})
        return {"id": id_}

    def batch(self, zone_id: str, body: Any) -> Any:
        """POST /zones/{zone}/dns_records/batch"""
        asked = sum(len(body.get(key) or ()) for key in ("deletes", "patches", "puts", "posts"))
        if not 0 < asked <= self.scenario.batch_limit:
            raise RefusedError(400, 1004, f"a batch has 1 to {self.scenario.batch_limit} records")
        return self._change(zone_id, body)

    def _change(self, zone_id: str, body: Any) -> dict[str, list[Any]]:
        """Make all changes or none: deletions, patches, puts and creations, in this order."""
        zone = self._zone(zone_id)
        if zone.spec.type == "secondary":
            raise RefusedError(400, 1004, "records of a secondary zone cannot be changed")
        records = copy.deepcopy(zone.records.now)
        done: dict[str, list[Any]] = {"deletes": [], "patches": [], "puts": [], "posts": []}
        for one in body.get("deletes") or ():
            done["deletes"].append(_found(records, one["id"]))
            del records[one["id"]]
        for kind in ("patches", "puts"):
            for one in body.get(kind) or ():
                old = _found(records, one["id"])
                base = old if kind == "patches" else {}
                new = self._record(zone, {**base, **_settable(one)}, one["id"])
                done[kind].append(self._store(records, new))
        for one in body.get("posts") or ():
            done["posts"].append(self._store(records, self._record(zone, one, self._id())))
        zone.records.put(self.now(), records)
        return done

    def _record(self, zone: Zone, body: Mapping[str, Any], id_: str) -> dict[str, Any]:
        """Check what a request says of a record, and return what the API makes of it."""
        kind, content, ttl = body.get("type"), str(body.get("content", "")), body.get("ttl", 1)
        name = str(body.get("name", "")).rstrip(".").lower()
        apex = zone.spec.name
        if not (name == apex or name.endswith(f".{apex}")):
            name = f"{name}.{apex}" if name not in ("", "@") else apex
        if kind == "A" and not _is_address(content, 4):
            raise _invalid(9005, "Content for A record must be a valid IPv4 address.")
        if kind == "AAAA" and not _is_address(content, 6):
            raise _invalid(9006, "Content for AAAA record must be a valid IPv6 address.")
        if ttl != 1 and not 60 <= ttl <= 86400:
            limits = "Must be between 60 and 86400 seconds, or 1 for Automatic."
            raise _invalid(9021, f"Invalid TTL. {limits}")
        is_proxied = bool(body.get("proxied", False))
        if is_proxied and kind not in _PROXIABLE:
            raise _invalid(9004, "This record type cannot be proxied.")
        if kind in ("CNAME", "NS", "PTR"):
            content = content if content == "." else content.rstrip(".").lower()
        return {
            "id": id_,
            "name": name,
            "type": kind,
            "content": content,
            "proxiable": kind in _PROXIABLE,
            "proxied": is_proxied,
            "ttl": 1 if is_proxied else ttl,
            "settings": body.get("settings") or {},
            "meta": {},
            "comment": body.get("comment"),
            "tags": body.get("tags") or [],
            "created_on": _MOMENT,
            "modified_on": _MOMENT,
        }

    def _store(self, records: Records, new: dict[str, Any]) -> dict[str, Any]:
        """Put a record among the others of its name."""
        others = [
            one for one in records.values() if one["name"] == new["name"] and one["id"] != new["id"]
        ]
        kinds = {one["type"] for one in others}
        if any((one["type"], one["content"]) == (new["type"], new["content"]) for one in others):
            raise RefusedError(400, 81058, "An identical record already exists.")
        if new["type"] == "CNAME" and kinds & {"A", "AAAA", "CNAME"}:
            said = "An A, AAAA, or CNAME record with that host already exists."
            raise RefusedError(400, 81053, said)
        if "CNAME" in kinds:
            raise RefusedError(400, 81054, "A CNAME record with that host already exists.")
        records[new["id"]] = new
        return new

    def _zone(self, id_: str) -> Zone:
        if id_ not in self.zones:
            if self.scenario.zone_absent == "403":
                raise RefusedError(403, 10000, "Authentication error")
            if self.scenario.zone_absent == "400":
                chain = (
                    7003,
                    f"Could not route to /zones/{id_}, perhaps your object identifier is",
                )
                raise RefusedError(400, 7003, "Could not route to the zone", chain)
            raise RefusedError(404, 1001, "Invalid zone identifier")
        return self.zones[id_]

    def _shown(self, zone: Zone) -> Any:
        return {
            "id": zone.id,
            "name": zone.spec.name,
            "status": zone.spec.status,
            "type": zone.spec.type,
            "paused": False,
            "development_mode": 0,
            "name_servers": ["bob.ns.cloudflare.com", "lola.ns.cloudflare.com"],
            "original_name_servers": None,
            "original_dnshost": None,
            "original_registrar": None,
            "created_on": _MOMENT,
            "modified_on": _MOMENT,
            "activated_on": _MOMENT,
            "meta": {"page_rule_quota": 3},
            "owner": {"id": None, "type": "user", "name": None},
            "account": {"id": f"{1:032x}", "name": "Example"},
            "permissions": ["#dns_records:read", "#dns_records:edit", "#zone:read"],
            "plan": {"id": f"{2:032x}", "name": "Free Website", "price": 0, "currency": "USD"},
        }

    def _id(self) -> str:
        return f"{next(self._ids):032x}"


def _found(records: Records, id_: str) -> dict[str, Any]:
    if id_ not in records:
        raise RefusedError(404, 81044, "Record does not exist.")
    return records[id_]


def _settable(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key in _FIELDS}


def _invalid(code: int, message: str) -> RefusedError:
    return RefusedError(400, 1004, "DNS Validation Error", (code, message))


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False
