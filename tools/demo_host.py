"""The life of one host on a simulated account: up, a refresh, a change, destroy.

Everything is in a temporary folder, the state too, and is gone in the end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import dns.zone

from tools.demo_hosts import FORWARD, HOSTS, line
from tools.demonstration import Stage, chapter, perform, say
from tools.progress import SetupError

PROGRAM = """\
import pulumi
import pulumi_rdns as rdns

host = rdns.ForwardConfirmedHost(
    "mail",
    hostname=pulumi.Config().require("hostname"),
    addresses={addresses},{more}
)
pulumi.export("forwardConfirmed", host.forward_confirmed)
"""
#: of a vendor that has no zones
IN_A_FILE = '\n    forward_backend="zones",'

# No nameserver serves a simulated zone, so the forward check asks the zone itself.
SETTINGS = """\
config:
  demo:hostname: {hostname}
  rdns:backend: {host}
  rdns:backends: {backends}
  rdns:forwardSource: backend
  rdns:forwardCheck: verify
"""
ZONE = """\
$TTL 3600
@ SOA ns1 hostmaster 1 7200 900 1209600 300
@ NS ns1.example.net.
"""


class Demo(Stage):
    """One project with a stack of its own, on one account."""

    def __init__(self, folder: Path, name: str, account: Any) -> None:
        self.host = HOSTS[name]
        # The login in the environment, as one that is in no file.
        super().__init__(folder, self.host.environ(account))
        self._name = name
        self._account = account
        self._backends = {name: self.host.settings(account)}
        self._zone_file = self.folder / "zones" / f"{FORWARD}.zone"
        if not self.host.has_zones:
            self._backends["zones"] = {"type": "zonefile", "directory": "zones"}
            self._zone_file.parent.mkdir()
            self._zone_file.write_text(ZONE)
        more = "" if self.host.has_zones else IN_A_FILE
        self.program = PROGRAM.format(addresses=self.host.addresses, more=more)
        (self.folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
        (self.folder / "__main__.py").write_text(self.program)

    def configure(self, hostname: str) -> None:
        """Write the stack's settings."""
        backends = json.dumps(self._backends)
        settings = SETTINGS.format(host=self._name, hostname=hostname, backends=backends)
        (self.folder / "Pulumi.demo.yaml").write_text(settings)

    def meddle(self) -> None:
        """Do what somebody else may do."""
        self.host.meddle(self._account)

    def show(self) -> None:
        """Print what the vendor's panel would show, and what the zone file has."""
        say("In the account now:")
        shown = [*self.host.shown(self._account), *self._in_the_file()]
        for one in shown or ["no record of an address"]:
            say(f"  {one}")

    def _in_the_file(self) -> Iterator[str]:
        if self.host.has_zones:
            return
        zone = dns.zone.from_file(str(self._zone_file), FORWARD, relativize=False)
        for kind in ("A", "AAAA"):
            for name, _, rdata in zone.iterate_rdatas(kind):
                yield line(FORWARD, str(name), kind, str(rdata))


def run(demo: Demo) -> None:
    chapter(demo.host.title)
    demo.show()
    demo.configure("mail.example.com")
    say(f"\nThe program:\n\n{demo.program}")
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
    with HOSTS[name].simulate(folder) as account:
        run(Demo(folder, name, account))


if __name__ == "__main__":
    sys.exit(perform(partial(show, sys.argv[1])))
