"""What is asked of the Hostinger API.

https://developers.hostinger.com/#description/rate-limiting
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Generic, NamedTuple, TypeVar

import dns.name

from pulumi_rdns.backends.kit.answers import Answer
from pulumi_rdns.backends.kit.credentials import HeaderAuth, read_credential
from pulumi_rdns.backends.kit.http import DEFAULT_POLICY, TIMEOUTS, Http, Vendor, check_url
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.model.names import from_dns

from .types import (
    ENVIRONMENT,
    Action,
    Domain,
    HostingerSettings,
    RecordSet,
    VirtualMachine,
    read_refusal,
    read_value,
)

T = TypeVar("T")

VENDOR = Vendor(
    kind="hostinger",
    who="the API",
    credential="API token",
    advice="tokens are made in hPanel, under Account, API",
    read_refusal=read_refusal,
)
_MACHINES = "/api/vps/v1/virtual-machines"
#: how an account that does not have the zone may be answered; the API does not document it
_NO_ZONE = (403, 404, 422)

#: is called after a pause, right before a write is sent: raises where it would destroy something
LookAgain = Callable[[], None]


class Reply(NamedTuple, Generic[T]):
    """What the API has of something."""

    #: None where it has none
    value: T | None
    #: for an error about that
    code: str
    #: when it was asked for, in seconds of the clock
    sent: float


class Client:
    """Sends requests. Shared by all threads: one pause after a 429."""

    #: a write of a zone whose answer is lost is looked at again for as long as a read is repeated
    policy = DEFAULT_POLICY

    def __init__(self, name: str, settings: HostingerSettings, clock: Clock) -> None:
        """Take the instance's name for error messages. Raises ConfigError."""
        token = read_credential(name, "apiToken", settings.api_token, ENVIRONMENT)
        self.url = check_url(name, "apiUrl", settings.api_url)
        self._http = Http(
            VENDOR,
            self.url,
            HeaderAuth(token),
            policy=self.policy,
            timeouts=TIMEOUTS,
            clock=clock,
        )

    def machines(self, operation: Operation) -> Reply[list[VirtualMachine]]:
        """List all VMs."""
        return self._get(operation, list[VirtualMachine], _MACHINES)

    def machine(self, operation: Operation, vm_id: int) -> Reply[VirtualMachine]:
        """Read one VM."""
        return self._get(operation, VirtualMachine, f"{_MACHINES}/{vm_id}", (404,))

    def action(self, operation: Operation, vm_id: int, action_id: int) -> Reply[Action]:
        """Read what became of an action."""
        return self._get(operation, Action, f"{_MACHINES}/{vm_id}/actions/{action_id}", (404,))

    def set_ptr(
        self,
        operation: Operation,
        vm_id: int,
        ip_id: int,
        hostname: dns.name.Name,
        look_again: LookAgain,
    ) -> Reply[Action]:
        """Begin to create or update a PTR; None where the VM has no such address."""
        body = {"domain": from_dns(hostname)}
        return self._begin(operation, "POST", f"{_MACHINES}/{vm_id}/ptr/{ip_id}", body, look_again)

    def delete_ptr(
        self, operation: Operation, vm_id: int, ip_id: int, look_again: LookAgain
    ) -> Reply[Action]:
        """Begin to delete a PTR; None where the VM has no such address."""
        path = f"{_MACHINES}/{vm_id}/ptr/{ip_id}"
        return self._begin(operation, "DELETE", path, None, look_again)

    def domains(self, operation: Operation) -> Reply[list[Domain]]:
        """List the domains that are registered in the account."""
        return self._get(operation, list[Domain], "/api/domains/v1/portfolio")

    def zone(self, operation: Operation, zone: dns.name.Name) -> Reply[list[RecordSet]]:
        """Read all records of a zone. An empty list may also mean that there is no zone."""
        return self._get(operation, list[RecordSet], _zone_path(zone), _NO_ZONE)

    def put_records(
        self,
        operation: Operation,
        zone: dns.name.Name,
        sets: list[object],
        look_again: LookAgain,
        *,
        overwrite: bool,
    ) -> Answer:
        """Add values to RRsets, or overwrite these RRsets. It is not repeated."""
        body = {"overwrite": overwrite, "zone": sets}
        return self._write(operation, "PUT", zone, body, look_again)

    def delete_records(
        self,
        operation: Operation,
        zone: dns.name.Name,
        filters: list[dict[str, str]],
        look_again: LookAgain,
    ) -> Answer:
        """Delete whole RRsets. It is not repeated."""
        return self._write(operation, "DELETE", zone, {"filters": filters}, look_again)

    def _get(
        self, operation: Operation, kind: type[T], path: str, absent: Collection[int] = ()
    ) -> Reply[T]:
        return _reply(operation, kind, self._send(operation, "GET", path, absent=absent))

    def _begin(
        self, operation: Operation, method: str, path: str, body: object, look_again: LookAgain
    ) -> Reply[Action]:
        answer = self._send(operation, method, path, body, absent=(404,), look_again=look_again)
        return _reply(operation, Action, answer)

    def _write(
        self,
        operation: Operation,
        method: str,
        zone: dns.name.Name,
        body: object,
        look_again: LookAgain,
    ) -> Answer:
        return self._send(
            operation,
            method,
            _zone_path(zone),
            body,
            absent=(404,),
            repeat=False,
            look_again=look_again,
        )

    def _send(
        self,
        operation: Operation,
        method: str,
        path: str,
        body: object = None,
        *,
        absent: Collection[int] = (),
        repeat: bool = True,
        look_again: LookAgain | None = None,
    ) -> Answer:
        """Send a request. Statuses in ``absent`` are returned like a success.

        Except for a route that the API does not have, and a 404 that is not the API's.
        """
        answer = self._http.send(
            operation,
            method,
            path,
            body,
            expected={404, *absent},
            repeat=repeat,
            look_again=look_again,
        )
        if answer.status != 404:
            return answer
        reason = self._http.reason(answer)
        # A 404 of the API itself has a message; a proxy's tells nothing about a VM or a zone.
        if not reason or "route" in reason.lower():
            raise self._http.no_such_path(operation, answer)
        if 404 not in absent:
            raise self._http.refusal(operation, answer)
        return answer


def _reply(operation: Operation, kind: type[T], answer: Answer) -> Reply[T]:
    value = answer.read(operation, kind, read_value) if answer.is_success else None
    return Reply(value, answer.code, answer.sent)


def _zone_path(zone: dns.name.Name) -> str:
    return f"/api/dns/v1/zones/{from_dns(zone)}"
