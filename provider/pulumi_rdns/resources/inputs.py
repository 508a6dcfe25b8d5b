"""Inputs of resources: plain values, and those that the engine computes later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.names import parse_hostname
from pulumi_rdns.model.specs import OnDelete


def is_computed(value: object) -> bool:
    """Whether a value is known only after other resources are."""
    return isinstance(value, pulumi.Output) or asyncio.iscoroutine(value) or asyncio.isfuture(value)


def has_computed(value: object) -> bool:
    """Whether a value, or one in a map or list, is known only after other resources are."""
    if isinstance(value, Mapping):
        return any(type(one) is not str and is_computed(one) for one in value.values())
    if isinstance(value, list | tuple):
        return any(map(is_computed, value))
    return is_computed(value)


def when_known(function: Callable[..., Any], *values: Any) -> Any:
    """Call now where all values are plain, else as soon as the engine knows them."""
    if any(map(is_computed, values)):
        return pulumi.Output.all(*values).apply(lambda known: function(*known))
    return function(*values)


def without_restore(on_delete: Any) -> Any:
    """Return what the ``on_delete`` of a PTR record says about its forward record.

    There is nothing to restore of that: addresses stand beside each other.
    """
    return when_known(lambda word: None if word == OnDelete.RESTORE else word, on_delete)


def secret_inputs(inputs: Mapping[str, Any]) -> pulumi.Output[list[str] | None] | None:
    """Return which of the inputs are secret; None, now or later, where none is.

    The provider gets their values in clear, and makes outputs of them.
    """
    outputs = {
        key: value
        for key, value in inputs.items()
        if isinstance(value, pulumi.Output) and not key.startswith("__")
    }
    if not outputs:
        return None

    async def secret() -> list[str] | None:
        return [key for key, value in outputs.items() if await value.is_secret()] or None

    return pulumi.Output.from_input(secret())


def literal_hostname(value: Any) -> str | None:
    """Return a plain hostname in canonical form; None for one that is computed or invalid."""
    try:
        return parse_hostname(value)
    except InvalidInputError:
        return None
