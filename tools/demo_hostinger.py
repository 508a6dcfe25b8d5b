"""The Hostinger backend on a simulated account: up, a refresh, a change, destroy.

Everything is in a temporary folder, the state too, and is gone in the end.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.fakes.hostinger import Machine, Scenario, Simulator
from tools.progress import SetupError
from tools.stack import run_pulumi

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


class Demo:
    """One project with a stack of its own, on one account."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self._folder = folder / "project"
        self._simulator = simulator
        state = folder / "state"
        for made in (self._folder, state):
            made.mkdir()
        self._env = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            # In the environment, as a token that is in no file.
            "HOSTINGER_API_TOKEN": simulator.scenario.token,
        }
        (self._folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
        (self._folder / "__main__.py").write_text(PROGRAM)

    def configure(self, hostname: str) -> None:
        """Write the stack's settings."""
        settings = SETTINGS.format(hostname=hostname, url=self._simulator.url)
        (self._folder / "Pulumi.demo.yaml").write_text(settings)

    def pulumi(self, *arguments: str) -> None:
        """Run a command on this terminal. Raises SetupError where it fails or is interrupted."""
        say(f"$ pulumi {' '.join(arguments)}")
        code = run_pulumi(["--cwd", str(self._folder), *arguments], self._env)
        arm()
        if code:
            raise SetupError(f"pulumi {arguments[0]} ended with {code}; the demonstration is over.")

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


def say(text: str) -> None:
    print(text, flush=True)


def chapter(title: str) -> None:
    say(f"\n=== {title}\n")


def arm() -> None:
    """Let Ctrl-C and an end from outside leave through the clean-up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


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


def main() -> int:
    arm()
    scenario = Scenario(machines=[VM], action_delay=0.9)
    try:
        with (
            # A provider that was interrupted twice may still be writing there.
            tempfile.TemporaryDirectory(prefix="rdns-demo-", ignore_cleanup_errors=True) as folder,
            Simulator(scenario) as simulator,
        ):
            run(Demo(Path(folder), simulator))
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
