"""Dynamic update (RFC 2136) of any server that takes it: BIND, Knot, PowerDNS, Windows, …"""

from .backend import Rfc2136Backend
from .types import Rfc2136Settings

__all__ = ["Rfc2136Backend", "Rfc2136Settings"]
