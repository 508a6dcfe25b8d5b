"""Cloudflare's DNS zones. API: https://developers.cloudflare.com/api/resources/dns/"""

from .backend import CloudflareBackend
from .types import CloudflareSettings

__all__ = ["CloudflareBackend", "CloudflareSettings"]
