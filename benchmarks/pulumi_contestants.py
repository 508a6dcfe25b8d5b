"""Ours, and the engine with resources that do nothing: what is left when ours costs nothing."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version
from typing import ClassVar

from benchmarks.contestants import Contestant
from benchmarks.measuring import Command
from benchmarks.world import CHANGED, MOST, NETWORK, PATTERN, Step
from tests.e2e.harness import Project

#: outlives the programs, which are imported anew: the pickled provider names it and stays small
_NOTHING = """\
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider
from pulumi.dynamic import UpdateResult


class NothingProvider(ResourceProvider):
    def diff(self, _id, olds, news):
        return DiffResult(any(olds.get(key) != news[key] for key in news if key != "__provider"))

    def create(self, props):
        return CreateResult("nothing", self.outputs(props))

    def read(self, id_, props):
        return ReadResult(id_, dict(props))

    def update(self, _id, _olds, news):
        return UpdateResult(self.outputs(news))

    def outputs(self, props):
        return {"written": props["records"], **props} if "records" in props else dict(props)


class Nothing(Resource):
    def __init__(self, name, **props):
        super().__init__(NothingProvider(), name, props)
"""
_RECORDS = """\
records = {{
    f"198.18.{{n >> 8}}.{{n & 255}}": f"h-{{n >> 8}}-{{n & 255}}.example.com" for n in range({size})
}}
{change}
"""
_CHANGE = 'records["198.18.{high}.{low}"] = "{changed}"'


class PulumiContestant(Contestant):
    """A program that declares `records`, address -> hostname."""

    #: what the program does with `records`
    declares: ClassVar[str]
    environ: ClassVar[dict[str, str]] = {}

    def version(self) -> str:
        return f"pulumi SDK {version('pulumi')}"

    def prepare(self, size: int) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._project = Project(self.folder, self._config())
        (self.folder / "nothing.py").write_text(_NOTHING)

    def command(self, size: int, step: Step) -> Command:
        middle = size // 2
        change = _CHANGE.format(high=middle >> 8, low=middle & 255, changed=CHANGED)
        change = change if step is Step.CHANGE else ""
        self._project.program(_RECORDS.format(size=size, change=change), self.declares)
        verb = ["destroy"] if step is Step.DESTROY else ["up"]
        verb += ["--refresh"] if step is Step.READ else []
        flags = ["--yes", "--skip-preview", "--stack", self._project.stack]
        plain = ["--non-interactive", "--color", "never"]
        # Where the provider host finds nothing.py
        path = {"PYTHONPATH": str(self.folder), "PATH": self._project.environ["PATH"]}
        environ = {**self._project.environ, **path, **self.environ}
        return Command(["pulumi", *verb, *flags, *plain], self.folder, environ)

    def _config(self) -> dict[str, object]:
        host, port = self.server
        instance = {
            "type": "rfc2136",
            "server": f"{host}:{port}",
            "keyName": self.world.key.name,
            "keySecret": self.world.key.secret,
        }
        return {"rdns:backend": "bind", "rdns:backends": {"bind": instance}}


class Set(PulumiContestant):
    name = "PtrRecordSet"
    declares = 'rdns.PtrRecordSet("set", records=records)\n'

    def version(self) -> str:
        return f"pulumi-rdns {version('pulumi-rdns')}, dnspython {version('dnspython')}"


class ManySets(PulumiContestant):
    name = "PtrRecordSet, one for each /24"
    sizes = range(MOST, MOST + 1)
    declares = """\
for third in range(256):
    names = {f"198.18.{third}.{n}": records[f"198.18.{third}.{n}"] for n in range(256)}
    rdns.PtrRecordSet(f"set-{third}", records=names)
"""


class Filled(PulumiContestant):
    name = "PtrRecordSet, as one fill"
    sizes = range(MOST, MOST + 1)
    declares = f"""\
changed = {{key: name for key, name in records.items() if name == "{CHANGED}"}}
rdns.PtrRecordSet("set", records=changed, network="{NETWORK}", fill="{PATTERN}")
"""


class Floor(PulumiContestant):
    """One resource, whatever the number of records."""

    name = "engine, one resource"
    writes = False
    declares = """\
from nothing import Nothing

address = list(records)[len(records) // 2]
Nothing("one", address=address, hostname=records[address])
"""

    def version(self) -> str:
        return os.popen("pulumi version").read().strip()


class FloorText(Floor):
    """What the engine does for a set: one resource that holds the same texts, and does nothing."""

    name = "engine, one resource with the texts"
    declares = """\
from nothing import Nothing

text = "".join(f"{address} {name}\\n" for address, name in records.items())
Nothing("one", records=text)
"""


class FloorMany(Floor):
    """What the engine does for 256 sets, whatever they do themselves."""

    name = "engine, one for each /24 with the texts"
    sizes = ManySets.sizes
    declares = """\
from nothing import Nothing

for third in range(256):
    names = [f"198.18.{third}.{n}" for n in range(256)]
    text = "".join(f"{address} {records[address]}\\n" for address in names)
    Nothing(f"set-{third}", records=text)
"""


class Single(PulumiContestant):
    name = "PtrRecord each"
    sizes = range(1001)
    why_not = "the engine writes its whole state twice for each"
    declares = """\
for address, hostname in records.items():
    rdns.PtrRecord(address, address=address, hostname=hostname, forward_check="skip")
"""


class FloorEach(PulumiContestant):
    name = "engine, as many resources"
    sizes = Single.sizes
    why_not = Single.why_not
    writes = False
    declares = """\
from nothing import Nothing

for address, hostname in records.items():
    Nothing(address, address=address, hostname=hostname)
"""


_SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}


class FastSingle(Single):
    name = "PtrRecord each, FAST"
    environ = _SKIP


class FastFloorEach(FloorEach):
    name = "engine, as many, FAST"
    environ = _SKIP


class FastManySets(ManySets):
    name = "PtrRecordSet, one for each /24, FAST"
    environ = _SKIP


class FastFloorMany(FloorMany):
    name = "engine, one for each /24, FAST"
    environ = _SKIP
