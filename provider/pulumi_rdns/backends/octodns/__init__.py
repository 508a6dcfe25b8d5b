"""Any DNS host that octoDNS has a provider class for. https://github.com/octodns/octodns"""

from .backend import OctoDnsBackend
from .types import OctoDnsSettings

__all__ = ["OctoDnsBackend", "OctoDnsSettings"]
