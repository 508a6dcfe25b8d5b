"""PowerDNS over the HTTP API of its authoritative server."""

from .backend import PowerDnsBackend
from .types import PowerDnsSettings

__all__ = ["PowerDnsBackend", "PowerDnsSettings"]
