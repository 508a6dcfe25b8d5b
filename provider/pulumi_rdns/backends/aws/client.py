"""What is asked of EC2 and of Route 53."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, TypeAlias

import dns.name

from pulumi_rdns.backends.kit.answers import Answer
from pulumi_rdns.backends.kit.http import TIMEOUTS, Http, Vendor, check_url
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.pages import all_pages
from pulumi_rdns.backends.kit.ptrs import LookAgain
from pulumi_rdns.backends.kit.retry import RetryPolicy
from pulumi_rdns.backends.kit.rrsets import name_of, readable
from pulumi_rdns.errors import AddressNotFoundError, RejectedError, ZoneNotFoundError
from pulumi_rdns.model.names import from_dns

from .route53_text import from_octal, runs, sort_key, to_octal
from .sdk import Login, Sdk
from .types import (
    AddressAttribute,
    AddressAttributes,
    Addresses,
    AwsSettings,
    Changed,
    ChangedAddress,
    ChangeInfo,
    ElasticIp,
    FoundZone,
    HostedZone,
    HostedZones,
    RecordPage,
    RecordSet,
    Standing,
    read_refusal,
)

EC2, ROUTE_53 = (
    Vendor(
        kind="aws",
        who=who,
        credential="AWS identity",
        advice="docs/aws.md has the policy that it needs",
        read_refusal=read_refusal,
        reads=("Describe", "Get", "List"),
    )
    for who in ("EC2", "Route 53")
)
#: the attribute of an address that is its PTR
_PTR = {"Attribute": "domain-name"}
#: addresses in one page
_MOST_ADDRESSES = 1000
#: record sets in one page, where those of one name are wanted and where those of many are
_SOME_SETS, _MOST_SETS = "20", "300"
#: name, type and identifier of the record set that a page begins with; the name alone will do
_Start: TypeAlias = tuple[str, str, str]


class StaleBatchError(RejectedError):
    """A batch that Route 53 refused: the zone is not as it was read, or the batch is wrong."""


class Client:
    """Sends requests with one login. Shared by all threads."""

    def __init__(self, name: str, settings: AwsSettings, clock: Clock) -> None:
        """Take the instance's name for error messages. Raises ConfigError."""
        if settings.endpoint_url:
            check_url(name, "endpointUrl", settings.endpoint_url)
        login = Login(name, settings)
        is_set = settings.secret_access_key or settings.profile
        #: where boto3 looks for credentials, where no setting names any
        self.login_origin = "" if is_set else login.credential.hint
        timeouts = (min(TIMEOUTS[0], settings.timeout), min(TIMEOUTS[1], settings.timeout))
        self.policy = RetryPolicy()

        def service(vendor: Vendor, called: str) -> Http:
            return Http(
                vendor,
                vendor.who,
                login,
                policy=self.policy,
                timeouts=timeouts,
                clock=clock,
                make_transport=lambda url, auth, timeouts: Sdk(login, called, timeouts),
            )

        self._ec2 = service(EC2, "ec2")
        self._route53 = service(ROUTE_53, "route53")

    # EC2

    def addresses(self, operation: Operation) -> tuple[list[ElasticIp], float]:
        """List the addresses of the region; the second value is when they were asked for."""
        answer = self._ec2.send(operation, "DescribeAddresses", "")
        return answer.read(operation, Addresses).addresses, answer.sent

    def ptrs(self, operation: Operation) -> list[AddressAttribute]:
        """Read the PTRs of all addresses of the region."""

        def read(token: str) -> tuple[list[AddressAttribute], str | None]:
            query = {
                **_PTR,
                "MaxResults": _MOST_ADDRESSES,
                **({"NextToken": token} if token else {}),
            }
            answer = self._ec2.send(operation, "DescribeAddressesAttribute", "", query)
            page = answer.read(operation, AddressAttributes)
            return page.addresses, page.next_token or None

        return all_pages(operation, "", read)

    def ptr(self, operation: Operation, ip: ElasticIp) -> AddressAttribute:
        """Read the PTR of an address, and what becomes of the last change."""
        query = {**_PTR, "AllocationIds": [ip.allocation_id]}
        answer = self._of_address(operation, "DescribeAddressesAttribute", query)
        found = answer.read(operation, AddressAttributes).addresses
        mine = (one for one in found if one.allocation_id in ("", ip.allocation_id))
        return next(mine, AddressAttribute(ip.public_ip))

    def change_ptr(
        self,
        operation: Operation,
        ip: ElasticIp,
        hostname: dns.name.Name | None,
        look_again: LookAgain,
    ) -> AddressAttribute:
        """Ask for another PTR, or for the default; ``look_again`` is called after each pause."""
        method, body = "ResetAddressAttribute", _PTR
        if hostname is not None:
            method, body = "ModifyAddressAttribute", {"DomainName": from_dns(hostname)}
        body = {"AllocationId": ip.allocation_id or "", **body}
        answer = self._of_address(operation, method, body, look_again)
        return answer.read(operation, ChangedAddress).address

    def _of_address(
        self, operation: Operation, method: str, body: Any, look: LookAgain | None = None
    ) -> Answer:
        answer = self._ec2.send(operation, method, "", body, expected=(404,), look_again=look)
        if not answer.is_success:
            reason = f"the address is not in the account any more: {self._ec2.reason(answer)}"
            raise operation.error(AddressNotFoundError, reason, answer.code)
        return answer

    # Route 53

    def zones(self, operation: Operation, zone_id: str) -> tuple[list[HostedZone], float]:
        """List the hosted zones, or read one alone; and when they were asked for."""
        if zone_id:
            answer = self._of_zone(operation, "GetHostedZone", {"Id": zone_id})
            return [answer.read(operation, FoundZone).hosted_zone], answer.sent
        first = 0.0

        def read(marker: str) -> tuple[list[HostedZone], str | None]:
            nonlocal first
            query = {"Marker": marker} if marker else {}
            answer = self._route53.send(operation, "ListHostedZones", "", query)
            first = first or answer.sent
            page = answer.read(operation, HostedZones)
            return page.hosted_zones, page.next_marker or None

        return all_pages(operation, "", read), first

    def read(
        self,
        operation: Operation,
        zone_id: str,
        zone: dns.name.Name,
        names: Iterable[dns.name.Name],
    ) -> Standing:
        """Read all record sets of the names: hundreds in one request where they lie close."""
        found = Standing({name: [] for name in names})
        for wanted in runs(found, zone):
            most = _SOME_SETS if len(wanted) == 1 else _MOST_SETS
            pages = partial(self._record_page, operation, zone_id, wanted, most)
            for one in all_pages(operation, (to_octal(wanted[0]), "", ""), pages):
                if one.owner in found:
                    found[one.owner].append(one)
        return found

    def _record_page(
        self,
        operation: Operation,
        zone_id: str,
        wanted: Sequence[dns.name.Name],
        most: str,
        start: _Start,
    ) -> tuple[list[RecordSet], _Start | None]:
        """Read a page; the next one begins at the next name that is wanted."""
        keys = ("StartRecordName", "StartRecordType", "StartRecordIdentifier")
        query = {key: text for key, text in zip(keys, start, strict=True) if text}
        query |= {"HostedZoneId": zone_id, "MaxItems": most}
        answer = self._of_zone(operation, "ListResourceRecordSets", query)
        page = answer.read(operation, RecordPage)
        with readable(operation):
            sets = [RecordSet(raw) for raw in page.resource_record_sets]
        if not page.is_truncated or not sets:
            return sets, None
        last = sets[-1].owner
        if name_of(from_octal(page.next_record_name)) == last:  # there is more of this name
            return sets, page.next
        left = (name for name in wanted if sort_key(name) > sort_key(last))
        return sets, next(((to_octal(name), "", "") for name in left), None)

    def change(self, operation: Operation, zone_id: str, changes: Sequence[dict[str, Any]]) -> str:
        """Make all changes or none, once; return the id of the batch.

        Raises StaleBatchError, and UnansweredError where they may have been made.
        """
        body = {"HostedZoneId": zone_id, "ChangeBatch": {"Changes": changes}}
        method = "ChangeResourceRecordSets"
        answer = self._of_zone(operation, method, body, expected=(404, 409), repeat=False)
        if answer.status == 409:
            reason = f"Route 53 refused it: {self._route53.reason(answer)}"
            raise operation.error(StaleBatchError, reason, answer.code)
        return answer.read(operation, Changed).change_info.id

    def change_info(self, operation: Operation, change_id: str) -> ChangeInfo:
        """Read how far a batch has come."""
        answer = self._route53.send(operation, "GetChange", "", {"Id": change_id})
        return answer.read(operation, Changed).change_info

    def _of_zone(
        self,
        operation: Operation,
        method: str,
        body: Any,
        *,
        expected: tuple[int, ...] = (404,),
        repeat: bool = True,
    ) -> Answer:
        answer = self._route53.send(operation, method, "", body, expected=expected, repeat=repeat)
        if answer.status == 404:
            reason = f"the hosted zone is not there: {self._route53.reason(answer)}"
            raise operation.error(ZoneNotFoundError, reason, answer.code)
        return answer
