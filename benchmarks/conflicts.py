"""What it costs that something else is there: records that are taken over, and one that is refused.

    eval "$(make -s env)"
    PYTHONPATH=provider:. .venv/bin/python -m benchmarks.conflicts

One BIND, the real CLI. Records are created where nothing is, and then written over those of
somebody else (``on_conflict="overwrite"``); one is created, and one is refused. The aims: writing
over takes at most 1.3 times as long as creating, and a refusal is told at most half a second later
than a create is done. The contestants take turns; the table shows medians.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.world import address, owner
from tests.e2e.harness import Project
from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL
from tests.servers.process import zone_text

ZONE = "18.198.in-addr.arpa"
ROUNDS = 5
MANY = 148
EMPTY = zone_text("@ NS ns1.example.com.")


def main() -> None:
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            for label, size, is_held, policy in (
                (f"{MANY} created", MANY, False, "fail"),
                (f"{MANY} written over", MANY, True, "overwrite"),
                ("one created", 1, False, "fail"),
                ("one refused", 1, True, "fail"),
            ):
                seconds = _up(Path(folder) / f"{number}", size, is_held=is_held, policy=policy)
                taken.setdefault(label, []).append(seconds)
    medians = {label: statistics.median(seconds) for label, seconds in taken.items()}
    for label, seconds in medians.items():
        print(f"{label:20} {seconds:6.2f} s")
    created, over, one, refused = medians.values()
    print(f"written over, of created: {over / created:.2f} (aim: 1.3)")
    print(f"refused, after created: {refused - one:.2f} s (aim: 0.5 s)")


def _up(folder: Path, size: int, *, is_held: bool, policy: str) -> float:
    held = "".join(f"\n{owner(number)} PTR held.example.net." for number in range(size))
    zones = {ZONE: zone_text("@ NS ns1.example.com." + held) if is_held else EMPTY}
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
                f"on_conflict='{policy}')\n"
                for number in range(size)
            )
        )
        began = time.perf_counter()
        project.up(fails=is_held and policy == "fail")
        seconds = time.perf_counter() - began
    shutil.rmtree(folder)
    return seconds


if __name__ == "__main__":
    main()
