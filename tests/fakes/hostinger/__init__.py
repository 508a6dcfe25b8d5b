"""A simulator of the Hostinger API: VPS addresses with their PTRs, actions, and DNS zones."""

from .account import Account
from .scenario import Fault, Machine, Scenario
from .server import Recorded, Simulator

__all__ = ["Account", "Fault", "Machine", "Recorded", "Scenario", "Simulator"]
