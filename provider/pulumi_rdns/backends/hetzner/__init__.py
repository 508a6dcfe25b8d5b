"""Hetzner Cloud: the PTR of an address, and the project's DNS zones.

API: https://docs.hetzner.cloud/reference/cloud
"""

from .backend import HetznerBackend
from .types import HetznerSettings

__all__ = ["HetznerBackend", "HetznerSettings"]
