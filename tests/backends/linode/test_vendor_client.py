"""The vendor's own client as a witness: of the simulator's answers, and of our requests."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from .world import MAIL, ROUTED, TEN, TEN6, World, world

linode_api4 = importlib.import_module("linode_api4")


@pytest.fixture
def account() -> Iterator[World]:
    with world() as made:
        yield made


def client(account: World, **options: Any) -> Any:
    url = f"{account.simulator.url}/v4"
    return linode_api4.LinodeClient(account.scenario.token, base_url=url, retry=False, **options)


def read(account: World, address: object) -> Any:
    """Read an address anew, as the client does."""
    return client(account).load(linode_api4.IPAddress, str(address))


def test_the_vendors_client_reads_lists_sets_and_resets(account: World) -> None:
    ip = read(account, TEN)
    assert (ip.rdns, ip.linode_id) == ("203-0-113-10.ip.linodeusercontent.com", 5231)
    ip.rdns = "mail.example.com"
    ip.save()
    assert read(account, TEN).rdns == "mail.example.com"
    assert read(account, TEN6).rdns is None
    ip = read(account, TEN)
    ip.rdns = linode_api4.ExplicitNullValue
    ip.save()
    assert read(account, TEN).rdns == "203-0-113-10.ip.linodeusercontent.com"

    api = client(account, page_size=25)
    assert [one.address for one in api.networking.ips()] == [str(TEN), str(TEN6), "203.0.113.20"]
    assert [(one.range, one.prefix) for one in api.networking.ipv6_ranges()] == [
        ("2001:db8:1::", 64)
    ]
    assert list(api.networking.ipv6_pools()) == []
    assert [one.label for one in api.linode.instances()] == ["mail", "web"]


def test_the_vendors_client_reads_every_page() -> None:
    from tests.fakes.linode import Machine

    fleet = [Machine(id=at, label=f"l{at}", ipv4=[f"10.0.0.{at}"]) for at in range(1, 61)]
    with world(machines=fleet) as account:
        assert len(list(client(account, page_size=25).networking.ips())) == 60
        assert len(account.simulator.sent()) == 3


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (lambda account: read(account, "198.51.100.1"), 404),
        (lambda account: read(account, "nonsense"), 404),
        (lambda account: client(account).get("/networking/nothing"), 404),
        (lambda account: client(account).put(f"/networking/ips/{TEN}", data={}), 400),
        (lambda account: client(account).put(f"/networking/ips/{TEN}", data={"rdns": "x"}), 400),
        (lambda account: client(account).get("/networking/ips?page_size=501"), 400),
        (lambda account: client(account).get("/networking/ips?page=2"), 404),
    ],
)
def test_the_simulator_refuses_as_the_api_does(account: World, call: Any, status: int) -> None:
    with pytest.raises(linode_api4.ApiError) as caught:
        call(account)
    assert caught.value.status == status
    assert caught.value.errors


def test_the_simulator_refuses_a_forward_record_that_does_not_match() -> None:
    with world(forward={"mail.example.com": ["203.0.113.99"]}, unanswered=["gone.test"]) as account:
        for name, says in [
            ("mail.example.com", "Reverse DNS must have a matching forward entry"),
            ("gone.test", "We were unable to perform a lookup for 'gone.test' at this time"),
        ]:
            ip = read(account, TEN)
            ip.rdns = name
            with pytest.raises(linode_api4.ApiError) as caught:
                ip.save()
            assert caught.value.status == 400
            assert says in str(caught.value)
        account.account.set_forward("mail.example.com", [str(TEN)])
        ip.rdns = "mail.example.com"
        ip.save()
        assert account.account.ptr(str(TEN)) == "mail.example.com"


def test_every_request_of_ours_is_one_that_the_vendors_client_sends() -> None:
    with world() as ours, world() as theirs:
        ours.backend.set_ptr(TEN, MAIL)
        ours.backend.unset_ptr(TEN)
        ours.backend.get_ptr(ROUTED)
        ours.backend.addresses()

        api = client(theirs, page_size=500)
        ip = read(theirs, TEN)
        ip.rdns = "mail.example.com"
        ip.save()
        ip.rdns = linode_api4.ExplicitNullValue
        ip.save()
        with pytest.raises(linode_api4.ApiError):
            read(theirs, ROUTED)
        for entries in (api.networking.ips(), api.networking.ipv6_ranges()):
            assert list(entries)
        assert list(api.networking.ipv6_pools()) == []
        assert list(api.linode.instances())
        sent, expected = (set(account.calls()) for account in (ours, theirs))
        assert sent == expected
        bodies = [one.body["rdns"] for one in ours.simulator.sent("PUT")]
        assert bodies == [one.body["rdns"] for one in theirs.simulator.sent("PUT")]
