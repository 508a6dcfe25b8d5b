"""Short ways to make a backend for a server, names at which nothing stands, and changes."""

from __future__ import annotations

import itertools
from pathlib import Path

import dns.name
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.rfc2136 import Rfc2136Backend, Rfc2136Settings
from tests.backends.contract import rrset
from tests.servers.dynamic import FULL, REVERSE, Key
from tests.servers.process import DnsServer

ZONE = dns.name.from_text(REVERSE)
_numbers = itertools.count(1)


def at(server: DnsServer) -> str:
    """Write where a server listens."""
    return f"{server.address}:{server.port}"


def backend_at(
    *servers: str, key: Key | None = FULL, algorithm: str | None = None, timeout: float = 10.0
) -> Rfc2136Backend:
    settings = Rfc2136Settings(
        server=list(servers),
        key_name=key.name if key else None,
        key_secret=key.secret if key else None,
        key_algorithm=algorithm,
        timeout=timeout,
    )
    return Rfc2136Backend("corp", settings, Path())


def backend_of(
    server: DnsServer, *, key: Key | None = FULL, algorithm: str | None = None
) -> Rfc2136Backend:
    return backend_at(at(server), key=key, algorithm=algorithm)


def fresh_name(zone: dns.name.Name = ZONE) -> dns.name.Name:
    """Return a name that no other test uses."""
    return dns.name.from_text(f"n{next(_numbers)}", zone)


def ptr(name: dns.name.Name, before: str | None, after: str | None, ttl: int = 3600) -> Change:
    """Describe the change of a PTR record with one value."""
    return Change(
        name,
        RdataType.PTR,
        rrset(name, "PTR", before) if before else None,
        rrset(name, "PTR", after, ttl=ttl) if after else None,
    )
