"""A simulator of the OVHcloud API: blocks of addresses with their reverses, and both logins."""

from tests.fakes.api import Fault

from .account import Account
from .scenario import Block, Scenario
from .server import Simulator

__all__ = ["Account", "Block", "Fault", "Scenario", "Simulator"]
