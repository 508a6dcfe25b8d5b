"""PTRs at Hetzner: whose an address is, what is sent, what is waited for, and what stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import dns.name
import pytest

from pulumi_rdns.errors import (
    AddressNotFoundError,
    AuthenticationError,
    BackendError,
    ConflictError,
    RateLimitError,
    RejectedError,
    UnavailableError,
)
from pulumi_rdns.model.addresses import Address, parse_address
from tests.fakes.hetzner import Account, Fault, PrimaryIp, Server

from .world import (
    BALANCER,
    BALANCER6,
    EVERY,
    FLOATING,
    FLOATING6,
    KINDS,
    MAIL,
    NETWORK,
    SPARE,
    SPARE6,
    STRANGER,
    TEN,
    World,
    name,
    world,
)

WWW = dns.name.from_text("www.example.com")
LISTS = ["GET /primary_ips", "GET /floating_ips", "GET /load_balancers", "GET /servers"]
DEFAULT = "static.10.113.0.203.clients.your-server.de"
CHANGE = "POST /primary_ips/9001/actions/change_dns_ptr"
BUSY = {"error": {"code": "locked", "message": "an action is already running"}}


def set_and_unset(account: World, address: Address) -> None:
    account.backend.set_ptr(address, MAIL)
    account.backend.unset_ptr(address)


# Whose an address is


def test_a_primary_ip_is_found_by_its_address_and_then_read_by_its_id() -> None:
    with world(**KINDS) as account:
        account.backend.set_ptr(TEN, MAIL)
        found = "GET /primary_ips?ip=203.0.113.10"
        assert account.calls() == [found, CHANGE, "GET /primary_ips/9001"]


@pytest.mark.parametrize(
    ("address", "read"),
    [
        (NETWORK, "/primary_ips/9002"),
        (SPARE6, "/primary_ips/32"),
        (FLOATING, "/floating_ips/41"),
        (FLOATING6, "/floating_ips/43"),
        (BALANCER, "/load_balancers/42"),
        (BALANCER6, "/load_balancers/42"),
    ],
    ids=str,
)
def test_whatever_else_has_an_address_is_found_in_the_lists(address: Address, read: str) -> None:
    with world(**KINDS) as account:
        account.backend.get_ptr(address)
        calls = account.calls()
        if address.version == 4:
            assert calls.pop(0) == f"GET /primary_ips?ip={address}"
        assert calls == [*LISTS, f"GET {read}"]


def test_a_hundred_addresses_of_one_network_are_found_in_one_list() -> None:
    with world(**KINDS) as account:
        for at in range(100):
            account.backend.get_ptr(parse_address(f"2001:db8:1::{at:x}"))
        assert [call for call in account.calls() if call in LISTS] == LISTS
        assert len(account.calls()) == 4 + 100


def test_a_long_list_is_read_to_its_end() -> None:
    ips = [PrimaryIp(id=at, name=f"ip{at}", ip=f"10.0.0.{at}") for at in range(1, 121)]
    with world(primary_ips=ips, servers=[]) as account:
        assert len(account.backend.addresses()) == 120
        assert len(account.simulator.sent("GET", "/primary_ips")) == 3


def test_an_address_that_nothing_has_is_an_error_that_says_so() -> None:
    with world(**KINDS) as account:
        for _ in range(5):
            with pytest.raises(AddressNotFoundError) as caught:
                account.backend.get_ptr(STRANGER)
        assert str(caught.value) == (
            "hetzner: read the PTR of 198.51.100.99: no server, primary IP, floating IP or load "
            "balancer of this project has it (9 there; `rdns addresses` lists their addresses). Is "
            "the token another project's?"
        )
        assert [call for call in account.calls() if call in LISTS] == LISTS
        account.time.sleep(20)
        account.account.floating_ips[41].text = str(STRANGER)
        assert account.backend.get_ptr(STRANGER) is not None


def test_an_address_that_moves_to_another_ip_of_the_project_is_found_again() -> None:
    with world(**KINDS) as account:
        account.backend.set_ptr(TEN, MAIL)
        account.account.remove("primary_ips", 9001)
        account.account.floating_ips[41].text = str(TEN)
        account.backend.set_ptr(TEN, WWW)
        assert account.account.ptr(str(TEN)) == "www.example.com"


@pytest.mark.parametrize("kind", ["servers", "load_balancers", "floating_ips", "primary_ips"])
def test_what_is_deleted_elsewhere_is_no_address_of_the_project(kind: str) -> None:
    address = {
        "servers": TEN,
        "load_balancers": BALANCER,
        "floating_ips": FLOATING,
        "primary_ips": SPARE,
    }[kind]
    ids = {"servers": 42, "load_balancers": 42, "floating_ips": 41, "primary_ips": 31}
    with world(**KINDS) as account:
        account.backend.set_ptr(address, MAIL)
        account.account.remove(kind, ids[kind])
        for call in (account.backend.get_ptr, account.backend.unset_ptr):
            with pytest.raises(AddressNotFoundError):
                call(address)


def test_what_is_deleted_right_before_the_write_is_no_address_of_the_project() -> None:
    with world(**KINDS) as account:
        account.simulator.before("POST", "", lambda project: project.remove("servers", 42))
        with pytest.raises(AddressNotFoundError, match="primary IP 9001 does not have it any more"):
            account.backend.set_ptr(TEN, MAIL)


def test_what_is_in_an_old_list_alone_is_no_address_of_the_project() -> None:
    with world(**KINDS) as account:
        account.backend.get_ptr(FLOATING6)
        account.account.remove("floating_ips", 41)
        with pytest.raises(AddressNotFoundError, match="floating IP 41 does not have it any more"):
            account.backend.get_ptr(FLOATING)


def test_the_list_shows_whose_each_address_is() -> None:
    with world(**KINDS) as account:
        account.backend.set_ptr(NETWORK, MAIL)
        found = account.backend.addresses()
        assert [(str(one.address), one.owner_id, one.owner_name) for one in found] == [
            ("203.0.113.10", "42", "web1"),
            ("203.0.113.30", "primary_ips/31", "spare"),
            ("203.0.113.40", "floating_ips/41", "floating"),
            ("203.0.113.50", "load_balancers/42", "lb1"),
            ("2001:db8:1::1", "42", "web1"),
            ("2001:db8:1::10", "42", "web1"),
            ("2001:db8:3::1", "primary_ips/32", "spare6"),
            ("2001:db8:4::1", "floating_ips/43", "floating6"),
            ("2001:db8:5::1", "load_balancers/42", "lb1"),
        ]
        named = {str(one.address): one.ptr for one in found}
        assert named["2001:db8:1::1"] is None
        assert named["2001:db8:1::10"] == (MAIL, False)
        assert named["203.0.113.10"] == (name(DEFAULT), True)


def test_a_server_whose_address_is_no_primary_ip_has_it_itself() -> None:
    with world(**KINDS) as account:
        fault: dict[str, Any] = {"primary_ips": [], "meta": {}}
        account.simulator.inject(Fault(kind="answer", path="/primary_ips", times=99, body=fault))
        account.backend.set_ptr(TEN, MAIL)
        assert account.writes() == ["POST /servers/42/actions/change_dns_ptr"]
        assert account.account.ptr(str(TEN)) == "mail.example.com"


# Unset


@pytest.mark.parametrize("address", EVERY, ids=str)
def test_unset_gives_the_default_back(address: Address) -> None:
    with world(**KINDS) as account:
        before = account.backend.get_ptr(address)
        set_and_unset(account, address)
        assert account.backend.get_ptr(address) == before
        assert (before is not None) == (address.version == 4)
        (*_, last) = account.simulator.sent("POST")
        assert last.body == {"ip": str(address), "dns_ptr": None}


@pytest.mark.parametrize(
    ("address", "last"),
    [
        (TEN, ("servers/42", None)),
        (NETWORK, ("servers/42", None)),
        (SPARE, ("primary_ips/31", "static.30.113.0.203.clients.your-server.de")),
        (FLOATING, ("floating_ips/41", "static.40.113.0.203.clients.your-server.de")),
    ],
    ids=str,
)
def test_where_null_is_refused_it_is_the_server_or_the_default_name(
    address: Address, last: tuple[str, str | None]
) -> None:
    with world(**KINDS, null_for_ips=False) as account:
        before = account.backend.get_ptr(address)
        set_and_unset(account, address)
        assert account.backend.get_ptr(address) == before
        sent = account.simulator.sent("POST")[-1]
        assert (sent.path, sent.body["dns_ptr"]) == (
            f"/v1/{last[0]}/actions/change_dns_ptr",
            last[1],
        )


def test_where_nothing_unsets_it_the_vendor_s_words_are_told() -> None:
    with world(**KINDS, null_for_ips=False) as account:
        account.backend.set_ptr(SPARE6, MAIL)
        with pytest.raises(RejectedError, match="the API refused it: invalid input in field"):
            account.backend.unset_ptr(SPARE6)
        assert account.account.ptr(str(SPARE6)) == "mail.example.com"


def test_nothing_is_written_where_it_is_so_already() -> None:
    with world(**KINDS) as account:
        account.backend.unset_ptr(TEN)
        account.backend.unset_ptr(NETWORK)
        account.backend.set_ptr(TEN, MAIL)
        account.backend.set_ptr(TEN, MAIL)
        assert account.writes() == [CHANGE]


# Actions


def test_an_action_is_waited_for_and_told() -> None:
    with world(**KINDS, action_delay=3.0) as account:
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr(str(TEN)) == "mail.example.com"
        (told, *_) = account.notes.progressed
        assert told.startswith("waiting for action ")
        assert told.endswith("(change_dns_ptr): running")


def test_an_action_that_fails_gives_the_vendor_s_reason() -> None:
    with world(**KINDS, action_result="error", action_delay=1.0) as account:
        with pytest.raises(RejectedError) as caught:
            account.backend.set_ptr(TEN, MAIL)
        assert "(change_dns_ptr) failed: Action failed (action_failed)" in str(caught.value)


def test_an_action_that_does_not_end_may_end_well_yet() -> None:
    with world(**KINDS, action_delay=1000.0) as account:
        with pytest.raises(UnavailableError, match=r"is still 'running' after 300 s\. It may end"):
            account.backend.set_ptr(TEN, MAIL)
        account.time.sleep(1000)
        account.backend.set_ptr(TEN, MAIL)
        assert len(account.writes()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="status", path="/v1/actions/", status=404, times=99),
        Fault(kind="status", path="/v1/actions/", status=403, times=99),
        Fault(kind="status", path="/v1/actions/", status=503, times=999),
        Fault(kind="status", path="/v1/actions/", status=429, times=99, retry_after="9999"),
    ],
    ids=lambda fault: str(fault.status),
)
def test_whatever_keeps_an_action_from_being_seen_leaves_it_unknown(fault: Fault) -> None:
    with world(**KINDS, action_delay=1.0) as account:
        account.simulator.inject(fault)
        with pytest.raises(UnavailableError, match="what became of it is not known"):
            account.backend.set_ptr(TEN, MAIL)
        assert account.writes() == [CHANGE]
        account.time.sleep(1)
        assert account.account.ptr(str(TEN)) == "mail.example.com"


def test_an_api_that_does_not_show_it_for_long_is_a_warning() -> None:
    with world(**KINDS, ptr_lag=100.0) as account:
        account.backend.set_ptr(TEN, MAIL)
        (warning,) = account.notes.warnings
        assert warning.startswith("hetzner: set the PTR of 203.0.113.10: Hetzner reported success")
        assert "waiting for primary IP 9001 to show the change" in account.notes.progressed


# What is under way, and what others do meanwhile


@pytest.mark.parametrize("code", ["locked", "conflict"])
def test_what_is_busy_is_waited_for_and_looked_at_again(code: str) -> None:
    with world(**KINDS) as account:
        body = {"error": {"code": code, "message": "busy"}}
        status = {"locked": 423, "conflict": 409}[code]
        fault = Fault(kind="status", method="POST", status=status, body=body, times=2)
        account.simulator.inject(fault)
        account.backend.set_ptr(TEN, MAIL)
        assert account.writes() == [CHANGE] * 3
        assert "the API refused it: busy; looking again" in account.notes.progressed


def test_what_stays_busy_is_given_up_at_the_deadline() -> None:
    with world(**KINDS) as account:
        fault = Fault(kind="status", method="POST", status=423, body=BUSY, times=10**6)
        account.simulator.inject(fault)
        began = account.time.now()
        with pytest.raises(UnavailableError, match="an action is already running, tried"):
            account.make(timeout=40.0).set_ptr(TEN, MAIL)
        assert account.time.now() - began <= 41


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="status", method="POST", status=423, body=BUSY),
        Fault(kind="status", method="POST", status=429, retry_after="5"),
        Fault(kind="status", method="POST", status=502),
        Fault(kind="cut", method="POST"),
    ],
    ids=["locked", "rate limit", "502", "cut"],
)
@pytest.mark.parametrize("is_set", [True, False])
def test_a_name_that_somebody_sets_meanwhile_survives(fault: Fault, is_set: bool) -> None:
    with world(**KINDS) as account:
        account.account.set_ptr(str(TEN), "www.example.com")
        fault.times = 1
        account.simulator.inject(fault)
        account.time.meanwhile = lambda: account.account.set_ptr(str(TEN), "new.example.net")
        backend = account.backend
        write = partial(backend.set_ptr, TEN, MAIL) if is_set else partial(backend.unset_ptr, TEN)
        with pytest.raises(ConflictError, match=r"it changed meanwhile, to new\.example\.net"):
            write()
        assert account.time.meanwhile is None
        assert account.account.ptr(str(TEN)) == "new.example.net"


@pytest.mark.parametrize("kind", ["cut", "cut_after", "status"])
def test_a_write_whose_answer_is_lost_is_looked_after(kind: Any) -> None:
    with world(**KINDS) as account:
        account.simulator.inject(Fault(kind=kind, method="POST"))
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr(str(TEN)) == "mail.example.com"
        assert len(account.writes()) == (1 if kind == "cut_after" else 2)


def test_where_one_action_at_a_time_is_taken_the_others_wait_here() -> None:
    with world(**KINDS, action_delay=2.0, acting_locks=True) as account:
        there = [parse_address(f"2001:db8:1::{at:x}") for at in range(1, 21)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda address: account.backend.set_ptr(address, MAIL), there))
        assert {account.account.ptr(str(address)) for address in there} == {"mail.example.com"}
        refused = [sent for sent in account.simulator.sent("POST") if sent.status == 423]
        assert 0 < len(refused) <= 8


# Errors


def test_an_error_has_the_vendor_s_code_and_correlation_id() -> None:
    with world(**KINDS) as account:
        with pytest.raises(RejectedError) as caught:
            account.backend.set_ptr(TEN, name("localhost"))
        assert str(caught.value).startswith(
            "hetzner: set the PTR of 203.0.113.10: the API refused it: invalid input in field "
            "'dns_ptr'; dns_ptr: dns_ptr is not a valid FQDN (invalid_input, correlation id 0000"
        )


def test_a_token_that_may_only_read_is_told_so() -> None:
    with world(**KINDS, read_only=True) as account:
        assert account.backend.get_ptr(TEN) is not None
        with pytest.raises(AuthenticationError) as caught:
            account.backend.set_ptr(TEN, MAIL)
        assert "the API token may not do this: the token may only read" in str(caught.value)
        assert "rdns:backends.hetzner.apiToken" in str(caught.value)
        assert "token_readonly" in caught.value.code


@pytest.mark.parametrize("body", ["<html>", [], {"error": None}, {"error": {"details": {}}}])
def test_a_refusal_in_other_words_is_a_sentence_all_the_same(body: Any) -> None:
    with world(**KINDS) as account:
        account.simulator.inject(Fault(kind="status", status=400, times=9, body=body))
        with pytest.raises(RejectedError, match="the API refused it: status 400"):
            account.backend.get_ptr(TEN)


def test_what_is_wrong_with_fields_is_told() -> None:
    details = {"fields": [{"name": "ip", "messages": ["no", "really"]}, {"name": "x"}, 7]}
    with world(**KINDS) as account:
        body = {"error": {"code": "invalid_input", "message": "wrong", "details": details}}
        account.simulator.inject(Fault(kind="status", status=422, body=body))
        with pytest.raises(BackendError, match="the API refused it: wrong; ip: no really "):
            account.backend.get_ptr(TEN)


def test_what_is_known_and_refused_is_no_deleted_one() -> None:
    with world(**KINDS) as account:
        account.backend.get_ptr(TEN)
        account.simulator.inject(Fault(kind="status", status=418))
        with pytest.raises(RejectedError, match="the API refused it: Simulated failure"):
            account.backend.get_ptr(TEN)


def test_two_tokens_of_one_api_are_one_place_and_two_apis_are_two() -> None:
    with world() as account:
        mine = account.backend.identity
        assert account.make(api_token="other").identity == mine
        assert account.make(api_url=f"{account.simulator.url}/v1/").identity == mine
        assert account.make(api_url="https://api.example.net").identity != mine


def test_a_rate_limit_that_does_not_end_is_told_with_how_long_it_was_tried() -> None:
    with world(**KINDS) as account:
        account.simulator.inject(Fault(kind="status", status=429, times=10**6))
        with pytest.raises(RateLimitError, match="rate_limit_exceeded"):
            account.make(timeout=60.0).get_ptr(TEN)


def test_a_hook_of_the_simulator_sees_the_account() -> None:
    def rename(project: Account) -> None:
        project.servers[42] = "renamed"

    with world(servers=[Server(id=42, name="web1", ipv4=str(TEN))]) as account:
        account.simulator.before("GET", "/servers", rename)
        assert account.backend.addresses()[0].owner_name == "renamed"
