"""A backend for tests: addresses and zones in memory, or in a file that processes share."""

from .backend import MemoryBackend
from .types import MemorySettings

__all__ = ["MemoryBackend", "MemorySettings"]
