"""What is asked of the API.

https://docs.hetzner.cloud/reference/cloud
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import dns.name
import dns.rdata
import dns.rrset

from pulumi_rdns.backends.kit.actions import poll
from pulumi_rdns.backends.kit.caches import Locks
from pulumi_rdns.backends.kit.credentials import HeaderAuth, read_credential
from pulumi_rdns.backends.kit.http import Http, Vendor, check_url
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.pages import all_pages
from pulumi_rdns.backends.kit.retry import RetryPolicy
from pulumi_rdns.backends.kit.rrsets import readable
from pulumi_rdns.backends.kit.sdk import import_sdk, require_sdk
from pulumi_rdns.errors import BackendError, RejectedError, UnavailableError, ZoneNotFoundError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import from_dns

from .types import (
    ENVIRONMENT,
    Action,
    BusyError,
    HetznerSettings,
    Owner,
    RecordSet,
    Ref,
    RefusedError,
    Zone,
    action_of,
    owner_of,
    read_refusal,
    record_set_of,
    zone_of,
)

VENDOR = Vendor(
    kind="hetzner",
    who="the API",
    credential="API token",
    advice="tokens are made in the Hetzner Console, in the project, under Security, API tokens; "
    "one that may only read cannot change anything",
    read_refusal=read_refusal,
    id_header="X-Correlation-Id",
)
#: what may have an address; a server's own are primary IPs too
KINDS = ("primary_ips", "floating_ips", "load_balancers", "servers")
#: entries of a page: the most that the API takes
PAGE = 50
#: seconds until an action is looked at for the first time
_FIRST_LOOK = 0.5

#: is called after a pause, right before a change is sent: raises where it would destroy something
LookAgain = Callable[[], None]


class Client:
    """Sends requests. Shared by all threads: one pause after a 429."""

    def __init__(self, name: str, settings: HetznerSettings, clock: Clock) -> None:
        """Take the instance's name for error messages. Raises ConfigError."""
        require_sdk(name, "hcloud", "hetzner")
        token = read_credential(name, "apiToken", settings.api_token, ENVIRONMENT)
        self.url = check_url(name, "apiUrl", settings.api_url).removesuffix("/v1")
        #: what was not answered, or refused because something else is under way, is looked at again
        self.policy = RetryPolicy(settings.timeout, jitter=0.5)
        self._clock = clock
        self._locks = Locks()
        #: what takes one action at a time
        self._busy: set[Ref | dns.name.Name] = set()
        self._hide = token.hide
        self._http = Http(VENDOR, f"{self.url}/v1", HeaderAuth(token), clock=clock)

    def owners(self, operation: Operation) -> tuple[list[Owner], float]:
        """List all that may have an address; the second value is when that was asked for."""
        sent = self._clock.now()
        with self._sdk(operation) as sdk:
            return [
                owner_of(kind, model)
                for kind in KINDS
                for model in _all(operation, getattr(sdk, kind).get_list)
            ], sent

    def owner(self, operation: Operation, ref: Ref) -> Owner | None:
        """Read one of them with its PTRs; None where it is gone."""
        with self._sdk(operation) as sdk:
            try:
                return owner_of(ref.kind, getattr(sdk, ref.kind).get_by_id(ref.id))
            except RefusedError as error:
                if error.api_code != "not_found":
                    raise
                return None

    def primary_ip(self, operation: Operation, address: Address) -> Owner | None:
        """Find the primary IP of an address; None where there is none, or it is not found so."""
        with self._sdk(operation) as sdk:
            found = sdk.primary_ips.get_list(ip=str(address)).primary_ips
            owners = [owner_of("primary_ips", model) for model in found]
        return next((owner for owner in owners if owner.has(address)), None)

    def change_ptr(
        self,
        operation: Operation,
        ref: Ref,
        address: Address,
        hostname: dns.name.Name | None,
        look_again: LookAgain,
    ) -> Action:
        """Begin to set a PTR, or with None to set it back to the default."""
        text = None if hostname is None else from_dns(hostname)
        with self._sdk(operation, look_again) as sdk:
            return action_of(getattr(sdk, ref.kind).change_dns_ptr(ref, str(address), text))

    def zones(self, operation: Operation) -> tuple[dict[dns.name.Name, Zone], float]:
        """List the project's zones; the second value is when they were asked for."""
        sent = self._clock.now()
        with self._sdk(operation) as sdk:
            zones = [zone_of(model) for model in _all(operation, sdk.zones.get_list)]
        return {zone.name: zone for zone in zones}, sent

    def record_sets(
        self,
        operation: Operation,
        zone: Zone,
        name: dns.name.Name | None = None,
        types: Sequence[str] | None = None,
    ) -> list[RecordSet]:
        """Read the RRsets of a name, or of the zone. Raises ZoneNotFoundError.

        It asks for a list in either case: where one RRset alone is asked for, the API answers alike
        to a zone and to an RRset that are not there.
        """
        query = {"name": None if name is None else _relative(name, zone), "type": types}
        try:
            with self._sdk(operation) as sdk:
                get_list = partial(sdk.zones.get_rrset_list, zone, **query)
                return [record_set_of(zone, model) for model in _all(operation, get_list)]
        except RefusedError as error:
            raise self._without_zone(operation, zone, error) from None

    def create(
        self, operation: Operation, zone: Zone, rrset: dns.rrset.RRset, look_again: LookAgain
    ) -> Action:
        """Begin to create an RRset. The API refuses it where there is one of the name and type."""
        with self._sdk(operation, look_again) as sdk:
            made = sdk.zones.create_rrset(
                zone,
                name=_relative(rrset.name, zone),
                type=rrset.rdtype.name,
                ttl=rrset.ttl,
                records=_records(rrset),
            )
            return action_of(made.action)

    def change(
        self,
        operation: Operation,
        old: RecordSet,
        what: str,
        value: int | Iterable[dns.rdata.Rdata],
        look_again: LookAgain,
    ) -> Action:
        """Begin to change an RRset that is there: ``what`` names the SDK's call.

        ``value`` is a TTL, or the values in question; those that were there keep their comments.
        """
        from hcloud.zones import ZoneRRSet

        name = urllib.parse.quote(_relative(old.name, old.zone), safe="@*")
        rrset = ZoneRRSet(name=name, type=cast(Any, old.type), zone=cast(Any, old.zone))
        argument = value if isinstance(value, int) else _records(value, old)
        with self._sdk(operation, look_again) as sdk:
            return action_of(getattr(sdk.zones, what)(rrset, argument))

    def begin(
        self, operation: Operation, what: Ref | dns.name.Name, ask: Callable[[], Action]
    ) -> Action:
        """Begin an action on something. Raises BusyError where another one is under way.

        From then on one action on it at a time is begun here, and its end waited for.
        """
        if what not in self._busy:
            try:
                return ask()
            except BusyError:
                self._busy.add(what)
                raise
        with operation.holding(self._locks[what], str(what)):
            return self.await_end(operation, ask())

    def await_end(self, operation: Operation, begun: Action) -> Action:
        """Wait for an action. Raises RejectedError with the vendor's reason where it fails.

        Raises UnavailableError where it is not known what became of it.
        """

        def look() -> Action:
            with self._sdk(operation) as sdk:
                return action_of(sdk.actions.get_by_id(begun.id))

        def pending(action: Action) -> str:
            return "" if action.is_over else f"waiting for {action.label}: {action.status}"

        try:
            action = poll(operation, begun, look, pending, first=_FIRST_LOOK)
        except BackendError as error:
            reason = f"{begun.label} was begun, and what became of it is not known: {error.reason}"
            raise operation.error(UnavailableError, reason, error.code) from error
        if not action.is_over:
            raise operation.error(
                UnavailableError,
                f"{action.label} is still {action.status!r} after {operation.elapsed:.0f} s. It "
                "may end well yet: run it again later, or raise `timeout`",
            )
        if action.status == "error":
            reason = f"{action.label} failed: {action.reason or 'the API does not say why'}"
            raise operation.error(RejectedError, reason, action.code)
        return action

    def _without_zone(self, operation: Operation, zone: Zone, error: RefusedError) -> BackendError:
        if error.api_code != "not_found":
            return error
        reason = f"the project has no zone {from_dns(zone.name)} any more"
        return operation.error(ZoneNotFoundError, reason, error.code)

    @contextmanager
    def _sdk(self, operation: Operation, look_again: LookAgain | None = None) -> Iterator[Any]:
        """Give the SDK for some calls, and for reading what they return."""
        import_sdk(operation.backend, "hcloud", "hetzner")
        from .sdk import connect

        try:
            with readable(operation):
                yield connect(self._http, operation, look_again)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            words = self._hide(f"{type(error).__name__}: {error}")
            raise operation.error(
                BackendError,
                f"the answer is not as the API describes it ({words}); a newer release of "
                "pulumi-rdns or of hcloud may help",
            ) from None


def _all(operation: Operation, get_list: Callable[..., Any]) -> list[Any]:
    """Return the entries of all pages of a list."""

    def read(page: int) -> tuple[list[Any], int | None]:
        found, meta = get_list(page=page, per_page=PAGE)
        return found, meta.pagination.next_page if meta.pagination else None

    return all_pages(operation, 1, read)


def _relative(name: dns.name.Name, zone: Zone) -> str:
    """Return a name as the API reads it: ``mail`` or ``@``."""
    return name.relativize(zone.name).to_text()


def _records(values: Iterable[dns.rdata.Rdata], old: RecordSet | None = None) -> list[Any]:
    """Return values as the SDK takes them; those of ``old`` keep their comments."""
    from hcloud.zones import ZoneRecord

    return [ZoneRecord(one.to_text(), old.comment(one) if old else None) for one in values]
