"""The real CLI on a Pulumi project of the test's own, as a user runs it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .key_server import PROVIDER

#: seconds that one command may take before the test gives up on it
TIMEOUT = 110.0
PASSPHRASE = "a passphrase of the tests"

#: further environment variables of one command
Environ = Mapping[str, str] | None

_YES = ("--yes", "--skip-preview")
_PLAIN = ("--non-interactive", "--color", "never")
#: (project, stack, provider of its secrets) -> file -> its text: what `pulumi stack init` writes,
#: which takes half a second
_INITIAL: dict[tuple[str, str, str], dict[str, str]] = {}
_HEADER = "import pulumi\nimport pulumi_rdns as rdns\n\n"
#: variables of whoever runs the tests, which would change what a command does, or let it compile
#: all modules anew
_FOREIGN = re.compile(
    r"PULUMI_|RDNS_|AWS_|CLOUDFLARE_|HCLOUD_|HOSTINGER_|LINODE_|OVH_|RFC2136_|PDNS_|PYTHONDONTWRITEBYTECODE"
)


@dataclass(frozen=True)
class Result:
    """What one command said."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """Give everything that a user saw."""
        return self.stdout + self.stderr

    def json(self) -> Any:
        """Read what ``--json`` printed."""
        return json.loads(self.stdout)

    @property
    def errors(self) -> list[str]:
        """Give the different errors of resources and of the program, each once."""
        found = re.findall(r"error: (\w+Error: .*)", self.text)
        return sorted(set(found))

    @property
    def operations(self) -> dict[str, str]:
        """Give the planned operation of each resource, from ``preview --json``."""
        steps = self.json()["steps"]
        return {step["urn"].split("::", 3)[-1]: step["op"] for step in steps}


@dataclass(frozen=True)
class Resource:
    """One resource as the state holds it."""

    urn: str
    type: str
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Give the name that the program gave it."""
        return self.urn.split("::", 3)[-1]


def declare(kind: str, name: str, *, opts: str | None = None, **arguments: object) -> str:
    """Write the line of a program that declares a resource.

    >>> declare("PtrRecord", "mail", address="192.0.2.10")
    "rdns.PtrRecord('mail', address='192.0.2.10')\\n"
    """
    given = [repr(name), *(f"{key}={value!r}" for key, value in arguments.items())]
    if opts is not None:
        given.append(f"opts=pulumi.ResourceOptions({opts})")
    return f"rdns.{kind}({', '.join(given)})\n"


def ptr(name: str, address: str, hostname: str, **arguments: Any) -> str:
    """Write the line of a program that declares a PtrRecord."""
    return declare("PtrRecord", name, address=address, hostname=hostname, **arguments)


def forward(name: str, hostname: str, address: str, **arguments: Any) -> str:
    """Write the line of a program that declares a ForwardRecord."""
    return declare("ForwardRecord", name, hostname=hostname, address=address, **arguments)


