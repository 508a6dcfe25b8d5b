"""Dynamic update at a real BIND: the stack staging up, asked for with dig, and destroyed.

The server listens on loopback; it and everything else is in a temporary folder, and is gone in the
end.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.servers.bind import Bind
from tests.servers.dynamic import Key
from tests.servers.process import zone_text
from tools.demonstration import Stage, chapter, perform, say
from tools.progress import SetupError
from tools.project import ROOT, VENV, stack_file
from tools.servers import PACKAGES

FORWARD, REVERSE = "example.com", "2.0.192.in-addr.arpa"
KEY = Key("rdns", "b25seSBmb3IgdGhlIGRlbW9uc3RyYXRpb24uLi4=")
ZONES = {
    FORWARD: zone_text("@ NS ns1\nns1 A 127.0.0.1\nlegacy A 192.0.2.200"),
    REVERSE: zone_text("@ NS ns1.example.com.\n200 PTR legacy.example.com."),
}
#: what the hosts of the stack are asked for, and a record that is not ours
QUESTIONS = (
    ("mail.example.com", "A"),
    ("www.example.com", "A"),
    ("-x", "192.0.2.10"),
    ("-x", "192.0.2.11"),
    ("-x", "192.0.2.12"),
    ("-x", "192.0.2.200"),
)


class NarrowBind(Bind):
    """named whose key may change PTR records in one zone and addresses in the other."""

    zone_options = f"update-policy {{ grant {KEY.name} zonesub PTR A AAAA; }};"

    def more(self) -> str:
        return KEY.clause()


class Demo(Stage):
    """A copy of this project, whose stack staging is at a server of ours."""

    def __init__(self, folder: Path, server: Bind) -> None:
        at = f"{server.address}:{server.port}"
        super().__init__(folder, {"RDNS_RFC2136_SERVER": at, "RFC2136_TSIG_SECRET": KEY.secret})
        self._server = server
        stacks = self.folder / "stacks"
        stacks.mkdir()
        # `pulumi stack init` writes a salt into the file: into that of the copy.
        shutil.copy(stack_file("staging"), stacks)
        for name in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(ROOT / name, self.folder)
        (self.folder / VENV.name).symlink_to(VENV)

    def dig(self) -> None:
        """Print what the server answers."""
        dig = ["dig", f"@{self._server.address}", "-p", str(self._server.port)]
        for question in QUESTIONS:
            command = [*dig, "+noall", "+answer", *question]
            say(f"$ {' '.join(command)}")
            answer = subprocess.run(command, capture_output=True, text=True, check=True)
            say(answer.stdout.rstrip() or "; nothing")


def run(demo: Demo) -> None:
    chapter(f"BIND on loopback with the zones {FORWARD} and {REVERSE}")
    demo.dig()
    say(f"\nThe stack:\n\n{stack_file('staging').read_text()}")
    demo.pulumi("stack", "init", "staging")

    chapter("All of it in one command, the forward records first")
    demo.pulumi("up", "--stack", "staging", "--yes", "--skip-preview")
    demo.dig()

    chapter("All of it taken back, and nothing else")
    demo.pulumi("destroy", "--stack", "staging", "--yes", "--skip-preview")
    demo.dig()


def show(folder: Path) -> None:
    missing = sorted({PACKAGES[name] for name in ("named", "dig") if shutil.which(name) is None})
    if missing:
        packages = " and ".join(missing)
        raise SetupError(f"named or dig is not installed: `make servers`, or install {packages}.")
    with NarrowBind(folder / "server", ZONES) as server:
        run(Demo(folder, server))


if __name__ == "__main__":
    sys.exit(perform(show))
