"""What a write of one PTR record, step by step, shows of its backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.errors import RdnsError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import DnsName


class Step(NamedTuple):
    """What came of one step: a write, and a look right after it."""

    seconds: float
    #: what stood there after it; None where that is not known
    live: LiveRecord | None
    #: why it failed, or the look after it; None where both succeeded
    error: RdnsError | None
    #: what was waited for and warned of, a text each, in order
    said: tuple[str, ...] = ()


class Observed(NamedTuple):
    """What was seen while a PTR record was set for a moment."""

    address: Address
    #: where the record is kept; None where it is an attribute of the address
    zone: DnsName | None
    #: whether the hostname resolves to the address; None where that is not known
    is_confirmed: bool | None
    before: LiveRecord
    #: ``set`` and ``unset``, as far as it came
    steps: Mapping[str, Step]


class Point(NamedTuple):
    """A question that the vendor's documents leave open, and what answers it.

    Declared where doing and undoing one write can answer it.
    """

    #: a few words, the same for ever: issues are found by it
    id: str
    #: as the page of the backend in docs/ has it
    question: str
    #: gives the answer, a sentence; empty where what was seen does not tell
    answer: Callable[[Observed], str]
