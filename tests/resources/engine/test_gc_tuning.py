"""The collector looks less often, which pays as long as the SDK makes many objects a resource."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

import pulumi_rdns as rdns
from pulumi_rdns.resources import program
from tests.resources.conftest import run_program


@pytest.fixture(autouse=True)
def threshold() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def looks() -> int:
    """Count how often the collector looks while a program with 100 records runs."""

    def declare() -> None:
        for at in range(100):
            rdns.PtrRecord(f"one{at}", address=f"192.0.2.{at}", hostname=f"h{at}.example.com")

    before = gc.get_stats()[0]["collections"]
    run_program(declare)
    return int(gc.get_stats()[0]["collections"] - before)


def test_it_looks_at_a_program_a_tenth_as_often_as_it_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fails when there is so little to look at that the threshold may stay as it is."""
    with monkeypatch.context() as untuned:
        untuned.setattr(program, "expect_many_objects", lambda: None)
        alone = looks()
    assert gc.get_threshold() == (700, 10, 10)
    assert alone > 20
    assert looks() < alone / 10
    assert gc.get_threshold() == (50_000, 10, 10)
