"""An address backend of which only the requests are its own."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

import dns.name
import pytest

from pulumi_rdns.backends.base import OwnedAddress, Ptr
from pulumi_rdns.backends.kit.addresses import HostBackend, HostSettings
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.ptrs import LookAgain
from pulumi_rdns.errors import RejectedError
from pulumi_rdns.model.addresses import Address
from tests.backends.kit.tools import FakeTime

MAIL = dns.name.from_text("mail.example.com")
ONE, TWO, SIX = (ipaddress.ip_address(text) for text in ("192.0.2.1", "192.0.2.2", "2001:db8::1"))


class Host(HostBackend[HostSettings]):
    """A vendor that keeps PTRs in memory, and may not see a forward record."""

    def __init__(self, time: FakeTime, timeout: float = 60.0) -> None:
        super().__init__("corp", HostSettings(timeout=timeout), Path(), time.clock)
        self.ptrs: dict[Address, dns.name.Name | None] = dict.fromkeys([SIX, TWO, ONE])
        self.operations: list[str] = []
        self.refusals = 0

    def _read(self, operation: Operation, address: Address) -> Ptr | None:
        self.operations.append(str(operation))
        hostname = self.ptrs[address]
        return None if hostname is None else Ptr(hostname)

    def _write(
        self,
        operation: Operation,
        address: Address,
        hostname: dns.name.Name | None,
        look_again: LookAgain,
    ) -> None:
        if self.refusals:
            self.refusals -= 1
            raise operation.error(RejectedError, "it does not resolve")
        self.ptrs[address] = hostname

    def _list(self, operation: Operation) -> Iterator[OwnedAddress]:
        self.operations.append(str(operation))
        for address in self.ptrs:
            yield OwnedAddress(address, "1", "one", self._read(operation, address))


class StrictHost(Host):
    """A vendor that says so where it does not see the forward record."""

    def _is_unresolved(self, error: RejectedError) -> bool:
        return "does not resolve" in error.reason


def test_a_ptr_is_set_read_listed_and_unset() -> None:
    host = Host(FakeTime())
    host.set_ptr(ONE, MAIL)
    assert host.get_ptr(ONE) == Ptr(MAIL)
    assert [(owned.address, owned.ptr) for owned in host.addresses()] == [
        (ONE, Ptr(MAIL)),
        (TWO, None),
        (SIX, None),
    ]
    host.unset_ptr(ONE)
    assert host.get_ptr(ONE) is None
    assert sorted(set(host.operations)) == [
        "corp: delete the PTR of 192.0.2.1",
        "corp: list all addresses",
        "corp: read the PTR of 192.0.2.1",
        "corp: set the PTR of 192.0.2.1",
    ]


def test_a_refusal_is_waited_out_only_where_the_vendor_means_the_forward_record() -> None:
    host = StrictHost(FakeTime())
    host.refusals = 3
    host.set_ptr(ONE, MAIL)
    assert host.ptrs[ONE] == MAIL
    other = Host(FakeTime())
    other.refusals = 1
    with pytest.raises(RejectedError, match=r"it does not resolve$"):
        other.set_ptr(ONE, MAIL)


def test_the_time_out_of_the_settings_bounds_an_operation() -> None:
    time = FakeTime()
    host = StrictHost(time, timeout=10)
    host.refusals = 100
    with pytest.raises(RejectedError, match="or raise `timeout`"):
        host.set_ptr(ONE, MAIL)
    assert time.now() - 1000 <= 10
