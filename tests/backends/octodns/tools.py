"""Short ways to make a backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pulumi_rdns.backends.kit.operation import Clock
from pulumi_rdns.backends.octodns import OctoDnsBackend, OctoDnsSettings
from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL, ZONES
from tests.servers.powerdns import API_KEY, PowerDns


def backend_with(
    provider: str,
    options: dict[str, Any],
    *zones: str,
    timeout: float = 60.0,
    clock: Clock | None = None,
) -> OctoDnsBackend:
    settings = OctoDnsSettings(
        provider=provider, options=options, zones=list(zones), timeout=timeout
    )
    return OctoDnsBackend("octo", settings, Path(), clock)


def at_powerdns(server: PowerDns) -> OctoDnsBackend:
    options = {"host": server.address, "port": server.api_port, "api_key": API_KEY}
    return backend_with("octodns_powerdns.PowerDnsProvider", options)


def at_bind(server: DynamicBind) -> OctoDnsBackend:
    options = {
        "host": server.address,
        "port": server.port,
        "key_name": FULL.name,
        "key_secret": FULL.secret,
        "key_algorithm": FULL.algorithm,
    }
    return backend_with("octodns_bind.Rfc2136Provider", options, *ZONES)
