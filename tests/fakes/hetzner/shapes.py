"""The resources as the API's document describes them: all that it requires, and nothing more."""

from __future__ import annotations

from typing import Any

MOMENT = "2025-11-20T10:00:00Z"

_LOCATION = {
    "id": 1,
    "name": "fsn1",
    "description": "Falkenstein DC Park 1",
    "city": "Falkenstein",
    "country": "DE",
    "latitude": 50.47612,
    "longitude": 12.370071,
    "network_zone": "eu-central",
}
_DATACENTER = {
    "id": 4,
    "name": "fsn1-dc14",
    "description": "Falkenstein 1 virtual DC 14",
    "location": _LOCATION,
    "server_types": {"available": [], "available_for_migration": [], "supported": []},
}


def _thing(id_: int, name: str) -> dict[str, Any]:
    return {
        "id": id_,
        "name": name,
        "created": MOMENT,
        "labels": {},
        "protection": {"delete": False},
    }


def ip_address(id_: int, name: str, ip: str, ptrs: list[dict[str, str]]) -> dict[str, Any]:
    """Return what a primary and a floating IP have in common."""
    return _thing(id_, name) | {
        "ip": ip,
        "type": "ipv6" if ":" in ip else "ipv4",
        "blocked": False,
        "dns_ptr": ptrs,
    }


def primary_ip(shown: dict[str, Any], server: int | None) -> dict[str, Any]:
    """Return a primary IP."""
    return shown | {
        "assignee_id": server,
        "assignee_type": "server",
        "auto_delete": True,
        "datacenter": _DATACENTER,
        "location": _LOCATION,
    }


def floating_ip(shown: dict[str, Any], server: int | None) -> dict[str, Any]:
    """Return a floating IP."""
    return shown | {"server": server, "home_location": _LOCATION, "description": None}


def load_balancer(
    id_: int, name: str, ipv4: dict[str, Any], ipv6: dict[str, Any]
) -> dict[str, Any]:
    """Return a load balancer."""
    return _thing(id_, name) | {
        "algorithm": {"type": "round_robin"},
        "included_traffic": 0,
        "ingoing_traffic": None,
        "outgoing_traffic": None,
        "load_balancer_type": {
            "id": 1,
            "name": "lb11",
            "description": "LB11",
            "deprecated": None,
            "max_assigned_certificates": 10,
            "max_connections": 20000,
            "max_services": 5,
            "max_targets": 25,
            "prices": [],
        },
        "location": _LOCATION,
        "private_net": [],
        "public_net": {"enabled": ipv4["ip"] is not None, "ipv4": ipv4, "ipv6": ipv6},
        "services": [],
        "targets": [],
    }


def server(
    id_: int,
    name: str,
    ipv4: dict[str, Any] | None,
    ipv6: dict[str, Any] | None,
    floating_ips: list[int],
) -> dict[str, Any]:
    """Return a server."""
    return _thing(id_, name) | {
        "protection": {"delete": False, "rebuild": False},
        "backup_window": None,
        "datacenter": _DATACENTER,
        "image": None,
        "included_traffic": None,
        "ingoing_traffic": None,
        "iso": None,
        "location": _LOCATION,
        "locked": False,
        "outgoing_traffic": None,
        "primary_disk_size": 40,
        "private_net": [],
        "public_net": {
            "ipv4": ipv4,
            "ipv6": ipv6,
            "floating_ips": floating_ips,
            "firewalls": [],
        },
        "rescue_enabled": False,
        "server_type": {
            "id": 22,
            "name": "cpx11",
            "description": "CPX 11",
            "architecture": "x86",
            "cores": 2,
            "cpu_type": "shared",
            "deprecated": False,
            "disk": 40,
            "locations": [],
            "memory": 2,
            "prices": [],
            "storage_type": "local",
        },
        "status": "running",
    }


def zone(id_: int, name: str, ttl: int, count: int, primaries: list[str] | None) -> dict[str, Any]:
    """Return a zone."""
    servers = ["hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com.", "helium.ns.hetzner.de."]
    return _thing(id_, name) | {
        "mode": "primary" if primaries is None else "secondary",
        "primary_nameservers": [{"address": one, "port": 53} for one in primaries or ()],
        "ttl": ttl,
        "status": "ok",
        "record_count": count,
        "registrar": "other",
        "authoritative_nameservers": {
            "assigned": servers,
            "delegated": servers,
            "delegation_last_check": MOMENT,
            "delegation_status": "valid",
        },
    }


def action(id_: int, command: str, status: str, resources: list[tuple[str, int]]) -> dict[str, Any]:
    """Return an action; one that failed says why."""
    failed = {"code": "action_failed", "message": "Action failed"}
    return {
        "id": id_,
        "command": command,
        "status": status,
        "progress": 0 if status == "running" else 100,
        "started": MOMENT,
        "finished": None if status == "running" else MOMENT,
        "resources": [{"id": number, "type": kind} for kind, number in resources],
        "error": failed if status == "error" else None,
    }
