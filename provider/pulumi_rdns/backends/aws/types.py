"""The settings, and what EC2 and Route 53 answer: the members that are used, as botocore has them.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/
https://docs.aws.amazon.com/Route53/latest/APIReference/
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import dns.name
import dns.rrset
import msgspec
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Ptr, Settings
from pulumi_rdns.backends.kit.answers import decode_json
from pulumi_rdns.backends.kit.http import Refusal
from pulumi_rdns.backends.kit.rrsets import name_of, rrset_of

from .route53_text import from_octal

#: setting -> the variable that the vendor's own tools know; boto3 itself reads all the others
ENVIRONMENT = {"region": "AWS_REGION"}

_DEFAULT_NAME = re.compile(r"ec2-(\d+-\d+-\d+-\d+)\..*\.amazonaws\.com(\.cn)?\.\Z")


class AwsSettings(Settings):
    """Who asks, in which region, and which zones count. What is empty is left to boto3.

    ``timeout`` is the most that one operation may take, in seconds. Its repr leaves the secrets
    out.
    """

    region: str = ""
    profile: str = ""
    access_key_id: str = ""
    secret_access_key: str = ""
    session_token: str = ""
    endpoint_url: str = ""
    #: the hosted zone that all records are in, of several with one name perhaps
    zone_id: str = ""
    #: private zones count, and no public ones
    private: bool = False
    timeout: Annotated[float, msgspec.Meta(gt=0, le=86400)] = 300.0

    def __repr__(self) -> str:
        shown = (self.region, self.profile, self.endpoint_url, self.zone_id, self.private)
        return f"AwsSettings{shown!r}"


class _Answer(msgspec.Struct, rename="pascal", frozen=True):
    """A part of an answer. Members that are not used here may come and go."""


class Tag(_Answer, frozen=True):
    """A label that somebody gave an address."""

    key: str
    value: str = ""


class ElasticIp(_Answer, frozen=True):
    """An Elastic IP address, and what it is associated with."""

    public_ip: str
    #: None for an address of EC2-Classic, which has no PTR of its own
    allocation_id: str | None = None
    instance_id: str = ""
    network_interface_id: str = ""
    tags: list[Tag] = []

    @property
    def owner(self) -> tuple[str, str]:
        """The id of what has it, and the name that somebody gave the address, or that id."""
        held_by = self.instance_id or self.network_interface_id or self.allocation_id or ""
        names = (tag.value for tag in self.tags if tag.key == "Name" and tag.value)
        return held_by, next(names, held_by)


class Addresses(_Answer, frozen=True):
    """DescribeAddresses."""

    addresses: list[ElasticIp] = []


class PtrUpdate(_Answer, frozen=True):
    """What becomes of the last change of a PTR."""

    value: str = ""
    #: ``PENDING``, and nothing once it is done
    status: str = ""
    reason: str = ""


class AddressAttribute(_Answer, frozen=True):
    """The PTR of an address; ``ptr_record`` is what is served."""

    public_ip: str
    allocation_id: str = ""
    ptr_record: str = ""
    ptr_record_update: PtrUpdate = PtrUpdate()

    @property
    def ptr(self) -> Ptr | None:
        """The name that is served, in lower case. Raises UnreadableRecordError."""
        return self._ptr_of(self.ptr_record)

    @property
    def is_pending(self) -> bool:
        """Whether a change is on its way."""
        return self.ptr_record_update.status.upper() == "PENDING"

    @property
    def requested(self) -> Ptr | None:
        """The name of the last change; None where there is none that is still told."""
        return self._ptr_of(self.ptr_record_update.value)

    def _ptr_of(self, text: str) -> Ptr | None:
        if not text:
            return None
        hostname = name_of(text)
        default = _DEFAULT_NAME.match(hostname.to_text())
        own = self.public_ip.replace(".", "-")
        return Ptr(hostname, default is not None and default[1] == own)


class AddressAttributes(_Answer, frozen=True):
    """DescribeAddressesAttribute, a page of it; an address without a PTR may be left out."""

    addresses: list[AddressAttribute] = []
    next_token: str | None = None


class ChangedAddress(_Answer, frozen=True):
    """ModifyAddressAttribute and ResetAddressAttribute."""

    address: AddressAttribute


class _ZoneConfig(_Answer, frozen=True):
    private_zone: bool = False


class HostedZone(_Answer, frozen=True):
    """A hosted zone; several may have one name."""

    id: str
    name: str
    config: _ZoneConfig = _ZoneConfig()

    @property
    def short_id(self) -> str:
        """The id without what stands before it: ``Z0123``."""
        return self.id.rpartition("/")[2]

    @property
    def apex(self) -> dns.name.Name:
        """The name. Raises UnreadableRecordError."""
        return name_of(from_octal(self.name))


class HostedZones(_Answer, frozen=True):
    """ListHostedZones, a page of it."""

    hosted_zones: list[HostedZone] = []
    next_marker: str | None = None


class FoundZone(_Answer, frozen=True):
    """GetHostedZone."""

    hosted_zone: HostedZone


class RecordSet:
    """A resource record set as it is, so that a delete can name it exactly."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.owner = name_of(from_octal(str(raw.get("Name"))))
        self.rdtype = str(raw.get("Type"))

    @property
    def special(self) -> str:
        """Why it is no plain record set, which nothing here can change; empty where it is one."""
        if "AliasTarget" in self.raw:
            target = from_octal(str(self.raw["AliasTarget"].get("DNSName"))).rstrip(".")
            return f"an alias record (Route 53) to {target}"
        if "SetIdentifier" in self.raw or "TrafficPolicyInstanceId" in self.raw:
            return "a record set with a routing policy (Route 53)"
        return ""

    @property
    def values(self) -> list[str]:
        """The values as a master file has them; none of an alias."""
        return [from_octal(one["Value"]) for one in self.raw.get("ResourceRecords", [])]


class Standing(dict[dns.name.Name, list[RecordSet]]):
    """What stands at some names of a zone; each of them is a key."""

    def sets(self, name: dns.name.Name, rdtype: RdataType) -> list[RecordSet]:
        """Return the record sets of one type; several have a routing policy."""
        return [one for one in self[name] if one.rdtype == rdtype.name]

    def rrset(self, name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset | None:
        """Return the values of all record sets of one type; an alias record has none.

        Raises UnreadableRecordError.
        """
        sets = self.sets(name, rdtype)
        values = [value for one in sets for value in one.values]
        return rrset_of(name, rdtype, int(sets[0].raw["TTL"]), values) if values else None


class RecordPage(_Answer, frozen=True):
    """ListResourceRecordSets, a page of it."""

    resource_record_sets: list[dict[str, Any]] = []
    is_truncated: bool = False
    next_record_name: str = ""
    next_record_type: str = ""
    next_record_identifier: str = ""

    @property
    def next(self) -> tuple[str, str, str]:
        """What the next page begins with."""
        return self.next_record_name, self.next_record_type, self.next_record_identifier


class ChangeInfo(_Answer, frozen=True):
    """A batch of changes on its way to all name servers."""

    id: str
    status: str


class Changed(_Answer, frozen=True):
    """ChangeResourceRecordSets and GetChange."""

    change_info: ChangeInfo


class _Failure(msgspec.Struct):
    message: str = ""
    code: str = ""


def read_refusal(content: bytes) -> Refusal:
    """Read what `Sdk` made of an error."""
    return Refusal(*msgspec.structs.astuple(decode_json(content, _Failure)))
