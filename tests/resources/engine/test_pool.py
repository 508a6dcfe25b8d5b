"""The host serves more calls at a time than the SDK's four threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pulumi_rdns.resources.engine import moved, pool
from pulumi_rdns.resources.engine.pool import THREADS, widen_thread_pool
from tests.resources.engine.conftest import Host
from tests.resources.engine.probe import MEETING


def test_calls_that_wait_for_each_other_are_all_served_though_all_come_at_first(host: Host) -> None:
    assert 4 < MEETING < THREADS
    with ThreadPoolExecutor(MEETING) as callers:
        answers: list[Any] = list(callers.map(host.create, ["meet"] * MEETING))
    assert [answer.properties["met"] for answer in answers] == [True] * MEETING


@pytest.mark.parametrize(("given", "becomes"), [(2, THREADS), (THREADS + 1, THREADS + 1)])
def test_a_pool_that_is_large_enough_is_left_alone(given: int, becomes: int) -> None:
    with ThreadPoolExecutor(given) as small:
        small.submit(widen_thread_pool).result()
        assert small._max_workers == becomes


def test_a_host_without_such_a_pool_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    widen_thread_pool()
    assert caplog.text == ""
    moved.warn.cache_clear()
    monkeypatch.setattr(pool, "is_provider_host", lambda: True)
    widen_thread_pool()
    assert "the thread pool of the provider host was not found" in caplog.text
