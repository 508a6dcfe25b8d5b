"""Hostinger VPS: the PTR of an address, and forward records in the account's DNS zones.

API: https://developers.hostinger.com
"""

from .backend import HostingerBackend
from .types import HostingerSettings

__all__ = ["HostingerBackend", "HostingerSettings"]
