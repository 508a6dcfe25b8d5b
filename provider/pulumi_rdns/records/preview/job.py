"""A look of a preview: some of them may not be over when its time is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from pulumi_rdns.backends.base import AddressBackend, Backend
from pulumi_rdns.records.location import Listed


def listed_once(backend: Backend) -> Listed | None:
    """Return a list of an account's addresses that is made when it is needed first."""
    return cache(backend.addresses) if isinstance(backend, AddressBackend) else None


class Job(NamedTuple):
    """A look at records, which tells a `Foresight` what it has found."""

    run: Callable[[], None]
    #: URN of each resource that it is about -> how many of its records
    records: Mapping[str, int]
