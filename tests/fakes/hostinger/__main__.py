"""Run the simulator: ``python -m tests.fakes.hostinger --port 8080 --scenario account.json``."""

from __future__ import annotations

import argparse
import signal

from .scenario import Scenario, load
from .server import Simulator


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.hostinger", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--scenario", help="a JSON file, or JSON; see scenario.py for the fields")
    options = parser.parse_args()
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    scenario = load(options.scenario) if options.scenario else Scenario()
    with Simulator(scenario, port=options.port) as simulator:
        print(f"apiUrl {simulator.url}", flush=True)
        print(f"apiToken {scenario.token}", flush=True)
        signal.sigwait(ends)


if __name__ == "__main__":
    main()
