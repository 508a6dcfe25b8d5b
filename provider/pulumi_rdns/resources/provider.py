"""The dynamic providers of all record types: the engine's calls, handed on to the lifecycle."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol

import msgspec
import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.lifecycle import call as lifecycle
from pulumi_rdns.lifecycle.call import Call, PartlyDoneError, Stored
from pulumi_rdns.model.settings import NAMESPACE, StackSettings, read_settings
from pulumi_rdns.model.terminal_text import escaped_lines
from pulumi_rdns.properties.schema import Properties
from pulumi_rdns.pulumi_cli import find_project
from pulumi_rdns.records.ledger_file import LedgerFile, Run, ledger_folder, leftovers
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.shared_ledger import SharedLedger
from pulumi_rdns.resources.engine.calls import is_provider_host, old_inputs, pinned_call
from pulumi_rdns.resources.engine.errors import plain_errors
from pulumi_rdns.resources.engine.host import prepare_host, serving
from pulumi_rdns.resources.engine.partial import report_partial_success
from pulumi_rdns.resources.engine.report import EngineReport
from pulumi_rdns.resources.engine.run import cli, host_run_key, is_alive, is_destroy
from pulumi_rdns.resources.engine.secrets import as_secret
from pulumi_rdns.resources.rotated_keys import configured_now, told_of_rotated_keys
from pulumi_rdns.resources.stored_state import read_holdings, read_records_to_count

_lock = threading.Lock()
_config: dict[str, Any] = {}
_session: Session | None = None
_joined: SharedLedger | None = None


class Lifecycle(Protocol):
    """The functions of one resource type, a module of `pulumi_rdns.lifecycle`."""

    def check(self, session: Session, call: Call, news: Properties) -> lifecycle.CheckResult: ...

    def diff(
        self, session: Session, call: Call, id_: str, olds: Properties, news: Properties
    ) -> lifecycle.DiffResult: ...

    def create(self, session: Session, call: Call, inputs: Properties) -> Stored: ...

    def read(
        self, session: Session, call: Call, id_: str, outputs: Properties
    ) -> Stored | None: ...

    def update(
        self, session: Session, call: Call, id_: str, olds: Properties, news: Properties
    ) -> Stored: ...

    def delete(self, session: Session, call: Call, id_: str, outputs: Properties) -> None: ...


class RecordProvider(ResourceProvider):
    """The engine's calls for one resource type.

    An instance holds nothing: its pickled form stands in every state.
    """

    lifecycle: ClassVar[Lifecycle]

    def __init_subclass__(cls, lifecycle: Lifecycle) -> None:
        cls.lifecycle = lifecycle

    @plain_errors
    def configure(self, req: ConfigureRequest) -> None:
        global _config, _session
        prepare_host()
        keys = [field.encode_name for field in msgspec.structs.fields(StackSettings)]
        found = {f"{NAMESPACE}:{key}": req.config.get(f"{NAMESPACE}:{key}") for key in keys}
        config = {key: value for key, value in found.items() if value is not None}
        with _lock:
            if config != _config:
                _config, _session = config, None

    @plain_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        with _served_call() as call:
            inputs, findings = self.lifecycle.check(session(), call, news)
        failures = [CheckFailure(one.property, escaped_lines(one.reason)) for one in findings]
        return CheckResult(inputs, failures)

    @plain_errors
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        with _served_call(has_old_inputs=True) as call:
            found = self.lifecycle.diff(session(), call, _id, _olds, _news)
        return DiffResult(
            bool(found.changes),
            found.replaces,
            delete_before_replace=found.delete_before_replace,
        )

    @plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        with _served_call() as call, _partly_done():
            made = self.lifecycle.create(session(), call, props)
        return CreateResult(made.id, _outputs(made))

    @plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        with _served_call(has_old_inputs=True) as call, _told_of_rotated_keys(call):
            found = self.lifecycle.read(session(), call, id_, props)
        if found is None:
            return ReadResult(None, {})
        return ReadResult(id_, _outputs(found), found.inputs)

    @plain_errors
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        with _served_call() as call, _partly_done():
            made = self.lifecycle.update(session(), call, _id, _olds, _news)
        return UpdateResult(_outputs(made))

    @plain_errors
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        with _served_call() as call, _told_of_rotated_keys(call):
            self.lifecycle.delete(session(), call, _id, _props)


def session() -> Session:
    """Return the session that all resources of this process share. Raises ConfigError."""
    global _session
    with _lock:
        if _session is None:
            _session = Session(read_settings(_config), project_root(), os.environ)
        return _session


def project_root() -> Path:
    """Find the folder with Pulumi.yaml, which relative paths start from."""
    return find_project() or Path.cwd()


@contextmanager
def _served_call(*, has_old_inputs: bool = False) -> Iterator[Call]:
    """Return what the engine asked for in the call that this thread serves."""
    with pinned_call() as served:
        urn = served.urn if served else ""
        _join(urn)
        olds = old_inputs() if has_old_inputs else None
        with serving():
            yield Call(urn, EngineReport(urn), is_unknown=_is_unknown, old_inputs=olds)


def _told_of_rotated_keys(call: Call) -> AbstractContextManager[None]:
    return told_of_rotated_keys(call.urn, session())


@contextmanager
def _partly_done() -> Iterator[None]:
    """Let the engine store what there is, where a create or update fails in part."""
    try:
        yield
    except PartlyDoneError as failed:
        made = failed.stored
        report_partial_success(made.id, _outputs(made), made.inputs, str(failed.error))
        raise failed.error from None


def _join(urn: str) -> None:
    """Take part in the ledger of the run that the first call belongs to."""
    global _joined
    joining = session()
    ledger = joining.ledger
    with _lock:
        if _joined is ledger or not urn or not is_provider_host():
            return
        _joined = ledger
        key = host_run_key()
    stack, project = urn.split("::")[:2]
    stack = stack.rpartition(":")[2]
    _watch_deletions(joining, urn, project, stack)
    if key is None:
        return
    run = Run(project, stack, key, cli())
    ledger.read_state = lambda: read_holdings(joining, ledger.organization, run.project, run.stack)
    folder = ledger_folder(os.environ)
    atexit.register(ledger.close)
    try:
        ledger.join(LedgerFile(folder, run), leftovers(folder, run, is_alive))
    except ConfigError as error:
        ledger.join(error)


def _watch_deletions(session: Session, urn: str, project: str, stack: str) -> None:
    """Let the guard against mass deletion know what only the CLI knows."""
    deletions, ledger = session.deletions, session.ledger

    def are_meant() -> bool:
        # No program runs in a plain `pulumi destroy`.
        found = is_destroy()
        return not ledger.is_told if found is None else found

    def read_limit() -> int | None:
        now = configured_now(urn)
        return now.max_delete_percent if now else None

    deletions.are_meant, deletions.read_limit = are_meant, read_limit
    deletions.read_state = lambda: read_records_to_count(
        session, ledger.organization, project, stack
    )


def _is_unknown(value: Any) -> bool:
    return bool(pulumi.contains_unknowns(value))


def _outputs(made: Stored) -> dict[str, Any]:
    return {
        key: as_secret(value) if key in made.secrets else value
        for key, value in made.outputs.items()
    }
