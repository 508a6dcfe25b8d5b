"""What it costs that something else is there: records that are taken over, and one that is refused.

    eval "$(make -s env)"
    PYTHONPATH=provider:. .venv/bin/python -m benchmarks.conflicts

One BIND, the real CLI. Records are created where nothing is, and then written over those of
somebody else (``on_conflict="overwrite"``); one is created, and one is refused. The aims: writing
over takes at most 1.3 times as long as creating, and a refusal is told at most half a second later
than a create is done. What a command takes after it has told of a failure is the engine's own, as
the resource shows that does nothing but fail. The contestants take turns; the table shows medians.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from benchmarks.world import address, owner
from tests.e2e.harness import Project
from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL
from tests.servers.process import zone_text

ZONE = "18.198.in-addr.arpa"
ROUNDS = 5
MANY = 148
EMPTY = zone_text("@ NS ns1.example.com.")
FAILING = """
from pulumi.dynamic import Resource, ResourceProvider

class Refusing(ResourceProvider):
    def create(self, props):
        raise Exception("no")

class Refused(Resource, name="Refused"):
    pass

Refused(Refusing(), "refused", {})
"""


class Contestant(NamedTuple):
    """One command."""

    label: str
    #: records that the program declares; 0 for a resource that does nothing but fail
    size: int
    #: whether somebody else's records stand there
    is_held: bool = False
    policy: str = "fail"
    #: what the CLI prints when it is done, or has failed
    told: str = " created "


CREATED, OVER, ONE, REFUSED, NOTHING = CONTESTANTS = (
    Contestant(f"{MANY} created", MANY),
    Contestant(f"{MANY} written over", MANY, is_held=True, policy="overwrite"),
    Contestant("one created", 1),
    Contestant("one refused", 1, is_held=True, told="creating failed"),
    Contestant("one that only fails", 0, told="creating failed"),
)


class Taken(NamedTuple):
    """Seconds from the start of the command."""

    until_told: float
    whole: float


def main() -> None:
    """Run all contestants in turn, as many rounds as the argument says."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    taken: defaultdict[Contestant, list[Taken]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            for one in CONTESTANTS:
                taken[one].append(_up(Path(folder) / f"{number}", one))
    medians = {
        one: Taken(*map(statistics.median, zip(*each, strict=True))) for one, each in taken.items()
    }
    print(f"{'':20} {'told':>8} {'whole':>8}")
    for one, (until_told, whole) in medians.items():
        print(f"{one.label:20} {until_told:6.2f} s {whole:6.2f} s")
    over, later = medians[OVER].whole / medians[CREATED].whole, medians[REFUSED].until_told
    print(f"written over, of created: {over:.2f} (aim: 1.3)")
    print(f"refused, told after created: {later - medians[ONE].until_told:.2f} s (aim: 0.5 s)")


def _up(folder: Path, one: Contestant) -> Taken:
    held = "".join(f"\n{owner(number)} PTR held.example.net." for number in range(one.size))
    zones = {ZONE: zone_text("@ NS ns1.example.com." + held) if one.is_held else EMPTY}
    with DynamicBind(folder / "bind", zones) as server:
        instance = {
            "type": "rfc2136",
            "server": f"{server.address}:{server.port}",
            "keyName": FULL.name,
            "keySecret": FULL.secret,
        }
        project = Project(
            folder / "project", {"rdns:backend": "bind", "rdns:backends": {"bind": instance}}
        )
        project.program(
            *(
                f"rdns.PtrRecord('{address(number)}', address='{address(number)}', "
                f"hostname='h{number}.example.com', forward_check='skip', "
                f"on_conflict='{one.policy}')\n"
                for number in range(one.size)
            )
        )
        if not one.size:
            project.program(FAILING)
        seconds = _timed(project, one.told)
    shutil.rmtree(folder)
    return seconds


def _timed(project: Project, told: str) -> Taken:
    began = time.perf_counter()
    running = project.start_up()
    until_told = None
    for line in running.process.stdout or ():
        if until_told is None and told in line:
            until_told = time.perf_counter() - began
    running.process.wait()
    whole = time.perf_counter() - began
    assert until_told is not None, f"the CLI never told {told!r}"
    is_failure = told != " created "
    assert bool(running.process.returncode) is is_failure, running.process.returncode
    return Taken(until_told, whole)


if __name__ == "__main__":
    main()
