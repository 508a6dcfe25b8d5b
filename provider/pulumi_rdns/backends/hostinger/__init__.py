"""Hostinger VPS: the PTR of an address, and forward records in the account's DNS zones.

API: https://developers.hostinger.com
"""

from .backend import HostingerBackend, HostingerSettings

__all__ = ["HostingerBackend", "HostingerSettings"]
