"""What stands in a setting becomes a struct, or a sentence for each mistake."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec
import pytest

from pulumi_rdns.model.structs import read_struct


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Sample(msgspec.Struct, rename="camel", kw_only=True):
    name: str
    many: list[int] = []
    is_on: bool | None = None
    colour: Colour | None = None
    size: Literal["small", "large"] = "small"
    by_key: dict[str, float] = {}


def wrong(raw: object, path: str = "") -> list[tuple[str, str]]:
    struct, findings = read_struct(Sample, raw, path)
    assert struct is None
    return [(finding.property, finding.reason) for finding in findings]


def test_text_that_spells_a_value_is_that_value() -> None:
    raw = {"name": "one", "many": ["1", 2], "isOn": "true", "colour": "blue", "size": None}
    struct, findings = read_struct(Sample, raw, "")
    assert findings == []
    assert struct == Sample(name="one", many=[1, 2], is_on=True, colour=Colour.BLUE)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (None, "nothing"),
        ("a", "text"),
        (True, "true or false"),
        (3, "a number"),
        ([], "a list"),
        (object(), "another type"),
    ],
)
def test_what_is_no_map_is_told_with_what_it_is(raw: object, kind: str) -> None:
    assert wrong(raw, "rdns:sample") == [("rdns:sample", f"must be a map, not {kind}")]


def test_every_mistake_is_found_at_once_with_its_path() -> None:
    raw = {"nam": "one", "many": [1, "two"], "colour": "green", "size": "huge", "byKey": 3}
    assert wrong(raw, "rdns:sample") == [
        ("rdns:sample.nam", "unknown key; did you mean name?"),
        ("rdns:sample.name", "is missing"),
        ("rdns:sample.many[1]", "must be a whole number, not text"),
        ("rdns:sample.colour", "'green' is not one of red, blue"),
        ("rdns:sample.size", "'huge' is not one of small, large"),
        ("rdns:sample.byKey", "must be a map, not a whole number"),
    ]


def test_a_key_that_is_like_none_is_told_which_there_are() -> None:
    ((_, reason),) = wrong({"name": "one", "zzz": 1})
    assert reason == "unknown key; known are name, many, isOn, colour, size, byKey"


def test_a_value_of_several_types_is_told_which_it_may_have() -> None:
    assert wrong({"name": "one", "isOn": [1]}) == [("isOn", "must be true or false, not a list")]
