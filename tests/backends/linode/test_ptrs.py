"""What the linode backend asks, and what it makes of each answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulumi_rdns.backends.linode.types import read_refusal
from pulumi_rdns.errors import (
    AddressNotFoundError,
    AuthenticationError,
    BackendError,
    ConflictError,
    RejectedError,
)
from pulumi_rdns.model.addresses import parse_address
from tests.fakes.linode import Account, Fault, Machine

from .world import MAIL, ROUTED, STRANGER, TEN, TEN6, TWENTY, WWW, World, world

TEN_PATH = f"/networking/ips/{TEN}"


@pytest.fixture
def account() -> Iterator[World]:
    with world() as made:
        yield made


def test_setting_a_ptr_takes_a_look_a_write_and_a_look_and_no_list(account: World) -> None:
    account.backend.set_ptr(TEN, MAIL)
    assert account.calls() == [f"GET {TEN_PATH}", f"PUT {TEN_PATH}", f"GET {TEN_PATH}"]
    (sent,) = account.simulator.sent("PUT")
    assert sent.body == {"rdns": "mail.example.com"}


def test_unsetting_sends_null_and_the_default_name_comes_back(account: World) -> None:
    account.backend.set_ptr(TEN, MAIL)
    account.backend.unset_ptr(TEN)
    assert account.simulator.sent("PUT")[-1].body == {"rdns": None}
    assert account.account.ptr(str(TEN)) == "203-0-113-10.ip.linodeusercontent.com"


def test_the_default_name_is_not_written_away(account: World) -> None:
    account.backend.unset_ptr(TEN)
    account.backend.unset_ptr(TEN6)
    assert account.simulator.sent("PUT") == []


def test_addresses_have_their_linode_s_name_and_reserved_ones_nobody_s(account: World) -> None:
    account.account.add(Machine(id=None, ipv4=["203.0.113.99"]))
    account.account.add(Machine(id=7000, label="old", ipv4=["203.0.113.2"]))
    del account.account.machines[7000]
    found = [
        (str(one.address), one.owner_id, one.owner_name) for one in account.backend.addresses()
    ]
    assert found == [
        ("203.0.113.2", "7000", "7000"),
        ("203.0.113.10", "5231", "mail"),
        ("203.0.113.20", "5232", "web"),
        ("203.0.113.99", "unassigned", "unassigned"),
        ("2001:db8::10", "5231", "mail"),
    ]


def test_a_token_that_may_not_read_linodes_shows_their_ids(account: World) -> None:
    account.scenario.scopes = ["ips:read_write"]
    assert [one.owner_name for one in account.backend.addresses()] == ["5231", "5232", "5231"]
    assert [sent.status for sent in account.simulator.sent("GET", "/linode/")] == [401]


def test_ranges_are_listed_once_and_again_for_an_address_that_is_in_none(account: World) -> None:
    for host in range(1, 20):
        assert account.backend.get_ptr(parse_address(f"2001:db8:1::{host}")) is None
    assert len(account.simulator.sent("GET", "/ipv6/ranges")) == 1
    account.time.sleep(11)
    account.account.add(Machine(id=6000, label="new", ranges=["2001:db8:2::/64"]))
    assert account.backend.get_ptr(parse_address("2001:db8:2::1")) is None
    assert len(account.simulator.sent("GET", "/ipv6/ranges")) == 2


def test_an_ipv4_address_of_somebody_else_is_told_without_a_list(account: World) -> None:
    with pytest.raises(AddressNotFoundError) as caught:
        account.backend.get_ptr(STRANGER)
    assert str(caught.value) == (
        "linode: read the PTR of 198.51.100.99: the account does not have this address; `rdns "
        "addresses` lists those that it has. Is the token another account's, or was the Linode "
        "deleted? (HTTP 404)"
    )
    assert len(account.calls()) == 1


def test_an_address_that_is_deleted_before_the_write_is_an_error(account: World) -> None:
    account.simulator.before("PUT", TEN_PATH, lambda account: account.remove(str(TEN)))
    with pytest.raises(AddressNotFoundError):
        account.backend.set_ptr(TEN, MAIL)


# The forward record that Linode checks


def test_a_forward_record_that_is_too_new_is_waited_for(account: World) -> None:
    account.account.forward = {}

    def appear() -> None:
        account.time.meanwhile = appear if account.time.now() < 1040 else None
        if account.time.now() >= 1040:
            account.account.set_forward("mail.example.com", [str(TEN)])

    account.time.meanwhile = appear
    account.backend.set_ptr(TEN, MAIL)
    assert account.account.ptr(str(TEN)) == "mail.example.com"
    assert 40 <= account.time.now() - 1000 < 60
    assert account.heard.told == [
        "the vendor does not see the forward record yet: the API refused it: rdns: No match was "
        "found for 'mail.example.com'. Reverse DNS must have a matching forward entry."
    ]


@pytest.mark.parametrize("unanswered", [False, True])
def test_one_that_never_comes_is_the_vendor_s_last_reason(unanswered: bool) -> None:
    with world(forward={}, unanswered=["mail.example.com"] if unanswered else []) as account:
        with pytest.raises(RejectedError) as caught:
            account.make(timeout=60).set_ptr(TEN, MAIL)
        assert len(account.simulator.sent("PUT")) > 3
    reason = "We were unable to perform" if unanswered else "No match was found for"
    assert f"the API refused it: rdns: {reason}" in str(caught.value)
    assert "or raise `timeout` (HTTP 400)" in str(caught.value)
    assert account.account.ptr(str(TEN)) == "203-0-113-10.ip.linodeusercontent.com"


def test_a_name_that_somebody_sets_while_the_forward_record_is_waited_for_survives() -> None:
    with world(forward={"www.example.com": [str(TEN)]}) as account:
        account.backend.set_ptr(TEN, WWW)
        account.time.meanwhile = lambda: account.account.set_ptr(str(TEN), "other.example.net")
        with pytest.raises(ConflictError, match=r"changed meanwhile, to other\.example\.net"):
            account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr(str(TEN)) == "other.example.net"


@pytest.mark.parametrize("hostname", ["localhost.", "a-name-without-a-dot."])
def test_a_hostname_that_the_vendor_does_not_take_is_not_tried_again(
    account: World, hostname: str
) -> None:
    import dns.name

    with pytest.raises(RejectedError, match="rdns: Must be a valid hostname"):
        account.backend.set_ptr(TEN, dns.name.from_text(hostname))
    assert len(account.simulator.sent("PUT")) == 1


# Tokens, limits and failures


def test_a_wrong_token_says_where_it_comes_from(account: World) -> None:
    with pytest.raises(AuthenticationError) as caught:
        account.make(api_token="mistyped").get_ptr(TEN)
    text = str(caught.value)
    assert "the API token is not accepted: Invalid Token. It comes from rdns:backends." in text
    assert "it needs ips:read_write" in text
    assert "mistyped" not in text


def test_a_token_that_may_only_read_is_told_at_the_write(account: World) -> None:
    account.scenario.scopes = ["ips:read_only"]
    assert account.backend.get_ptr(TEN) is not None
    with pytest.raises(AuthenticationError, match=r"not authorized to use this endpoint\. It"):
        account.backend.set_ptr(TEN, MAIL)


def test_a_429_in_the_middle_is_waited_for_and_looked_after(account: World) -> None:
    account.simulator.inject(Fault(kind="status", method="PUT", status=429, retry_after="7"))
    account.backend.set_ptr(TEN, MAIL)
    assert 7 <= account.time.now() - 1000 < 9
    methods = [sent.method for sent in account.simulator.sent()]
    assert methods == ["GET", "PUT", "GET", "PUT", "GET"]


@pytest.mark.parametrize("kind", ["cut", "cut_after"])
def test_a_write_whose_answer_is_lost_is_made_again(account: World, kind: str) -> None:
    account.simulator.inject(Fault(kind=kind, method="PUT"))  # type: ignore[arg-type]
    account.backend.set_ptr(TEN, MAIL)
    assert account.account.ptr(str(TEN)) == "mail.example.com"
    assert len(account.simulator.sent("PUT")) == 2


def test_a_name_that_somebody_sets_while_the_api_is_away_survives(account: World) -> None:
    def take(account: Account) -> None:
        account.set_ptr(str(TEN), "other.example.net")

    account.backend.set_ptr(TEN, WWW)
    account.simulator.inject(Fault(kind="cut", method="PUT"))
    account.time.meanwhile = lambda: take(account.account)
    with pytest.raises(ConflictError):
        account.backend.set_ptr(TEN, MAIL)
    assert account.account.ptr(str(TEN)) == "other.example.net"


@pytest.mark.parametrize("body", ["<html>no such page</html>", {"message": "nothing here"}])
def test_a_404_of_a_proxy_is_no_address_that_is_gone(account: World, body: object) -> None:
    account.simulator.inject(Fault(kind="status", status=404, body=body))
    with pytest.raises(RejectedError, match=r"/v4 has no GET .*; is apiUrl right\?"):
        account.backend.get_ptr(TEN)


def ip(**changes: object) -> dict[str, object]:
    return {"address": "203.0.113.10", "rdns": None, "linode_id": 1, **changes}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"address": "203.0.113.10", "linode_id": 1}, "missing required field `rdns`"),
        (ip(rdns="a..b"), "'a..b' is not a valid name"),
        (ip(address="10.0.0"), "'10.0.0' does not appear to be an IPv4 or IPv6 address"),
        (ip(linode_id="one"), "Expected `int | null`"),
        ("gibberish", "not JSON; is apiUrl the address of the API?"),
    ],
)
def test_an_answer_that_is_not_as_described_is_an_error(
    account: World, body: object, says: str
) -> None:
    account.simulator.inject(Fault(kind="answer", body=body))
    with pytest.raises(BackendError) as caught:
        account.backend.get_ptr(TEN)
    assert f"the answer to GET {TEN_PATH} is not" in str(caught.value)
    assert says in str(caught.value)


def test_a_range_that_cannot_be_one_is_an_error(account: World) -> None:
    data = [{"range": "2001:db8::", "prefix": 200}]
    page = {"data": data, "page": 1, "pages": 1}
    account.simulator.inject(Fault(kind="answer", path="/ranges", body=page))
    with pytest.raises(BackendError, match="'200' is not a valid netmask"):
        account.backend.get_ptr(ROUTED)


@pytest.mark.parametrize("rdns", [None, ""])
def test_null_and_an_empty_text_are_no_ptr(account: World, rdns: str | None) -> None:
    account.simulator.inject(Fault(kind="answer", body=ip(rdns=rdns)))
    assert account.backend.get_ptr(TEN) is None


def test_a_name_with_a_final_dot_and_capital_letters_is_the_same(account: World) -> None:
    account.account.set_ptr(str(TEN), "Mail.Example.COM.")
    ptr = account.backend.get_ptr(TEN)
    assert ptr is not None
    assert ptr.hostname == MAIL
    assert not ptr.is_default


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"errors": {}}', b"\xff"])
def test_a_refusal_may_be_anything(content: bytes) -> None:
    assert read_refusal(content).reason == ""


def test_two_accounts_are_two_instances_of_one_place(account: World) -> None:
    """An address is in one account at a time, so the token makes no difference."""
    with world() as other:
        assert account.make(api_token="other").identity == account.backend.identity
        assert other.backend.identity != account.backend.identity
    assert account.scenario.token not in repr(account.backend.settings)
    with pytest.raises(AddressNotFoundError):
        account.make(api_url=account.simulator.url + "/").unset_ptr(STRANGER)


def test_a_hundred_addresses_are_read_without_a_list() -> None:
    fleet = [Machine(id=at, label=f"l{at}", ipv4=[f"10.0.0.{at}"]) for at in range(1, 101)]
    with world(machines=fleet, default_name="members") as account:
        for at in range(1, 101):
            ptr = account.backend.get_ptr(parse_address(f"10.0.0.{at}"))
            assert ptr is not None
            assert ptr.is_default
        assert len(account.calls()) == 100
        assert len(account.backend.addresses()) == 100
        assert len(account.calls()) == 102


def test_the_second_address_is_not_touched(account: World) -> None:
    account.backend.set_ptr(TWENTY, WWW)
    account.backend.set_ptr(TEN, MAIL)
    assert account.account.ptr(str(TWENTY)) == "www.example.com"
