"""One stack in a folder of its own, where every run is judged."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.records.forward_check import ForwardGate
from pulumi_rdns.records.ledger_file import Cli, LedgerFile, Run, leftovers
from pulumi_rdns.records.session import Session
from tests.records.engine_model import Engine, Result
from tests.records.engine_oracle import (
    ACCOUNT,
    PLACES,
    BrokenPromiseError,
    Oracle,
    Spot,
    World,
    declared_by,
)
from tests.records.engine_program import FORWARD, PTR, SET, Program, Resource, Up

BACKENDS = {
    name: {"type": "memory", "networks": ["192.0.2.0/24"], "path": ACCOUNT}
    if place == ACCOUNT
    else {"type": "zonefile", "directory": place}
    for name, place in PLACES.items()
}
#: nothing comes in between
PLAIN = Up()
#: in the error of a delete that is left for a later run
_WAITS = "stays in the state, because"


class Stack:
    """A program, and what became of it."""

    def __init__(self) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="stack"))
        self.world = World(self._root)
        self.engine = Engine(self._session, self._watch)
        self.oracle = Oracle(self.world, lambda: self.engine.state)
        self.program: dict[str, Resource] = {}
        self._former: list[Program] = []
        self._runs = 0

    def close(self) -> None:
        shutil.rmtree(self._root)

    def declare(self, name: str, resource: Resource) -> None:
        """Put a resource into the program; what else declares its records does so no longer."""
        self.program[name] = resource
        mine = set(_keys(resource))
        for other, one in [*self.program.items()]:
            if other != name and one.kind != FORWARD and mine & {*_keys(one)}:
                self._take(other, one, {subject for _, subject in mine})
        self._break_circles()

    def _take(self, name: str, resource: Resource, subjects: set[str]) -> None:
        lines = {subject: value for _, subject, value in declared_by(resource)}
        left = {key: value for key, value in lines.items() if key not in subjects}
        if resource.kind == SET and left:
            text = "".join(f"{key} {value.rstrip('.')}\n" for key, value in left.items())
            self.program[name] = resource._replace(inputs={**resource.inputs, "records": text})
        else:
            del self.program[name]

    def drop(self, name: str) -> None:
        """Take a resource out of the program."""
        self.program.pop(name, None)
        self._break_circles()

    def rename(self, name: str, new: str) -> None:
        """Give a resource another name, without an alias."""
        if name in self.program:
            self.program[new] = self.program.pop(name)
            self._break_circles()

    def alias(self, name: str, new: str) -> None:
        """Give a resource another name, and say which it had."""
        if name in self.program and new not in self.program:
            self.program[new] = self.program.pop(name)._replace(alias=name)
            self._break_circles()

    def swap(self, name: str, other: str) -> None:
        """Let two resources exchange what they declare."""
        if {name, other} <= self.program.keys():
            self.program[name], self.program[other] = self.program[other], self.program[name]
            self._break_circles()

    def change(self, name: str, key: str, other: Resource) -> None:
        """Take one property or option of another resource."""
        one = self.program.get(name)
        if one is None:
            return
        if key in Resource._fields:
            self.declare(name, one._replace(**{key: getattr(other, key)}))
        elif one.kind == other.kind and one.inputs["backend"] == other.inputs["backend"]:
            inputs = {**one.inputs, key: other.inputs.get(key)}
            given = {key: value for key, value in inputs.items() if value is not None}
            self.declare(name, one._replace(inputs=given))

    def put_back(self, steps: int = 1) -> None:
        """Take an earlier program again."""
        if self._former:
            self.program = dict(self._former[-min(steps, len(self._former))])

    def up(self, how: Up = PLAIN) -> Result:
        """Run the program, and judge."""
        self.oracle.begin(self.program, how)
        result = self.engine.up(self.program, how)
        self._former.append(dict(self.program))
        self.oracle.judge(result)
        return result

    def refresh(self) -> Result:
        """Take in what is live, and judge."""
        self.oracle.begin(self.program, "refresh")
        result = self.engine.refresh()
        self.oracle.judge(result, is_up=False)
        return result

    def settle(self) -> None:
        """Run the program until it stands, and look that no resource waits for itself for ever."""
        for _ in range(3):
            result = self.up()
        # Deleted first, as the program wants it, a record waits for its own replacement.
        is_asked_for = any(one.deletes_first for one in self.program.values())
        if not is_asked_for and result.errors and all(_WAITS in one for one in result.errors):
            raise BrokenPromiseError("\n".join(["this never ends", *self.oracle.log]))

    def by_hand(self, spot: Spot, values: Iterable[str]) -> None:
        """Let somebody else change a record."""
        self.oracle.by_hand(spot, [*values])

    def _break_circles(self) -> None:
        """Let each resource depend on nothing but what the program has before it."""
        names = [*self.program]
        for at, (name, one) in enumerate([*self.program.items()]):
            if one.behind in names[at:]:
                self.program[name] = one._replace(behind=None)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """Start as a new process does, which knows what killed runs have left in their files."""
        self._runs += 1
        session = _Session(read_settings({"rdns:backends": BACKENDS}), self._root, {})
        session.gate = ForwardGate(lambda _: _Denying())
        folder, run = self._root / "ledger", Run("proj", "dev", str(self._runs), Cli(1, 0.0))
        file = LedgerFile(folder, run)
        try:
            session.ledger.join(file, leftovers(folder, run, lambda _: False))
            yield session
        finally:
            os.close(file._file)

    def _watch(self, name: str, operation: Any) -> Any:
        return self.oracle.watch(name, operation)


class _Session(Session):
    """Asks no DNS."""

    def aliases(self, address: Address) -> list[DnsName]:
        return []


class _Denying:
    """No hostname resolves, so that a strict forward check is a way to fail."""

    is_public = False

    def look(
        self, hostname: DnsName, address: Address, *, ask_resolver: bool = False
    ) -> Confirmation:
        return Confirmation(Verdict.MISMATCH, "no A record")


def ptr(address: str, hostname: str, backend: str = "one", **more: Any) -> Resource:
    """Declare a PtrRecord."""
    return _resource(PTR, {"address": address, "hostname": hostname, "backend": backend}, more)


def ptr_set(records: Mapping[str, str], backend: str = "one", **more: Any) -> Resource:
    """Declare a PtrRecordSet."""
    text = "".join(f"{address} {hostname}\n" for address, hostname in sorted(records.items()))
    return _resource(SET, {"records": text, "backend": backend}, more)


def forward(hostname: str, address: str, backend: str = "one", **more: Any) -> Resource:
    """Declare a ForwardRecord."""
    inputs = {"hostname": hostname, "address": address, "backend": backend}
    return _resource(FORWARD, inputs, more)


def _resource(kind: str, inputs: dict[str, Any], more: dict[str, Any]) -> Resource:
    options = {key: more.pop(key) for key in Resource._fields if key in more}
    if kind != FORWARD:
        is_refused = more.pop("is_refused", False)
        inputs["forwardCheck"] = "strict" if is_refused else "skip"
        inputs |= {"forwardTimeout": 0} if is_refused else {}
    given = {key: value for key, value in more.items() if value is not None}
    return Resource(kind, inputs | given, **options)


def _keys(resource: Resource) -> list[tuple[str, str]]:
    """Return place and address of each PTR record that a resource declares."""
    place = PLACES[resource.inputs["backend"]]
    return [(place, subject) for kind, subject, _ in declared_by(resource) if kind == "PTR"]
