"""The stack's configuration under ``rdns:``, typed, with every mistake found at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, OnDelete
from pulumi_rdns.model.structs import read_struct

NAMESPACE = "rdns"


class StackSettings(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Everything that may stand under ``rdns:``; None is "no opinion"."""

    #: the default backend instance
    backend: str | None = None
    #: instance -> its settings
    backends: dict[str, Any] = {}
    on_conflict: OnConflict | None = None
    on_delete: OnDelete | None = None
    forward_check: ForwardPolicy | None = None
    #: seconds
    forward_timeout: float | None = None
    #: seconds
    ttl: int | None = None
    #: whom a forward check asks: ``dns`` or ``backend``
    forward_source: Literal["dns", "backend"] | None = None
    #: ``host[:port]``, asked instead of the domain's own nameservers
    nameservers: list[str] = []
    #: ``host[:port]``, asked instead of the system's resolvers
    resolvers: list[str] = []
    #: whether a preview looks at what is new or changed; ``strict``: what will fail makes it fail
    preview_checks: bool | Literal["strict"] = True
    #: of 100: as many of at least ten records may go in one update
    max_delete_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None


def read_settings(config: Mapping[str, Any]) -> StackSettings:
    """Read the settings out of a whole stack configuration (``rdns:backend`` and so on).

    Values may be text, as the engine hands them over (an object as JSON). Keys of other
    namespaces are passed over. Raises ConfigError, a line per mistake.
    """
    prefix = f"{NAMESPACE}:"
    raw = {
        key.removeprefix(prefix): _value(key.removeprefix(prefix), value)
        for key, value in config.items()
        if key.startswith(prefix)
    }
    settings, findings = read_struct(StackSettings, raw, "")
    if settings is None:
        raise ConfigError("\n".join(f"{prefix}{name}: {why}" for name, why in findings))
    return settings


def _value(key: str, value: object) -> object:
    if not isinstance(value, str) or key not in ("backends", "nameservers", "resolvers"):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return [value] if key != "backends" else value
