"""The addresses of the simulated account, and what each call of EC2 does to them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.history import History

from .scenario import Eip, Scenario


class RefusedError(Exception):
    """A request that AWS refuses: its code, and what it says."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Ptr:
    """The PTR of an address, and what becomes of the last change."""

    #: None for the default
    served: str | None = None
    #: value and status of an update that is told of; reason where it failed
    update: tuple[str, str, str] | None = None


@dataclass
class Address:
    """An Elastic IP address."""

    eip: Eip
    ptr: History[Ptr]
    #: when a change is made, and what it is
    pending: tuple[float, str | None] | None = None

    @property
    def default_name(self) -> str:
        """What the address is called where nobody has set a PTR."""
        dashed = self.eip.public_ip.replace(".", "-")
        return f"ec2-{dashed}.eu-west-1.compute.amazonaws.com"


@dataclass
class Account:
    """Whoever calls the API's part holds the guard."""

    scenario: Scenario
    now: Callable[[], float]
    #: whether a hostname has an address in the public DNS
    resolves: Callable[[str, str], bool] = lambda hostname, address: False
    guard: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.addresses: dict[str, Address] = {}
        for eip in self.scenario.eips:
            self.add(eip)

    # What a test or the vendor's console does and sees

    def add(self, eip: Eip) -> None:
        """Allocate an address."""
        with self.guard:
            self.addresses[eip.allocation_id] = Address(eip, History(Ptr(eip.ptr)))

    def release(self, public_ip: str) -> None:
        """Release an address, whatever its PTR is."""
        with self.guard:
            del self.addresses[self._at(public_ip).eip.allocation_id]

    def ptr(self, public_ip: str) -> str | None:
        """Tell the PTR as it really is; None for the default."""
        with self.guard:
            self.settle()
            return self._at(public_ip).ptr.now.served

    def set_ptr(self, public_ip: str, hostname: str | None) -> None:
        """Change the PTR by hand, at once."""
        with self.guard:
            address = self._at(public_ip)
            address.pending = None
            address.ptr.put(self.now(), Ptr(hostname))

    def ask(self, public_ip: str, hostname: str, seconds: float) -> None:
        """Let somebody else ask for a change, which is on its way for a while."""
        with self.guard:
            self._begin(self._at(public_ip), hostname, seconds)

    # The API, in the members of AWS's own model

    def describe_addresses(self, query: dict[str, Any]) -> dict[str, Any]:
        """DescribeAddresses"""
        shown = []
        for address in self.addresses.values():
            eip = address.eip
            one: dict[str, Any] = {
                "PublicIp": eip.public_ip,
                "AllocationId": eip.allocation_id,
                "Domain": "vpc",
                "NetworkBorderGroup": self.scenario.region,
                "PublicIpv4Pool": "amazon",
            }
            if eip.instance_id:
                one |= {"InstanceId": eip.instance_id, "AssociationId": "eipassoc-01"}
            if eip.name:
                one["Tags"] = [{"Key": "Name", "Value": eip.name}]
            shown.append(one)
        return {"Addresses": shown}

    def describe_addresses_attribute(self, query: dict[str, Any]) -> dict[str, Any]:
        """DescribeAddressesAttribute"""
        ids = query.get("AllocationIds")
        chosen = list(self.addresses.values()) if ids is None else [self._of(one) for one in ids]
        moment = self.now() - self.scenario.read_lag
        shown = [self._attribute(one, one.ptr.at(moment)) for one in chosen]
        found = [one for one in shown if one]
        start = int(query.get("NextToken", "0"))
        end = start + min(self.scenario.page_size, query.get("MaxResults", 1000))
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {"Addresses": found[start:end], **more}

    def modify_address_attribute(self, query: dict[str, Any]) -> dict[str, Any]:
        """ModifyAddressAttribute"""
        address, hostname = self._of(query["AllocationId"]), query["DomainName"].rstrip(".")
        if "." not in hostname:
            raise RefusedError("InvalidParameterValue", f"Invalid domain name: {hostname}")
        self._refuse_second(address)
        if self.scenario.forward_check == "at once":
            self._refuse_unresolved(address, hostname)
        self._begin(address, hostname, self.scenario.update_takes)
        return {"Address": self._attribute(address, address.ptr.now)}

    def reset_address_attribute(self, query: dict[str, Any]) -> dict[str, Any]:
        """ResetAddressAttribute"""
        address = self._of(query["AllocationId"])
        self._refuse_second(address)
        self._begin(address, None, self.scenario.update_takes)
        return {"Address": self._attribute(address, address.ptr.now)}

    def settle(self) -> None:
        """Make the changes whose time has come."""
        for address in self.addresses.values():
            if address.pending is None or address.pending[0] > self.now():
                continue
            (moment, hostname), address.pending = address.pending, None
            if self.scenario.forward_check == "later" and hostname is not None:
                try:
                    self._refuse_unresolved(address, hostname)
                except RefusedError as refused:
                    failed = (f"{hostname}.", "FAILED", refused.message)
                    address.ptr.put(moment, Ptr(address.ptr.now.served, failed))
                    continue
            value = f"{hostname}." if hostname else address.default_name
            is_left = self.scenario.update_leaves == "its value"
            address.ptr.put(moment, Ptr(hostname, (value, "", "") if is_left else None))

    def _begin(self, address: Address, hostname: str | None, seconds: float) -> None:
        # Without the final dot it is told of where it is the default.
        value = f"{hostname}." if hostname else address.default_name
        served = address.ptr.now.served
        address.ptr.put(self.now(), Ptr(served, (value, "PENDING", "")))
        address.pending = (self.now() + seconds, hostname)

    def _refuse_second(self, address: Address) -> None:
        if address.pending and self.scenario.pending_refuses:
            raise RefusedError("IncorrectState", "A PTR update is in progress for the address")

    def _refuse_unresolved(self, address: Address, hostname: str) -> None:
        if not self.resolves(hostname, address.eip.public_ip):
            reason = f"The domain {hostname} does not resolve to {address.eip.public_ip}"
            raise RefusedError("InvalidParameterValue", reason)

    def _attribute(self, address: Address, ptr: Ptr) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        if ptr.served:
            shown["PtrRecord"] = f"{ptr.served}."
        elif self.scenario.unset_is == "the default name":
            shown["PtrRecord"] = f"{address.default_name}."
        elif self.scenario.unset_is == "empty":
            shown["PtrRecord"] = ""
        if ptr.update:
            keys = ("Value", "Status", "Reason")
            told = {key: text for key, text in zip(keys, ptr.update, strict=True) if text}
            shown["PtrRecordUpdate"] = told
        if not shown:
            return {}
        eip = address.eip
        return {"PublicIp": eip.public_ip, "AllocationId": eip.allocation_id, **shown}

    def _of(self, allocation_id: str) -> Address:
        if allocation_id not in self.addresses:
            reason = f"The allocation ID '{allocation_id}' does not exist"
            raise RefusedError("InvalidAllocationID.NotFound", reason)
        return self.addresses[allocation_id]

    def _at(self, public_ip: str) -> Address:
        return next(one for one in self.addresses.values() if one.eip.public_ip == public_ip)
