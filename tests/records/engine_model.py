"""A small model of the Pulumi engine that drives the real operations, one call at a time.

It has what decides over live records: the order of Check, Diff, Create, Update and Delete, what
the state has after each of them, and how a run ends that fails or is killed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from pulumi_rdns.errors import RdnsError
from pulumi_rdns.lifecycle import forward, ptr, ptr_set
from pulumi_rdns.lifecycle.call import Call, PartlyDoneError, Stored
from pulumi_rdns.lifecycle.stored_state import stored_holdings
from pulumi_rdns.properties.schema import DECLARATION
from pulumi_rdns.records.claims import Expected
from pulumi_rdns.records.holdings import StoredHoldings
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.engine_program import FORWARD, MACHINE, PTR, SET, Program, Resource, Up

_LIFECYCLES: Mapping[str, ModuleType] = {PTR: ptr, SET: ptr_set, FORWARD: forward}
#: stands for a value that the engine does not know in an update, for what it comes of has failed
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass
class Entry:
    """One resource in the state."""

    name: str
    kind: str
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    behind: str | None = None
    retains: bool = False
    is_partly_done: bool = False
    #: it has been replaced, and is still to be deleted
    is_replaced: bool = False
    #: it has been deleted, and its replacement is still to be created
    is_gone: bool = False


@dataclass
class Result:
    """What a run has said."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    was_killed: bool = False

    @property
    def is_success(self) -> bool:
        return not self.errors and not self.was_killed


class Engine:
    """One stack: its state, and the runs that change it."""

    def __init__(
        self,
        new_session: Callable[[], AbstractContextManager[Session]],
        watch: Callable[[str, Callable[[], Any]], Any],
    ) -> None:
        """Take ``watch``, which calls each operation that may write; it is given its name too."""
        self._new_session = new_session
        self._watch = watch
        self.state: list[Entry] = []

    def up(self, program: Program, how: Up) -> Result:
        """Bring the state to the program, as far as that goes."""
        with self._new_session() as session:
            result = _Run(self, session, program, how, self._watch).run()
            if not result.was_killed:
                session.ledger.close()
        return result

    def refresh(self) -> Result:
        """Read each resource; those that are gone leave the state."""
        with self._new_session() as session:
            # No program runs, so nobody waits for what it declares.
            session.ledger.patience = 0
            run = _Run(self, session, {}, Up(continues=True), self._watch)
            for entry in [one for one in self.state if not one.is_replaced and not one.is_gone]:
                run.refresh(entry)
            session.ledger.close()
        return run.result


class _KilledError(Exception):
    pass


class _StoppedError(Exception):
    """The run does not go on."""


