"""Writes RRsets over providers: look, write, and where a write is several steps, look again.

A provider that deletes and then creates may stop in between. What it left half done is finished,
or what was there before is put back; the value of somebody else that came in between stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import dns.name
import dns.rrset
from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.changes import Change
from pulumi_rdns.backends.kit.actions import not_shown_by, poll
from pulumi_rdns.backends.kit.compare import shown, still_to_do, write_once
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.rrsets import UnreadableRecordError, readable
from pulumi_rdns.backends.kit.zones import delegated_error, find_delegation
from pulumi_rdns.errors import BackendError, RejectedError, UnavailableError
from pulumi_rdns.model.names import from_dns

from .client import Client, Provider
from .reading import Reading
from .types import Writing

#: seconds in which the provider should show what it took
_READ_BACK = 5.0
#: how often what was left half done is gone on with
_ROUNDS = 3


class Write:
    """One write of RRsets of one zone, whose lock is held."""

    def __init__(
        self,
        client: Client,
        operation: Operation,
        zone: dns.name.Name,
        changes: Sequence[Change],
    ) -> None:
        self._client = client
        self._operation = operation
        self._zone = zone
        self._changes = changes
        self._is_in_steps = client.writing is Writing.IN_STEPS
        #: what a provider was told to do: what is missing since may be our own doing
        self._sent: list[Change] = []
        self._provider = Provider(None)

    def run(self) -> None:
        """Write all changes. Raises ConflictError, before any write where it is there already."""
        try:
            for _ in range(_ROUNDS):
                written = write_once(self._operation, self._look, self._write, self._client.policy)
                if not written or not self._is_in_steps or not self._is_half_done():
                    return
            reason = f"the provider leaves it half done: there is now {self._there()}"
            raise self._operation.error(UnavailableError, reason)
        except BackendError as error:
            self._withdraw(error)
            raise

    def _look(self) -> list[Change]:
        """Read the zone afresh, and return what is still to do."""
        self._provider = self._client.read(self._operation, self._zone)
        reading = self._reading
        with readable(self._operation):
            left = [self._gone_on_with(change) for change in self._changes]
            wanted = still_to_do(self._operation, [one for one in left if one], reading.rrset)
            for change in wanted:
                self._refuse(reading, change)
        return wanted

    @property
    def _reading(self) -> Reading:
        reading = self._provider.reading
        assert reading is not None, "it was read"
        return reading

    def _gone_on_with(self, change: Change) -> Change | None:
        """Return what is left of a change that was sent, and one that was not as it is."""
        if change not in self._sent:
            return change
        live = self._reading.rrset(change.name, change.rdtype)
        if live == change.after:
            return None  # perhaps with another TTL, the least that the vendor has
        return replace(change, before=live) if _is_between(change, live) else change

    def _refuse(self, reading: Reading, change: Change) -> None:
        """Refuse what the provider cannot write, or would lose something with."""
        kind, made = change.rdtype.name, self._provider.made
        if change.after is not None:
            cut = find_delegation(
                self._zone, change.name, lambda name: reading.rrset(name, RdataType.NS)
            )
            if cut is not None:
                raise delegated_error(self._operation, cut, "the account")
        reason = ""
        if kind not in made.SUPPORTS:
            reason = f"{type(made).__name__} does not support {kind} records"
        elif kind == "PTR" and len(change.after or ()) > 1 and not made.SUPPORTS_MULTIVALUE_PTR:
            reason = f"{type(made).__name__} supports one PTR record at a name, not several"
        elif getattr(reading.record(change.name, change.rdtype), "dynamic", None):
            reason = "the record is a dynamic one (pools, rules); change it where it was made"
        if reason:
            raise self._operation.error(RejectedError, reason, subject=from_dns(change.name))

    def _write(self, wanted: Sequence[Change]) -> None:
        for done, change in enumerate(wanted):
            if not self._operation.left:
                reason = f"no time is left after {done} of {len(wanted)} changes; raise `timeout`"
                raise self._operation.error(UnavailableError, reason)
            self._note(change)
            self._client.write(self._operation, self._provider, change)

    def _note(self, change: Change) -> None:
        """Note that something is sent for a change, or for what is left of it."""
        is_of = [one for one in self._changes if _is_of(one, change)]
        self._sent += [one for one in is_of if one not in self._sent]

    def _is_half_done(self) -> bool:
        """Look until nothing is as before; return whether something is half done."""

        def late(left: list[Change]) -> str:
            # What is half done is no longer one of the changes: it begins at what is there.
            is_late = bool(left) and all(change in self._changes for change in left)
            return not_shown_by(from_dns(self._zone)) if is_late else ""

        left = poll(
            self._operation,
            self._look(),
            self._look,
            late,
            within=_READ_BACK,
            first=0.2,
            longest=2.0,
        )
        if late(left):
            self._operation.warn(
                "the provider reported success, and does not show it yet: there is now "
                f"{self._there()}; `pulumi refresh` tells whether it came later"
            )
            return False
        return bool(left)

    def _there(self) -> str:
        return "; ".join(shown(_live(self._reading, one)) for one in self._sent)

    def _withdraw(self, error: BackendError) -> None:
        """Undo what was sent and is not done: our values go, what was there before comes back."""
        if not self._is_in_steps or not self._sent:
            return
        try:
            self._provider = self._client.read(self._operation, self._zone)
            for change in self._sent:
                self._undo(change)
        except BackendError as second:
            was = "; ".join(map(self._history, self._sent))
            reason = f"{error.reason}. What is there now is not known ({second.reason}); {was}"
            raise self._operation.error(type(error), reason, error.code) from None

    def _history(self, change: Change) -> str:
        """Return what was at a name before, and at the last look, for who has to put it back."""
        seen = "what cannot be read"
        with suppress(UnreadableRecordError):
            seen = shown(_live(self._reading, change))
        before = f"{from_dns(change.name)} had {shown(change.before)} before"
        return f"{before}, and {seen} at the last look"

    def _undo(self, change: Change) -> None:
        with readable(self._operation):
            live = _live(self._reading, change)
        before, after = set(change.before or ()), set(change.after or ())
        there = set(live or ())
        wanted = there
        if there - before - after:
            wanted = there - (after - before)
        elif _is_between(change, live):
            wanted = before
        if wanted != there:
            rrset = _rrset_of(change, wanted, live)
            undone = Change(change.name, change.rdtype, live, rrset)
            self._client.write(self._operation, self._provider, undone)


def _live(reading: Reading, change: Change) -> dns.rrset.RRset | None:
    return reading.rrset(change.name, change.rdtype)


def _is_of(one: Change, other: Change) -> bool:
    return (one.name, one.rdtype) == (other.name, other.rdtype)


def _is_between(change: Change, live: dns.rrset.RRset | None) -> bool:
    """Whether what is there is a part of what was and what shall be, and neither of them."""
    known = {*(change.before or ()), *(change.after or ())}
    return live not in (change.before, change.after) and set(live or ()) <= known


def _rrset_of(
    change: Change, values: set[dns.rdata.Rdata], live: dns.rrset.RRset | None
) -> dns.rrset.RRset | None:
    model = change.before or live
    if not values or model is None:
        return None
    rrset = dns.rrset.RRset(change.name, model.rdclass, change.rdtype)
    for value in values:
        rrset.add(value, model.ttl)
    return rrset
