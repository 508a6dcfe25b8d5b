"""Lists that an API hands out page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from pulumi_rdns.errors import RejectedError

from .operation import Operation

T = TypeVar("T")
P = TypeVar("P")

#: pages of a list
MOST_PAGES = 10_000


def all_pages(
    operation: Operation, first: P, read: Callable[[P], tuple[Iterable[T], P | None]]
) -> list[T]:
    """Return the entries of all pages.

    ``read`` takes what names a page (a number, a cursor, a path) and returns its entries and what
    names the next one; None after the last. Raises RejectedError where a page is named twice,
    or there are too many: that list would have no end.
    """
    entries: list[T] = []
    page: P | None = first
    seen: list[P] = []
    while page is not None:
        if page in seen:
            reason = f"the API names the page {page} of its list twice"
            raise operation.error(RejectedError, reason)
        if len(seen) == MOST_PAGES:
            reason = f"the API's list has more than {MOST_PAGES} pages"
            raise operation.error(RejectedError, reason)
        seen.append(page)
        found, page = read(page)
        entries.extend(found)
    return entries
