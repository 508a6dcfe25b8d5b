"""Those who set many PTR records, each as its users would."""

from __future__ import annotations

import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from benchmarks.measuring import Command
from benchmarks.world import MOST, TTL, ZONE, Step, World, hostnames, owner
from tools.project import BENCH_VENV


class Contestant(ABC):
    """One way to set N records."""

    name: ClassVar[str]
    #: steps that it knows; one that always reads the server has no other "no change"
    steps: ClassVar[Sequence[Step]] = tuple(Step)
    #: sizes that it is meant for, and why no other
    sizes: ClassVar[range] = range(MOST + 1)
    why_not: ClassVar[str] = ""
    #: whether it sets records, or only shows what something costs
    writes: ClassVar[bool] = True

    def __init__(self, world: World) -> None:
        self.world = world
        self.folder = world.folder / type(self).__name__

    def missing(self) -> str | None:
        """Say why it cannot take part; None where it can."""
        return None

    def version(self) -> str:
        """Say what is running."""
        return ""

    def prepare(self, size: int) -> None:
        """Make ready for a first up in an empty folder. Not measured."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()

    @abstractmethod
    def command(self, size: int, step: Step) -> Command:
        """Write what the step needs, and give its command."""

    @property
    def server(self) -> tuple[str, int]:
        """Give the server's address and port."""
        return self.world.server.address, self.world.server.port


class Nsupdate(Contestant):
    """Knows no state: it is told what to change."""

    name = "nsupdate, 500 a message"
    steps = (Step.FIRST, Step.CHANGE, Step.DESTROY)
    has_prerequisites = False

    def missing(self) -> str | None:
        return None if shutil.which("nsupdate") else "nsupdate is not installed"

    def version(self) -> str:
        return _first_line("nsupdate", "-V")

    def command(self, size: int, step: Step) -> Command:
        file = self.folder / "changes"
        file.write_text("\n".join(self._script(size, step)))
        key = self.world.key
        secret = f"{key.algorithm}:{key.name}:{key.secret}"
        return Command(["nsupdate", "-v", "-y", secret, str(file)], self.folder)

    def _script(self, size: int, step: Step) -> Iterator[str]:
        host, port = self.server
        yield from (f"server {host} {port}", f"zone {ZONE}")
        before = {Step.CHANGE: Step.FIRST, Step.DESTROY: Step.CHANGE}.get(step)
        old = hostnames(size, before) if before else [""] * size
        new = hostnames(size, step) or [""] * size
        numbers = [number for number in range(size) if old[number] != new[number]]
        for part in _parts(numbers, 500):
            for number in part:
                yield from self._change(f"{owner(number)}.{ZONE}.", old[number], new[number])
            yield "send"
        yield ""

    def _change(self, name: str, old: str, new: str) -> Iterator[str]:
        if self.has_prerequisites:
            yield f"prereq yxrrset {name} PTR {old}." if old else f"prereq nxrrset {name} PTR"
            if new:
                yield f"prereq nxrrset {name} CNAME"
                yield f"prereq nxrrset {name} NS"
        if old:
            yield f"update delete {name} PTR"
        if new:
            yield f"update add {name} {TTL} PTR {new}."


class CarefulNsupdate(Nsupdate):
    """The same messages as those of a PtrRecordSet: the floor."""

    name = "nsupdate, our prerequisites"
    has_prerequisites = True


_OCTODNS = """\
manager: {{max_workers: 1}}
providers:
  files: {{class: octodns.provider.yaml.YamlProvider, directory: zones, enforce_order: false}}
  bind:
    class: octodns_bind.Rfc2136Provider
    host: {host}
    port: {port}
    key_name: {key.name}
    key_secret: {key.secret}
    key_algorithm: {key.algorithm}
zones:
  {zone}.: {{sources: [files], targets: [bind]}}
"""


