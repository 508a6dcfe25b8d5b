"""OVHcloud's own document as a judge: of our requests, and of the simulator's answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pulumi_rdns.model.addresses import Address
from tests.backends.openapi import Judge
from tests.fakes.api import Recorded

from .world import IN_BLOCK, MAIL, TEN, TEN6, WWW, Login, World, world


@pytest.fixture
def judge() -> Judge:
    return Judge("ovh-ip.json", "https://eu.api.ovh.com")


def life(account: World, address: Address) -> list[Recorded]:
    """Set, change and delete a PTR, list all; return what was asked and answered with success."""
    account.backend.set_ptr(address, MAIL)
    account.backend.set_ptr(address, WWW)
    account.backend.addresses()
    account.backend.unset_ptr(address)
    sent = [one for one in account.simulator.sent() if "/auth/" not in one.path]
    assert {one.method for one in sent} == {"GET", "POST", "DELETE"}
    return [one for one in sent if one.status == 200]


@pytest.mark.parametrize("login", ["application", "oauth2"])
@pytest.mark.parametrize("address", [TEN, IN_BLOCK], ids=str)
def test_requests_and_answers_are_as_the_document_has_them(
    judge: Judge, login: Login, address: Address
) -> None:
    with world(login, initial_reverse="default") as account:
        assert judge.faults(life(account, address)) == []


def test_the_document_calls_an_ipv6_address_ipv4_and_is_right_otherwise(judge: Judge) -> None:
    """Its type of a single address has the format ``ipv4``, and OVHcloud has IPv6 reverses."""
    with world() as account:
        sent = life(account, TEN6)
        faults = judge.faults([one for one in sent if one.method == "POST"])
        assert faults
        assert all("is not a 'ipv4'" in fault for fault in faults)
        assert judge.faults([one for one in sent if "/reverse" not in one.path]) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": {"ipReverse": "203.0.113.10"}},
        {"body": {"ipReverse": "203.0.113.10", "reverse": None}},
        {"path": "/1.0/ip/203.0.113.10%2F32/reverses"},
        {"method": "PUT"},
        {"answer": {"ipReverse": 1, "reverse": "mail.example.com."}},
        {"answer": None},
    ],
    ids=str,
)
def test_the_judge_sees_what_is_wrong(judge: Judge, wrong: dict[str, object]) -> None:
    with world() as account:
        good = next(one for one in life(account, TEN) if one.method == "POST")
    assert judge.faults([good]) == []
    assert judge.faults([replace(good, **wrong)])  # type: ignore[arg-type]
