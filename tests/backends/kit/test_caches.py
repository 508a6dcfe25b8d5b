"""One lock for a key, also when several threads are the first to ask for it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import dns.name
import pytest

from pulumi_rdns.backends.kit.caches import Locks


@pytest.fixture
def hurried() -> Iterator[None]:
    """Let threads change as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hurried")
def test_threads_that_ask_first_get_the_same_lock() -> None:
    """The names of zones are compared by Python code, in the midst of which threads can change."""
    locks = Locks()
    for number in range(300):
        key = dns.name.from_text(f"zone{number}.example.com")
        start = threading.Barrier(8)
        got: list[object] = []

        def ask(
            key: dns.name.Name = key, start: threading.Barrier = start, got: list[object] = got
        ) -> None:
            start.wait()
            got.append(locks[key])

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 8
        assert len({id(lock) for lock in got}) == 1
