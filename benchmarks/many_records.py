"""What it takes to set many PTR records, beside what people use: all against one BIND, in one run.

    make bench
    make bench ARGS='--sizes 1,100'

benchmarks/README.md says what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.contestants import CarefulNsupdate, Contestant, Nsupdate, OctoDns, Terraform
from benchmarks.measuring import TooSlowError, adopt_orphans, measure
from benchmarks.pulumi_contestants import (
    FastFloorEach,
    FastFloorMany,
    FastManySets,
    FastSingle,
    Filled,
    Floor,
    FloorEach,
    FloorMany,
    FloorText,
    ManySets,
    Set,
    Single,
)
from benchmarks.results import Results, aims, tables
from benchmarks.world import MOST, Step, World
from tests.servers.bind import Bind
from tools.project import ROOT
from tools.venv import BENCH_PYTHON

SIZES = (1, 100, 1000, 10000, MOST)
CONTESTANTS: Sequence[type[Contestant]] = (
    Floor,
    FloorText,
    Set,
    FloorMany,
    ManySets,
    FastFloorMany,
    FastManySets,
    Filled,
    Nsupdate,
    CarefulNsupdate,
    OctoDns,
    Terraform,
    FloorEach,
    Single,
    FastFloorEach,
    FastSingle,
)
#: one that took longer than this for all its steps is not run again
SLOW = 45.0
RESULTS = ROOT / "benchmarks" / "results"


class Race:
    """All contestants, size by size and round by round."""

    def __init__(self, world: World, rounds: int, limit: float, only: str) -> None:
        """``limit`` is seconds for each command; ``only`` is a pattern of names."""
        self.results = Results()
        self._world = world
        self._rounds = rounds
        self._limit = limit
        self.contestants = list(self._able([kind for kind in CONTESTANTS if _is_in(kind, only)]))

    def run(self, size: int) -> None:
        """Measure one size; the order changes from round to round."""
        able = [one for one in self.contestants if self._is_meant(one, size)]
        for number in range(self._rounds):
            shift = number % max(len(able), 1)
            for one in able[shift:] + able[:shift]:
                if one in self.contestants and self._sum(one, size) <= SLOW:
                    self._lap(one, size)

    def _lap(self, one: Contestant, size: int) -> None:
        """Take a contestant through its steps; it leaves the race where one takes too long."""
        print(f"N = {size:,}: {one.name} …", file=sys.stderr, flush=True)
        one.prepare(size)
        for step in one.steps:
            try:
                found = measure(one.command(size, step), self._limit)
            except TooSlowError:
                text = f"{one.name} left out from N = {size:,}: {step} took over {self._limit:g} s"
                self.results.notes.append(text)
                self.contestants.remove(one)
                self._world.reset()
                return
            self._world.verify(size, step if one.writes else Step.DESTROY)
            self.results.add(one.name, size, step, found)

    def _sum(self, one: Contestant, size: int) -> float:
        return sum(self.results.wall(one.name, size, step) or 0.0 for step in one.steps)

    def _able(self, kinds: Sequence[type[Contestant]]) -> Iterator[Contestant]:
        for kind in kinds:
            one = kind(self._world)
            why_not = one.missing()
            if why_not is None:
                yield one
            else:
                self.results.notes.append(f"{one.name} left out: {why_not}")

    def _is_meant(self, one: Contestant, size: int) -> bool:
        if size in one.sizes:
            return True
        if one.why_not:
            self.results.notes.append(f"{one.name} left out at N = {size:,}: {one.why_not}")
        return False


def main() -> int:
    options = _options()
    # A job in the background ignores it, and what it starts would too: 5 s more for every pulumi.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not Bind.available() or shutil.which("dig") is None:
        print("needs named and dig (Debian packages bind9 and bind9-dnsutils)", file=sys.stderr)
        return 1
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="rdns-bench-") as folder:
        world = World(Path(folder))
        with world.server:
            race = Race(world, options.rounds, options.limit, options.only)
            print("\n".join(_machine(race.contestants)), flush=True)
            try:
                for size in options.sizes:
                    race.run(size)
            except subprocess.CalledProcessError as error:
                print(error.output.decode(errors="replace"), error, sep="\n", file=sys.stderr)
                return 1
    _tell(race.results)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    sizes = ",".join(map(str, SIZES))
    parser.add_argument("--sizes", type=_sizes, default=SIZES, help=f"default {sizes}")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--limit", type=float, default=180, help="seconds for each command")
    parser.add_argument("--only", default="", help="regular expression of the rows to run")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _is_in(kind: type[Contestant], only: str) -> bool:
    return re.search(only, kind.name) is not None


def _machine(contestants: Sequence[Contestant]) -> Iterator[str]:
    yield f"{_cpu_model()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    yield f"{platform.platform()}, Python {platform.python_version()}"
    named = subprocess.run(["named", "-v"], capture_output=True, text=True, check=True).stdout
    yield f"{named.strip()}, on loopback, TSIG"
    versions = {one.version(): one.name for one in reversed(contestants)}
    yield from (f"{name}: {version}" for version, name in reversed(versions.items()))
    yield ""


def _cpu_model() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _tell(results: Results) -> None:
    print(*tables(results), sep="\n")
    print(*(f"- {note}" for note in dict.fromkeys(results.notes)), sep="\n")
    print("\nAims", *aims(results), sep="\n")
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / "many_records.json"
    file.write_text(json.dumps(results.plain(), indent=1))
    drawn = subprocess.run([BENCH_PYTHON, "-m", "benchmarks.plot", file], cwd=ROOT, check=False)
    if drawn.returncode == 0:
        print(
            f"\nplot: {file.with_suffix('.png').relative_to(ROOT)}, load {os.getloadavg()[0]:.1f}"
        )


if __name__ == "__main__":
    sys.exit(main())
