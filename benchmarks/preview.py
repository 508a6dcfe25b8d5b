"""What a preview pays for looking: a set of 10,000 records, with and without ``previewChecks``.

    eval "$(make -s env)"
    PYTHONPATH=provider:. .venv/bin/python -m benchmarks.preview

One BIND, the real CLI. The aim: at most 1.4 times as long as without, and half a second. The two
take turns; the table shows medians.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from tests.e2e.harness import Project
from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL
from tests.servers.process import zone_text

ROUNDS = 5
SIZE = 10_000
ZONE = "18.198.in-addr.arpa"
_RECORDS = """\
records = {{f"198.18.{{n >> 8}}.{{n & 255}}": f"h{{n}}.example.com" for n in range({size})}}
rdns.PtrRecordSet("set", records=records)
"""
#: step -> records of the program, of which the state has all or none
STEPS = {"nothing there yet": SIZE, "no change": SIZE, "100 leave": SIZE - 100}


def main() -> None:
    """Measure each step, and print the table."""
    taken: dict[tuple[str, bool], list[float]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        DynamicBind(Path(folder) / "bind", {ZONE: zone_text("@ NS ns1.example.com.")}) as server,
    ):
        instance = {
            "type": "rfc2136",
            "server": f"{server.address}:{server.port}",
            "keyName": FULL.name,
            "keySecret": FULL.secret,
        }
        config = {"rdns:backend": "bind", "rdns:backends": {"bind": instance}}
        project = Project(Path(folder) / "project", config)
        for step, size in STEPS.items():
            project.program(_RECORDS.format(size=size))
            for number in range(ROUNDS):
                for looks in (True, False) if number % 2 else (False, True):
                    project.configure({**config, "rdns:previewChecks": looks})
                    began = time.perf_counter()
                    project.preview()
                    taken.setdefault((step, looks), []).append(time.perf_counter() - began)
            if step == "nothing there yet":
                project.up()
    for step in STEPS:
        plain, looking = (statistics.median(taken[step, looks]) for looks in (False, True))
        allowed = 1.4 * plain + 0.5
        met = "met" if looking <= allowed else "NOT MET"
        print(
            f"{step:20} {plain:5.2f} s without, {looking:5.2f} s with ({looking / plain:.2f}x); "
            f"aim {allowed:.2f} s: {met}"
        )


if __name__ == "__main__":
    main()
