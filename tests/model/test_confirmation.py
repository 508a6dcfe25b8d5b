"""What servers say of a hostname and an address, as the state has it."""

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
def test_could_not_be_asked_is_neither_yes_nor_no(verdict: Verdict, confirmed: bool | None) -> None:
    assert Confirmation(verdict, "ns1.example.com said so").confirmed is confirmed


def test_the_words_of_a_verdict_are_those_of_the_output_of_rdns() -> None:
    assert [str(verdict) for verdict in Verdict] == [
        "confirmed",
        "mismatch",
        "propagating",
        "unknown",
    ]
