"""One running program, which its resources share."""

from __future__ import annotations

import weakref
from typing import Any

import pulumi

from pulumi_rdns.backends.kit.caches import Once
from pulumi_rdns.errors import ConfigError
from pulumi_rdns.logs import show_logs
from pulumi_rdns.resources.declarations import Declarations
from pulumi_rdns.resources.engine import run
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.resources.engine.gc_tuning import expect_many_objects
from pulumi_rdns.resources.engine.running import connection
from pulumi_rdns.resources.expectations import Expectations
from pulumi_rdns.resources.stack_defaults import StackDefaults


class Program:
    """The stack's defaults, and what has been declared so far."""

    def __init__(self) -> None:
        """Read the stack's configuration. Raises ConfigError, a line per mistake."""
        expect_many_objects()
        try:
            show_logs()
        except ConfigError as error:
            raise as_run_error(error) from None
        self.defaults = StackDefaults()
        self.declared = Declarations()
        self.expectations = Expectations()

    @Once
    def _preview(self) -> Any:
        from pulumi_rdns.resources.preview import Preview
        from pulumi_rdns.resources.stored_state import read_records

        session = self.defaults.session
        # Here, because other threads do not know which program they belong to.
        stack = pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack()
        return Preview(
            session,
            lambda: read_records(session, *stack),
            is_strict=self.defaults.settings.preview_checks == "strict",
            deletes=not run.is_targeted(),
        )

    def look_ahead(
        self,
        kind: str,
        record: pulumi.CustomResource,
        inputs: dict[str, Any] | None,
        unchanged: pulumi.Output[Any] | None,
        *,
        has_forward: bool,
    ) -> None:
        """In a preview, tell what a new or changed record will meet.

        One whose ``inputs`` are None is not looked at.

        ``unchanged`` is an output of the record that is no input, which a preview knows only of a
        record that does not change. ``has_forward``: the record names what it comes after.
        """
        if not self.defaults.settings.preview_checks or not pulumi.runtime.is_dry_run():
            return
        self._preview.watch(
            kind,
            record,
            inputs,
            unchanged,
            lambda hostname, address: (
                has_forward or self.declared.has_forward(hostname, str(address))
            ),
        )


_programs: weakref.WeakKeyDictionary[Any, Program] = weakref.WeakKeyDictionary()


def current() -> Program:
    """Return the program that is running: one per connection to the engine.

    Raises ConfigError where the stack's configuration cannot be read.
    """
    key = connection()
    if key not in _programs:
        _programs[key] = Program()
    return _programs[key]
