"""What is asked of octoDNS: a fresh provider for each operation, because instances cache zones."""

from __future__ import annotations

import contextlib
import copy
import importlib
import importlib.util
import logging
import re
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import dns.name

from pulumi_rdns.backends.changes import Change
from pulumi_rdns.backends.kit.answers import OUTCOME_UNKNOWN, Loss, UnansweredError
from pulumi_rdns.backends.kit.caches import Once
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.ratelimit import RateGate
from pulumi_rdns.backends.kit.requestlog import RequestLog
from pulumi_rdns.backends.kit.retry import PASSING, RetryPolicy
from pulumi_rdns.backends.kit.rrsets import UnreadableRecordError, name_of
from pulumi_rdns.backends.kit.sdk import import_sdk, require_sdk
from pulumi_rdns.errors import (
    AuthenticationError,
    ConfigError,
    InvalidInputError,
    RateLimitError,
    RdnsError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.names import from_dns, parse_zone, to_dns

from .failures import read_failure, shown
from .reading import Reading
from .types import OctoDnsSettings, Writing, hider, writing_of

T = TypeVar("T")

_EXTRA = "octodns"
_PATH = re.compile(r"(?P<module>[A-Za-z_]\w*(\.[A-Za-z_]\w*)*)\.(?P<name>[A-Za-z_]\w*)")
#: loggers of octoDNS itself, beside the one of each provider class
_LOGGERS = ("Manager", "Plan", "Record", "Zone")


class Provider:
    """An instance of the user's class, and what it last read. For one thread and one operation."""

    def __init__(self, made: Any) -> None:
        self.made = made
        self.reading: Reading | None = None


class Client:
    """Makes providers and calls them. Shared by all threads; the providers are not.

    Every failure is an error of the operation, and none shows the value of an option.
    """

    def __init__(self, name: str, settings: OctoDnsSettings, clock: Clock) -> None:
        """Take the instance's name for error messages. Raises ConfigError."""
        self._name = name
        self._settings = settings
        path = _PATH.fullmatch(settings.provider)
        if path is None:
            raise self._wrong("provider", "must be MODULE.CLASS, as in octodns_gandi.GandiProvider")
        self._module, self._class = path["module"], path["name"]
        require_sdk(name, "octodns", _EXTRA)
        package = self._module.partition(".")[0]
        if importlib.util.find_spec(package) is None:
            raise self._wrong(
                "provider",
                f"the package {package} is not installed; install it into the program's "
                f"environment with: pip install {package.replace('_', '-')}",
            )
        self._zones = self._named_zones()
        self._hide = hider(settings.options)
        self._log = RequestLog("octodns", self._hide)
        self._clock = clock
        self._gate = RateGate(clock)
        losses = PASSING | {Loss.RATE_LIMIT}
        self.policy = RetryPolicy(min(60.0, settings.timeout), jitter=0.5, losses=losses)

    @property
    def writing(self) -> Writing:
        """How the provider writes an RRset. Raises ConfigError."""
        return writing_of(self._provider)

    def zones(self, operation: Operation) -> tuple[frozenset[dns.name.Name], float]:
        """List the zones; the second value is when they were asked for. Raises ConfigError."""
        sent = self._clock.now()
        if self._zones:
            return self._zones, sent

        def ask() -> list[str] | None:
            made = self._make()
            return list(made.list_zones()) if getattr(made, "list_zones", None) else None

        listed = self._repeat(operation, "list_zones", ask)
        if listed is None:
            raise self._wrong(
                "zones", f"is missing, and {self._settings.provider} cannot list its zones"
            )
        return frozenset(_readable_names(listed)), sent

    def read(self, operation: Operation, zone: dns.name.Name) -> Provider:
        """Read a whole zone. Raises ZoneNotFoundError where the provider does not report it."""

        def ask() -> Provider | None:
            provider = Provider(self._make())
            there = import_sdk(self._name, "octodns.zone", _EXTRA).Zone(zone.to_text(), [])
            if not provider.made.populate(there, target=True, lenient=True):
                return None
            provider.reading = Reading(there)
            return provider

        provider = self._repeat(operation, "populate", ask)
        if provider is None:
            reason = f"{self._settings.provider} reports no zone {from_dns(zone)}"
            raise operation.error(ZoneNotFoundError, reason)
        return provider

    def write(self, operation: Operation, provider: Provider, change: Change) -> None:
        """Apply one change. Raises UnansweredError where it may have been made, or half of it."""

        def ask() -> int:
            reading = provider.reading
            assert reading is not None, "it was read"
            plan = self._plan(provider, reading, change)
            return int(provider.made.apply(plan))

        self._await_turn(operation)
        if not self._ask(operation, "apply", ask, is_write=True):
            raise self._wrong("options", "`apply_disabled` keeps the provider from writing")

    def _plan(self, provider: Provider, reading: Reading, change: Change) -> Any:
        """Return a plan of the one change.

        What octoDNS keeps beside the values (health checks, a proxy's flag) stays as it is.
        """
        octodns = import_sdk(self._name, "octodns.record", _EXTRA)
        existing = reading.record(change.name, change.rdtype)
        desired = reading.zone.copy()
        new = None
        if change.after is None:
            desired.remove_record(existing)
        else:
            values = [rdata.to_text() for rdata in change.after]
            kind = change.rdtype.name
            rrset = octodns.rr.Rrset(change.name.to_text(), kind, change.after.ttl, values)
            source = provider.made
            new = octodns.Record.from_rrset(reading.zone, rrset, lenient=True, source=source)
            if existing is not None:
                new.octodns = copy.deepcopy(existing.octodns)
            desired.add_record(new, replace=True, lenient=True)
        if existing is None:
            changes = [octodns.Create(new)]
        elif new is None:
            changes = [octodns.Delete(existing)]
        elif self.writing is Writing.COMPARED:
            changes = [octodns.Delete(existing), octodns.Create(new)]
        else:
            changes = [octodns.Update(existing, new)]
        module = import_sdk(self._name, "octodns.provider.plan", _EXTRA)
        return module.Plan(reading.zone, desired, changes, True)

    def _repeat(self, operation: Operation, method: str, act: Callable[[], T]) -> T:
        """Ask what may be asked again, until it is answered."""
        pauses = self.policy.pauses()
        give_up = operation.elapsed + min(self.policy.window, operation.left)
        while True:
            self._await_turn(operation)
            try:
                return self._ask(operation, method, act)
            except UnansweredError as error:
                pause = next(pauses)
                if error.loss not in self.policy.losses or operation.elapsed + pause > give_up:
                    raise
                operation.pause(pause, f"{error.reason}; trying again")

    def _await_turn(self, operation: Operation) -> None:
        """Wait while the vendor wants no requests. Raises RateLimitError."""
        while pause := self._gate.remaining:
            if pause > operation.left:
                reason = (
                    f"too many requests, and a pause of another {pause:.0f} s is due; run it again "
                    "later, or raise `timeout`"
                )
                raise operation.error(RateLimitError, reason)
            operation.pause(pause, f"too many requests; pausing for {pause:.0f} s")

    def _ask(
        self, operation: Operation, method: str, act: Callable[[], T], *, is_write: bool = False
    ) -> T:
        """Call the provider once. Raises BackendError, whatever the provider raised."""
        sent, began = self._clock.now(), time.perf_counter()
        status = "done"
        # The filters are those of the whole process, and a test run puts them back.
        warnings.filterwarnings("ignore", r".*\bremoved in 2\.0", DeprecationWarning)
        try:
            return act()
        except RdnsError as error:
            status = type(error).__name__
            raise
        except Exception as error:
            status = type(error).__name__
            # Not chained: it may quote an option, and what it was raised from too.
            raise self._failed(operation, error, sent, is_write=is_write) from None
        finally:
            seconds = time.perf_counter() - began
            self._log.answered(operation, method, self._settings.provider, status, seconds)

    def _failed(
        self, operation: Operation, error: Exception, sent: float, *, is_write: bool
    ) -> RdnsError:
        kind, words, code, retry_after = read_failure(error)
        reason = f"{self._settings.provider} failed: {shown(self._hide(words))}"
        code = self._hide(code)
        if isinstance(kind, Loss):
            if kind is Loss.RATE_LIMIT:
                self._gate.close(sent, retry_after)
            elif is_write and kind not in (Loss.UNREACHABLE, Loss.UNTRUSTED):
                reason += f"; {OUTCOME_UNKNOWN}"
            unanswered = operation.error(UnansweredError, reason, code)
            unanswered.loss = kind
            return unanswered
        if kind is AuthenticationError:
            reason += f"; check rdns:backends.{self._name}.options"
        return operation.error(kind, reason, code)

    def _make(self) -> Any:
        """Make a provider. Raises ConfigError."""
        try:
            return self._provider(self._name, **copy.deepcopy(self._settings.options))
        except (TypeError, ValueError) as error:
            reason = f"{self._settings.provider} does not take them: {self._hide(str(error))}"
            raise self._wrong("options", reason) from None

    @Once
    def _provider(self) -> type[Any]:
        """Import the class. Raises ConfigError."""
        base = import_sdk(self._name, "octodns.provider.base", _EXTRA).BaseProvider
        try:
            found = getattr(importlib.import_module(self._module), self._class, None)
        except ImportError as error:
            raise self._wrong("provider", f"{self._module} cannot be imported: {error}") from error
        if not (isinstance(found, type) and issubclass(found, base)):
            reason = f"{self._module} has no octoDNS provider class {self._class}"
            raise self._wrong("provider", reason)
        if writing_of(found) is Writing.WHOLE_ZONE:
            reason = f"{self._settings.provider} writes whole zones anew, which could lose records"
            raise self._wrong("provider", reason)
        for logger in (*_LOGGERS, *(f"{cls.__name__}[{self._name}]" for cls in found.__mro__)):
            # Nobody configured them: their warnings would be on the terminal, options and all.
            logging.getLogger(logger).disabled = True
        return found

    def _named_zones(self) -> frozenset[dns.name.Name]:
        try:
            return frozenset(to_dns(parse_zone(zone)) for zone in self._settings.zones)
        except InvalidInputError as error:
            raise self._wrong("zones", str(error)) from None

    def _wrong(self, key: str, reason: str) -> ConfigError:
        return ConfigError(f"rdns:backends.{self._name}.{key}: {reason}")


def _readable_names(zones: Iterable[str]) -> Iterator[dns.name.Name]:
    for zone in zones:
        with contextlib.suppress(UnreadableRecordError):  # a zone without a name serves nobody
            yield name_of(zone)