class _Run:
    """One run: a process that knows nothing of those before."""

    def __init__(
        self,
        engine: Engine,
        session: Session,
        program: Program,
        how: Up,
        watch: Callable[[str, Callable[[], Any]], Any],
    ) -> None:
        self.engine = engine
        self.session = session
        self.program = program
        self.how = how
        self.result = Result()
        self._watch = watch
        self._heard = Heard()
        self._operations = 0
        #: resources that the engine has heard of
        self._met: set[str] = set()
        self._done: set[str] = set()

    def run(self) -> Result:
        ledger = self.session.ledger
        # One step at a time: nobody waits for another one.
        ledger.parallel, ledger.is_told = 1, True
        if self.how.reads_state:
            ledger.read_state = self._stored
        for line, (name, resource) in enumerate(self.program.items()):
            ledger.expect(line, *(Expected(name, *one) for one in _expected(resource)))
        try:
            self._register()
            self._delete()
        except _StoppedError:
            pass
        except _KilledError:
            self.result.was_killed = True
        self.result.warnings += self._heard.warnings
        return self.result

    def _stored(self) -> StoredHoldings:
        resources = [
            {
                "type": f"pulumi-python:dynamic/rdns:{entry.kind}",
                "urn": _urn(entry.kind, entry.name),
                "id": entry.id,
                "outputs": entry.outputs,
            }
            for entry in self.engine.state
        ]
        return stored_holdings(self.session, {"resources": resources})

    def refresh(self, entry: Entry) -> None:
        """Read one resource."""
        lifecycle, call = _LIFECYCLES[entry.kind], self._call(entry.name, entry.kind, entry)

        def read() -> None:
            found = lifecycle.read(self.session, call, entry.id, dict(entry.outputs))
            if found is None:
                self.engine.state.remove(entry)
            else:
                entry.inputs, entry.outputs = found.inputs, found.outputs

        self._tried(entry.name, lambda: self._watch(f"read {entry.name}", read))

    def _register(self) -> None:
        left = dict(self.program)
        is_machine_here = False
        while True:
            wave = [
                name
                for name, one in left.items()
                if one.behind is None
                or one.behind in self._done
                or (one.behind == MACHINE and is_machine_here)
                or one.behind not in {*self.program, MACHINE}
            ]
            wave = wave[:1] if self.how.is_serial else wave
            steps = [(name, self._prepared(name, left.pop(name))) for name in wave]
            for name, step in reversed(steps) if self.how.is_reversed else steps:
                if self._tried(name, step):
                    self._done.add(name)
            if not wave and not is_machine_here:
                is_machine_here = True
                is_needed = any(one.behind == MACHINE for one in left.values())
                if self.how.machine_fails and is_needed:
                    self._fail(f"{MACHINE}: failed")
                    break
            elif not wave:
                break
        for name, one in left.items():
            self._skip(name, one)

    def _skip(self, name: str, resource: Resource) -> None:
        """Tell of a resource that is behind a failed one."""
        entry = self._entry(name, resource.kind)
        if entry is None and not self.how.tells_of_skipped:
            return
        inputs = {**resource.inputs}
        if resource.is_late:
            inputs[_subject_key(resource.kind)] = _UNKNOWN
        self._prepared(name, resource._replace(inputs=inputs))

    def _prepared(self, name: str, resource: Resource) -> Callable[[], None]:
        """Check and diff; return the step that follows."""
        self._met.add(_urn(resource.kind, name))
        lifecycle = _LIFECYCLES[resource.kind]
        entry = self._entry(name, resource.kind)
        if entry is None and resource.alias is not None and resource.alias not in self.program:
            self._met.add(_urn(resource.kind, resource.alias))
            entry = self._entry(resource.alias, resource.kind)
        line = list(self.program).index(name)
        call = self._call(name, resource.kind, entry)
        checked = lifecycle.check(self.session, call, {**resource.inputs, DECLARATION: line})
        if checked.findings:
            self.result.errors.append(f"{name}: {checked.findings}")
            raise _StoppedError
        inputs = checked.inputs
        if entry is None or entry.is_gone:
            return lambda: self._create(name, resource, inputs, entry)
        if name == self.how.replaces:
            if resource.deletes_first:
                return lambda: self._delete_and_create(name, entry, resource, inputs)
            return lambda: self._create(name, resource, inputs, entry)
        found = lifecycle.diff(self.session, call, entry.id, dict(entry.outputs), inputs)
        if not found.changes and not entry.is_partly_done:
            return lambda: self._keep(name, entry, resource, inputs)
        if not found.replaces:
            return lambda: self._update(name, entry, resource, inputs)
        lifecycle.check(self.session, call, {**resource.inputs, DECLARATION: line})
        if resource.deletes_first or found.delete_before_replace:
            return lambda: self._delete_and_create(name, entry, resource, inputs)
        return lambda: self._create(name, resource, inputs, entry)

    def _keep(self, name: str, entry: Entry, resource: Resource, inputs: Mapping[str, Any]) -> None:
        entry.name = name
        entry.inputs, entry.behind, entry.retains = inputs, resource.behind, resource.retains

    def _create(
        self, name: str, resource: Resource, inputs: Mapping[str, Any], old: Entry | None
    ) -> None:
        lifecycle = _LIFECYCLES[resource.kind]
        call = self._call(name, resource.kind)
        error = None
        try:
            made = self._operate(
                f"create {name}", lambda: lifecycle.create(self.session, call, dict(inputs))
            )
        except PartlyDoneError as failed:
            made, error = failed.stored, failed
        if old is not None and old.is_gone:
            self.engine.state.remove(old)
        elif old is not None:
            old.is_replaced = True
        self.engine.state.append(
            Entry(
                name,
                resource.kind,
                made.id,
                inputs,
                made.outputs,
                resource.behind,
                resource.retains,
                error is not None,
            )
        )
        if error is not None:
            raise error

    def _update(
        self, name: str, entry: Entry, resource: Resource, inputs: Mapping[str, Any]
    ) -> None:
        lifecycle = _LIFECYCLES[resource.kind]
        call = self._call(name, entry.kind)
        olds = dict(entry.outputs)

        def update() -> Stored:
            made: Stored = lifecycle.update(self.session, call, entry.id, olds, dict(inputs))
            return made

        error = None
        try:
            made = self._operate(f"update {name}", update)
        except PartlyDoneError as failed:
            made, error = failed.stored, failed
        self._keep(name, entry, resource, inputs)
        entry.outputs, entry.is_partly_done = made.outputs, error is not None
        if error is not None:
            raise error

    def _delete_and_create(
        self, name: str, entry: Entry, resource: Resource, inputs: Mapping[str, Any]
    ) -> None:
        self._delete_one(entry)
        entry.is_gone = True
        self._create(name, resource, inputs, entry)

    def _delete(self) -> None:
        """Delete what was replaced, and what the program does not declare any longer."""
        failed: set[str | None] = set()
        for entry in [*reversed(self.engine.state)]:
            if not entry.is_replaced and _urn(entry.kind, entry.name) in self._met:
                continue
            if entry.is_gone or entry.retains:
                self.engine.state.remove(entry)
            elif entry.name in failed:
                failed.add(entry.behind)
            elif self._tried(entry.name, lambda entry=entry: self._delete_one(entry)):  # type: ignore[misc]
                self.engine.state.remove(entry)
            else:
                failed.add(entry.behind)

    def _delete_one(self, entry: Entry) -> None:
        lifecycle = _LIFECYCLES[entry.kind]
        call = self._call(entry.name, entry.kind)
        self._operate(
            f"delete {entry.name}",
            lambda: lifecycle.delete(self.session, call, entry.id, dict(entry.outputs)),
        )

    def _operate(self, name: str, operation: Callable[[], Any]) -> Any:
        is_killed = self._operations == self.how.killed_in
        self._operations += 1
        if is_killed and not self.how.killed_late:
            raise _KilledError
        try:
            return self._watch(name, operation)
        finally:
            if is_killed:
                raise _KilledError

    def _tried(self, name: str, step: Callable[[], None]) -> bool:
        try:
            step()
        except (RdnsError, PartlyDoneError) as error:
            self._fail(f"{name}: {error}")
            return False
        return True

    def _fail(self, error: str) -> None:
        self.result.errors.append(error)
        if not self.how.continues:
            raise _StoppedError

    def _entry(self, name: str, kind: str) -> Entry | None:
        for entry in self.engine.state:
            if (entry.name, entry.kind, entry.is_replaced) == (name, kind, False):
                return entry
        return None

    def _call(self, name: str, kind: str, entry: Entry | None = None) -> Call:
        old_inputs = None if entry is None else entry.inputs
        return Call(
            _urn(kind, name),
            self._heard,
            is_unknown=lambda value: value == _UNKNOWN,
            old_inputs=old_inputs,
        )


def _urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::proj::pulumi-python:dynamic/rdns:{kind}::{name}"


def _subject_key(kind: str) -> str:
    return "records" if kind == SET else "address"


def _expected(resource: Resource) -> Sequence[tuple[str, Mapping[str, str | None] | None]]:
    """Return what the program tells of a resource before the engine does."""
    inputs = resource.inputs
    if resource.kind == FORWARD:
        if resource.is_late:
            return [(kind, {inputs["hostname"]: None}) for kind in ("A", "AAAA")]
        return [("A", {inputs["hostname"]: inputs["address"]})]
    if resource.is_late:
        return [("PTR", None)]
    if resource.kind == PTR:
        return [("PTR", {inputs["address"]: inputs["hostname"]})]
    return [("PTR", dict(line.split() for line in inputs["records"].splitlines()))]
