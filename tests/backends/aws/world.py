"""A backend on a simulated account, where waiting takes no time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dns.name
import dns.rrset
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.aws import AwsBackend, AwsSettings
from pulumi_rdns.backends.base import Change, reporting_to
from pulumi_rdns.errors import BackendError
from pulumi_rdns.model.addresses import Address, parse_address
from tests.backends.heard import Heard
from tests.backends.kit.tools import FakeTime
from tests.fakes.aws import Eip, Scenario, Simulator
from tests.servers.ministack import MiniStack

TEN = parse_address("203.0.113.10")
TWENTY = parse_address("203.0.113.20")
STRANGER = parse_address("198.51.100.99")
MAIL = dns.name.from_text("mail.example.com")
ZONE = dns.name.from_text("example.com")
A, B = "a.example.com", "b.example.com"
REVERSE = "2.0.192.in-addr.arpa"


class World:
    """A simulated account and backends on it; one clock for all."""

    def __init__(self, simulator: Simulator, time: FakeTime, heard: Heard) -> None:
        self.simulator = simulator
        self.account = simulator.account
        self.scenario = simulator.scenario
        self.time = time
        self.heard = heard
        self.backend = self.make()

    def make(self, **settings: Any) -> AwsBackend:
        """Make a backend, as another process would have it."""
        values = {
            "region": self.scenario.region,
            "access_key_id": self.scenario.access_key_id,
            "secret_access_key": self.scenario.secret_access_key,
            "session_token": self.scenario.session_token or "",
            "endpoint_url": self.simulator.url,
            **settings,
        }
        return AwsBackend("aws", AwsSettings(**values), Path(), self.time.clock)

    def calls(self) -> list[str]:
        """List the actions of EC2, and methods and paths of Route 53, so far."""
        return [
            sent.path[1:] if sent.path[1:].isalpha() else f"{sent.method} {sent.path}"
            for sent in self.simulator.sent()
        ]

    @property
    def route53(self) -> Any:
        """A client of AWS's own, to look with; it is none of the calls that are listed."""
        import boto3

        return boto3.client(
            "route53",
            endpoint_url=self.simulator.ministack,
            region_name="us-east-1",
            aws_access_key_id=self.scenario.account_id,
            aws_secret_access_key="any",
        )

    def zone_id(self, zone: str, *, private: bool = False) -> str:
        """Find a hosted zone by its name."""
        found = (
            str(one["Id"]).rpartition("/")[2]
            for one in self.route53.list_hosted_zones()["HostedZones"]
            if one["Name"] == f"{zone}." and one["Config"]["PrivateZone"] is private
        )
        return next(found)

    def records(self, zone_id: str) -> dict[tuple[str, str], dict[str, Any]]:
        """List all record sets of a zone by name, as MiniStack keeps it, and type."""
        pages = self.route53.get_paginator("list_resource_record_sets")
        return {
            (one["Name"], one["Type"]): one
            for page in pages.paginate(HostedZoneId=zone_id)
            for one in page["ResourceRecordSets"]
        }

    def put(self, zone_id: str, *records: dict[str, Any], action: str = "UPSERT") -> None:
        """Change record sets by hand."""
        changes = [{"Action": action, "ResourceRecordSet": record} for record in records]
        self.route53.change_resource_record_sets(
            HostedZoneId=zone_id, ChangeBatch={"Changes": changes}
        )


@contextmanager
def world(ministack: MiniStack, **scenario: Any) -> Iterator[World]:
    """Start a simulated account."""
    time, heard = FakeTime(), Heard()
    simulator = Simulator(ministack.url, Scenario(**scenario), now=time.now)
    with simulator, reporting_to(heard):
        yield World(simulator, time, heard)


def fleet(count: int) -> list[Eip]:
    """Make addresses: 203.0.113.1 and following."""
    return [
        Eip(public_ip=f"203.0.113.{at}", allocation_id=f"eipalloc-{at:02}")
        for at in range(1, count + 1)
    ]


def addresses(count: int) -> list[Address]:
    """Return the addresses of a fleet."""
    return [parse_address(f"203.0.113.{at}") for at in range(1, count + 1)]


def record(owner: str, *values: str, kind: str = "A", ttl: int = 3600) -> dict[str, Any]:
    """Make a record set as the API has it."""
    listed = [{"Value": value} for value in values]
    return {"Name": f"{owner}.", "Type": kind, "TTL": ttl, "ResourceRecords": listed}


def change(
    owner: str, before: list[str], after: list[str], ttl: int = 3600, kind: str = "A"
) -> Change:
    """Describe a compare-and-set as the callers of a backend do."""
    name = dns.name.from_text(owner)

    def rrset(values: list[str]) -> dns.rrset.RRset | None:
        return dns.rrset.from_text(name, ttl, "IN", kind, *values) if values else None

    return Change(name, RdataType[kind], rrset(before), rrset(after))


def name(text: str) -> dns.name.Name:
    """Make an absolute name."""
    return dns.name.from_text(text)


def live(world: World, zone_id: str, owner: str, kind: str = "A") -> list[str] | None:
    """Read the values of a record set, sorted."""
    found = world.records(zone_id).get((f"{owner}.", kind))
    return sorted(one["Value"] for one in found["ResourceRecords"]) if found else None


def refusal(kind: type[BackendError], world: World, *changes: Change) -> str:
    """Write changes of the zone example.com, and return why they are refused."""
    with pytest.raises(kind) as caught:
        world.backend.apply(ZONE, changes)
    return str(caught.value)
