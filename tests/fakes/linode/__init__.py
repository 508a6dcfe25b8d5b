"""A simulator of the Linode API: addresses with their RDNS, IPv6 ranges, and Linodes."""

from tests.fakes.api import Fault

from .account import Account
from .scenario import Machine, Scenario
from .server import Simulator

__all__ = ["Account", "Fault", "Machine", "Scenario", "Simulator"]
