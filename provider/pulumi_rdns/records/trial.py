"""A PTR record that is set for a moment, after which what was there before is put back."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext, suppress

from pulumi_rdns.backends.base import Backend, Report, reporting_to
from pulumi_rdns.backends.changes import NOTHING, LiveRecord
from pulumi_rdns.backends.observed import Observed, Step
from pulumi_rdns.errors import (
    BackendError,
    ConflictError,
    InvalidInputError,
    RateLimitError,
    RdnsError,
    UnavailableError,
)
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.records.location import Aliases, RecordLocation, find_ptr
from pulumi_rdns.records.ownership import Wanted
from pulumi_rdns.records.pauses import pauses
from pulumi_rdns.records.reconcile import Decide, reconcile
from pulumi_rdns.records.store import Store, look

#: how often putting back is begun where the backend cannot be reached
_TRIES = 4
#: seconds for which a write of which no answer came may still be made, and is looked for
_SETTLE = 30.0


class Trial:
    """Sets the PTR of an address to a hostname, unsets it, and puts back what was there.

    Each write compares with what must stand there: what somebody else sets meanwhile stays.
    """

    def __init__(
        self,
        backend: Backend,
        address: Address,
        hostname: DnsName,
        aliases: Aliases,
        report: Report,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Look what is there. Nothing is written. ``report`` is told what is waited for.

        Raises BackendError, ConfigError where the backend has no PTR records, and InvalidInputError
        where a trial would show nothing or could not be undone.
        """
        self.address = address
        self.hostname = hostname
        self.location: RecordLocation = find_ptr(backend, address, None, aliases).location
        self.before = look(self.location)
        self.steps: dict[str, Step] = {}
        self._report = report
        self._pause = pause
        self._is_touched = False
        #: a write may have been made, or be made yet: there was no answer
        self.is_uncertain = False
        if self.before.fixed:
            reason = f"its PTR cannot be changed here: it stands in {self.before.fixed}"
            raise InvalidInputError(reason, str(address))
        if hostname in self.before.values:
            raise InvalidInputError("it is the PTR already; name another hostname", hostname)

    def run(self, is_stopped: Callable[[], bool]) -> None:
        """Set, unset, and put back; between two steps ``is_stopped`` says whether to end here.

        A step that fails ends it, and is in ``steps``. Raises RdnsError where what was there before
        could not be put back, or was put back and cannot be seen.
        """
        try:
            for name, values, expected in (
                ("set", (self.hostname,), self._is_as_before),
                ("unset", (), self._is_ours),
            ):
                if is_stopped():
                    return
                self.steps[name] = step = self._step(values, expected)
                if step.error is not None:
                    return
        finally:
            self.put_back()

    def observed(self, *, is_confirmed: bool | None) -> Observed:
        """Return what was seen, for the points that the vendor's documents leave open."""
        location = self.location
        return Observed(self.address, location.zone, is_confirmed, self.before, self.steps)

    def put_back(self) -> None:
        """Put back what was there before; nothing to do where nothing was written.

        What somebody else has set meanwhile stays, which is a ConflictError. Raises RdnsError.
        """
        if not self._is_touched:
            return
        with reporting_to(_Heard(self._report)):
            self._put_back()
            waited = 0.0
            for pause in pauses():
                if not self.is_uncertain or waited >= _SETTLE:
                    return
                self._pause(pause)
                waited += pause
                self._put_back()

    def _put_back(self) -> None:
        for left, pause in zip(range(_TRIES - 1, -1, -1), pauses(), strict=False):
            try:
                self._write(self._decide_back)
                self._check_back()
            except (UnavailableError, RateLimitError):
                if not left:
                    raise
                self._pause(4 * pause)
            else:
                return

    def _step(self, values: tuple[str, ...], expected: Callable[[LiveRecord], bool]) -> Step:
        def decide(_: str, live: LiveRecord) -> Wanted:
            if not expected(live):
                raise self._conflict(live)
            self._is_touched = True
            return Wanted(values)

        heard = _Heard(self._report)
        began = time.monotonic()
        live, error = None, None
        with reporting_to(heard):
            try:
                self._write(decide)
                live = look(self.location)
            except RdnsError as failure:
                error = failure
                self.is_uncertain = isinstance(failure, UnavailableError)
        return Step(time.monotonic() - began, live, error, tuple(heard.texts))

    def _write(self, decide: Decide) -> None:
        key = str(self.address)
        result = reconcile(Store(lambda _: nullcontext()), {key: self.location}, decide)
        for error in result.failures.values():
            raise error

    def _decide_back(self, _: str, live: LiveRecord) -> Wanted | None:
        if self._is_back(live):
            return None
        if self._is_ours(live) or not live.values or live.is_default:
            return Wanted(self.before.values, self.before.ttl)
        raise self._conflict(live)

    def _check_back(self) -> None:
        live = look(self.location)
        if not self._is_back(live):
            reason = f"what was put back is not shown; there is {shown(live)}"
            raise self._error(UnavailableError, reason)

    def _is_as_before(self, live: LiveRecord) -> bool:
        return set(live.values) == set(self.before.values)

    def _is_back(self, live: LiveRecord) -> bool:
        """Whether what is there is what was there. A vendor's default name is never taken away."""
        if not self.before.values:
            return not live.values or live.is_default
        return self._is_as_before(live) and live.ttl == self.before.ttl

    def _is_ours(self, live: LiveRecord) -> bool:
        return live.values == (self.hostname,)

    def _conflict(self, live: LiveRecord) -> BackendError:
        reason = f"somebody else changed it meanwhile: there is now {shown(live)}, which stays"
        return self._error(ConflictError, reason)

    def _error(self, kind: type[BackendError], reason: str) -> BackendError:
        return kind(self.location.backend.name, "try the PTR of", str(self.address), reason)


def shown(live: LiveRecord = NOTHING) -> str:
    """Return what stands at a location.

    >>> shown(LiveRecord(("mail.example.com",), 3600)), shown()
    ('mail.example.com (TTL 3600)', 'no PTR record')
    """
    if not live.values:
        return "no PTR record"
    ttl = "" if live.ttl is None else f" (TTL {live.ttl})"
    return " and ".join(live.values) + ttl + (" (the vendor's default)" if live.is_default else "")


class _Heard(Report):
    """Keeps what is said, and passes it on; a terminal that is gone stops nothing."""

    def __init__(self, report: Report) -> None:
        self.texts: list[str] = []
        self._report = report

    def warning(self, text: str) -> None:
        self.texts.append(text)
        with suppress(OSError):
            self._report.warning(text)

    def progress(self, text: str, clock: str = "") -> None:
        self.texts.append(text)
        with suppress(OSError):
            self._report.progress(text, clock)
