"""Run the simulator: ``python -m tests.fakes.hetzner --port 8080 --scenario account.json``."""

from __future__ import annotations

from tests.fakes.simulator import run

from .scenario import Scenario
from .server import Simulator

if __name__ == "__main__":
    run("hetzner", Scenario, lambda scenario, port: Simulator(scenario, port=port))
