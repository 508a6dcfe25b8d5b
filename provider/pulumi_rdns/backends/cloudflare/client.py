"""What is asked of the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import dns.name

from pulumi_rdns.backends.kit.answers import Answer, UnansweredError
from pulumi_rdns.backends.kit.credentials import HeaderAuth, read_credential
from pulumi_rdns.backends.kit.http import DEFAULT_POLICY, Http, Vendor, check_url
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.pages import all_pages
from pulumi_rdns.errors import BackendError, ZoneNotFoundError
from pulumi_rdns.model.names import from_dns

from .types import (
    ENVIRONMENT,
    Batch,
    BatchAnswer,
    CloudflareSettings,
    Page,
    Record,
    Zone,
    error_codes,
    read_refusal,
)

T = TypeVar("T")

VENDOR = Vendor(
    kind="cloudflare",
    who="the API",
    credential="API token",
    advice="it needs Zone Read and DNS Edit (Write) for the zone; tokens are made in the dashboard "
    "under My Profile, API Tokens",
    read_refusal=read_refusal,
    id_header="cf-ray",
)
_PATH = "/client/v4"
#: statuses whose codes say more
_READ_FIRST = (400, 403, 404, 409)
#: entries of a page: the most for zones, and for records as many as a zone of most plans has
_ZONES, _RECORDS = 50, 5000
#: what somebody else's change leads to: the record is gone (81044), or is there already, or a CNAME
#: is there
_MEANWHILE = {81044, 81053, 81054, 81057, 81058}
#: a token that is none, as 400 or 403
_NO_TOKEN = {6003, 6103, 6111, 9109}
#: a zone that is not there, as 404, or as 400 with one of these
_NO_ZONE = {1001, 1003, 7000, 7003}


class Client:
    """Sends requests. Shared by all threads: one pool of connections, one pause after a 429."""

    policy = DEFAULT_POLICY

    def __init__(self, name: str, settings: CloudflareSettings, clock: Clock) -> None:
        """Take the instance's name for error messages. Raises ConfigError."""
        token = read_credential(name, "apiToken", settings.api_token, ENVIRONMENT)
        self.url = check_url(name, "apiUrl", settings.api_url).removesuffix(_PATH)
        self._http = Http(VENDOR, self.url + _PATH, HeaderAuth(token), clock=clock)
        self._clock = clock

    def zones(self, operation: Operation) -> tuple[list[Zone], float]:
        """List the zones that the token may see; the second value is when that was asked for."""
        sent = self._clock.now()
        query = {"per_page": str(_ZONES)}
        return self._all(operation, "/zones", Zone, query, None), sent

    def records(
        self, operation: Operation, zone: Zone, query: Mapping[str, str] = {}
    ) -> list[Record]:
        """List the records of a zone, or those that the query names."""
        path = f"/zones/{zone.id}/dns_records"
        return self._all(operation, path, Record, {"per_page": str(_RECORDS), **query}, zone)

    def at(self, operation: Operation, zone: Zone, name: dns.name.Name) -> list[Record]:
        """List the records of a name, of all types."""
        return self.records(operation, zone, {"name.exact": from_dns(name)})

    def write(
        self,
        operation: Operation,
        zone: Zone,
        batch: Batch,
        look_again: Callable[[], None] | None = None,
    ) -> list[Record]:
        """Change records, all or none; return those that were created.

        ``look_again`` is called after a pause, and raises where the records are other ones by then.

        Raises UnansweredError where it may have been done, and where somebody else was faster:
        a look tells.
        """
        path = f"/zones/{zone.id}/dns_records/batch"
        answer = self._http.send(
            operation,
            "POST",
            path,
            batch,
            expected=_READ_FIRST,
            repeat=False,
            look_again=look_again,
        )
        if answer.is_success:
            return answer.read(operation, BatchAnswer).result.posts or []
        if error_codes(answer.content) & _MEANWHILE:
            raise operation.error(
                UnansweredError, f"the API refused it: {self._http.reason(answer)}", answer.code
            )
        raise self._refused(operation, answer, zone)

    def _all(
        self,
        operation: Operation,
        path: str,
        kind: type[T],
        query: Mapping[str, str],
        zone: Zone | None,
    ) -> list[T]:
        def read(number: int) -> tuple[list[T], int | None]:
            answer = self._http.send(
                operation,
                "GET",
                path,
                query={**query, "page": str(number)},
                expected=_READ_FIRST,
            )
            if not answer.is_success:
                raise self._refused(operation, answer, zone)
            page = answer.read(operation, Page[kind])  # type: ignore[valid-type]
            info = page.result_info
            has_more = info is not None and info.page < info.total_pages
            return page.result, number + 1 if has_more else None

        return all_pages(operation, 1, read)

    def _refused(self, operation: Operation, answer: Answer, zone: Zone | None) -> BackendError:
        codes = error_codes(answer.content)
        if codes & _NO_TOKEN:
            return self._http.refusal(operation, answer._replace(status=401))
        if zone is None or not (answer.status == 404 or codes & _NO_ZONE):
            return self._http.refusal(operation, answer)
        said = self._http.reason(answer)
        reason = f"the account has no zone {zone.name}, or the token may not read it"
        return operation.error(ZoneNotFoundError, f"{reason}{said and f': {said}'}", answer.code)
