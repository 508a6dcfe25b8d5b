"""The guard against mass deletion: the figure, and from how many records on it counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.records.deletion_guard import FEWEST, MAX_DELETE_PERCENT, highest, refusal


@pytest.mark.parametrize(
    ("removed", "before", "limit", "is_refused"),
    [
        (3, 10, None, False),
        (4, 10, None, True),
        (9, 9, None, False),
        (254, 300, None, True),
        (90, 300, None, False),
        (91, 300, None, True),
        (300, 300, 100, False),
        (1, 300, 0, True),
        (0, 300, 0, False),
        (150, 300, 50, False),
        (151, 300, 50, True),
    ],
)
def test_more_than_the_limit_of_at_least_ten_is_refused(
    removed: int, before: int, limit: int | None, is_refused: bool
) -> None:
    assert (refusal(removed, before, limit, "of the set") is not None) is is_refused


def test_the_sentence_has_the_count_and_the_way_on() -> None:
    why = refusal(254, 1300, 10, "of zone 2.0.192.in-addr.arpa")
    assert why is not None
    assert why.startswith(
        "254 of 1,300 records of zone 2.0.192.in-addr.arpa would be deleted, which is more "
        "than 10 %."
    )
    assert "rdns:maxDeletePercent" in why
    assert "max_delete_percent" in why


@given(before=st.integers(0, 10**6), data=st.data(), limit=st.none() | st.integers(0, 100))
def test_it_is_a_share_of_what_was_there(
    before: int, data: st.DataObject, limit: int | None
) -> None:
    removed = data.draw(st.integers(0, before))
    percent = MAX_DELETE_PERCENT if limit is None else limit
    is_refused = refusal(removed, before, limit, "") is not None
    assert is_refused == (before >= FEWEST and removed > before * percent / 100)


def test_the_limit_that_allows_most_counts() -> None:
    assert [highest(None, 30, 0), highest(None, 0), highest(None, None)] == [30, 0, None]
