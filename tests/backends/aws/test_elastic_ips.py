"""PTRs of Elastic IP addresses: what is asked, what is waited for, what is refused."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import dns.name
import pytest

from pulumi_rdns.backends.base import Ptr
from pulumi_rdns.errors import (
    AddressNotFoundError,
    BackendError,
    ConflictError,
    RateLimitError,
    RejectedError,
    UnavailableError,
)
from pulumi_rdns.model.addresses import parse_address
from tests.fakes.aws import Eip, Fault
from tests.fakes.aws.wire import NAMESPACE

from .conftest import MakeWorld
from .world import MAIL, STRANGER, TEN, TWENTY, World, addresses, fleet

LIST, READ = "DescribeAddresses", "DescribeAddressesAttribute"
MODIFY, RESET = "ModifyAddressAttribute", "ResetAddressAttribute"
OTHER = "somebody.example.net"


def failure(kind: type[BackendError], world: World, hostname: dns.name.Name | None = MAIL) -> str:
    """Set the PTR, or delete it, and return what is said."""
    unset, set_ptr = world.backend.unset_ptr, world.backend.set_ptr
    change = partial(unset, TEN) if hostname is None else partial(set_ptr, TEN, hostname)
    with pytest.raises(kind) as caught:
        change()
    return str(caught.value)


@pytest.fixture
def slow(make_world: MakeWorld) -> Iterator[World]:
    with make_world(update_takes=90.0) as made:
        yield made


def test_a_ptr_is_set_in_four_requests_and_unset_in_three(account: World) -> None:
    account.backend.set_ptr(TEN, MAIL)
    assert account.calls() == [LIST, READ, MODIFY, READ]
    account.backend.unset_ptr(TEN)
    assert account.calls()[4:] == [READ, RESET, READ]
    assert account.backend.get_ptr(TEN) is None


def test_what_is_so_already_is_not_asked_for(account: World) -> None:
    account.account.set_ptr(str(TEN), "mail.example.com")
    account.backend.set_ptr(TEN, MAIL)
    account.account.set_ptr(str(TEN), None)
    account.backend.unset_ptr(TEN)
    assert account.calls() == [LIST, READ, READ]


def test_the_list_is_read_once_for_a_hundred_addresses(make_world: MakeWorld) -> None:
    with make_world(eips=fleet(100)) as world:
        for address in addresses(100):
            world.backend.set_ptr(address, MAIL)
        assert world.calls().count(LIST) == 1
        assert len(world.calls()) == 1 + 100 * 3


def test_a_change_is_waited_for_and_the_user_told(slow: World) -> None:
    slow.backend.set_ptr(TEN, MAIL)
    assert slow.account.ptr(str(TEN)) == "mail.example.com"
    assert set(slow.heard.told) == {"waiting for EC2 to make the change"}
    assert slow.heard.warnings == []


def test_a_change_that_never_ends_is_given_up_at_the_limit(make_world: MakeWorld) -> None:
    with make_world(update_takes=math.inf) as world:
        said = failure(UnavailableError, world)
        assert said == (
            "aws: set the PTR of 203.0.113.10: the change to mail.example.com is still PENDING "
            "after 300 s. It may end well yet: run it again later, or raise `timeout`"
        )


def test_a_read_that_lags_for_ever_is_a_warning(make_world: MakeWorld) -> None:
    with make_world(read_lag=math.inf) as world:
        world.backend.set_ptr(TEN, MAIL)
        assert world.account.ptr(str(TEN)) == "mail.example.com"
        assert world.heard.warnings == [
            "aws: set the PTR of 203.0.113.10: EC2 took the change, but still shows the default; "
            "`pulumi refresh` tells whether it came later"
        ]


# What others do


def test_a_stranger_s_change_on_its_way_is_waited_for_and_not_overwritten(account: World) -> None:
    account.account.ask(str(TEN), OTHER, seconds=60)
    assert account.backend.get_ptr(TEN) is None
    said = failure(ConflictError, account)
    assert said == f"aws: set the PTR of 203.0.113.10: it changed meanwhile, to {OTHER}"
    assert account.account.ptr(str(TEN)) == OTHER
    assert f"waiting for an earlier change, to {OTHER}" in account.heard.told
    assert MODIFY not in account.calls()


def test_a_stranger_s_change_that_comes_before_a_delete_survives(account: World) -> None:
    account.account.set_ptr(str(TEN), "mail.example.com")
    account.account.ask(str(TEN), OTHER, seconds=60)
    assert "it changed meanwhile" in failure(ConflictError, account, None)
    assert account.account.ptr(str(TEN)) == OTHER
    assert RESET not in account.calls()


def test_an_earlier_change_that_never_ends_is_given_up(account: World) -> None:
    account.account.ask(str(TEN), OTHER, seconds=math.inf)
    said = failure(UnavailableError, account)
    assert f"the change to {OTHER} is still PENDING" in said
    assert MODIFY not in account.calls()


def test_what_an_earlier_run_asked_for_is_waited_for_and_not_asked_again(account: World) -> None:
    account.account.ask(str(TEN), "mail.example.com", seconds=60)
    account.backend.set_ptr(TEN, MAIL)
    assert account.account.ptr(str(TEN)) == "mail.example.com"
    assert MODIFY not in account.calls()


def test_a_stranger_s_name_that_comes_in_a_pause_survives(account: World) -> None:
    account.simulator.inject(Fault(kind="status", path=MODIFY, status=500))
    account.time.meanwhile = lambda: account.account.set_ptr(str(TEN), OTHER)
    assert "it changed meanwhile" in failure(ConflictError, account)
    assert account.account.ptr(str(TEN)) == OTHER
    assert account.calls().count(MODIFY) == 1


# The forward record, which EC2 checks itself


@pytest.fixture(params=["at once", "later"])
def checking(make_world: MakeWorld, request: pytest.FixtureRequest) -> Iterator[World]:
    with make_world(forward_check=request.param, update_takes=20.0) as made:
        yield made


def test_a_forward_record_that_is_too_new_is_waited_for(checking: World) -> None:
    checking.account.resolves = lambda hostname, address: (
        checking.time.now() > 1100 and (hostname, address) == ("mail.example.com", str(TEN))
    )
    checking.backend.set_ptr(TEN, MAIL)
    assert checking.account.ptr(str(TEN)) == "mail.example.com"
    assert checking.calls().count(MODIFY) > 2
    assert any("does not resolve to 203.0.113.10" in text for text in checking.heard.told)


def test_one_that_never_comes_ends_with_the_vendor_s_reason(checking: World) -> None:
    is_later = checking.scenario.forward_check == "later"
    said = failure(UnavailableError if is_later else RejectedError, checking)
    assert "The domain mail.example.com does not resolve to 203.0.113.10" in said
    assert checking.account.ptr(str(TEN)) is None
    assert checking.time.now() <= 1000 + 300 + 1


def test_a_stranger_s_name_that_comes_while_it_is_waited_for_survives(checking: World) -> None:
    def resolves(hostname: str, address: str) -> bool:
        if checking.time.now() > 1050:
            checking.account.set_ptr(address, OTHER)
        return False

    checking.account.resolves = resolves
    assert "it changed meanwhile" in failure(ConflictError, checking)
    assert checking.account.ptr(str(TEN)) == OTHER


def test_no_other_refusal_is_repeated(account: World) -> None:
    said = failure(RejectedError, account, dns.name.from_text("localhost"))
    assert said.startswith(
        "aws: set the PTR of 203.0.113.10: EC2 refused it: Invalid domain name: localhost "
        "(InvalidParameterValue, correlation id "
    )
    assert account.calls().count(MODIFY) == 1
    assert account.time.now() == 1000


# Addresses


def test_an_address_that_is_allocated_later_is_found(account: World) -> None:
    for _ in range(2):  # listed again, but not for each address
        with pytest.raises(AddressNotFoundError) as caught:
            account.backend.get_ptr(STRANGER)
        assert str(caught.value) == (
            "aws: read the PTR of 198.51.100.99: it is none of the account's Elastic IP addresses "
            "in this region (2), and EC2 sets the PTR of no others"
        )
    assert account.calls().count(LIST) == 1
    account.account.add(Eip(public_ip=str(STRANGER), allocation_id="eipalloc-new"))
    account.time.sleep(10)
    account.backend.set_ptr(STRANGER, MAIL)
    assert account.account.ptr(str(STRANGER)) == "mail.example.com"


def test_one_that_is_released_meanwhile_is_not_there_any_more(account: World) -> None:
    account.backend.get_ptr(TEN)
    account.account.release(str(TEN))
    said = failure(AddressNotFoundError, account)
    assert "the address is not in the account any more: The allocation ID 'eipalloc-0a'" in said


def test_an_ipv6_address_is_none_of_the_account_s(account: World) -> None:
    with pytest.raises(AddressNotFoundError):
        account.backend.get_ptr(parse_address("2001:db8::10"))


def test_only_its_own_name_at_aws_is_an_address_s_default(account: World) -> None:
    own = "ec2-203-0-113-10.eu-west-1.compute.amazonaws.com"
    account.account.set_ptr(str(TEN), own.upper())
    assert account.backend.get_ptr(TEN) == Ptr(dns.name.from_text(own), is_default=True)
    account.account.set_ptr(str(TWENTY), own)
    assert account.backend.get_ptr(TWENTY) == Ptr(dns.name.from_text(own), is_default=False)


@pytest.mark.parametrize(
    "suffix", ["compute-1.amazonaws.com", "cn-north-1.compute.amazonaws.com.cn"]
)
def test_the_default_names_of_older_and_of_chinese_regions(account: World, suffix: str) -> None:
    account.account.set_ptr(str(TEN), f"ec2-203-0-113-10.{suffix}")
    ptr = account.backend.get_ptr(TEN)
    assert ptr is not None
    assert ptr.is_default


def test_the_owner_is_what_has_the_address_and_its_name_the_tag(make_world: MakeWorld) -> None:
    eips = [
        Eip(public_ip="203.0.113.20", allocation_id="eipalloc-1", instance_id="i-1", name="mail"),
        Eip(public_ip="203.0.113.9", allocation_id="eipalloc-2", instance_id="i-2"),
        Eip(public_ip="203.0.113.30", allocation_id="eipalloc-3", ptr="Mail.example.com"),
    ]
    with make_world(eips=eips, page_size=2) as world:
        assert [
            (str(one.address), one.owner_id, one.owner_name) for one in world.backend.addresses()
        ] == [
            ("203.0.113.9", "i-2", "i-2"),
            ("203.0.113.20", "i-1", "mail"),
            ("203.0.113.30", "eipalloc-3", "eipalloc-3"),
        ]
        assert world.backend.addresses()[2].ptr == Ptr(MAIL)


def test_an_address_without_an_allocation_has_no_ptr_of_its_own(account: World) -> None:
    classic = (
        f'<DescribeAddressesResponse xmlns="{NAMESPACE}"><addressesSet><item>'
        f"<publicIp>{TEN}</publicIp><domain>standard</domain></item></addressesSet>"
        "</DescribeAddressesResponse>"
    )
    account.simulator.inject(Fault(kind="answer", path=f"{LIST}$", times=3, body=classic))
    assert account.backend.addresses() == []
    with pytest.raises(AddressNotFoundError):
        account.backend.get_ptr(TEN)


# Trouble


@pytest.mark.parametrize("kind", ["cut", "cut_after"])
def test_a_connection_that_is_cut_is_no_obstacle(account: World, kind: str) -> None:
    account.simulator.inject(Fault(kind=kind, path=MODIFY))  # type: ignore[arg-type]
    account.backend.set_ptr(TEN, MAIL)
    assert account.account.ptr(str(TEN)) == "mail.example.com"
    assert {sent.status for sent in account.simulator.sent("POST", MODIFY)} == {0, 200}


@pytest.mark.parametrize("status", [429, 503])
def test_storms_are_waited_for(account: World, status: int) -> None:
    account.simulator.inject(Fault(kind="status", status=status, times=4))
    account.backend.set_ptr(TEN, MAIL)
    assert account.account.ptr(str(TEN)) == "mail.example.com"
    assert [sent.status for sent in account.simulator.sent()[:5]] == [503, 503, 503, 503, 200]


def test_a_storm_that_does_not_end_names_the_limit(account: World) -> None:
    account.simulator.inject(Fault(kind="status", status=429, times=1000))
    said = failure(RateLimitError, account)
    assert "too many requests (Rate exceeded): tried for" in said
    assert "RequestLimitExceeded, correlation id" in said


def test_a_ptr_that_no_name_can_be_is_an_error(account: World) -> None:
    account.account.set_ptr(str(TEN), "a..example.com")
    with pytest.raises(BackendError, match="a record cannot be read: 'a\\.\\.example\\.com\\.'"):
        account.backend.get_ptr(TEN)
