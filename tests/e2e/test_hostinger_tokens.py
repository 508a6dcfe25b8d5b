"""The token of a Hostinger account."""

from __future__ import annotations

from typing import ClassVar

from .host_tokens import HostTokens
from .hostinger_world import HostingerWorld


class TestTokens(HostTokens):
    world_type: ClassVar = HostingerWorld
