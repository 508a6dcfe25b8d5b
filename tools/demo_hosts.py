"""The simulated hosts of `tools.demo_host`: what each of them has, and how it is reached."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.fakes import cloudflare, hetzner, hostinger, linode, ovh
from tests.fakes.api import ApiSimulator
from tests.servers.ministack import ACCESS_KEY_ID, SECRET_ACCESS_KEY, MiniStack

if TYPE_CHECKING:
    from tests.fakes import aws  # needs the SDK, which is not there for all demonstrations

ADDRESS, ADDRESS_6, IN_A_ZONE = "203.0.113.10", "2001:db8::10", "192.0.2.10"
FORWARD, REVERSE = "example.com", "2.0.192.in-addr.arpa"
#: seconds until what was asked for is done, where that is an action
DELAY = 0.9

AnySimulator = ApiSimulator[Any, Any]


class Host(NamedTuple):
    """What is particular to a vendor. The functions are given what ``simulate`` gives."""

    #: what is simulated
    title: str
    #: starts it, with its files in a folder
    simulate: Callable[[Path], AbstractContextManager[Any]]
    #: what the instance is told in the stack's file
    settings: Callable[[Any], dict[str, Any]]
    #: the login, which is in no file: the variables that the vendor's own tools know
    environ: Callable[[Any], dict[str, str]]
    #: what the vendor's panel would show, line by line
    shown: Callable[[Any], Iterator[str]]
    #: what somebody else does, and what it is called
    meddling: str
    meddle: Callable[[Any], None]
    #: the addresses of the host, as the program has them
    addresses: str
    #: whether forward records are in the vendor's zones; else they are in a zone file
    has_zones: bool = True


def owned(name: str) -> str:
    """Return the expression for all addresses of an owner."""
    return f'rdns.get_addresses(owner="{name}")'


def line(zone: str, name: str, kind: str, value: str) -> str:
    """Return a record as one line."""
    label = name.rstrip(".").removesuffix(zone).rstrip(".") or "@"
    return f"zone {zone}  {label:5} {kind:4} {value}"


def _at_url(simulator: AnySimulator) -> dict[str, Any]:
    return {"apiUrl": simulator.url}


def _token(variable: str) -> Callable[[AnySimulator], dict[str, str]]:
    return lambda simulator: {variable: simulator.scenario.token}


def _ptrs(what: str, *addresses: str) -> Callable[[AnySimulator], Iterator[str]]:
    width = max(map(len, addresses))

    def shown(simulator: AnySimulator) -> Iterator[str]:
        for address in addresses:
            hostname = simulator.account.ptr(address) or "nothing"
            yield f"{what}  {address:{width}}  PTR {hostname}"

    return shown


def _reset_ptr(simulator: AnySimulator) -> None:
    simulator.account.set_ptr(ADDRESS, None)


SERVER = hetzner.Server(id=42, name="web1", ipv4=ADDRESS, ipv6="2001:db8:1::/64")


def _shown_hetzner(simulator: AnySimulator) -> Iterator[str]:
    yield from _ptrs(f"server {SERVER.id} ({SERVER.name})", ADDRESS, "2001:db8:1::1")(simulator)
    for name, zone in simulator.account.zones.items():
        for entry in zone.shown():
            for record in entry["records"]:
                yield line(name, entry["name"], entry["type"], record["value"])


VM = hostinger.Machine(id=17923, hostname="srv17923.hstgr.cloud", ipv4=[ADDRESS], ipv6=[ADDRESS_6])


def _shown_hostinger(simulator: AnySimulator) -> Iterator[str]:
    yield from _ptrs(f"VM {VM.id}", ADDRESS, ADDRESS_6)(simulator)
    for name, zone in simulator.account.zones.items():
        for entry in zone.shown(float("inf")):
            for record in entry["records"]:
                yield line(name, entry["name"], entry["type"], record["content"])


def _reset_hostname(simulator: AnySimulator) -> None:
    """Take hostname and PTRs back to the default, over the API."""
    request = urllib.request.Request(
        f"{simulator.url}/api/vps/v1/virtual-machines/{VM.id}/hostname",
        method="DELETE",
        headers={"Authorization": f"Bearer {simulator.scenario.token}"},
    )
    urllib.request.urlopen(request, timeout=10).close()
    while simulator.account.ptr(ADDRESS) != VM.hostname:
        time.sleep(0.1)


LINODE = linode.Machine(id=5231, label="mail", ipv4=[ADDRESS], ipv6=ADDRESS_6)
SERVICE = "ns3012345.ip-203-0-113.eu"


def _ovh_login(simulator: AnySimulator) -> dict[str, str]:
    names = ("application_key", "application_secret", "consumer_key")
    return {f"OVH_{name.upper()}": getattr(simulator.scenario, name) for name in names}


def _shown_cloudflare(simulator: AnySimulator) -> Iterator[str]:
    for zone in (FORWARD, REVERSE):
        for record in simulator.account.live(zone):
            yield line(zone, record["name"], record["type"], record["content"])


def _delete_ptr(simulator: AnySimulator) -> None:
    for record in simulator.account.live(REVERSE, "PTR"):
        simulator.account.remove(REVERSE, record["id"])


class Route53:
    """The zones of an account at MiniStack, as boto3 shows them."""

    def __init__(self, ministack: MiniStack, account_id: str = ACCESS_KEY_ID) -> None:
        import boto3

        self.ministack = ministack
        self.client = boto3.client(
            "route53",
            endpoint_url=ministack.url,
            region_name="us-east-1",
            aws_access_key_id=account_id,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )

    def sets(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Return each RRset of addresses or PTRs, and the id of its zone before it."""
        for zone in self.client.list_hosted_zones()["HostedZones"]:
            answer = self.client.list_resource_record_sets(HostedZoneId=zone["Id"])
            for one in answer["ResourceRecordSets"]:
                if one["Type"] in ("A", "AAAA", "PTR"):
                    yield zone["Id"], {**one, "Zone": zone["Name"].rstrip(".")}

    def shown(self) -> Iterator[str]:
        for _, one in self.sets():
            for record in one["ResourceRecords"]:
                yield line(one["Zone"], one["Name"], one["Type"], record["Value"])

    def delete_ptr(self) -> None:
        for zone_id, one in [*self.sets()]:
            if one.pop("Zone") == REVERSE:
                change = {"Action": "DELETE", "ResourceRecordSet": one}
                self.client.change_resource_record_sets(
                    HostedZoneId=zone_id, ChangeBatch={"Changes": [change]}
                )


