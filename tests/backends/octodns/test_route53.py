"""octoDNS's provider of Route 53, at an emulator that nobody here wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import dns.name
import dns.rdata
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, ZoneBackend
from pulumi_rdns.backends.batch import DONE, PtrChange
from pulumi_rdns.backends.octodns import OctoDnsBackend
from pulumi_rdns.errors import BackendError, RejectedError
from tests.backends.contract import rrset
from tests.backends.octodns.tools import backend_with
from tests.servers.ministack import ACCESS_KEY_ID, SECRET_ACCESS_KEY, MiniStack
from tests.servers.zone_contract import NamedZone

FORWARD, REVERSE = "example.com.", "2.0.192.in-addr.arpa."
#: each operation makes a client of boto3
pytestmark = pytest.mark.timeout(400)


class Route53:
    """The zones of the emulated account, as boto3 shows them."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.ids: dict[str, str] = {}
        for name in (FORWARD, REVERSE):
            made = client.create_hosted_zone(Name=name, CallerReference=name)
            self.ids[name] = made["HostedZone"]["Id"]
            self.change(name, "CREATE", f"200.{name}", "CNAME", "elsewhere.example.com.")

    def change(self, zone: str, action: str, name: str, kind: str, *values: str) -> None:
        records = [{"Value": value} for value in values]
        rrset = {"Name": name, "Type": kind, "TTL": 3600, "ResourceRecords": records}
        self._client.change_resource_record_sets(
            HostedZoneId=self.ids[zone],
            ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": rrset}]},
        )

    def live(self, zone: str) -> dict[tuple[str, str], tuple[int, list[str]]]:
        pages = self._client.get_paginator("list_resource_record_sets")
        return {
            (one["Name"], one["Type"]): (
                one["TTL"],
                sorted(record["Value"] for record in one["ResourceRecords"]),
            )
            for page in pages.paginate(HostedZoneId=self.ids[zone])
            for one in page["ResourceRecordSets"]
        }


@pytest.fixture(scope="module")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStack]:
    server = MiniStack(tmp_path_factory.mktemp("ministack")).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def route53(ministack: MiniStack) -> Route53:
    return Route53(ministack.client())


@pytest.fixture
def backend(
    ministack: MiniStack, route53: Route53, monkeypatch: pytest.MonkeyPatch
) -> OctoDnsBackend:
    for name, value in ministack.environ.items():
        monkeypatch.setenv(name, value)
    options = {"access_key_id": ACCESS_KEY_ID, "secret_access_key": SECRET_ACCESS_KEY}
    return backend_with("octodns_route53.Route53Provider", options)


class AtRoute53(NamedZone):
    minimal_settings: ClassVar = {"provider": "octodns_route53.Route53Provider"}

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [SECRET_ACCESS_KEY]

    @pytest.fixture
    def live(
        self, route53: Route53
    ) -> Callable[[dns.name.Name, str], tuple[int, list[str]] | None]:
        return lambda name, kind: route53.live(self.origin).get((name.to_text(), kind))


class TestForward(AtRoute53):
    origin = FORWARD
    kind, one, two = "A", "192.0.2.1", "192.0.2.2"


class TestReverse(AtRoute53):
    origin = REVERSE

    def test_several_values_are_written_and_one_of_them_taken_out(
        self,
        backend: ZoneBackend,
        zone: dns.name.Name,
        names: list[dns.name.Name],
        live: Callable[[dns.name.Name, str], tuple[int, list[str]] | None],
    ) -> None:
        """The provider class would keep one of them, and say nothing."""
        with pytest.raises(RejectedError, match="Route53Provider supports one PTR record at a"):
            backend.apply(zone, [self.change(names[0], [], [self.one, self.two])])
        assert live(names[0], "PTR") is None

    def test_many_records_are_created_changed_and_deleted(
        self, backend: ZoneBackend, zone: dns.name.Name, names: list[dns.name.Name]
    ) -> None:
        owners = [name.to_text(omit_final_dot=True) for name in names]
        steps: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
            ((), ("a.example.com",)),
            (("a.example.com",), ("b.example.com",)),
            (("b.example.com",), ()),
        ]
        for before, after in steps:
            changes = [PtrChange(owner, before, after, 300) for owner in owners]
            assert backend.apply_ptrs(zone, changes, lambda _: None) == [DONE] * len(owners)
            read = backend.read_ptrs(zone, owners)
            assert {one.values for one in read.values()} == ({after} if after else set())


def test_what_somebody_changes_between_the_look_and_the_write_is_refused_by_route_53(
    backend: OctoDnsBackend, route53: Route53, monkeypatch: pytest.MonkeyPatch
) -> None:
    from octodns_route53 import Route53Provider

    name = dns.name.from_text(f"race.{FORWARD}")
    before, after = rrset(name, "A", "192.0.2.1"), rrset(name, "A", "192.0.2.2")
    zone = dns.name.from_text(FORWARD)
    backend.apply(zone, [Change(name, RdataType.A, None, before)])
    theirs = Route53Provider._apply
    acted = []

    def meanwhile(self: Any, plan: Any) -> None:
        acted.append([type(change).__name__ for change in plan.changes])
        route53.change(FORWARD, "UPSERT", name.to_text(), "A", "198.51.100.1")
        theirs(self, plan)

    monkeypatch.setattr(Route53Provider, "_apply", meanwhile)
    with pytest.raises(BackendError, match="InvalidChangeBatch"):
        backend.apply(zone, [Change(name, RdataType.A, before, after)])
    assert acted == [["Delete", "Create"]]
    assert route53.live(FORWARD)[name.to_text(), "A"] == (3600, ["198.51.100.1"])
