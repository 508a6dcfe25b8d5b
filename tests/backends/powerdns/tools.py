"""Short ways to make a backend, and to ask the API without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from pulumi_rdns.backends.powerdns import PowerDnsBackend, PowerDnsSettings
from tests.servers.powerdns import API_KEY, PowerDns


def backend_at(
    url: str, *, key: str = API_KEY, server_id: str = "localhost", timeout: float = 10.0
) -> PowerDnsBackend:
    settings = PowerDnsSettings(api_url=url, api_key=key, server_id=server_id, timeout=timeout)
    return PowerDnsBackend("pdns", settings, Path())


def backend_of(server: PowerDns) -> PowerDnsBackend:
    return backend_at(server.api_url)


def api(server: PowerDns, zone: str, *rrsets: dict[str, Any]) -> list[dict[str, Any]]:
    """Patch RRsets of a zone by hand, and give all that it has then."""
    url = f"{server.api_url}/api/v1/servers/localhost/zones/{zone}."
    headers = {"X-API-Key": API_KEY}
    if rrsets:
        patched = requests.patch(url, headers=headers, json={"rrsets": rrsets}, timeout=10)
        assert patched.status_code == 204, patched.text
    there: list[dict[str, Any]] = requests.get(url, headers=headers, timeout=10).json()["rrsets"]
    return there
