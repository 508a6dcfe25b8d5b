"""Zone files in a folder (RFC 1035 section 5), as name servers load them."""

from .backend import ZoneFileBackend
from .types import ZoneFileSettings

__all__ = ["ZoneFileBackend", "ZoneFileSettings"]
