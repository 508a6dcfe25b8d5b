"""Secret values on their way to the engine.

Seen in SDK 3.220 to 3.272: a dynamic provider gets secrets in clear, and only those of its outputs
are secret again that have the name of a secret input. The SDK offers no way to mark others, but
hands an object with these two keys on as it is, and the engine takes it for a secret: it is how
every SDK writes one on the wire, so it cannot change without a new protocol.
"""

from __future__ import annotations

from typing import Any

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


def as_secret(value: Any) -> dict[str, Any]:
    """Return an output marked as a secret."""
    return {_SIGNATURE: _SECRET, "value": value}
