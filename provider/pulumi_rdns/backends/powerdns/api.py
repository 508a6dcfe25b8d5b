"""What is asked of the API, and its refusals as errors, with the server's own words."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import dns.name
import msgspec

from pulumi_rdns.backends.once import Once
from pulumi_rdns.errors import (
    AuthenticationError,
    BackendError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.names import name_text

from .answers import Answer, BusyError, UnreachableError
from .settings import ApiKey
from .wire import RecordSet, Zone, ZoneContent, reason_in, zone_id

if TYPE_CHECKING:
    from .client import Client

T = TypeVar("T")

#: names that are looked up one by one; for more of them the whole zone is read
_MOST_NAMES = 8
#: seconds before the first repetition, and before each later one at most
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


class Task(NamedTuple):
    """What is being done, for the error messages."""

    backend: str
    operation: str
    subject: str

    def error(self, kind: type[BackendError], reason: str, code: str = "") -> BackendError:
        """Make an error that begins with what was attempted."""
        return kind(self.backend, self.operation, self.subject, reason, code)


class Api:
    """One server's part of the API. Every failure is an error of the task."""

    def __init__(self, url: str, key: ApiKey, timeout: float) -> None:
        self.url = url
        self._key = key
        self._timeout = timeout

    @Once
    def _client(self) -> Client:
        from .client import Client

        return Client(self.url, self._key, self._timeout)

    def zones(self, task: Task) -> dict[dns.name.Name, Zone]:
        """List all zones of the server."""
        answer = self._get(task, "/zones", {"dnssec": "false"})
        if answer.status == 404:
            raise self._wrong_path(task)
        self._require_success(task, answer, None)
        zones = self._decode(task, answer, list[Zone])
        return {zone.apex: zone for zone in zones if zone.apex is not None}

    def read(
        self, task: Task, zone: dns.name.Name, names: Sequence[dns.name.Name]
    ) -> dict[tuple[str, str], RecordSet]:
        """Read the RRsets of the names, by owner and type; with many names, the whole zone."""
        wanted = sorted({name.to_text() for name in names})
        # Before 5.0 the server leaves disabled records out when it is asked for one name.
        one_by_one = [{"rrset_name": owner, "include_disabled": "true"} for owner in wanted]
        found = {}
        for parameters in one_by_one if len(wanted) <= _MOST_NAMES else [{}]:
            answer = self._get(task, f"/zones/{zone_id(zone)}", parameters)
            self._require_success(task, answer, zone)
            content = self._decode(task, answer, ZoneContent)
            found.update({rrset.key: rrset for rrset in content.rrsets})
        return found

    def patch(self, task: Task, zone: dns.name.Name, body: bytes) -> None:
        """Change a zone, once. Raises BusyError where it may not have been done."""
        answer = self._send(task, "PATCH", f"/zones/{zone_id(zone)}", {}, body)
        self._require_success(task, answer, zone)

    def patiently(self, task: Task, action: Callable[[], T]) -> T:
        """Do it until the server is no longer busy. Raises UnavailableError after the time-out."""
        until = time.monotonic() + self._timeout
        pause = _FIRST_PAUSE
        while True:
            try:
                return action()
            except BusyError as error:
                busy = error
            if time.monotonic() + pause > until:
                reason = f"{self.url}: {busy}; tried for {self._timeout:g} s"
                raise task.error(UnavailableError, reason, busy.code)
            time.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _get(self, task: Task, path: str, parameters: Mapping[str, str]) -> Answer:
        return self.patiently(task, lambda: self._send(task, "GET", path, parameters))

    def _send(
        self,
        task: Task,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        body: bytes | None = None,
    ) -> Answer:
        try:
            return self._client.send(method, path, parameters, body)
        except UnreachableError as error:
            unknown = "; whether the change was made is not known, and the next run finds out"
            reason = f"{self.url} {error}{unknown if body and error.was_sent else ''}"
        raise task.error(UnavailableError, reason)

    def _require_success(self, task: Task, answer: Answer, zone: dns.name.Name | None) -> None:
        """Raise for every answer that is none."""
        if answer.status < 300:
            return
        said = reason_in(answer.content) or "no reason given"
        code = f"HTTP {answer.status}"
        if answer.status < 400:
            reason = f"{self.url} answers with a redirect; correct apiUrl"
            raise task.error(RejectedError, reason, code)
        if answer.status in (401, 403):
            reason = (
                f"the server does not accept the API key from {self._key.origin}: {said}; check "
                "`api-key` in its configuration"
            )
            raise task.error(AuthenticationError, reason, code)
        if zone is not None and (answer.status == 404 or "Could not find domain" in said):
            if self._get(task, "", {}).status == 404:
                raise self._wrong_path(task)
            reason = f"the server has no zone {name_text(zone)}: {said}"
            raise task.error(ZoneNotFoundError, reason, code)
        raise task.error(RejectedError, f"the server refused it: {said}", code)

    def _wrong_path(self, task: Task) -> BackendError:
        reason = f"there is no PowerDNS API at {self.url}; check apiUrl and serverId"
        return task.error(RejectedError, reason, "HTTP 404")

    def _decode(self, task: Task, answer: Answer, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.MsgspecError as cause:
            reason = f"{self.url} does not answer as PowerDNS does ({cause}); check apiUrl"
            raise task.error(RejectedError, reason) from cause
