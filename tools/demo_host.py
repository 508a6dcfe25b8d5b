"""The life of one host on a simulated account: up, a refresh, a change, destroy.

Everything is in a temporary folder, the state too, and is gone in the end. `HOSTS` has an entry for
each vendor.
"""

from __future__ import annotations

import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tests.fakes import hetzner, hostinger
from tests.fakes.api import ApiSimulator
from tools.demonstration import Stage, chapter, perform, say
from tools.progress import SetupError

ADDRESS, ADDRESS_6 = "203.0.113.10", "2001:db8:1::1"
VM = hostinger.Machine(
    id=17923, hostname="srv17923.hstgr.cloud", ipv4=[ADDRESS], ipv6=["2001:db8::10"]
)
SERVER = hetzner.Server(id=42, name="web1", ipv4=ADDRESS, ipv6="2001:db8:1::/64")

PROGRAM = """\
import pulumi
import pulumi_rdns as rdns

host = rdns.ForwardConfirmedHost(
    "mail",
    hostname=pulumi.Config().require("hostname"),
    addresses=rdns.get_addresses(owner="{owner}"),
)
pulumi.export("forwardConfirmed", host.forward_confirmed)
"""

# No nameserver serves a simulated zone, so the forward check asks the zone itself.
SETTINGS = """\
config:
  demo:hostname: {hostname}
  rdns:backend: {host}
  rdns:backends:
    {host}: {{apiUrl: "{url}"}}
  rdns:forwardSource: backend
  rdns:forwardCheck: verify
"""

AnySimulator = ApiSimulator[Any, Any]


class Host(NamedTuple):
    """What is particular to a vendor."""

    #: what is simulated
    title: str
    #: the variable for the token
    variable: str
    simulate: Callable[[], AnySimulator]
    #: what the vendor's panel would show, line by line
    shown: Callable[[Any], Iterator[str]]
    #: what somebody else does, and what it is called
    meddling: str
    meddle: Callable[[AnySimulator], None]
    program: str = PROGRAM


def _shown_hostinger(account: hostinger.Account) -> Iterator[str]:
    for vm in account.vms.values():
        for ip in vm.ips:
            yield f"VM {vm.id}  {ip.address:13}  PTR {account.ptr(ip.address) or 'nothing'}"
    for name, zone in account.zones.items():
        for entry in zone.shown(float("inf")):
            for record in entry["records"]:
                yield f"zone {name}  {entry['name']:5} {entry['type']:4} {record['content']}"


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


def _shown_hetzner(account: hetzner.Account) -> Iterator[str]:
    for address in (ADDRESS, ADDRESS_6):
        hostname = account.ptr(address) or "nothing"
        yield f"server {SERVER.id} ({SERVER.name})  {address:13}  PTR {hostname}"
    for name, zone in account.zones.items():
        for entry in zone.shown():
            for record in entry["records"]:
                yield f"zone {name}  {entry['name']:5} {entry['type']:4} {record['value']}"


HOSTS = {
    "hetzner": Host(
        "A simulated Hetzner Cloud project with one server and the zone example.com",
        "HCLOUD_TOKEN",
        lambda: hetzner.Simulator(hetzner.Scenario(servers=[SERVER], action_delay=0.9)),
        _shown_hetzner,
        "Somebody resets the reverse DNS of the server's address in the Console",
        lambda simulator: simulator.account.set_ptr(ADDRESS, None),
        PROGRAM.format(owner=SERVER.name),
    ),
    "hostinger": Host(
        "A simulated Hostinger account with one VPS and the zone example.com",
        "HOSTINGER_API_TOKEN",
        lambda: hostinger.Simulator(hostinger.Scenario(machines=[VM], action_delay=0.9)),
        _shown_hostinger,
        "Somebody resets the hostname of the VPS in hPanel, and the PTR records go with it",
        _reset_hostname,
        PROGRAM.format(owner=VM.hostname),
    ),
}


class Demo(Stage):
    """One project with a stack of its own, on one account."""

    def __init__(self, folder: Path, name: str, simulator: AnySimulator) -> None:
        self.host = HOSTS[name]
        # The token in the environment, as one that is in no file.
        super().__init__(folder, {self.host.variable: simulator.scenario.token})
        self._name = name
        self._simulator = simulator
        (self.folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
        (self.folder / "__main__.py").write_text(self.host.program)

    def configure(self, hostname: str) -> None:
        """Write the stack's settings."""
        url = self._simulator.url
        settings = SETTINGS.format(host=self._name, hostname=hostname, url=url)
        (self.folder / "Pulumi.demo.yaml").write_text(settings)

    def meddle(self) -> None:
        """Do what somebody else may do."""
        self.host.meddle(self._simulator)

    def show(self) -> None:
        """Print what the vendor's panel would show."""
        say("In the account now:")
        for line in self.host.shown(self._simulator.account):
            say(f"  {line}")


def run(demo: Demo) -> None:
    chapter(demo.host.title)
    demo.show()
    demo.configure("mail.example.com")
    say(f"\nThe program:\n\n{demo.host.program}")
    demo.pulumi("stack", "init", "demo")

    chapter("All of it in one command: forward records, then the PTR records")
    demo.pulumi("up", "--yes", "--skip-preview")
    demo.show()

    chapter(demo.host.meddling)
    demo.meddle()
    demo.show()
    say("")
    demo.pulumi("refresh", "--yes", "--skip-preview")

    chapter("Another hostname: the next up repairs and changes, the zone first")
    demo.configure("smtp.example.com")
    demo.pulumi("up", "--yes", "--skip-preview")
    demo.show()

    chapter("All of it taken back")
    demo.pulumi("destroy", "--yes", "--skip-preview")
    demo.show()


def show(name: str, folder: Path) -> None:
    if name not in HOSTS:
        raise SetupError(f"there is no demonstration of {name!r}; choose {', '.join(HOSTS)}.")
    with HOSTS[name].simulate() as simulator:
        run(Demo(folder, name, simulator))


if __name__ == "__main__":
    sys.exit(perform(partial(show, sys.argv[1])))
