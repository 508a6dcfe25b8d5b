"""What the ovh backend asks, and what it makes of each answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulumi_rdns.backends.ovh.types import is_default, read_block, read_refusal
from pulumi_rdns.errors import (
    AddressNotFoundError,
    BackendError,
    ConflictError,
    RejectedError,
)
from pulumi_rdns.model.addresses import parse_address
from tests.fakes.ovh import Block, Fault

from .world import IN_BLOCK, MAIL, STRANGER, TEN, TEN6, WWW, World, world

PATH = "/ip/203.0.113.10/32/reverse"


@pytest.fixture
def account() -> Iterator[World]:
    with world() as made:
        yield made


def test_setting_a_ptr_takes_a_list_of_blocks_a_look_a_write_and_a_look(account: World) -> None:
    account.backend.set_ptr(TEN, MAIL)
    look = f"GET {PATH}/203.0.113.10"
    assert account.calls() == ["GET /ip", look, f"POST {PATH}", look]
    (sent,) = account.simulator.sent("POST")
    assert sent.body == {"ipReverse": "203.0.113.10", "reverse": "mail.example.com"}
    assert "%2F32" in sent.path


def test_a_hundred_addresses_are_found_in_one_list() -> None:
    with world(blocks=[Block(ip=f"203.0.113.{at}/32") for at in range(1, 101)]) as account:
        for at in range(1, 101):
            account.backend.set_ptr(parse_address(f"203.0.113.{at}"), MAIL)
        assert account.calls().count("GET /ip") == 1
        assert len(account.calls()) == 1 + 100 * 3


def test_the_smallest_block_is_the_one_of_an_address(account: World) -> None:
    account.account.add(Block(ip="198.51.100.18/32"))
    account.backend.set_ptr(IN_BLOCK, MAIL)
    assert "POST /ip/198.51.100.18/32/reverse" in account.calls()


def test_addresses_have_the_service_of_their_block(account: World) -> None:
    account.account.add(Block(ip="192.0.2.7/32", service=None))
    account.backend.set_ptr(IN_BLOCK, MAIL)
    account.backend.set_ptr(TEN6, WWW)
    account.time.sleep(20)
    found = [
        (str(one.address), one.owner_id, one.ptr and one.ptr.hostname)
        for one in account.backend.addresses()
    ]
    dedicated, vps = "ns3012345.ip-203-0-113.eu", "vps-1a2b3c4d.vps.ovh.net"
    block = [(f"198.51.100.{at}", dedicated, MAIL if at == 18 else None) for at in range(16, 24)]
    assert found == [
        ("192.0.2.7", "192.0.2.7/32", None),
        *block,
        ("203.0.113.10", dedicated, None),
        ("203.0.113.20", vps, None),
        ("2001:db8:41d0::10", dedicated, WWW),
    ]


def test_an_address_of_somebody_else_says_how_many_blocks_there_are(account: World) -> None:
    with pytest.raises(AddressNotFoundError) as caught:
        account.backend.get_ptr(STRANGER)
    assert str(caught.value) == (
        "ovh: read the PTR of 192.0.2.99: none of the account's 4 blocks of addresses contains it; "
        "`rdns addresses` lists them. Is the login another account's, or was the service ended?"
    )


def test_a_block_that_is_ordered_later_is_found(account: World) -> None:
    account.backend.get_ptr(TEN)
    account.account.add(Block(ip="192.0.2.99/32"))
    account.time.sleep(11)
    account.backend.set_ptr(STRANGER, MAIL)
    assert account.account.ptr(str(STRANGER)) == "mail.example.com"


def test_a_block_that_ends_is_an_error_and_not_a_ptr_that_is_gone(account: World) -> None:
    account.backend.set_ptr(TEN, MAIL)
    account.time.sleep(61)
    account.account.remove("203.0.113.10/32")
    with pytest.raises(AddressNotFoundError):
        account.backend.get_ptr(TEN)
    with pytest.raises(AddressNotFoundError):
        account.backend.set_ptr(TEN, MAIL)


def test_a_block_that_ends_before_the_write_is_an_error_on_set_and_none_on_unset(
    account: World,
) -> None:
    account.backend.set_ptr(TEN, MAIL)
    account.simulator.before("POST", "/reverse", lambda one: one.remove("203.0.113.10/32"))
    with pytest.raises(AddressNotFoundError):
        account.backend.set_ptr(TEN, WWW)
    account.account.add(Block(ip="203.0.113.10/32"))
    account.account.set_ptr(str(TEN), "mail.example.com")
    account.simulator.before("DELETE", "/reverse", lambda one: one.remove("203.0.113.10/32"))
    account.backend.unset_ptr(TEN)


# The forward record that OVHcloud checks


@pytest.mark.parametrize("unresolved", ["check", "resolve"])
def test_a_forward_record_that_is_too_new_is_waited_for(unresolved: str) -> None:
    with world(forward={}, unresolved=unresolved) as account:

        def appear() -> None:
            account.time.meanwhile = appear if account.time.now() < 1040 else None
            if account.time.now() >= 1040:
                account.account.set_forward("mail.example.com", [str(TEN)])

        account.time.meanwhile = appear
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr(str(TEN)) == "mail.example.com"
        assert 40 <= account.time.now() - 1000 < 60
        (told,) = account.heard.told
        assert told.startswith("the vendor does not see the forward record yet: the API refused")


def test_one_that_never_comes_is_the_vendor_s_last_reason(account: World) -> None:
    account.account.forward = {}
    with pytest.raises(RejectedError) as caught:
        account.make(timeout=60).set_ptr(TEN, MAIL)
    assert "Cannot check if mail.example.com. resolves to 203.0.113.10, tried for" in str(
        caught.value
    )
    assert "correlation id EU.ext-1." in str(caught.value)
    assert len(account.simulator.sent("POST")) > 3


def test_a_name_that_somebody_sets_while_the_forward_record_is_waited_for_survives(
    account: World,
) -> None:
    account.backend.set_ptr(TEN, WWW)
    account.account.forward = {}
    account.time.meanwhile = lambda: account.account.set_ptr(str(TEN), "other.example.net")
    with pytest.raises(ConflictError, match=r"changed meanwhile, to other\.example\.net"):
        account.backend.set_ptr(TEN, MAIL)
    assert account.account.ptr(str(TEN)) == "other.example.net"


def test_any_other_refusal_is_not_tried_again(account: World) -> None:
    body = {"message": "This IP is locked by an anti-spam action"}
    account.simulator.inject(Fault(kind="status", method="POST", status=400, body=body))
    with pytest.raises(RejectedError, match="the API refused it: This IP is locked"):
        account.backend.set_ptr(TEN, MAIL)
    assert len(account.simulator.sent("POST")) == 1


# Limits and failures


def test_a_429_in_the_middle_is_waited_for_and_looked_after(account: World) -> None:
    account.simulator.inject(Fault(kind="status", method="POST", status=429, retry_after="7"))
    account.backend.set_ptr(TEN, MAIL)
    assert 7 <= account.time.now() - 1000 < 9
    methods = [sent.method for sent in account.simulator.sent("", "/reverse")]
    assert methods == ["GET", "POST", "GET", "POST", "GET"]


@pytest.mark.parametrize("kind", ["cut", "cut_after"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_write_whose_answer_is_lost_is_made_again(account: World, method: str, kind: str) -> None:
    account.account.set_ptr(str(TEN), "www.example.com")
    account.simulator.inject(Fault(kind=kind, method=method))  # type: ignore[arg-type]
    if method == "POST":
        account.backend.set_ptr(TEN, MAIL)
    else:
        account.backend.unset_ptr(TEN)
    assert account.account.ptr(str(TEN)) == ("mail.example.com" if method == "POST" else None)
    assert len(account.simulator.sent(method)) == 2


@pytest.mark.parametrize("body", ["<html>", {"error": ""}, {"message": "invalid (or empty) URL"}])
def test_a_404_that_is_not_about_a_ptr_is_no_ptr_that_is_gone(account: World, body: object) -> None:
    account.simulator.inject(Fault(kind="status", path="/reverse", status=404, body=body))
    with pytest.raises(RejectedError, match=r"/1\.0 has no GET .*; is apiUrl right\?"):
        account.backend.get_ptr(TEN)


def test_a_404_of_the_list_is_an_error(account: World) -> None:
    body = {"message": "no such thing"}
    account.simulator.inject(Fault(kind="status", path="/1.0/ip$", status=404, body=body))
    with pytest.raises(RejectedError, match="the API refused it: no such thing"):
        account.backend.get_ptr(TEN)


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/reverse/", {"ipReverse": "203.0.113.10"}, "missing required field `reverse`"),
        ("/reverse/", {"reverse": "a..b"}, "'a..b' is not a valid name"),
        ("/ip$", {"ip": "203.0.113.10/32"}, "Expected `array`"),
        ("/ip$", "gibberish", "not JSON; is apiUrl the address of the API?"),
        ("/auth/time", "soon", "not JSON"),
    ],
)
def test_an_answer_that_is_not_as_described_is_an_error(
    account: World, path: str, body: object, says: str
) -> None:
    account.simulator.inject(Fault(kind="answer", path=path, body=body))
    with pytest.raises(BackendError) as caught:
        account.backend.get_ptr(TEN)
    assert says in str(caught.value)


def test_a_block_that_is_no_network_is_passed_over(account: World) -> None:
    body = ["campus", "203.0.113.10/32"]
    account.simulator.inject(Fault(kind="answer", path="/ip$", body=body))
    assert account.backend.get_ptr(TEN) is None
    assert read_block("campus") is None


@pytest.mark.parametrize(
    ("hostname", "address", "default"),
    [
        ("ip10.ip-203-0-113.eu", "203.0.113.10", True),
        ("ns3012345.ip-203-0-113.eu", "203.0.113.10", True),
        ("10.ip-203-0-113.net", "203.0.113.10", True),
        ("vps-1a2b3c4d.vps.ovh.net", "203.0.113.10", True),
        ("vps123456.ovh.net", "203.0.113.10", True),
        ("ns3012345.ovh.net", "203.0.113.10", True),
        ("ks12345.kimsufi.com", "203.0.113.10", True),
        ("ip10.ip-198-51-100.eu", "203.0.113.10", False),
        ("mail.ip-203-0-113.eu", "203.0.113.10", False),
        ("mx1.ovh.net", "203.0.113.10", False),
        ("mail.example.com", "203.0.113.10", False),
        ("mail.example.com", "2001:db8::1", False),
    ],
)
def test_default_names_are_those_of_the_vendor(hostname: str, address: str, default: bool) -> None:
    assert is_default(hostname, parse_address(address)) is default


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"message": 1}', b"\xff"])
def test_a_refusal_may_be_anything(content: bytes) -> None:
    assert read_refusal(content).reason == ""
