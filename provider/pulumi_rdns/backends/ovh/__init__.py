"""OVHcloud: the PTR of every address of an account.

API: https://eu.api.ovh.com/console/?section=%2Fip&branch=v1
"""

from .backend import OvhBackend
from .types import OvhSettings

__all__ = ["OvhBackend", "OvhSettings"]
