"""A look of a preview: some of them may not be over when its time is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Job(NamedTuple):
    """A look at records, which tells a `Foresight` what it has found."""

    run: Callable[[], None]
    #: URN of each resource that it is about -> how many of its records
    records: Mapping[str, int]
