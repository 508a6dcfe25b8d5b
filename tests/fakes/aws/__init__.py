"""A simulator of AWS: the PTRs of Elastic IP addresses, and Route 53 by MiniStack behind it."""

from .account import Account
from .scenario import Eip, Fault, Scenario
from .server import Simulator

__all__ = ["Account", "Eip", "Fault", "Scenario", "Simulator"]