@contextmanager
def _ministack(folder: Path) -> Iterator[MiniStack]:
    server = MiniStack(folder / "ministack").start()
    try:
        yield server
    finally:
        server.stop()


class Aws(NamedTuple):
    """An account: its addresses, and its zones at MiniStack."""

    simulator: aws.Simulator
    zones: Route53

    def shown(self) -> Iterator[str]:
        yield from _ptrs(f"instance {INSTANCE}", ADDRESS)(self.simulator)
        yield from self.zones.shown()

    def login(self) -> dict[str, str]:
        scenario = self.simulator.scenario
        return {
            "AWS_ACCESS_KEY_ID": scenario.access_key_id,
            "AWS_SECRET_ACCESS_KEY": scenario.secret_access_key,
        }

    def settings(self) -> dict[str, Any]:
        return {"region": self.simulator.scenario.region, "endpointUrl": self.simulator.url}


INSTANCE = "i-0123456789abcdef0"


@contextmanager
def _aws(folder: Path) -> Iterator[Aws]:
    from tests.fakes import aws

    eip = aws.Eip(public_ip=ADDRESS, allocation_id="eipalloc-0a", instance_id=INSTANCE)
    scenario = aws.Scenario(eips=[eip], update_takes=DELAY)
    with (
        _ministack(folder) as ministack,
        aws.Simulator(ministack.url, scenario) as simulator,
    ):
        yield Aws(simulator, Route53(ministack, scenario.account_id))


