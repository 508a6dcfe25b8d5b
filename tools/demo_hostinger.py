"""The Hostinger backend on a simulated account: up, a refresh, a change, destroy.

Everything is in a temporary folder, the state too, and is gone in the end.
"""

from __future__ import annotations

import sys
import time
import urllib.request
from pathlib import Path

from tests.fakes.hostinger import Machine, Scenario, Simulator
from tools.demonstration import Stage, chapter, perform, say

VM_ADDRESS = "203.0.113.10"
VM = Machine(
    id=17923,
    hostname="srv17923.hstgr.cloud",
    ipv4=[VM_ADDRESS],
    ipv6=["2001:db8::10"],
)

PROGRAM = f'''\
import pulumi
import pulumi_rdns as rdns

host = rdns.ForwardConfirmedHost(
    "mail",
    hostname=pulumi.Config().require("hostname"),
    addresses=rdns.get_addresses(owner="{VM.hostname}"),
)
pulumi.export("forwardConfirmed", host.forward_confirmed)
'''

# No nameserver serves a simulated zone, so the forward check asks the zone itself.
SETTINGS = """\
config:
  demo:hostname: {hostname}
  rdns:backend: hostinger
  rdns:backends:
    hostinger: {{apiUrl: "{url}"}}
  rdns:forwardSource: backend
  rdns:forwardCheck: verify
"""


class Demo(Stage):
    """One project with a stack of its own, on one account."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        # The token in the environment, as one that is in no file.
        super().__init__(folder, {"HOSTINGER_API_TOKEN": simulator.scenario.token})
        self._simulator = simulator
        (self.folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
        (self.folder / "__main__.py").write_text(PROGRAM)

    def configure(self, hostname: str) -> None:
        """Write the stack's settings."""
        settings = SETTINGS.format(hostname=hostname, url=self._simulator.url)
        (self.folder / "Pulumi.demo.yaml").write_text(settings)

    def reset_hostname(self) -> None:
        """Do what somebody else may do, over the API: hostname and PTRs go back to the default."""
        request = urllib.request.Request(
            f"{self._simulator.url}/api/vps/v1/virtual-machines/{VM.id}/hostname",
            method="DELETE",
            headers={"Authorization": f"Bearer {self._simulator.scenario.token}"},
        )
        urllib.request.urlopen(request, timeout=10).close()
        while self._simulator.account.ptr(VM_ADDRESS) != VM.hostname:
            time.sleep(0.1)

    def show(self) -> None:
        """Print what the vendor's panel would show."""
        account = self._simulator.account
        say("In the account now:")
        for vm in account.vms.values():
            for ip in vm.ips:
                say(f"  VM {vm.id}  {ip.address:13}  PTR {account.ptr(ip.address) or 'nothing'}")
        for name, zone in account.zones.items():
            for entry in zone.shown(float("inf")):
                for record in entry["records"]:
                    say(f"  zone {name}  {entry['name']:5} {entry['type']:4} {record['content']}")


def run(demo: Demo) -> None:
    chapter("A simulated Hostinger account with one VPS and the zone example.com")
    demo.show()
    demo.configure("mail.example.com")
    say(f"\nThe program:\n\n{PROGRAM}")
    demo.pulumi("stack", "init", "demo")

    chapter("The help article in one command: forward records, then the PTR records")
    demo.pulumi("up", "--yes", "--skip-preview")
    demo.show()

    chapter("Somebody resets the hostname of the VPS in hPanel, and the PTR records go with it")
    demo.reset_hostname()
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


def show(folder: Path) -> None:
    with Simulator(Scenario(machines=[VM], action_delay=0.9)) as simulator:
        run(Demo(folder, simulator))


if __name__ == "__main__":
    sys.exit(perform(show))
