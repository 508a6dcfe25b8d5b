"""Inputs of resources: plain values, and those that the engine computes later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pulumi

from pulumi_rdns.errors import Finding, InvalidInputError
from pulumi_rdns.model.names import parse_hostname
from pulumi_rdns.model.specs import OnDelete
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.resources.engine.formatted import has_formatted_output

_FORMATTED = (
    "an Output was put into a text, as in an f-string; a text cannot hold a value that is known "
    'later: pass the Output itself, or pulumi.Output.format("{0}.example.com", output), or what '
    "output.apply(...) returns"
)
_KEY = (
    "a key cannot be an Output, nor a text with one in it; give the whole dict as one Output: "
    'output.apply(lambda known: {known: "mail.example.com"})'
)


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


def refuse_formatted_outputs(resource_name: str, **arguments: Any) -> None:
    """Raise InvalidInputError with all arguments in which a text was made of an Output."""
    findings = [
        Finding(name, f"{resource_name!r}: {reason}")
        for name, value in arguments.items()
        for reason in _formatted(value)
    ]
    if findings:
        raise as_run_error(InvalidInputError(findings))


def _formatted(value: object) -> Iterator[str]:
    """Say, once each, what to do instead."""
    if isinstance(value, Mapping):
        if any(map(names_an_output, value)):
            yield _KEY
        value = list(value.values())
    if any(map(has_formatted_output, value if isinstance(value, list | tuple) else [value])):
        yield _FORMATTED


def names_an_output(key: object) -> bool:
    """Whether what is to be plain text is an Output, or a text that was made of one."""
    return has_formatted_output(key) or (type(key) is not str and is_computed(key))


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
