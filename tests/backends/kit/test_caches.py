"""What is made or listed once for all threads, and one lock for a key."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import dns.name
import pytest

from pulumi_rdns.backends.kit.caches import Listing, Locks, Once
from pulumi_rdns.backends.kit.operation import Operation
from tests.backends.kit.tools import FakeTime


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


class Made:
    """Has a part that takes its time to be made."""

    count = 0

    @Once
    def part(self) -> object:
        sleep(0.01)
        self.count += 1
        return object()


def test_a_part_is_made_once_for_all_threads_and_for_each_object() -> None:
    one, other = Made(), Made()
    with ThreadPoolExecutor(8) as pool:
        parts = set(pool.map(lambda _: one.part, range(8)))
    assert len(parts) == one.count == 1
    assert other.part not in parts


LIST = Operation("host", "find the VM of", "192.0.2.1")


class Account:
    """Lists what it holds, at the time of its clock."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.held = ["a"]
        self.lists = 0
        self.listing = Listing("the list of VMs", self.fetch, self.time.clock)

    def fetch(self, operation: Operation) -> tuple[list[str], float]:
        assert operation is LIST
        self.lists += 1
        return list(self.held), self.time.now()

    def find(self, wanted: str, again_after: float = 10.0) -> str | None:
        return self.listing.find(
            LIST, lambda names: wanted if wanted in names else None, again_after
        )


def test_a_list_is_read_once_for_all_threads_until_it_is_too_old() -> None:
    account = Account()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: account.listing.get(LIST), range(8))) == [["a"]] * 8
    assert account.lists == 1
    account.held.append("b")
    account.time.sleep(5)
    assert account.listing.get(LIST, age=6) == ["a"]
    assert account.listing.get(LIST, age=4) == ["a", "b"]
    assert account.lists == 2


def test_a_list_is_read_again_for_what_is_not_in_it_but_not_at_once() -> None:
    account = Account()
    assert account.find("b", again_after=0.0) is None
    assert account.lists == 1
    account.held.append("b")
    assert account.find("a") == "a"
    assert account.find("b") is None
    assert account.lists == 1
    account.time.sleep(11)
    assert account.find("b") == "b"
    assert account.lists == 2
