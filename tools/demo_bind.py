"""The stack `staging` on a real BIND on loopback: up, what `dig` answers, destroy.

Everything is in a temporary folder, the server and the state too, and is gone in the end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL
from tests.servers.process import DnsServer, ServerDiedError, zone_text
from tools.demo_hostinger import arm, chapter, say
from tools.progress import SetupError
from tools.project import ROOT, STACKS
from tools.stack import run_pulumi

STACK = "staging"
PROGRAM = ("Pulumi.yaml", "__main__.py")
QUESTIONS = (
    ("1.2.0.192.in-addr.arpa", "PTR"),
    ("mail.example.com", "A"),
    ("www.example.com", "A"),
    ("10.2.0.192.in-addr.arpa", "PTR"),
    ("11.2.0.192.in-addr.arpa", "PTR"),
    ("12.2.0.192.in-addr.arpa", "PTR"),
)


def zones() -> dict[str, str]:
    """Give the two zones: a forward and a reverse one, with a record of somebody else's in each."""
    return {
        "example.com": zone_text("@ NS ns1\nns1 A 192.0.2.1"),
        "2.0.192.in-addr.arpa": zone_text("@ NS ns1.example.com.\n1 PTR ns1.example.com."),
    }


class Demo:
    """A copy of this project with a state of its own, and the server that it writes to."""

    def __init__(self, folder: Path, server: DnsServer) -> None:
        self._folder = folder / "project"
        self._server = server
        (self._folder / STACKS.name).mkdir(parents=True)
        for name in PROGRAM:
            shutil.copy(ROOT / name, self._folder)
        (self._folder / ".venv").symlink_to(sys.prefix)
        # A copy, because `pulumi stack init` writes into it.
        shutil.copy(STACKS / f"Pulumi.{STACK}.yaml", self._folder / STACKS.name)
        state = folder / "state"
        state.mkdir()
        self._env = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            # These beat what the stack's file says; a secret in the environment is in no file.
            "RDNS_BIND_SERVER": f"{server.address}:{server.port}",
            "RDNS_BIND_KEYNAME": FULL.name,
            "RDNS_BIND_KEYSECRET": FULL.secret,
        }

    def pulumi(self, *arguments: str) -> None:
        """Run a command on this terminal. Raises SetupError where it fails or is interrupted."""
        say(f"$ pulumi {' '.join(arguments)}")
        code = run_pulumi(["--cwd", str(self._folder), *arguments], self._env)
        arm()
        if code:
            raise SetupError(f"pulumi {arguments[0]} ended with {code}; the demonstration is over.")

    def dig(self) -> None:
        """Print what the server answers."""
        for name, kind in QUESTIONS:
            command = ["dig", f"@{self._server.address}", "-p", str(self._server.port)]
            answer = subprocess.run(
                [*command, name, kind, "+short", "+norecurse"],
                capture_output=True,
                text=True,
                check=True,
            )
            values = ", ".join(sorted(answer.stdout.split()))
            say(f"$ dig @ns1.example.com {name:24} {kind:3} -> {values or 'nothing'}")


def run(demo: Demo) -> None:
    chapter("BIND with the zones example.com and 2.0.192.in-addr.arpa, and a TSIG key")
    demo.dig()
    say("")
    demo.pulumi("stack", "init", STACK)

    chapter(f"stacks/Pulumi.{STACK}.yaml: forward records, then the PTR records, by dynamic update")
    demo.pulumi("up", "--yes", "--skip-preview", "--stack", STACK)
    say("")
    demo.dig()

    chapter("All of it taken back; what was not ours stays")
    demo.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK)
    say("")
    demo.dig()


def main() -> int:
    arm()
    try:
        for program in (DynamicBind.program, "dig"):
            if shutil.which(program) is None:
                raise SetupError(f"{program} is not installed; `make servers` says what is needed.")
        with (
            # A provider that was interrupted twice may still be writing there.
            tempfile.TemporaryDirectory(prefix="rdns-demo-", ignore_cleanup_errors=True) as folder,
            DynamicBind(Path(folder) / "server", zones()) as server,
        ):
            run(Demo(Path(folder), server))
    except (SetupError, ServerDiedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
