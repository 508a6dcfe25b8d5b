"""What is said of many resources alike is said in full of the first few."""

from __future__ import annotations

import threading

from pulumi_rdns.records.first_few import SHOWN, FirstFew
from tests.backends.heard import Heard


def test_the_first_few_are_told_in_full_and_all_others_once(heard: Heard) -> None:
    few = FirstFew("more are adopted")
    for at in range(300):
        few.warn(heard, f"{at} is adopted")
    assert heard.warnings == [*(f"{at} is adopted" for at in range(5)), "more are adopted"]


def test_as_many_as_a_few_are_all_of_them(heard: Heard) -> None:
    few = FirstFew("more are adopted")
    for at in range(SHOWN):
        few.warn(heard, f"{at} is adopted")
    assert "more are adopted" not in heard.warnings


def test_several_threads_say_it_once_together(heard: Heard) -> None:
    few = FirstFew("more are adopted")

    def warn() -> None:
        for _ in range(20):
            few.warn(heard, "one is adopted")

    threads = [threading.Thread(target=warn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(heard.warnings) == ["more are adopted", *["one is adopted"] * SHOWN]
