"""The dynamic providers of all record types: the engine's calls, handed on to the lifecycle."""

from __future__ import annotations

import os
import threading
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

from pulumi_rdns.lifecycle import call as lifecycle
from pulumi_rdns.lifecycle.call import Call, PartlyDoneError, Stored
from pulumi_rdns.model.settings import NAMESPACE, StackSettings, read_settings
from pulumi_rdns.properties.schema import Properties
from pulumi_rdns.records.session import Session
from pulumi_rdns.resources.collector import keep_what_was_imported
from pulumi_rdns.resources.host_process import (
    EngineReport,
    old_inputs,
    plain_errors,
    secret,
    tell_partial_success,
    widen_thread_pool,
)

_lock = threading.Lock()
_config: dict[str, Any] = {}
_session: Session | None = None


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

    def configure(self, req: ConfigureRequest) -> None:
        global _config, _session
        widen_thread_pool()
        keep_what_was_imported()
        keys = [field.encode_name for field in msgspec.structs.fields(StackSettings)]
        found = {f"{NAMESPACE}:{key}": req.config.get(f"{NAMESPACE}:{key}") for key in keys}
        config = {key: value for key, value in found.items() if value is not None}
        with _lock:
            if config != _config:
                _config, _session = config, None

    @plain_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs, findings = self.lifecycle.check(session(), _call(), news)
        return CheckResult(inputs, [CheckFailure(one.property, one.reason) for one in findings])

    @plain_errors
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        found = self.lifecycle.diff(session(), _call(), _id, _olds, _news)
        return DiffResult(
            bool(found.changes or found.replaces),
            found.replaces,
            delete_before_replace=found.delete_before_replace,
        )

    @plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        try:
            made = self.lifecycle.create(session(), _call(), props)
        except PartlyDoneError as failed:
            _report_partial_success(failed)
            raise failed.error from None
        return CreateResult(made.id, _outputs(made))

    @plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        found = self.lifecycle.read(session(), _call(), id_, props)
        if found is None:
            return ReadResult(None, {})
        return ReadResult(id_, _outputs(found), found.inputs)

    @plain_errors
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        try:
            made = self.lifecycle.update(session(), _call(), _id, _olds, _news)
        except PartlyDoneError as failed:
            _report_partial_success(failed)
            raise failed.error from None
        return UpdateResult(_outputs(made))

    @plain_errors
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        self.lifecycle.delete(session(), _call(), _id, _props)


def session() -> Session:
    """Return the session that all resources of this process share. Raises ConfigError."""
    global _session
    with _lock:
        if _session is None:
            _session = Session(read_settings(_config), project_root(), os.environ)
        return _session


def project_root() -> Path:
    """Find the folder with Pulumi.yaml, which relative paths start from."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").exists() or (folder / "Pulumi.yml").exists():
            return folder
    return here


def _call() -> Call:
    """Return what the engine asked for in the call that this thread is serving."""
    report = EngineReport()
    return Call(report.urn, report, is_unknown=_is_unknown, old_inputs=old_inputs())


def _is_unknown(value: Any) -> bool:
    return bool(pulumi.contains_unknowns(value))


def _outputs(made: Stored) -> dict[str, Any]:
    return {
        key: secret(value) if key in made.secrets else value for key, value in made.outputs.items()
    }


def _report_partial_success(failed: PartlyDoneError) -> None:
    made = failed.stored
    tell_partial_success(made.id, _outputs(made), made.inputs, str(failed.error))