@contextmanager
def _octodns(folder: Path) -> Iterator[Route53]:
    with _ministack(folder) as ministack:
        zones = Route53(ministack)
        for name in (FORWARD, REVERSE):
            zones.client.create_hosted_zone(Name=name, CallerReference=name)
        yield zones


def _octodns_login(zones: Route53) -> dict[str, str]:
    options = {"access_key_id": ACCESS_KEY_ID, "secret_access_key": SECRET_ACCESS_KEY}
    return {**zones.ministack.environ, "RDNS_OCTODNS_OPTIONS": json.dumps(options)}


HOSTS = {
    "aws": Host(
        "A simulated AWS account with one Elastic IP address, and the zone example.com in Route 53",
        _aws,
        Aws.settings,
        Aws.login,
        Aws.shown,
        "Somebody resets the reverse DNS of the address in the EC2 console",
        lambda account: _reset_ptr(account.simulator),
        owned(INSTANCE),
    ),
    "cloudflare": Host(
        f"A simulated Cloudflare account with the zones {FORWARD} and {REVERSE}",
        lambda _: cloudflare.Simulator(cloudflare.Scenario()),
        _at_url,
        _token("CLOUDFLARE_API_TOKEN"),
        _shown_cloudflare,
        "Somebody deletes the PTR record in the dashboard",
        _delete_ptr,
        f'["{IN_A_ZONE}"]',
    ),
    "hetzner": Host(
        "A simulated Hetzner Cloud project with one server and the zone example.com",
        lambda _: hetzner.Simulator(hetzner.Scenario(servers=[SERVER], action_delay=DELAY)),
        _at_url,
        _token("HCLOUD_TOKEN"),
        _shown_hetzner,
        "Somebody resets the reverse DNS of the server's address in the Console",
        _reset_ptr,
        owned(SERVER.name),
    ),
    "hostinger": Host(
        "A simulated Hostinger account with one VPS and the zone example.com",
        lambda _: hostinger.Simulator(hostinger.Scenario(machines=[VM], action_delay=DELAY)),
        _at_url,
        _token("HOSTINGER_API_TOKEN"),
        _shown_hostinger,
        "Somebody resets the hostname of the VPS in hPanel, and the PTR records go with it",
        _reset_hostname,
        owned(VM.hostname),
    ),
    "linode": Host(
        "A simulated Linode account with one Linode, and a zone file of example.com beside it",
        lambda _: linode.Simulator(linode.Scenario(machines=[LINODE])),
        _at_url,
        _token("LINODE_TOKEN"),
        _ptrs(f"Linode {LINODE.id} ({LINODE.label})", ADDRESS, ADDRESS_6),
        "Somebody resets the reverse DNS of the Linode's address in Cloud Manager",
        _reset_ptr,
        owned(LINODE.label),
        has_zones=False,
    ),
    "octodns": Host(
        f"Route 53 on MiniStack, over octoDNS's provider class, with the zones {FORWARD} and "
        f"{REVERSE}",
        _octodns,
        lambda _: {"provider": "octodns_route53.Route53Provider"},
        _octodns_login,
        Route53.shown,
        "Somebody deletes the PTR record in the console",
        Route53.delete_ptr,
        f'["{IN_A_ZONE}"]',
    ),
    "ovh": Host(
        "A simulated OVHcloud account with one dedicated server, and a zone file of example.com "
        "beside it",
        lambda _: ovh.Simulator(ovh.Scenario(blocks=[ovh.Block(ip=f"{ADDRESS}/32")])),
        _at_url,
        _ovh_login,
        _ptrs(f"service {SERVICE}", ADDRESS),
        "Somebody deletes the reverse of the address in the Control Panel",
        _reset_ptr,
        owned(SERVICE),
        has_zones=False,
    ),
}
