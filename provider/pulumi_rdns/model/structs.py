"""Typed structs out of untyped settings, with every mistake found at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from pulumi_rdns.errors import Finding

T = TypeVar("T", bound=msgspec.Struct)

_KINDS = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "null": "nothing",
    "object": "a map",
    "str": "text",
}


def read_struct(kind: type[T], raw: object, path: str) -> tuple[T | None, list[Finding]]:
    """Make a struct of ``raw``, a value as it comes out of JSON or YAML.

    Returns the struct, or None and one finding per mistake: each names the path of the value
    (``hosts[1].addresses``). Text that spells a number is taken as the number, because
    environment variables and ``pulumi config set`` know text only.
    """
    values, findings = read_fields(kind, raw, path)
    return (None, findings) if findings else (kind(**values), [])


def read_fields(
    kind: type[msgspec.Struct], raw: object, path: str
) -> tuple[dict[str, Any], list[Finding]]:
    """Read those fields of a struct that are right: attribute -> value; and find what is wrong."""
    if not isinstance(raw, Mapping):
        return {}, [Finding(path, f"must be a map, not {_kind_of(raw)}")]
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    findings = [
        Finding(_join(path, str(key)), f"unknown key{_nearest(str(key), list(fields))}")
        for key in raw
        if key not in fields
    ]
    values: dict[str, Any] = {}
    for key, field in fields.items():
        if raw.get(key) is not None:
            try:
                values[field.name] = msgspec.convert(raw[key], field.type, strict=False)
            except msgspec.ValidationError as error:
                findings.append(_finding(_join(path, key), error, field.type))
        elif field.required:
            findings.append(Finding(_join(path, key), "is missing"))
    return values, findings


def describe(value: object) -> str:
    """Return a name for a value of the wrong type, as a sentence has it.

    >>> describe(3), describe(None), describe(["a"])
    ('the number 3', 'nothing', 'a list')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value:g}"
    if isinstance(value, str):
        return f"the text {value!r}"
    if isinstance(value, dict):
        return "a map"
    return "a list" if isinstance(value, list | tuple) else "another type"


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _kind_of(value: object) -> str:
    if value is None:
        return "nothing"
    names = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "another type")


def _nearest(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"


def _finding(path: str, error: msgspec.ValidationError, kind: object) -> Finding:
    """Turn msgspec's message into a sentence without its notation, and add its path to ours."""
    reason, _, inner = str(error).partition(" - at `")
    path += inner.rstrip("`").removeprefix("$")
    reason = re.sub(r"`([^`]*)`", lambda match: _kinds(match[1]), reason)
    reason = re.sub(r"Expected (.*?)(?:, got (.*))?\Z", _must_be, reason)
    choices = re.fullmatch(r"Invalid enum value (.*)", reason)
    if choices:
        reason = f"{choices[1]} is not one of {_choices(kind)}"
    elif _is_one_of(kind):
        reason = re.sub(r"\Amust be .*?(?=, not |\Z)", f"must be one of {_choices(kind)}", reason)
    return Finding(path, reason)


def _must_be(match: re.Match[str]) -> str:
    return f"must be {match[1]}" + (f", not {match[2]}" if match[2] else "")


def _choices(kind: object) -> str:
    """List what an optional enumeration or Literal may be."""
    values: list[str] = []
    parts = () if get_origin(kind) is Literal else get_args(kind)
    for part in parts or (kind,):
        if isinstance(part, type) and issubclass(part, Enum):
            values += [str(choice.value) for choice in part]
        elif get_origin(part) is Literal:
            values += map(str, get_args(part))
        elif part is bool:
            values += ["true", "false"]
    return ", ".join(values)


def _is_one_of(kind: object) -> bool:
    """Whether only certain values are allowed: words, and true or false."""
    parts = {*get_args(kind)} - {type(None)}
    words = {part for part in parts if get_origin(part) is Literal}
    return bool(words) and parts - words == {bool}


def _kinds(notation: str) -> str:
    parts = [part.strip() for part in notation.split("|")]
    return " or ".join(
        _KINDS.get(part, part) for part in parts if part != "null" or parts == [part]
    )
