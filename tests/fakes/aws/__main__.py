"""Run the simulator: ``python -m tests.fakes.aws --port 8080 --scenario account.json``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.fakes.api import main
from tests.servers.ministack import MiniStack

from .scenario import Scenario
from .server import Simulator


def run() -> None:
    """Serve until SIGINT or SIGTERM, with a MiniStack of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ministack = MiniStack(Path(folder)).start()
        try:
            main(
                "aws",
                __doc__,
                Scenario,
                lambda scenario, port: Simulator(ministack.url, scenario, port=port),
                lambda scenario: {
                    "region": scenario.region,
                    "accessKeyId": scenario.access_key_id,
                    "secretAccessKey": scenario.secret_access_key,
                },
                url_setting="endpointUrl",
            )
        finally:
            ministack.stop()


if __name__ == "__main__":
    run()
