"""Run the simulator: ``python -m tests.fakes.ovh --port 8080 --scenario account.json``."""

from __future__ import annotations

from tests.fakes.api import main

from .scenario import Scenario
from .server import Simulator


def settings(scenario: Scenario) -> dict[str, str]:
    """Return the settings of both logins; an instance has one of them."""
    return {
        "applicationKey": scenario.application_key,
        "applicationSecret": scenario.application_secret,
        "consumerKey": scenario.consumer_key,
        "clientId": scenario.client_id,
        "clientSecret": scenario.client_secret,
    }


if __name__ == "__main__":
    main("ovh", __doc__, Scenario, lambda one, port: Simulator(one, port=port), settings)
