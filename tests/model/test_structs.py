"""Structs out of untyped settings."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.errors import Finding
from pulumi_rdns.model.structs import describe, read_struct


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Sample(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    name: str
    server_port: int | None = None
    ratio: float | None = None
    is_on: bool = False
    servers: list[str] = []
    by_name: dict[str, int] = {}
    colour: Colour | None = None
    colour_only: Colour = Colour.RED
    source: Literal["dns", "backend"] | None = None
    either: int | list[str] | None = None
    small: Annotated[int, msgspec.Meta(ge=0, le=9)] = 0


def findings(raw: object, path: str = "rdns") -> list[tuple[str, str]]:
    struct, found = read_struct(Sample, raw, path)
    assert struct is None
    return [(one.property, one.reason) for one in found]


def test_values_of_the_right_type_make_a_struct() -> None:
    raw = {"name": "a", "serverPort": 53, "isOn": True, "colour": "blue", "source": "dns"}
    struct, found = read_struct(Sample, raw, "rdns")
    assert found == []
    assert struct == Sample(name="a", server_port=53, is_on=True, colour=Colour.BLUE, source="dns")


def test_text_that_spells_a_number_is_the_number() -> None:
    raw = {"name": "a", "serverPort": "53", "ratio": "0.5", "isOn": "true"}
    struct, found = read_struct(Sample, raw, "")
    assert found == []
    assert struct == Sample(name="a", server_port=53, ratio=0.5, is_on=True)


def test_a_value_that_is_null_is_left_out() -> None:
    struct, found = read_struct(Sample, {"name": "a", "isOn": None, "colour": None}, "")
    assert (struct, found) == (Sample(name="a"), [])
    assert findings({"name": None}) == [("rdns.name", "is missing")]


def test_every_mistake_is_found_at_once_with_the_path_to_it() -> None:
    raw = {
        "serverPort": "dns",
        "ratio": [],
        "isOn": 3,
        "servers": ["ns1.example.net", 7],
        "byName": {"a": "x"},
        "colour": "green",
        "source": "both",
        "servers_": [],
    }
    assert findings(raw) == [
        ("rdns.servers_", "unknown key; did you mean servers?"),
        ("rdns.name", "is missing"),
        ("rdns.serverPort", "must be a whole number, not text"),
        ("rdns.ratio", "must be a number, not a list"),
        ("rdns.isOn", "must be true or false, not a whole number"),
        ("rdns.servers[1]", "must be text, not a whole number"),
        ("rdns.byName[...]", "must be a whole number, not text"),
        ("rdns.colour", "'green' is not one of red, blue"),
        ("rdns.source", "'both' is not one of dns, backend"),
    ]


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("either", {}, "must be a whole number or a list, not a map"),
        ("colourOnly", "green", "'green' is not one of red, blue"),
        ("small", 10, "must be a whole number <= 9"),
        ("zzz", 1, "unknown key; known are name, serverPort, ratio"),
    ],
)
def test_a_reason_is_a_sentence_without_the_notation_of_types(
    key: str, value: object, reason: str
) -> None:
    ((path, why),) = findings({"name": "a", key: value})
    assert path == f"rdns.{key}"
    assert why.startswith(reason)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (None, "nothing"),
        ("a", "text"),
        (True, "true or false"),
        (3, "a number"),
        (0.5, "a number"),
        ([], "a list"),
        (object(), "another type"),
    ],
)
def test_what_is_no_map_is_one_sentence(raw: object, kind: str) -> None:
    assert read_struct(Sample, raw, "rdns.backends.corp") == (
        None,
        [Finding("rdns.backends.corp", f"must be a map, not {kind}")],
    )


def test_a_path_at_the_top_is_the_key_alone() -> None:
    assert findings({}, path="") == [("name", "is missing")]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "nothing"),
        (True, "true"),
        (False, "false"),
        (3, "the number 3"),
        (0.5, "the number 0.5"),
        ("a", "the text 'a'"),
        ({"a": 1}, "a map"),
        (["a"], "a list"),
        (("a",), "a list"),
        (object(), "another type"),
    ],
)
def test_a_value_of_the_wrong_type_has_a_name(value: object, sentence: str) -> None:
    assert describe(value) == sentence


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=4,
)
keys = [field.encode_name for field in msgspec.structs.fields(Sample)]


@given(st.dictionaries(st.sampled_from([*keys, "other"]), values))
def test_any_map_is_a_struct_or_findings_below_its_path(raw: dict[str, object]) -> None:
    struct, found = read_struct(Sample, raw, "rdns")
    assert (struct is None) == bool(found)
    for one in found:
        assert one.property.startswith("rdns.")
        assert "`" not in one.reason
        assert "$" not in one.property
