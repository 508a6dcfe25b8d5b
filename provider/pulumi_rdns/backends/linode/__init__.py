"""Linode (Akamai Cloud): the PTR of every public address of an account.

API: https://techdocs.akamai.com/linode-api/reference/get-ip
"""

from .backend import LinodeBackend
from .types import LinodeSettings

__all__ = ["LinodeBackend", "LinodeSettings"]
