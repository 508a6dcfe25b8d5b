"""A simulated AWS account: what is live is asked of the account, and of MiniStack by boto3."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import boto3

from tests.fakes.aws import Eip, Fault, Scenario, Simulator
from tests.servers.ministack import MiniStack

from .worlds import Hostnames, World, ptr_owner

#: more often than any test asks
ALWAYS = 10**9
#: actions that change a PTR
WRITE = "/(Modify|Reset)AddressAttribute"


def fleet(count: int) -> list[Eip]:
    """Make addresses, each of an instance of its own: 198.51.100.1 and following."""
    first = ipaddress.ip_address("198.51.100.1")
    return [
        Eip(public_ip=str(first + at), allocation_id=f"eipalloc-{at:03}", instance_id=f"i-{at:03}")
        for at in range(count)
    ]


class AwsWorld(World):
    """What is live, without the API's lag, faults and signatures."""

    addresses = tuple(f"203.0.113.{host}" for host in range(10, 16))
    # A subclass of the suite makes the account slow: its settings cannot.
    slow: ClassVar[dict[str, object] | None] = {}

    def __init__(self, instance: str, simulator: Simulator) -> None:
        super().__init__(instance)
        self.simulator = simulator
        self.scenario = simulator.scenario
        self.account = simulator.account
        self.account.resolves = lambda hostname, address: address in self.forward(hostname, "A")
        #: seconds that one operation may take
        self.timeout = 60.0
        self._route53 = boto3.client(
            "route53",
            endpoint_url=simulator.ministack,
            region_name="us-east-1",
            aws_access_key_id=self.scenario.account_id,
            aws_secret_access_key="any",
        )

    @classmethod
    @contextmanager
    def running(cls, instance: str, ministack: MiniStack, **scenario: Any) -> Iterator[AwsWorld]:
        """Start a simulated account; the arguments are the scenario's fields."""
        addresses = [
            Eip(public_ip=one, allocation_id=f"eipalloc-{one[-2:]}", instance_id="i-0mail")
            for one in cls.addresses
        ]
        scenario.setdefault("eips", addresses)
        scenario.setdefault("secret_access_key", f"s3cret/of+{instance}/that/nobody/may/see")
        with Simulator(ministack.url, Scenario(**scenario)) as simulator:
            yield cls(instance, simulator)

    def settings(self) -> dict[str, object]:
        return {**self.place(), **self.secrets()}

    def place(self) -> dict[str, object]:
        """Return the settings without those that are secret."""
        return {
            "type": "aws",
            "region": self.scenario.region,
            "endpointUrl": self.simulator.url,
            "accessKeyId": self.scenario.access_key_id,
            "timeout": self.timeout,
        }

    def secrets(self) -> dict[str, str]:
        """Return the settings that are secret."""
        given = {"secretAccessKey": self.scenario.secret_access_key}
        token = self.scenario.session_token
        return given if token is None else {**given, "sessionToken": token}

    def ptr(self, address: str, zone: str | None = None) -> Hostnames:
        if zone is not None:
            owner = ptr_owner(address, zone).to_text(omit_final_dot=True)
            found = self._record(owner, "PTR", self.zone_id(zone))
            return [one["Value"].rstrip(".") for one in found["ResourceRecords"]] if found else []
        hostname = self.account.ptr(address)
        return [] if hostname is None else [hostname]

    def set_ptr(self, address: str, hostnames: Sequence[str], zone: str | None = None) -> None:
        if zone is not None:
            owner = ptr_owner(address, zone).to_text(omit_final_dot=True)
            values = [f"{hostname}." for hostname in hostnames]
            self._set(self.zone_id(zone), owner, "PTR", values)
            return
        assert len(hostnames) <= 1
        self.account.set_ptr(address, hostnames[0] if hostnames else None)

    def forward(self, hostname: str, kind: str, zone_id: str | None = None) -> list[str]:
        found = self._record(hostname, kind, zone_id or self.zone_id())
        values = [one["Value"] for one in found["ResourceRecords"]] if found else []
        return sorted(values, key=lambda text: int(ipaddress.ip_address(text)))

    def set_forward(self, hostname: str, kind: str, addresses: Sequence[str]) -> None:
        self._set(self.zone_id(), hostname, kind, addresses)

    @contextmanager
    def offline(self) -> Iterator[None]:
        self.simulator.inject(Fault(kind="cut", times=ALWAYS))
        yield
        self.simulator.heal()

    def acquire(self, address: str) -> None:
        """Let the account have another address, without a PTR of its own."""
        self.account.add(Eip(public_ip=address, allocation_id=f"eipalloc-{address}"))

    def release(self, address: str) -> None:
        """Take an address away from the account."""
        self.account.release(address)

    def writes(self) -> list[str]:
        """List the accepted changes of PTRs."""
        sent = self.simulator.sent("POST", WRITE)
        return [f"{one.path} {one.body}" for one in sent if one.status == 200]

    def lists(self) -> int:
        """Count how often all addresses were listed."""
        return len(self.simulator.sent("POST", "/DescribeAddresses$"))

    def zone_id(self, name: str | None = None) -> str:
        """Find the public zone of this name; that of forward records for none."""
        found = (
            str(zone["Id"]).rpartition("/")[2]
            for zone in self._route53.list_hosted_zones()["HostedZones"]
            if zone["Name"] == f"{name or self.domain}." and not zone["Config"]["PrivateZone"]
        )
        return next(found)

    def _set(self, zone_id: str, owner: str, kind: str, contents: Sequence[str]) -> None:
        found = self._record(owner, kind, zone_id)
        changes = [{"Action": "DELETE", "ResourceRecordSet": found}] if found else []
        if contents:
            values = [{"Value": content} for content in contents]
            created = {"Name": f"{owner}.", "Type": kind, "TTL": 3600, "ResourceRecords": values}
            changes.append({"Action": "CREATE", "ResourceRecordSet": created})
        if changes:
            self._route53.change_resource_record_sets(
                HostedZoneId=zone_id, ChangeBatch={"Changes": changes}
            )

    def _record(self, hostname: str, kind: str, zone_id: str) -> Any:
        listed = self._route53.list_resource_record_sets(
            HostedZoneId=zone_id,
            StartRecordName=f"{hostname}.",
            StartRecordType=kind,
            MaxItems="1",
        )["ResourceRecordSets"]
        key = (f"{hostname}.", kind)
        return next((one for one in listed if (one["Name"], one["Type"]) == key), None)


def config(world: AwsWorld, *others: AwsWorld, **more: object) -> dict[str, object]:
    """Configure accounts of which the first is the default; the gate asks their own zones."""
    return {
        "rdns:backend": world.instance,
        "rdns:backends": {one.instance: one.settings() for one in (world, *others)},
        "rdns:forwardSource": "backend",
        "rdns:forwardCheck": "verify",
        **more,
    }
