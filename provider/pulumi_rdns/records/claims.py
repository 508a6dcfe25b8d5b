"""Who declares a record, and where, as far as it is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pulumi_rdns.model.names import DnsName
from pulumi_rdns.records.holdings import Written


class Place(NamedTuple):
    """Where a record is declared."""

    #: the instance's name
    instance: str
    #: its `Backend.identity`
    identity: str
    #: the zone that the program names, if any
    zone: DnsName | None = None


class Declared(NamedTuple):
    """The records that a resource declares, with the values that it wants; None is unknown."""

    kind: str
    place: Place
    records: Mapping[str, str | None]
    #: whether digests stand for all texts
    is_hidden: bool = False


class Expected(NamedTuple):
    """What the program tells of a resource before the engine does."""

    name: str
    kind: str
    #: subject -> value; None where a subject is computed, a value of None where that is
    records: Mapping[str, str | None] | None


class Claim(NamedTuple):
    """A declared resource, seen from one record."""

    #: URN, or another text that is the same in all calls of the resource
    resource: str
    #: None where the engine has not told of it yet
    place: Place | None = None
    #: None where it is unknown
    wanted: str | None = None
    #: what it has written there and has in its state; None where that is still to come
    written: Written | None = None
    has_failed: bool = False
    #: whether it is not known yet which records it declares, so that this may not be one of them
    is_guess: bool = False
    #: whether the engine leaves it as it is in this run
    stays: bool = False
    #: whether the state says that it had the record at its place before the run
    had_before: bool = False
    #: whether the state has other records of it too, as a replacement was not finished
    is_twice: bool = False

    @property
    def is_pending(self) -> bool:
        """Whether its record is still to be written."""
        return self.written is None and not self.has_failed

    @property
    def name(self) -> str:
        """The name that the program gives it."""
        return self.resource.rpartition("::")[2]
