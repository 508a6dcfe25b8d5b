"""Run the simulator: ``python -m tests.fakes.hetzner --port 8080 --scenario account.json``."""

from __future__ import annotations

from tests.fakes.simulator import run

from .server import Simulator

if __name__ == "__main__":
    run("hetzner", Simulator)
