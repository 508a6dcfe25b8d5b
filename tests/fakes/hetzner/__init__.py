"""A simulator of the Hetzner Cloud API: servers, IPs, load balancers with PTRs, and DNS zones."""

from tests.fakes.api import Fault, Recorded

from .account import Account
from .scenario import FloatingIp, LoadBalancer, PrimaryIp, Scenario, Server
from .server import Simulator

__all__ = [
    "Account",
    "Fault",
    "FloatingIp",
    "LoadBalancer",
    "PrimaryIp",
    "Recorded",
    "Scenario",
    "Server",
    "Simulator",
]
