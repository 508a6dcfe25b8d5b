"""Pauses grow, and are not the same for everybody where they shall not be."""

from __future__ import annotations

from itertools import islice

from pulumi_rdns.backends.kit.answers import Loss
from pulumi_rdns.backends.kit.retry import PASSING, RetryPolicy


def test_the_pauses_of_a_policy_double_up_to_the_longest() -> None:
    assert list(islice(RetryPolicy(first=0.5, longest=3).pauses(), 5)) == [0.5, 1, 2, 3, 3]


def test_a_share_of_a_pause_is_left_to_chance() -> None:
    pauses = [next(RetryPolicy(first=1, jitter=0.5).pauses()) for _ in range(50)]
    assert all(0.5 <= pause <= 1 for pause in pauses)
    assert len(set(pauses)) > 1


def test_a_certificate_that_is_not_trusted_is_no_loss_that_passes() -> None:
    assert {Loss.UNTRUSTED, Loss.RATE_LIMIT}.isdisjoint(PASSING)
