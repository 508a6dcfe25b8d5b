"""Finding a VM from a bare address, and what is listed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_rdns.backends.base import Ptr
from pulumi_rdns.errors import AddressNotFoundError
from pulumi_rdns.model.addresses import parse_address
from tests.fakes.hostinger import Machine

from .world import MAIL, STRANGER, TEN, TEN6, TWENTY, addresses, fleet, name, world

LIST = "GET virtual-machines"


def test_a_hundred_addresses_are_found_with_one_list_by_all_threads() -> None:
    with world(machines=fleet(100), latency=0.01) as account:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(account.backend.get_ptr, addresses(100)))
        assert found[99] == Ptr(name("srv200.hstgr.cloud"), is_default=True)
        assert account.calls().count(LIST) == 1


def test_threads_that_read_addresses_of_one_vm_share_one_look_at_it() -> None:
    there = [f"203.0.113.{at}" for at in range(1, 9)]
    machines = [Machine(id=7, hostname="srv7.hstgr.cloud", ipv4=there)]
    with world(machines=machines, latency=0.02) as account:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(account.backend.get_ptr, map(parse_address, there)))
        assert account.calls() == [LIST, "GET virtual-machines/7"]


def test_what_an_earlier_run_wrote_is_seen_although_the_list_lags() -> None:
    with world(list_lag=3600.0) as account:
        account.make().set_ptr(TEN, MAIL)
        assert account.make().get_ptr(TEN) == Ptr(MAIL)
        account.make().unset_ptr(TEN)
        assert account.account.ptr("203.0.113.10") is None


def test_a_hundred_ptrs_are_set_with_one_list() -> None:
    machines = [
        Machine(
            id=at,
            hostname=f"srv{at}.hstgr.cloud",
            ipv4=[f"203.0.113.{4 * at + n}" for n in range(4)],
        )
        for at in range(25)
    ]
    with world(machines=machines, action_delay=2.0) as account:
        wanted = [address for machine in machines for address in machine.ipv4 or ()]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda at: account.backend.set_ptr(at, MAIL), map(parse_address, wanted)))
        assert {account.account.ptr(address) for address in wanted} == {"mail.example.com"}
        assert account.calls().count(LIST) == 1
        assert len(account.simulator.sent("POST")) == 100


def test_after_a_while_only_the_vm_is_read_again() -> None:
    with world() as account:
        account.backend.get_ptr(TEN)
        account.time.sleep(4)
        account.backend.get_ptr(TEN)
        assert account.calls() == [LIST, "GET virtual-machines/17923"]
        account.time.sleep(4)
        account.account.set_ptr("203.0.113.10", "by.hand.example.com")
        assert account.backend.get_ptr(TEN) == Ptr(name("by.hand.example.com"))
        assert account.calls() == [LIST, *["GET virtual-machines/17923"] * 2]


def test_a_written_vm_is_not_taken_from_a_list_that_lags() -> None:
    with world(list_lag=3600.0) as account:
        account.backend.set_ptr(TEN, MAIL)
        account.time.sleep(60)
        listed = {entry.address: entry.ptr for entry in account.backend.addresses()}
        assert listed[TEN] == Ptr(MAIL)
        assert account.backend.get_ptr(TEN) == Ptr(MAIL)


def test_a_vm_that_was_bought_meanwhile_is_found() -> None:
    with world() as account:
        account.backend.get_ptr(TEN)
        account.account.add(Machine(id=5, hostname="srv5.hstgr.cloud", ipv4=["198.51.100.99"]))
        account.time.sleep(11)
        assert account.backend.get_ptr(STRANGER) is not None


def test_an_address_of_nobody_is_looked_for_once_in_a_while_only() -> None:
    with world() as account:
        for _ in range(5):
            with pytest.raises(AddressNotFoundError):
                account.backend.get_ptr(STRANGER)
        assert account.calls() == [LIST]


def test_the_few_addresses_that_are_there_are_named() -> None:
    with world() as account, pytest.raises(AddressNotFoundError) as caught:
        account.backend.set_ptr(STRANGER, MAIL)
    assert str(caught.value) == (
        "hostinger: set the PTR of 198.51.100.99: no VM of this account has it; it has "
        "203.0.113.10, 203.0.113.20, 2001:db8::10. Is the token another account's, or was the VM "
        "deleted?"
    )


def test_many_addresses_are_counted() -> None:
    with (
        world(machines=fleet(11)) as account,
        pytest.raises(AddressNotFoundError, match="it has 11 others, which `rdns addresses` lists"),
    ):
        account.backend.get_ptr(STRANGER)


def test_an_account_without_addresses_says_so() -> None:
    machines = [Machine(id=1, hostname="srv1.hstgr.cloud")]
    with (
        world(machines=machines) as account,
        pytest.raises(AddressNotFoundError, match="it has no VM with an address"),
    ):
        account.backend.get_ptr(TEN)


def test_a_vm_that_is_gone_is_not_a_missing_route() -> None:
    with world() as account:
        account.backend.get_ptr(TEN)
        account.account.vms.pop(17923)
        account.time.sleep(6)
        with pytest.raises(AddressNotFoundError) as caught:
            account.backend.get_ptr(TEN)
        assert str(caught.value) == (
            "hostinger: read the PTR of 203.0.113.10: VM 17923 (srv17923.hstgr.cloud) is not in "
            "the account any more: was it deleted? "
            "(correlation id 00000000-0000-4000-8000-000000000001)"
        )
        account.time.sleep(6)
        with pytest.raises(AddressNotFoundError, match="no VM of this account has it"):
            account.backend.get_ptr(TEN)


def test_an_address_that_moved_to_another_vm_is_said_and_then_found() -> None:
    with world() as account:
        account.backend.get_ptr(TEN)
        vms = account.account.vms
        vms[17924].ipv4, vms[17923].ipv4 = vms[17923].ipv4, None
        account.time.sleep(11)
        with pytest.raises(AddressNotFoundError, match="does not have this address any more"):
            account.backend.get_ptr(TEN)
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr("203.0.113.10") == "mail.example.com"


def test_addresses_are_listed_with_their_owners_in_order() -> None:
    with world() as account:
        account.account.set_ptr("203.0.113.20", "web.example.com")
        found = account.backend.addresses()
        assert [(str(entry.address), entry.owner_id, entry.owner_name) for entry in found] == [
            ("203.0.113.10", "17923", "srv17923.hstgr.cloud"),
            ("203.0.113.20", "17924", "srv17924.hstgr.cloud"),
            ("2001:db8::10", "17923", "srv17923.hstgr.cloud"),
        ]
        default = Ptr(name("srv17923.hstgr.cloud"), is_default=True)
        assert [entry.ptr for entry in found] == [default, Ptr(name("web.example.com")), default]
        account.backend.addresses()
        assert account.calls() == [LIST]


@pytest.mark.parametrize(
    ("ptr", "is_default"),
    [
        ("srv1.hstgr.cloud", True),
        ("SRV17923.hstgr.cloud.", True),
        ("box.example.net", True),
        ("mail.example.com", False),
        ("srv1.hstgr.cloud.example.com", False),
        ("srv1.other.example", False),
    ],
)
def test_a_name_of_the_vendors_or_of_the_vm_is_a_default(ptr: str, is_default: bool) -> None:
    machine = Machine(id=1, hostname="Box.example.net", ipv4=["203.0.113.10"])
    with world(machines=[machine]) as account:
        account.account.set_ptr("203.0.113.10", ptr)
        found = account.backend.get_ptr(TEN)
        assert found is not None
        assert found.is_default is is_default


@pytest.mark.parametrize("ptr", [None, ""])
def test_null_and_an_empty_text_are_no_ptr(ptr: str | None) -> None:
    with world() as account:
        account.account.set_ptr("2001:db8::10", ptr)
        assert account.backend.get_ptr(TEN6) is None


def test_an_ipv6_address_in_another_spelling_is_the_same() -> None:
    machine = Machine(id=1, hostname="srv1.hstgr.cloud", ipv6=["2001:0DB8:0:0::10/48"])
    with world(machines=[machine]) as account:
        assert account.backend.get_ptr(TEN6) is not None


def test_a_hostname_that_somebody_resets_takes_our_ptr_with_it_and_is_seen() -> None:
    with world() as account:
        account.backend.set_ptr(TWENTY, MAIL)
        account.account.reset_hostname(17924)
        account.time.sleep(6)
        ptr = account.backend.get_ptr(TWENTY)
        assert ptr == Ptr(name("srv17924.hstgr.cloud"), is_default=True)
