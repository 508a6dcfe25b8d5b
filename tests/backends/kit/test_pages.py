"""A list is read to its last page, and never in a circle."""

from __future__ import annotations

import pytest

from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.pages import all_pages
from pulumi_rdns.errors import RejectedError

LIST = Operation("host", "list", "all addresses")


def test_the_entries_of_all_pages_come_in_order() -> None:
    pages = {1: (["a", "b"], 2), 2: ([], 3), 3: (["c"], None)}
    assert all_pages(LIST, 1, lambda number: pages[number]) == ["a", "b", "c"]


def test_a_cursor_names_a_page_as_well_as_a_number() -> None:
    pages: dict[str, tuple[list[int], str | None]] = {"": ([1], "b2"), "b2": ([2], None)}
    assert all_pages(LIST, "", lambda cursor: pages[cursor]) == [1, 2]


def test_a_page_that_is_named_twice_is_an_error() -> None:
    with pytest.raises(RejectedError) as caught:
        all_pages(LIST, 1, lambda number: (["a"], 3 - number))
    assert str(caught.value) == (
        "host: list all addresses: the API names the page 1 of its list twice"
    )


def test_a_list_without_an_end_is_an_error() -> None:
    with pytest.raises(RejectedError, match=r": the API's list has more than 10000 pages$"):
        all_pages(LIST, 1, lambda number: ([], number + 1))
