"""A simulator of the Hostinger API: VPS addresses with their PTRs, actions, and DNS zones."""

from tests.fakes.simulator import Fault, Recorded

from .account import Account
from .scenario import Machine, Scenario
from .server import Simulator

__all__ = ["Account", "Fault", "Machine", "Recorded", "Scenario", "Simulator"]
