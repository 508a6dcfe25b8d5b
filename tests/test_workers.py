"""Work in other threads has the context of whoever gave it."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from pulumi_rdns.workers import Workers, in_this_context

WHOSE = ContextVar("whose", default="nobody")


def whose(_: object = None) -> tuple[str, bool]:
    return WHOSE.get(), threading.current_thread() is threading.main_thread()


def test_a_pool_hands_the_context_on_for_each_piece_of_work() -> None:
    with Workers(1) as pool:
        WHOSE.set("first")
        first = pool.submit(whose)
        WHOSE.set("second")
        assert list(pool.map(whose, range(3))) == [("second", False)] * 3
        assert first.result() == ("first", False)


def test_what_work_sets_stays_in_it() -> None:
    WHOSE.set("mine")
    with Workers(1) as pool:
        pool.submit(WHOSE.set, "yours").result()
        assert pool.submit(whose).result() == ("mine", False)
    assert WHOSE.get() == "mine"


def test_a_thread_of_ones_own_can_be_given_the_context() -> None:
    WHOSE.set("mine")
    seen = []

    def look() -> None:
        seen.append(whose())

    thread = threading.Thread(target=in_this_context(look))
    thread.start()
    thread.join()
    assert seen == [("mine", False)]


def test_where_the_system_has_no_thread_left_nobody_waits_for_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with Workers(2) as pool:
        assert pool.submit(whose).result()
        monkeypatch.setattr(threading.Thread, "start", refuse)
        assert len(list(pool.map(whose, range(3)))) == 3
    with Workers(1) as pool, pytest.raises(RuntimeError, match="start new thread"):
        pool.submit(whose)
