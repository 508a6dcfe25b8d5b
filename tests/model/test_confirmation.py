"""What the servers say, as the state keeps it."""

from __future__ import annotations

import pytest

from pulumi_rdns.model.confirmation import Confirmation, Verdict


@pytest.mark.parametrize(
    ("verdict", "confirmed"),
    [
        (Verdict.CONFIRMED, True),
        (Verdict.MISMATCH, False),
        (Verdict.PROPAGATING, False),
        (Verdict.UNKNOWN, None),
    ],
)
def test_only_a_yes_of_all_confirms_and_could_not_ask_is_no_answer(
    verdict: Verdict, confirmed: bool | None
) -> None:
    assert Confirmation(verdict, "ns1 answered").confirmed is confirmed


def test_every_verdict_has_an_answer() -> None:
    assert {Confirmation(verdict, "").confirmed for verdict in Verdict} == {True, False, None}
