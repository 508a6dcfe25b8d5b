"""Writes RRsets: look, write only what changes, read back.

The API has no compare-and-set. New values are appended, which loses nothing that others add
meanwhile. Where a value goes, the whole RRset is written: what others add between the look and
the write is lost, and they find that when they read back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import dns.name
import msgspec
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.kit.actions import not_shown_by, poll
from pulumi_rdns.backends.kit.answers import Answer
from pulumi_rdns.backends.kit.compare import write_once
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.rrsets import readable
from pulumi_rdns.errors import ConflictError, RejectedError, ZoneNotFoundError
from pulumi_rdns.model.names import from_dns

from .client import Client
from .types import RecordSet
from .zone_view import Step, ZoneView, relative
from .zones import Zones, no_zone

#: seconds in which a zone should show what was written
_READ_BACK = 30.0
_FIRST_LOOK, _LONGEST_LOOK = 0.5, 5.0


class ZoneWriter:
    """Writes zones; the writers of one zone in this process wait for each other."""

    def __init__(self, client: Client, zones: Zones) -> None:
        self._client = client
        self._zones = zones

    def apply(self, operation: Operation, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Check all changes, then write them, then read them back.

        RRsets that are appended to, replaced and deleted are one request per kind.
        """
        with self._zones.holding(operation, zone), readable(operation):
            written = write_once(
                operation,
                lambda: self._still_to_do(operation, zone, changes),
                lambda steps: self._write(operation, zone, steps),
                self._client.policy,
            )
            if written:
                self._read_back(operation, zone, written)

    def _still_to_do(
        self, operation: Operation, zone: dns.name.Name, changes: Sequence[Change]
    ) -> list[Step]:
        view = self._zones.read(operation, zone)
        steps = [step for step in map(Step, changes) if not step.is_there(view)]
        for step in steps:
            _require(operation, view, step)
        return steps

    def _write(self, operation: Operation, zone: dns.name.Name, steps: Sequence[Step]) -> None:
        additions = [step for step in steps if step.is_addition]
        removals = [step for step in steps if step.change.after is None]
        replacements = [step for step in steps if step not in [*additions, *removals]]
        for overwrite, group in ((False, additions), (True, replacements)):
            if group:
                look = self._looking_again(operation, zone, group)
                sets = [_body(step.record_set(zone)) for step in group]
                answer = self._client.put_records(operation, zone, sets, look, overwrite=overwrite)
                _require_zone(operation, zone, answer)
        if removals:
            look = self._looking_again(operation, zone, removals)
            filters = [
                {"name": relative(step.change.name, zone), "type": step.change.rdtype.name}
                for step in removals
            ]
            answer = self._client.delete_records(operation, zone, filters, look)
            _require_zone(operation, zone, answer)

    def _looking_again(
        self, operation: Operation, zone: dns.name.Name, steps: Sequence[Step]
    ) -> Callable[[], None]:
        """Return what checks, after a pause, that the steps still fit what is there."""

        def look_again() -> None:
            view = self._zones.read(operation, zone)
            for step in steps:
                _require(operation, view, step)

        return look_again

    def _read_back(self, operation: Operation, zone: dns.name.Name, steps: Sequence[Step]) -> None:
        """Wait until the zone shows what was written. Raises ConflictError for something else."""

        def look() -> list[Step]:
            view = self._zones.read(operation, zone)
            waiting = [step for step in steps if not step.is_done(view)]
            for step in waiting:
                if not step.is_as_before(view):
                    raise _conflict(operation, view, step, "somebody else changed it meanwhile")
            return waiting

        def pending(waiting: Sequence[Step]) -> str:
            return not_shown_by(from_dns(zone)) if waiting else ""

        if poll(
            operation,
            look(),
            look,
            pending,
            within=_READ_BACK,
            first=_FIRST_LOOK,
            longest=_LONGEST_LOOK,
        ):
            operation.warn(
                "Hostinger reported success, but the zone does not show it yet; `pulumi refresh` "
                "tells whether it came later"
            )


def _require_zone(operation: Operation, zone: dns.name.Name, answer: Answer) -> None:
    if not answer.is_success:
        raise operation.error(ZoneNotFoundError, no_zone(zone), answer.code)


def _body(records: RecordSet) -> object:
    """Return an RRset for a PUT, which knows no disabled records."""
    contents = [{"content": record.content} for record in records.records]
    return {**msgspec.to_builtins(records), "records": contents}


def _require(operation: Operation, view: ZoneView, step: Step) -> None:
    """Check that what the change asks for is there, and that nothing is in its way."""
    change = step.change
    alias = view.rrset(change.name, RdataType.CNAME)
    if alias is not None and change.rdtype != RdataType.CNAME:
        raise operation.error(
            ConflictError,
            f"{from_dns(change.name)} is a CNAME to {from_dns(alias[0].target)}, beside which "
            "no other record can stand (RFC 1034 section 3.6.2)",
        )
    target = view.target(change.name)
    if target is not None and step.added:
        raise operation.error(
            ConflictError,
            f"{from_dns(change.name)} has an ALIAS record to {target}, which gives it its "
            "addresses; remove it in hPanel, or leave this name to it",
        )
    if not step.is_as_before(view):
        raise _conflict(operation, view, step, "it changed meanwhile")
    disabled = view.disabled(change.name, change.rdtype)
    if disabled and not step.is_addition:
        raise operation.error(
            RejectedError,
            f"the {change.rdtype.name} records of {from_dns(change.name)} include disabled ones "
            f"({', '.join(disabled)}), which the API cannot keep when others are taken out or "
            "change their TTL; enable or delete them in hPanel first",
        )


def _conflict(operation: Operation, view: ZoneView, step: Step, why: str) -> ConflictError:
    there = ", ".join(sorted(rdata.to_text() for rdata in step.live(view) or ())) or "nothing"
    kind, name = step.change.rdtype.name, from_dns(step.change.name)
    return operation.error(ConflictError, f"{why}: {kind} of {name} is now {there}")
