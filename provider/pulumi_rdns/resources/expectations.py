"""What the program tells the provider of its resources, before the engine does.

The engine tells of a resource when all that it depends on is there, which for some is late, and
after a failure never. Until then nobody else would know that a record has a new owner.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

import pulumi

from pulumi_rdns.errors import ConfigError, InvalidInputError
from pulumi_rdns.model.addresses import parse_address, record_type
from pulumi_rdns.properties.ptr_set import check_records
from pulumi_rdns.records.ledger_file import (
    Began,
    Expects,
    LedgerFile,
    Leftover,
    Run,
    Starts,
    ledger_folder,
    leftovers,
)
from pulumi_rdns.records.left_records import is_undeclared
from pulumi_rdns.resources.engine import run
from pulumi_rdns.resources.inputs import literal_hostname

#: the inputs that say which records a resource has
_INPUTS = {
    "PtrRecord": ("address", "hostname"),
    "ForwardRecord": ("address", "hostname"),
    "PtrRecordSet": ("records", "network", "fill", "exclude"),
}


class Expectations:
    """The lines that one program writes into the ledger of its run."""

    def __init__(self) -> None:
        self._count = 0
        self._declared: set[tuple[str, str]] = set()
        #: names of resources of which the program cannot say all
        self._computed: set[str] = set()
        self._file: LedgerFile | None = None
        key = run.program_run_key()
        if key is None:
            return
        try:
            folder = ledger_folder(os.environ)
            place = Run(pulumi.get_project(), pulumi.get_stack(), key, run.cli())
            self._file = LedgerFile(folder, place)
            self._file.append(Began(run.parallel(), pulumi.get_organization()))
            left = leftovers(folder, place, run.is_alive)
        except ConfigError:
            # The provider meets the same obstacle, and says so where it matters.
            self._file = None
            return
        if left:
            # An Output, because the program ends only after all of them are there.
            warning: Awaitable[Any] = self._warn_of(left)
            pulumi.Output.from_input(warning)

    async def _warn_of(self, left: Sequence[Leftover]) -> None:
        """Name the records that a run of before has left, and this program does not declare."""
        await asyncio.sleep(0)  # by then the program's own code has run
        for one in left:
            for *_, begun in [*one.interrupted.values()]:
                if begun.operation == "create" and not self._is_declared(begun):
                    pulumi.log.warn(is_undeclared(begun))
                    if not pulumi.runtime.is_dry_run():
                        one.resolve(begun.resource)

    def _is_declared(self, begun: Starts) -> bool:
        """Whether the program declares the records, or may: where they are computed or secret."""
        is_known = all((begun.kind, subject) in self._declared for subject in begun.records)
        return is_known or begun.resource.rpartition("::")[2] in self._computed

    def expect(
        self,
        kind: str,
        name: str,
        inputs: Mapping[str, Any],
        table: Mapping[str, str] | None = None,
    ) -> int | None:
        """Note a resource; return the number of its line, None where none is written.

        ``table`` has the records of a set, where they are known.
        """
        if self._file is None:
            return None
        self._count += 1
        kinds, records = _records(kind, inputs, table)
        if records is None or any(value is None for value in records.values()):
            self._computed.add(name)
        self._declared.update((one, subject) for one in kinds for subject in records or ())
        line = self._count
        self._append(Expects(line, name, kinds, records))
        is_open = records is None or (kind == "ForwardRecord" and None in records.values())
        if is_open:
            later: Awaitable[Any] = self._expect_when_known(line, kind, name, inputs)
            pulumi.Output.from_input(later)
        return None if self._file is None else line

    def _append(self, event: Expects) -> None:
        if self._file is None:
            return
        try:
            self._file.append(event)
        except ConfigError:
            self._file = None

    async def _expect_when_known(
        self, line: int, kind: str, name: str, inputs: Mapping[str, Any]
    ) -> None:
        """Note a resource again when its computed inputs are known.

        The engine may never tell of it, as of one that is not a target. A secret is told nobody.
        """
        # What it depends on has failed, which is told where it did.
        with contextlib.suppress(Exception):
            known = {}
            for key in _INPUTS[kind]:
                value = pulumi.Output.from_input(inputs.get(key))
                if not await value.is_known() or await value.is_secret():
                    return
                known[key] = await value.future()
            table = check_records(known)[0].table if kind == "PtrRecordSet" else None
            kinds, records = _records(kind, known, table)
            if records:
                self._append(Expects(line, name, kinds, records))


_Records = tuple[tuple[str, ...], dict[str, str | None] | None]


def _records(kind: str, inputs: Mapping[str, Any], table: Mapping[str, str] | None) -> _Records:
    if kind == "PtrRecordSet":
        return ("PTR",), None if table is None else dict(table)
    return _of_ptr(inputs) if kind == "PtrRecord" else _of_forward(inputs)


def _of_ptr(inputs: Mapping[str, Any]) -> _Records:
    address, hostname = inputs.get("address"), inputs.get("hostname")
    try:
        return ("PTR",), {str(parse_address(address)): literal_hostname(hostname)}
    except InvalidInputError:
        return ("PTR",), None


def _of_forward(inputs: Mapping[str, Any]) -> _Records:
    hostname = literal_hostname(inputs.get("hostname"))
    try:
        address = parse_address(inputs.get("address"))
    except InvalidInputError:
        return ("A", "AAAA"), None if hostname is None else {hostname: None}
    kind = record_type(address)
    return (kind,), None if hostname is None else {hostname: str(address)}
