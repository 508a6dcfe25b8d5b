"""The token of a Hetzner Cloud project."""

from __future__ import annotations

from typing import ClassVar

from .hetzner_world import HetznerWorld
from .host_tokens import HostTokens


class TestTokens(HostTokens):
    world_type: ClassVar = HetznerWorld