class Project:
    """A Pulumi project in a folder of its own, with a state and a Pulumi home of its own."""

    def __init__(
        self,
        folder: Path,
        config: Mapping[str, object] | None = None,
        *,
        home: Path | None = None,
        name: str = "probe",
        stack: str = "dev",
    ) -> None:
        """Create the project and its stack, or take those that are there.

        ``home`` can be shared with another stack of the project.
        """
        self.folder = folder
        self.name = name
        self.stack = stack
        home = home or folder / ".home"
        self._state = home / "state"
        self._state.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.environ = {
            **{key: value for key, value in os.environ.items() if not _FOREIGN.match(key)},
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            # Without the .attrs file beside each state file, which a kill can leave empty.
            "PULUMI_BACKEND_URL": f"file://{self._state}?metadata=skip",
            "PULUMI_HOME": str(home),
            "PULUMI_STACK": stack,
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        if not (folder / "Pulumi.yaml").exists():
            (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        if not self._state_file.exists():
            self._init_stack()
        if config is not None:
            self.configure(config)

    def _init_stack(self) -> None:
        """Create the stack: by the CLI once for each name, then as a copy of what it wrote."""
        places = {"settings": self.config_file, "state": self._state_file}
        places["meta"] = self._state / ".pulumi" / "meta.yaml"
        # Where there is a server for the key, no command makes one of the passphrase.
        provider = PROVIDER if "VAULT_SERVER_URL" in self.environ else "passphrase"
        key = (self.name, self.stack, provider)
        if key not in _INITIAL:
            self.run("stack", "init", "--no-select", "--secrets-provider", provider, self.stack)
            _INITIAL[key] = {what: file.read_text() for what, file in places.items()}
        for what, text in _INITIAL[key].items():
            places[what].parent.mkdir(parents=True, exist_ok=True)
            if not places[what].exists():
                places[what].write_text(text)

    def configure(self, config: Mapping[str, object]) -> None:
        """Replace the stack's configuration."""
        file = self.config_file
        settings = yaml.safe_load(file.read_text()) if file.exists() else None
        file.write_text(yaml.safe_dump({**(settings or {}), "config": dict(config)}))

    @property
    def config_file(self) -> Path:
        """Give the file with the stack's configuration."""
        return self.folder / f"Pulumi.{self.stack}.yaml"

    def program(self, *parts: str) -> None:
        """Replace the program; `pulumi` and `rdns` are imported."""
        text = "".join(textwrap.dedent(part) for part in parts)
        (self.folder / "__main__.py").write_text(_HEADER + text)
        # Two programs of one second and one length would be one to Python.
        shutil.rmtree(self.folder / "__pycache__", ignore_errors=True)

    def up(self, *flags: str, fails: bool = False, environ: Environ = None) -> Result:
        """Run `pulumi up` without a preview before it."""
        return self._command("up", *_YES, *flags, fails=fails, environ=environ)

    def preview(self, *flags: str, fails: bool = False, environ: Environ = None) -> Result:
        """Run `pulumi preview`."""
        return self._command("preview", *flags, fails=fails, environ=environ)

    def refresh(self, *flags: str, fails: bool = False, environ: Environ = None) -> Result:
        """Run `pulumi refresh` without a preview before it."""
        return self._command("refresh", *_YES, *flags, fails=fails, environ=environ)

    def destroy(self, *flags: str, fails: bool = False, environ: Environ = None) -> Result:
        """Run `pulumi destroy` without a preview before it."""
        return self._command("destroy", *_YES, *flags, fails=fails, environ=environ)

    def run(self, *arguments: str, fails: bool = False, environ: Environ = None) -> Result:
        """Run any command of the CLI to its end."""
        running = self.start(*arguments, environ=environ)
        result = running.wait()
        outcome = f"`pulumi {' '.join(arguments)}` ended with {result.code}:\n{result.text}"
        assert (result.code != 0) is fails, outcome
        return result

    def attempt(self, command: str, *flags: str, environ: Environ = None) -> Result:
        """Run up, refresh or destroy, which may fail as well as succeed."""
        arguments = ("--stack", self.stack, *_PLAIN, *_YES, *flags)
        return self.start(command, *arguments, environ=environ).wait()

    def start(self, *arguments: str, environ: Environ = None) -> Running:
        """Start a command of the CLI and go on."""
        return Running(["pulumi", *arguments], self.folder, {**self.environ, **(environ or {})})

    def start_up(self, *flags: str, environ: Environ = None) -> Running:
        """Start `pulumi up` and go on."""
        return self.start("up", "--stack", self.stack, *_PLAIN, *_YES, *flags, environ=environ)

    def resources(self) -> dict[str, Resource]:
        """Give what the state holds, by name, without the stack itself and providers."""
        found: dict[str, Resource] = {}
        for raw in self.deployment().get("resources", []):
            if raw["type"].startswith("pulumi:"):
                continue
            resource = Resource(
                raw["urn"],
                raw["type"],
                raw.get("id", ""),
                raw.get("inputs", {}),
                raw.get("outputs", {}),
            )
            assert resource.name not in found or raw.get("delete"), (
                f"{resource.name} is there twice"
            )
            found.setdefault(resource.name, resource)
        return found

    def outputs(self) -> Mapping[str, Any]:
        """Give what the program exported."""
        for raw in self.deployment().get("resources", []):
            if raw["type"] == "pulumi:pulumi:Stack":
                outputs: Mapping[str, Any] = raw.get("outputs", {})
                return outputs
        return {}

    def deployment(self) -> Mapping[str, Any]:
        """Give the latest deployment, as the state file holds it."""
        latest: Mapping[str, Any] = json.loads(self.state_text())["checkpoint"].get("latest") or {}
        return latest

    def state_text(self) -> str:
        """Give the state file as it is."""
        return self._state_file.read_text()

    @property
    def _state_file(self) -> Path:
        return self._state / ".pulumi" / "stacks" / self.name / f"{self.stack}.json"

    def urn(self, name: str) -> str:
        """Give the URN of a resource of the state."""
        return self.resources()[name].urn

    def _command(self, command: str, *flags: str, fails: bool, environ: Environ) -> Result:
        return self.run(
            command, "--stack", self.stack, *_PLAIN, *flags, fails=fails, environ=environ
        )


class Running:
    """A command that runs, with everything that it started, in a session of its own."""

    def __init__(self, command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait(self, timeout: float = TIMEOUT) -> Result:
        """Wait for the end."""
        try:
            stdout, stderr = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.end()
            stdout, stderr = self.process.communicate()
            raise AssertionError(f"did not end within {timeout:g} s:\n{stdout}{stderr}") from None
        return Result(self.process.returncode, stdout, stderr)

    def interrupt(self) -> None:
        """Press Ctrl-C: a terminal tells the CLI alone, its children are in other groups."""
        self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End the CLI with `kill -9`; what it started lives on."""
        self.process.kill()

    def provider_hosts(self) -> list[int]:
        """Give the living processes that serve dynamic providers."""
        return [pid for pid, command in self._members().items() if "pulumi.dynamic" in command]

    def kill_provider_host(self) -> bool:
        """End the process that serves dynamic providers; False where there is none."""
        hosts = self.provider_hosts()
        for pid in hosts:
            _kill(pid)
        return bool(hosts)

    def end(self) -> None:
        """End everything that this command started."""
        for _ in range(50):
            members = self._members()
            for pid in members:
                _kill(pid)
            if not members:
                break
            time.sleep(0.02)

    def settle(self, timeout: float = 20.0) -> None:
        """Wait until the provider host, an orphan perhaps, has nothing more to do, and end all."""
        # An orphan finishes what it had begun; how long that takes is seen by nobody.
        time.sleep(min(timeout, 0.5))
        self.end()
        self.process.communicate()

    def _members(self) -> dict[int, str]:
        """Find the living processes of the session, each with its command line."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                status = (folder / "stat").read_text().rpartition(")")[2].split()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if int(status[3]) == self.process.pid and status[0] != "Z":
                    found[int(folder.name)] = command
        return found


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def moved_away(path: Path) -> Iterator[None]:
    """Take a file or folder away for a while, as an unmounted disk does."""
    away = path.with_name(f"{path.name} (away)")
    path.rename(away)
    try:
        yield
    finally:
        away.rename(path)
