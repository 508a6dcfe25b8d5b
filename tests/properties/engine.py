"""What the engine does with properties on their way into the state and back."""

from __future__ import annotations

from typing import Any, Final

from pulumi_rdns.properties.schema import Properties

#: stands for a value that a preview does not know yet
UNKNOWN: Final = object()


def is_unknown(value: Any) -> bool:
    """Whether a value, or a part of it, is not known yet."""
    if isinstance(value, dict):
        return any(map(is_unknown, value.values()))
    if isinstance(value, list):
        return any(map(is_unknown, value))
    return value is UNKNOWN


def given_back(properties: Properties) -> dict[str, Any]:
    """Return properties as the engine gives them back: it has one kind of number."""
    return {key: _given_back(value) for key, value in properties.items()}


def _given_back(value: Any) -> Any:
    if isinstance(value, dict):
        return given_back(value)
    if isinstance(value, list):
        return list(map(_given_back, value))
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