class OctoDns(Contestant):
    """Reads the server in every run."""

    name = "octoDNS"
    steps = (Step.FIRST, Step.READ, Step.CHANGE, Step.DESTROY)
    program = BENCH_VENV / "bin" / "octodns-sync"

    def missing(self) -> str | None:
        return None if self.program.exists() else "octodns-sync is not installed; use make bench"

    def version(self) -> str:
        names = ("octodns", "octodns-bind", "dnspython")
        return " ".join(f"{name} {_version_of(name)}" for name in names)

    def prepare(self, size: int) -> None:
        super().prepare(size)
        host, port = self.server
        (self.folder / "zones").mkdir()
        text = _OCTODNS.format(host=host, port=port, key=self.world.key, zone=ZONE)
        (self.folder / "config.yaml").write_text(text)

    def command(self, size: int, step: Step) -> Command:
        lines = [
            f"'{owner(number)}': {{type: PTR, ttl: {TTL}, value: {name}.}}\n"
            for number, name in enumerate(hostnames(size, step))
        ]
        (self.folder / "zones" / f"{ZONE}.yaml").write_text("".join(lines) or "{}\n")
        flags = [] if step is Step.READ else ["--doit", "--force"]
        return Command([str(self.program), "--config-file", "config.yaml", *flags], self.folder)


_TERRAFORM = """\
terraform {{
  required_providers {{ dns = {{ source = "hashicorp/dns" }} }}
}}
provider "dns" {{
  update {{
    server        = "{host}"
    port          = {port}
    key_name      = "{key.name}."
    key_algorithm = "{key.algorithm}"
    key_secret    = "{key.secret}"
    transport     = "tcp"
  }}
}}
locals {{
  records = jsondecode(file("records.json"))
}}
resource "dns_ptr_record" "one" {{
  for_each = local.records
  zone     = "{zone}."
  name     = each.key
  ptr      = each.value
  ttl      = {ttl}
}}
"""


class Terraform(Contestant):
    """One resource for each record."""

    name = "Terraform, hashicorp/dns"
    sizes = range(1001)
    why_not = "writes nothing within 180 s"

    def missing(self) -> str | None:
        if shutil.which("terraform") is None:
            return "terraform is not installed"
        self.prepare(1)
        done = subprocess.run(
            ["terraform", "init", "-no-color", "-input=false"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return None
        said = " ".join(line.strip(" │╵╷") for line in done.stderr.splitlines())
        reason = said.partition("Error: ")[2].partition(":")[0].strip()
        return f"terraform init cannot get the provider hashicorp/dns ({reason})"

    def version(self) -> str:
        return _first_line("terraform", "version")

    def prepare(self, size: int) -> None:
        kept = self.folder / ".terraform"
        for made in self.folder.glob("*.tf*"):
            made.unlink()
        if not kept.exists():
            super().prepare(size)
        host, port = self.server
        text = _TERRAFORM.format(host=host, port=port, key=self.world.key, zone=ZONE, ttl=TTL)
        (self.folder / "main.tf").write_text(text)
        (self.folder / "records.json").write_text("{}")

    def command(self, size: int, step: Step) -> Command:
        names = hostnames(size, step)
        pairs = (f'"{owner(number)}": "{name}."' for number, name in enumerate(names))
        if names:
            (self.folder / "records.json").write_text(f"{{{', '.join(pairs)}}}")
        flags: Mapping[Step, Sequence[str]] = {
            Step.SAME: ["plan", "-refresh=false"],
            Step.READ: ["plan"],
            Step.DESTROY: ["destroy", "-auto-approve"],
        }
        arguments = flags.get(step, ["apply", "-auto-approve"])
        return Command(["terraform", *arguments, "-no-color", "-input=false"], self.folder)


def _parts(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for at in range(0, len(numbers), size):
        yield numbers[at : at + size]


def _first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()[0]


def _version_of(name: str) -> str:
    folder = next(Path(BENCH_VENV).glob(f"lib/python*/site-packages/{name.replace('-', '_')}-*"))
    return folder.name.partition("-")[2].removesuffix(".dist-info")
