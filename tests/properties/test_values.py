"""Single property values."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.specs import MAX_TTL, OnConflict
from pulumi_rdns.properties.values import BACKEND, PERCENT, SECONDS, TTL, Kind, one_of
from tests.properties.strategies import backends, seconds, ttls

CHOICE = one_of(OnConflict)


@given(backends, ttls, seconds)
def test_a_value_is_read_as_it_was_written(backend: str, ttl: int, timeout: float) -> None:
    pairs: list[tuple[Kind, Any]] = [(BACKEND, backend), (TTL, ttl), (SECONDS, timeout)]
    for kind, value in pairs:
        assert kind.read(kind.write(kind.parse(value))) == kind.parse(value) == value
    assert TTL.parse(float(ttl)) == TTL.read(float(ttl)) == ttl


@pytest.mark.parametrize("percent", [0, 30, 100])
def test_a_share_of_100_is_a_whole_number_though_the_engine_makes_it_a_float(percent: int) -> None:
    assert PERCENT.parse(float(percent)) == PERCENT.read(float(percent)) == percent
    assert isinstance(PERCENT.read(float(percent)), int)


@pytest.mark.parametrize(
    ("kind", "wrong", "reason"),
    [
        (BACKEND, 3, "must be the name of a backend"),
        (BACKEND, "a/b", "is not a valid backend name"),
        (TTL, True, "must be a whole number of seconds"),
        (TTL, "60", "must be a whole number of seconds"),
        (TTL, 1.5, "must be a whole number of seconds, not 1.5"),
        (TTL, math.inf, "must be a whole number of seconds, not inf"),
        (TTL, -1, "out of range"),
        (TTL, MAX_TTL + 1, "out of range"),
        (SECONDS, False, "must be a number of seconds"),
        (SECONDS, math.nan, "must be a number of seconds"),
        (SECONDS, -0.5, "-0.5 is negative"),
        (PERCENT, True, "must be a whole number from 0 to 100, not true"),
        (PERCENT, "30%", "must be a whole number from 0 to 100, not the text '30%'"),
        (PERCENT, 0.5, "must be a whole number from 0 to 100, not the number 0.5"),
        (PERCENT, math.nan, "must be a whole number from 0 to 100"),
        (PERCENT, math.inf, "must be a whole number from 0 to 100"),
        (PERCENT, -1, "-1 is out of range: 0 to 100 percent"),
        (PERCENT, 101, "101 is out of range: 0 to 100 percent"),
        (CHOICE, 3, "must be one of fail, overwrite"),
        (CHOICE, "add", "'add' is not one of fail, overwrite"),
    ],
)
def test_what_cannot_be_right_is_refused_with_the_reason(
    kind: Kind, wrong: Any, reason: str
) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        kind.parse(wrong)


def test_a_word_that_this_release_does_not_know_is_read_as_absent() -> None:
    assert CHOICE.read("merge") is None
    assert CHOICE.read("overwrite") is OnConflict.OVERWRITE
