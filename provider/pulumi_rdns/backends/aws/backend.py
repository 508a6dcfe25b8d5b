"""The two kinds of backend that AWS is, as one class over its parts."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import (
    AddressBackend,
    Change,
    ListedZone,
    OwnedAddress,
    Ptr,
    Settings,
    Site,
    ZoneBackend,
    warn,
)
from pulumi_rdns.backends.batch import found_among
from pulumi_rdns.backends.changes import LiveRecord, verb
from pulumi_rdns.backends.kit.compare import refuse_long_ttls
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.rrsets import readable
from pulumi_rdns.backends.kit.undocumented import (
    left_by_delete,
    time_of_a_change,
    unresolved_hostname,
)
from pulumi_rdns.backends.observed import Point
from pulumi_rdns.errors import RdnsError
from pulumi_rdns.model.addresses import Address, reverse_name
from pulumi_rdns.model.names import from_dns, to_dns

from .client import Client
from .elastic_ips import ElasticIps
from .types import ENVIRONMENT, AwsSettings
from .zones import MOST_VALUES, Zones


class AwsBackend(AddressBackend[AwsSettings], ZoneBackend[AwsSettings]):
    """PTR records of Elastic IP addresses, and the records of hosted zones."""

    settings_type: ClassVar[type[Settings]] = AwsSettings
    environment: ClassVar[dict[str, str]] = ENVIRONMENT
    secrets: ClassVar[frozenset[str]] = frozenset({"secretAccessKey", "sessionToken"})
    unshown: ClassVar[frozenset[str]] = frozenset({"accessKeyId", "profile"})
    undocumented: ClassVar[Sequence[Point]] = (
        unresolved_hostname(
            "The words and the code of the refusal where the forward record does not match."
        ),
        left_by_delete("How an address without a PTR is shown:"),
        time_of_a_change("How long a change may take:"),
    )
    #: a change is a value that goes and one that comes
    batch_size: ClassVar[int] = MOST_VALUES // 2

    def __init__(
        self, name: str, settings: AwsSettings, root: Path, clock: Clock | None = None
    ) -> None:
        super().__init__(name, settings, root)
        self._clock = clock or Clock()
        client = Client(name, settings, self._clock)
        self._login_origin = client.login_origin
        self._ips = ElasticIps(client, self._clock)
        self._zones = Zones(client, settings, self._clock)

    @property
    def identity(self) -> str:
        """The login, the region, and which zones count: accounts may have zones of one name."""
        one = self.settings
        login = (one.access_key_id, one.profile, one.region, one.endpoint_url)
        return f"aws {login} {one.zone_id} {one.private}"

    @property
    def login_origin(self) -> str:
        """Where boto3 looks, where neither a key nor a profile is among the settings."""
        return self._login_origin

    def await_propagation(self, address: Address, seconds: float) -> bool:
        """Wait until Route 53 says INSYNC of the batch with the PTR record."""
        limit = min(seconds, self.settings.timeout)
        name, subject = "wait for the PTR of", str(address)
        operation = Operation(self.name, name, subject, self._clock, limit)
        try:
            return self._zones.await_insync(operation, to_dns(reverse_name(address)))
        except RdnsError as error:
            warn(str(error))
            return False

    def get_ptr(self, address: Address) -> Ptr | None:
        """Read the PTR that is served; a change that is on its way does not count yet."""
        return self._ips.get(self._operation("read the PTR of", str(address)), address)

    def set_ptr(self, address: Address, hostname: dns.name.Name) -> None:
        """Set the PTR, and wait until EC2 has made the change."""
        self._ips.change(self._operation("set the PTR of", str(address)), address, hostname)

    def unset_ptr(self, address: Address) -> None:
        """Take the PTR back to the default, and wait until EC2 has made the change."""
        self._ips.change(self._operation("delete the PTR of", str(address)), address, None)

    def addresses(self) -> Sequence[OwnedAddress]:
        """List all addresses of the region, sorted; the owner is the instance or interface."""
        return self._ips.all(self._operation("list", "all addresses"))

    def list_zones(self) -> Sequence[ListedZone]:
        """List the hosted zones that count."""
        return self._zones.all(self._operation("list", "all hosted zones"))

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the hosted zone: the longest match, unless it delegates the name."""
        return self._zones.find(self._operation("find the zone of", from_dns(name)), name)

    def find_site(self, name: dns.name.Name) -> Site:
        """Find the hosted zone, and read what stands at the name, in one request."""
        return self._zones.site(self._operation("find the zone of", from_dns(name)), name)

    def prefetch_zones(self, names: Sequence[dns.name.Name]) -> None:
        """Look for delegations on the way to many names, hundreds in one request."""
        with contextlib.suppress(RdnsError):  # raised again when a name is asked for
            self._zones.prefetch(self._operation("find the zones of", "many names"), names)

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the live RRset; an alias record of Route 53 is none."""
        operation = self._operation(f"read {rdtype.name} of", from_dns(name))
        return self._zones.rrset(operation, zone, name, rdtype)

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write all changes or none, in one batch; Route 53 itself compares.

        What is over the API's limits is several batches: then each of them is all or none.
        """
        if not changes:
            return
        types = " and ".join(sorted({change.rdtype.name for change in changes}))
        subject = from_dns(changes[0].name if len(changes) == 1 else zone)
        operation = self._operation(f"{verb(changes)} {types} of", subject)
        refuse_long_ttls(operation, changes)
        self._zones.apply(operation, zone, changes)

    def read_ptrs(
        self, zone: dns.name.Name, owners: Collection[str], *, is_shared: bool = False
    ) -> dict[str, LiveRecord]:
        """Read what stands at many names, hundreds in one request."""
        names = [dns.name.from_text(owner) for owner in owners]
        operation = self._operation("read PTR of", from_dns(zone))
        there = self._zones.read(operation, zone, names)
        with readable(operation):
            return found_among(zone, owners, there.rrset)

    def _operation(self, name: str, subject: str) -> Operation:
        return Operation(self.name, name, subject, self._clock, self.settings.timeout)
