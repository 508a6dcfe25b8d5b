"""Work in other threads has the context of whoever gave it."""

from __future__ import annotations

import threading
from contextvars import ContextVar

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
