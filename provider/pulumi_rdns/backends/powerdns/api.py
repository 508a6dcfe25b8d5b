"""What is asked of the API, and its refusals as errors, with the server's own words."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import dns.name
import msgspec

from pulumi_rdns.backends.kit.caches import Once
from pulumi_rdns.backends.kit.operation import Operation
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


class Api:
    """One server's part of the API. Every failure is an error of the operation."""

    def __init__(self, url: str, key: ApiKey, timeout: float) -> None:
        self.url = url
        self._key = key
        self._timeout = timeout

    @Once
    def _client(self) -> Client:
        from .client import Client

        return Client(self.url, self._key, self._timeout)

    def zones(self, operation: Operation) -> dict[dns.name.Name, Zone]:
        """List all zones of the server."""
        answer = self._get(operation, "/zones", {"dnssec": "false"})
        if answer.status == 404:
            raise self._wrong_path(operation)
        self._require_success(operation, answer, None)
        zones = self._decode(operation, answer, list[Zone])
        return {zone.apex: zone for zone in zones if zone.apex is not None}

    def read(
        self, operation: Operation, zone: dns.name.Name, names: Sequence[dns.name.Name]
    ) -> dict[tuple[str, str], RecordSet]:
        """Read the RRsets of the names, by owner and type; with many names, the whole zone."""
        wanted = sorted({name.to_text() for name in names})
        # Before 5.0 the server leaves disabled records out when it is asked for one name.
        one_by_one = [{"rrset_name": owner, "include_disabled": "true"} for owner in wanted]
        found = {}
        for parameters in one_by_one if len(wanted) <= _MOST_NAMES else [{}]:
            answer = self._get(operation, f"/zones/{zone_id(zone)}", parameters)
            self._require_success(operation, answer, zone)
            content = self._decode(operation, answer, ZoneContent)
            found.update({rrset.key: rrset for rrset in content.rrsets})
        return found

    def patch(self, operation: Operation, zone: dns.name.Name, body: bytes) -> None:
        """Change a zone, once. Raises BusyError where it may not have been done."""
        answer = self._send(operation, "PATCH", f"/zones/{zone_id(zone)}", {}, body)
        self._require_success(operation, answer, zone)

    def patiently(self, operation: Operation, action: Callable[[], T]) -> T:
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
                raise operation.error(UnavailableError, reason, busy.code)
            time.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _get(self, operation: Operation, path: str, parameters: Mapping[str, str]) -> Answer:
        return self.patiently(operation, lambda: self._send(operation, "GET", path, parameters))

    def _send(
        self,
        operation: Operation,
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
        raise operation.error(UnavailableError, reason)

    def _require_success(
        self, operation: Operation, answer: Answer, zone: dns.name.Name | None
    ) -> None:
        """Raise for every answer that is none."""
        if answer.status < 300:
            return
        said = reason_in(answer.content) or "no reason given"
        code = f"HTTP {answer.status}"
        if answer.status < 400:
            reason = f"{self.url} answers with a redirect; correct apiUrl"
            raise operation.error(RejectedError, reason, code)
        if answer.status in (401, 403):
            reason = (
                f"the server does not accept the API key from {self._key.origin}: {said}; check "
                "`api-key` in its configuration"
            )
            raise operation.error(AuthenticationError, reason, code)
        if zone is not None and (answer.status == 404 or "Could not find domain" in said):
            if self._get(operation, "", {}).status == 404:
                raise self._wrong_path(operation)
            reason = f"the server has no zone {name_text(zone)}: {said}"
            raise operation.error(ZoneNotFoundError, reason, code)
        raise operation.error(RejectedError, f"the server refused it: {said}", code)

    def _wrong_path(self, operation: Operation) -> BackendError:
        reason = f"there is no PowerDNS API at {self.url}; check apiUrl and serverId"
        return operation.error(RejectedError, reason, "HTTP 404")

    def _decode(self, operation: Operation, answer: Answer, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.MsgspecError as cause:
            reason = f"{self.url} does not answer as PowerDNS does ({cause}); check apiUrl"
            raise operation.error(RejectedError, reason) from cause
