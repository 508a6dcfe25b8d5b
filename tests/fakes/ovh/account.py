"""The state behind the simulator, and what each call of the API does to it."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.history import History

from .scenario import Block, Scenario

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class RefusedError(Exception):
    """A request that the API refuses."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class Held:
    """A block and the reverses of its addresses."""

    block: Block
    network: Any
    reverses: dict[Address, History[str | None]] = field(default_factory=dict)


class Account:
    """Blocks of addresses. Whoever calls the API's part holds the guard."""

    def __init__(self, scenario: Scenario, now: Callable[[], float]) -> None:
        self.scenario = scenario
        self.now = now
        self.guard = threading.RLock()
        self.forward = scenario.forward
        self.blocks: History[list[Held]] = History([])
        for block in scenario.blocks:
            self.add(block, since=float("-inf"))

    # What a test or the control panel does and sees

    def add(self, block: Block, since: float | None = None) -> None:
        """Order a block."""
        with self.guard:
            held = Held(block, ipaddress.ip_network(block.ip))
            if self.scenario.initial_reverse == "default" and held.network.num_addresses <= 256:
                for address in held.network:
                    held.reverses[address] = History(self._default(address))
            moment = self.now() if since is None else since
            self.blocks.put(moment, [*self.blocks.now, held])

    def remove(self, ip: str) -> None:
        """End a block."""
        with self.guard:
            kept = [held for held in self.blocks.now if held.block.ip != ip]
            self.blocks.put(self.now(), kept)

    def ptr(self, address: str) -> str | None:
        """Return the reverse as it really is, without the dot."""
        with self.guard:
            wanted = ipaddress.ip_address(address)
            found = [held.reverses[wanted].now for held in self._holding(wanted)]
            reverse = next((one for one in found if one is not None), None)
            return None if reverse is None else reverse.rstrip(".")

    def set_ptr(self, address: str, hostname: str | None) -> None:
        """Change the reverse by hand, at once; None takes it away."""
        with self.guard:
            wanted = ipaddress.ip_address(address)
            held = next(held for held in self.blocks.now if wanted in held.network)
            self._put(held, wanted, None if hostname is None else f"{hostname}.")

    def set_forward(self, hostname: str, addresses: Sequence[str]) -> None:
        """Let OVHcloud's resolvers find these addresses."""
        with self.guard:
            self.forward = {**(self.forward or {}), hostname: list(addresses)}

    # The API

    def list_blocks(self, wanted: str | None) -> Any:
        """GET /ip"""
        there = self.blocks.at(self.now() - self.scenario.list_lag)
        if wanted is not None:
            network = ipaddress.ip_network(wanted)
            there = [held for held in there if _contains(held.network, network)]
        return [self._name(held) for held in there]

    def get_block(self, block: str) -> Any:
        """GET /ip/{ip}"""
        held = self._held(block)
        service = held.block.service
        return {
            "ip": held.block.ip,
            "type": held.block.type,
            "description": None,
            "routedTo": None if service is None else {"serviceName": service},
            "canBeTerminated": False,
            "country": "fr",
            "organisationId": None,
        }

    def list_reverses(self, block: str) -> Any:
        """GET /ip/{ip}/reverse"""
        held = self._held(block)
        return [self._text(one) for one in held.reverses if self._shown(held, one) is not None]

    def get_reverse(self, block: str, text: str) -> Any:
        """GET /ip/{ip}/reverse/{ipReverse}"""
        held, address = self._address(block, text)
        reverse = self._shown(held, address)
        if reverse is None:
            raise self._no_object(address)
        return {"ipReverse": self._text(address), "reverse": reverse}

    def add_reverse(self, block: str, body: Any) -> Any:
        """POST /ip/{ip}/reverse"""
        body = body if isinstance(body, dict) else {}
        held, address = self._address(block, str(body.get("ipReverse", "")))
        hostname = body.get("reverse")
        if not isinstance(hostname, str) or "." not in hostname.strip("."):
            raise RefusedError(400, "[reverse] Given data is not valid for type string")
        name = hostname.rstrip(".").lower()
        self._check_forward(name, address)
        self._put(held, address, f"{name}.")
        return {"ipReverse": self._text(address), "reverse": f"{name}."}

    def delete_reverse(self, block: str, text: str) -> Any:
        """DELETE /ip/{ip}/reverse/{ipReverse}"""
        held, address = self._address(block, text)
        there = held.reverses.get(address)
        if (there is None or there.now is None) and self.scenario.delete_absent == "404":
            raise self._no_object(address)
        leaves = self.scenario.delete_leaves == "default"
        self._put(held, address, self._default(address) if leaves else None)
        return None

    def _check_forward(self, name: str, address: Address) -> None:
        """Look the hostname up, as OVHcloud does before it sets a reverse."""
        if self.forward is None:
            return
        if address in map(ipaddress.ip_address, self.forward.get(name, [])):
            return
        if self.scenario.unresolved == "check":
            raise RefusedError(400, f"Cannot check if {name}. resolves to {address}")
        raise RefusedError(400, f"{name}. does not resolve to {address}")

    def _put(self, held: Held, address: Address, reverse: str | None) -> None:
        held.reverses.setdefault(address, History(None)).put(self.now(), reverse)

    def _shown(self, held: Held, address: Address) -> str | None:
        history = held.reverses.get(address)
        return history.at(self.now() - self.scenario.reverse_lag) if history else None

    def _holding(self, address: Address) -> list[Held]:
        return [held for held in self.blocks.now if address in held.reverses]

    def _held(self, block: str) -> Held:
        for held in self.blocks.now:
            if block in (held.block.ip, self._name(held)):
                return held
        raise RefusedError(404, "This service does not exist")

    def _address(self, block: str, text: str) -> tuple[Held, Address]:
        held = self._held(block)
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            reason = f"[ipReverse] Given data ({text}) is not valid for type ip"
            raise RefusedError(400, reason) from None
        if address not in held.network:
            raise RefusedError(400, f"{address} does not belong to {held.block.ip}")
        return held, address

    def _no_object(self, address: Address) -> RefusedError:
        return RefusedError(404, f"The requested object (reverse = {address}) does not exist")

    def _name(self, held: Held) -> str:
        is_single = held.network.num_addresses == 1
        if is_single and self.scenario.single == "address":
            return self._text(held.network.network_address)
        if self.scenario.ipv6_form == "long":
            return str(held.network.exploded)
        return held.block.ip

    def _text(self, address: Address) -> str:
        return address.exploded if self.scenario.ipv6_form == "long" else str(address)

    def _default(self, address: Address) -> str | None:
        if address.version == 6:
            return None
        head = "-".join(str(address).split(".")[:3])
        return f"ip{address.packed[-1]}.ip-{head}.eu."


def _contains(network: Any, other: Any) -> bool:
    return bool(network.version == other.version and other.subnet_of(network))
