"""Run the simulator: ``python -m tests.fakes.hetzner --port 8080 --scenario account.json``."""

from __future__ import annotations

from tests.fakes.api import main

from .scenario import Scenario
from .server import Simulator

if __name__ == "__main__":
    main(
        "hetzner",
        __doc__,
        Scenario,
        lambda scenario, port: Simulator(scenario, port=port),
        lambda scenario: {"apiToken": scenario.token},
    )
