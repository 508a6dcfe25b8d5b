"""What is asked of one server's part of the API."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, Sequence

import dns.name

from pulumi_rdns.backends.kit.answers import Answer, Loss
from pulumi_rdns.backends.kit.credentials import HeaderAuth, read_credential
from pulumi_rdns.backends.kit.http import TIMEOUTS, Http, Vendor, check_url
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.retry import RetryPolicy
from pulumi_rdns.errors import BackendError, RejectedError, ZoneNotFoundError
from pulumi_rdns.model.names import from_dns

from .types import (
    ENVIRONMENT,
    PowerDnsSettings,
    RecordSet,
    Zone,
    ZoneContent,
    read_refusal,
    zone_id,
)

VENDOR = Vendor(
    kind="powerdns",
    who="the server",
    credential="API key",
    advice="check `api-key` in the server's configuration",
    read_refusal=read_refusal,
    cut_advice="is webserver-allow-from right?",
)
#: names that are looked up one by one; for more of them the whole zone is read
_MOST_NAMES = 8
#: how a zone that the server does not have is answered: by older releases with 422
_NO_ZONE = (404, 422)


class Client:
    """The zones of one server. Every failure is an error of the operation."""

    def __init__(self, name: str, settings: PowerDnsSettings) -> None:
        """Take the instance's name for error messages. Raises ConfigError."""
        base = check_url(name, "apiUrl", settings.api_url).removesuffix("/api/v1")
        self.url = f"{base}/api/v1/servers/{urllib.parse.quote(settings.server_id, safe='')}"
        key = read_credential(name, "apiKey", settings.api_key, ENVIRONMENT, may_have_spaces=True)
        #: a server that is not there is told at once; one that is busy is asked again
        self.policy = RetryPolicy(
            settings.timeout, 0.05, 1.0, jitter=0.5, losses=frozenset({Loss.CUT, Loss.FAILED})
        )
        self._http = Http(
            VENDOR,
            self.url,
            HeaderAuth(key, "X-API-Key", ""),
            policy=self.policy,
            timeouts=(min(TIMEOUTS[0], settings.timeout), settings.timeout),
        )

    def zones(self, operation: Operation) -> tuple[dict[dns.name.Name, Zone], float]:
        """List all zones of the server; the second value is when they were asked for."""
        query = {"dnssec": "false"}
        answer = self._http.send(operation, "GET", "/zones", query=query, expected=(404,))
        if answer.status == 404:
            raise self._wrong_path(operation)
        zones = answer.read(operation, list[Zone])
        return {zone.apex: zone for zone in zones if zone.apex is not None}, answer.sent

    def read(
        self, operation: Operation, zone: dns.name.Name, names: Sequence[dns.name.Name]
    ) -> dict[tuple[str, str], RecordSet]:
        """Read the RRsets of the names, by owner and type; with many names, the whole zone."""
        wanted = sorted({name.to_text() for name in names})
        # Before 5.0 the server leaves disabled records out when it is asked for one name.
        one_by_one = [{"rrset_name": owner, "include_disabled": "true"} for owner in wanted]
        found = {}
        for query in one_by_one if len(wanted) <= _MOST_NAMES else [{}]:
            answer = self._send(operation, "GET", zone, query=query)
            content = answer.read(operation, ZoneContent)
            found.update({rrset.key: rrset for rrset in content.rrsets})
        return found

    def patch(self, operation: Operation, zone: dns.name.Name, body: object) -> None:
        """Change a zone. Raises UnansweredError where it may not have been done."""
        self._send(operation, "PATCH", zone, body)

    def _send(
        self,
        operation: Operation,
        method: str,
        zone: dns.name.Name,
        body: object = None,
        query: Mapping[str, str] = {},
    ) -> Answer:
        """Send a request about a zone. Raises ZoneNotFoundError where the server has none."""
        path = f"/zones/{zone_id(zone)}"
        answer = self._http.send(
            operation, method, path, body, query=query, expected=_NO_ZONE, repeat=method == "GET"
        )
        if answer.is_success:
            return answer
        said = self._http.reason(answer)
        if answer.status == 404 or "Could not find domain" in said:
            if self._http.send(operation, "GET", "", expected=(404,)).status == 404:
                raise self._wrong_path(operation)
            reason = f"the server has no zone {from_dns(zone)}{said and f': {said}'}"
            raise operation.error(ZoneNotFoundError, reason, answer.code)
        raise self._http.refusal(operation, answer)

    def _wrong_path(self, operation: Operation) -> BackendError:
        reason = f"there is no PowerDNS API at {self.url}; check apiUrl and serverId"
        return operation.error(RejectedError, reason, "HTTP 404")
