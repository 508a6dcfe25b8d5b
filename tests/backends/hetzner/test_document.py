"""The vendor's own document as a judge: of the simulator's answers, and of our requests."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_rdns.errors import BackendError
from tests.backends.openapi import Judge

from .world import (
    BALANCER,
    EVERY,
    FLOATING,
    FLOATING6,
    KINDS,
    MAIL,
    SPARE6,
    STRANGER,
    TEN,
    ZONE,
    World,
    change,
    held,
    name,
    world,
)

ONE, TWO, THREE = "203.0.113.1", "203.0.113.2", "203.0.113.3"
#: the document has `null` for servers and load balancers alone, and hcloud and Terraform send it
NULL_FOR_IPS = "_ips/"


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge("hetzner-cloud.json", "https://api.hetzner.cloud")


def everything(account: World) -> None:
    """Do all that the backend does."""
    backend = account.backend
    for address in EVERY:
        backend.set_ptr(address, MAIL)
        # Where `null` is refused, an IPv6 network that no server has keeps its PTR.
        if account.scenario.null_for_ips or address not in (SPARE6, FLOATING6):
            backend.unset_ptr(address)
    backend.addresses()
    host = name("host.example.com")
    for before, after, ttl in (
        ([], [ONE], 3600),
        ([ONE], [ONE, TWO], 3600),
        ([ONE, TWO], [TWO], 3600),
        ([TWO], [THREE], 300),
        ([THREE], [], 300),
    ):
        backend.apply(ZONE, [change("host.example.com", before, after, ttl)])
    backend.find_site(host)
    backend.read_ptrs(ZONE, [f"h{at}.example.com" for at in range(9)])
    with pytest.raises(BackendError):
        backend.get_ptr(STRANGER)
    with pytest.raises(BackendError):
        backend.apply(ZONE, [change("alias.example.com", [], [ONE])])


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"action_delay": 3.0, "null_for_ips": False},
        {"acting_locks": True, "ptr_lag": 2.0, "zone_lag": 2.0, "network_length": False},
        {"spelling": "long", "final_dot": True, "rate_limit": 20, "rate_window": 10.0},
        {"read_only": True},
        {"action_result": "error"},
        {"zones": {}, "secondaries": {"example.com": ["192.0.2.53"]}},
    ],
    ids=lambda switches: ", ".join(switches) or "as simple as can be",
)
def test_the_document_allows_every_request_and_every_answer(
    judge: Judge, switches: dict[str, Any]
) -> None:
    sets = [held("alias", "host1.example.com.", kind="CNAME"), held("own", ONE, ttl=None)]
    with world(**{**KINDS, "zones": {"example.com": sets}, **switches}) as account:
        try:
            everything(account)
        except BackendError:
            assert set(switches) & {"read_only", "action_result", "secondaries"}
        exchanges = account.simulator.sent()
        judged = [
            one
            for one in exchanges
            if not (one.body and one.body.get("dns_ptr", "") is None and NULL_FOR_IPS in one.path)
        ]
        assert judge.faults(judged) == []
        assert len(judged) > len(exchanges) / 2
        if not switches:
            assert len(exchanges) > len(judged)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "answer"),
    [
        ("POST", "/v1/servers/1/actions/change_dns_ptr", {"ip": "192.0.2.1"}, 201, None),
        ("POST", "/v1/primary_ips/1/actions/change_dns_ptr", {"ip": "", "dns_ptr": None}, 201, {}),
        ("POST", "/v1/zones/1/rrsets", {"name": "a", "type": "A", "ttl": 10}, 201, {}),
        ("GET", "/v1/primary_ips?page=x", None, 200, {"primary_ips": []}),
        ("GET", "/v1/actions/1", None, 404, {"message": "no"}),
        ("GET", "/v1/no_such_thing", None, 404, {}),
    ],
)
def test_the_judge_finds_what_is_wrong(
    judge: Judge, method: str, path: str, body: Any, status: int, answer: Any
) -> None:
    from tests.fakes.hetzner import Recorded

    assert judge.faults([Recorded(method, path, body, "", status, answer)])


def test_addresses_of_every_kind_are_asked_for_by_their_own_kind() -> None:
    with world(**KINDS) as account:
        for address in (TEN, FLOATING, BALANCER):
            account.backend.set_ptr(address, MAIL)
        assert account.writes() == [
            "POST /primary_ips/9001/actions/change_dns_ptr",
            "POST /floating_ips/41/actions/change_dns_ptr",
            "POST /load_balancers/42/actions/change_dns_ptr",
        ]
