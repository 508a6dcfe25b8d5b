"""A simulator of Cloudflare's API: zones, and their records with ids, proxy and batches."""

from tests.fakes.api import Fault

from .account import Account
from .scenario import Scenario, ZoneSpec
from .server import Simulator

__all__ = ["Account", "Fault", "Scenario", "Simulator", "ZoneSpec"]
