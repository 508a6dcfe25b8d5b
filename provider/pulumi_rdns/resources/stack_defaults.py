"""The settings of the stack, as the defaults of a program's resources."""

from __future__ import annotations

import os
from typing import Any

import pulumi

from pulumi_rdns.backends.base import AddressBackend
from pulumi_rdns.errors import ConfigError, RdnsError
from pulumi_rdns.model.settings import StackSettings, read_settings
from pulumi_rdns.model.terminal_text import escaped_lines
from pulumi_rdns.records.session import Session
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.resources.engine.running import stack_config
from pulumi_rdns.resources.inputs import when_known, without_restore
from pulumi_rdns.resources.provider import project_root


class StackDefaults:
    """What resources of one program get that do not say it themselves.

    The defaults are resolved in the program, so that they show in the diff.
    """

    def __init__(self) -> None:
        """Read the stack's configuration. Raises ConfigError, a line per mistake."""
        try:
            self.settings: StackSettings = read_settings(stack_config())
            #: the backends, for look-ups of the program itself
            self.session = Session(self.settings, project_root(), os.environ)
        except ConfigError as error:
            raise as_run_error(error) from None
        self._started: set[str] = set()

    def backend(self, given: pulumi.Input[str] | None) -> pulumi.Input[str]:
        """Return the backend's name, the stack's default where none is given.

        Raises ConfigError where there is no default.
        """
        chosen = self.settings.backend if given is None else given
        if chosen is None:
            raise as_run_error(
                ConfigError(
                    "no backend is chosen: pass backend=, or set the stack's default with: "
                    "pulumi config set rdns:backend NAME"
                )
            )
        if isinstance(chosen, str) and not pulumi.runtime.is_dry_run():
            self._finish_pending(chosen)
        return chosen

    def value(self, setting: str, given: Any) -> Any:
        """Return a value of the resource, the stack's default where it has none."""
        return getattr(self.settings, setting) if given is None else given

    def forward_on_delete(self, given: Any) -> Any:
        """Return what is left of a forward record: its default is that of the PTR records."""
        return without_restore(self.settings.on_delete) if given is None else given

    def ptr_ttl(self, backend: pulumi.Input[str], given: Any) -> Any:
        """Return the TTL of a PTR record; the stack's default counts only where there are zones."""
        default = self.settings.ttl
        if given is not None or default is None:
            return given
        return when_known(lambda name: None if self._sets_addresses(name) else default, backend)

    def _finish_pending(self, backend: str) -> None:
        """Let a backend finish what an earlier run left; the engine's own calls are too late."""
        if backend in self._started:
            return
        self._started.add(backend)
        if not self.session.backends.may_finish_pending(backend):
            return
        try:
            warning = self.session.backends.get(backend).finish_pending()
        except RdnsError:
            return  # the resource's own operations say what is wrong
        if warning:
            pulumi.log.warn(escaped_lines(warning))

    def _sets_addresses(self, backend: str) -> bool:
        try:
            return issubclass(self.session.backends.type_of(backend), AddressBackend)
        except ConfigError:
            return False  # check says what is wrong with it
