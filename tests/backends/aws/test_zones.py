"""Hosted zones: which one counts, and what is read there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Site
from pulumi_rdns.errors import (
    BackendError,
    RejectedError,
    ZoneNotFoundError,
)
from tests.fakes.aws import Fault

from .conftest import MakeWorld
from .world import REVERSE, ZONE, A, B, World, change, live, name, record, refusal

WRITE = r"/rrset/?$"


# Which zone


def test_public_and_private_zones_of_one_name_are_told_apart(account: World, zone_id: str) -> None:
    private = account.simulator.create_zone("example.com", "private", private=True)
    account.make().apply(ZONE, [change(A, [], ["192.0.2.1"])])
    account.make(private=True).apply(ZONE, [change(A, [], ["192.0.2.2"])])
    account.make(zone_id=f"/hostedzone/{private}").apply(ZONE, [change(B, [], ["192.0.2.3"])])
    assert (live(account, zone_id, A), live(account, zone_id, B)) == (["192.0.2.1"], None)
    assert (live(account, private, A), live(account, private, B)) == (["192.0.2.2"], ["192.0.2.3"])
    places = [account.make(**one).identity for one in ({}, {"private": True}, {"zone_id": private})]
    assert len(set(places)) == 3
    for is_private in (False, True):
        listed = account.make(private=is_private).list_zones()
        assert [one.is_private for one in listed if one.name == ZONE] == [is_private]


def test_two_public_zones_of_one_name_ask_for_the_id(account: World, zone_id: str) -> None:
    second = account.simulator.create_zone("example.com", "second")
    ids = ", ".join(sorted([zone_id, second]))
    calls: list[Callable[[], object]] = [
        lambda: account.backend.find_zone(name(A)),
        lambda: account.backend.get_rrset(ZONE, name(A), RdataType.A),
        lambda: account.backend.apply(ZONE, [change(A, [], ["192.0.2.1"])]),
    ]
    for call in calls:
        with pytest.raises(RejectedError) as caught:
            call()
        said = f"several hosted zones are called example.com ({ids}); set `zoneId`"
        assert said in str(caught.value)
    assert [one.obstacle for one in account.backend.list_zones() if one.name == ZONE] == [said]
    backend = account.make(zone_id=second)
    backend.apply(backend.find_zone(name(A)), [change(A, [], ["192.0.2.1"])])
    assert (live(account, zone_id, A), live(account, second, A)) == (None, ["192.0.2.1"])


def test_a_zone_id_needs_no_right_to_list_zones(account: World, zone_id: str) -> None:
    assert account.make(zone_id=zone_id).find_zone(name(A)) == ZONE
    assert account.calls()[0] == f"GET /2013-04-01/hostedzone/{zone_id}"
    assert not any(call.startswith("GET /2013-04-01/hostedzone?") for call in account.calls())


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "none of the account's 1 public hosted zones (private ones do not count: `private`)"),
        (
            {"private": True},
            "none of the account's 0 private hosted zones (public ones do not count: `private`)",
        ),
    ],
)
def test_a_zone_that_is_not_there_is_told_with_what_counts(
    account: World, settings: dict[str, Any], reason: str
) -> None:
    backend = account.make(**settings)
    for _ in range(2):
        with pytest.raises(ZoneNotFoundError) as caught:
            backend.find_zone(name("mail.example.org"))
        assert str(caught.value) == (
            f"aws: find the zone of mail.example.org: {reason} contains it"
        )
    assert len(account.calls()) == 1


def test_a_zone_id_of_another_zone_is_told(account: World, zone_id: str) -> None:
    with pytest.raises(ZoneNotFoundError, match=rf"which is {zone_id} alone \(`zoneId`\)"):
        account.make(zone_id=zone_id).find_zone(name("mail.example.org"))
    with pytest.raises(ZoneNotFoundError, match="the hosted zone is not there: No hosted zone"):
        account.make(zone_id="Z0NOTTHERE").find_zone(name(A))


def test_many_zones_come_in_pages(make_world: MakeWorld) -> None:
    with make_world(zones=[f"z{at}.example.org" for at in range(101)]) as world:
        for at in (0, 50, 100):
            zone = world.backend.find_zone(name(f"www.z{at}.example.org"))
            assert zone == name(f"z{at}.example.org")
        assert (
            sum("/hostedzone?" in call or call.endswith("/hostedzone") for call in world.calls())
            == 2
        )


def test_a_name_that_is_delegated_away_is_not_in_the_zone(account: World, zone_id: str) -> None:
    account.put(zone_id, record("sub.example.com", "ns1.example.net.", kind="NS"))
    for owner in ("a.b.sub.example.com", "sub.example.com"):
        with pytest.raises(ZoneNotFoundError) as caught:
            account.backend.find_zone(name(owner))
        assert str(caught.value) == (
            f"aws: find the zone of {owner}: sub.example.com is delegated to ns1.example.net, and "
            "this account does not have it"
        )
    with pytest.raises(ZoneNotFoundError, match=r"is delegated to ns1\.example\.net"):
        account.backend.find_site(name("sub.example.com"))
    said = refusal(ZoneNotFoundError, account, change("sub.example.com", [], ["192.0.2.1"]))
    assert "sub.example.com is delegated to ns1.example.net" in said


def test_a_record_for_a_deeper_zone_of_the_account_is_not_written_above_it(
    make_world: MakeWorld,
) -> None:
    with make_world(zones=["example.com", "sub.example.com"]) as world:
        assert world.backend.find_zone(name("a.sub.example.com")) == name("sub.example.com")
        said = refusal(ZoneNotFoundError, world, change("a.sub.example.com", [], ["192.0.2.1"]))
        assert "has a.sub.example.com in the zone sub.example.com, not in example.com" in said


def test_the_site_of_a_name_is_one_request_once_the_zones_are_known(
    account: World, zone_id: str
) -> None:
    account.put(zone_id, record(A, "192.0.2.1"), record(B, "www.example.net.", kind="CNAME"))
    expected = [
        (A, Site(ZONE, None)),
        (B, Site(ZONE, name("www.example.net"))),
        ("x.y.z.example.com", Site(ZONE, None, is_free=True)),
        ("w.y.z.example.com", Site(ZONE, None, is_free=True)),
        ("example.com", Site(ZONE, None)),
    ]
    for owner, site in expected:
        before = len(account.calls())
        assert account.backend.find_site(name(owner)) == site
        assert len(account.calls()) - before == (2 if owner == A else 1)


def test_the_zones_of_many_names_take_a_few_requests(reverse: World) -> None:
    names = [name(f"{at}.{REVERSE}") for at in range(256)]
    reverse.backend.prefetch_zones([*names, name("mail.example.org")])
    assert {reverse.backend.find_zone(one) for one in names} == {name(REVERSE)}
    assert len(reverse.calls()) == 2


def test_what_goes_wrong_while_prefetching_is_raised_when_a_name_is_asked_for(
    reverse: World,
) -> None:
    reverse.simulator.inject(Fault(kind="status", status=500, times=1000))
    reverse.backend.prefetch_zones([name(f"1.{REVERSE}")])
    with pytest.raises(BackendError, match="Route 53 answered 500: Simulated failure, tried"):
        reverse.backend.find_zone(name(f"1.{REVERSE}"))


# Reading


def test_one_rrset_is_read_by_its_name(account: World, zone_id: str) -> None:
    account.put(zone_id, *[record(f"h{at}.example.com", "192.0.2.1") for at in range(200)])
    account.backend.find_zone(name("h7.example.com"))
    before = len(account.calls())
    found = account.backend.get_rrset(ZONE, name("h7.example.com"), RdataType.A)
    assert found is not None
    (call,) = account.calls()[before:]
    assert "name=h7.example.com.&maxitems=20" in call


def test_many_names_of_a_large_zone_are_read_in_pages_that_have_some(reverse: World) -> None:
    zone_id = reverse.zone_id(REVERSE)
    for third in range(4):
        owners = [f"{at}.{third}.{REVERSE}" for at in range(256)]
        reverse.put(zone_id, *[record(one, f"h.{one}.", kind="PTR") for one in owners])
    backend = reverse.backend
    backend.find_zone(name(REVERSE))
    before = len(reverse.calls())
    found = backend.read_ptrs(name(REVERSE), [f"{at}.3.{REVERSE}" for at in range(256)])
    assert len(found) == 256
    assert len(reverse.calls()) - before == 1
    far = [f"1.0.{REVERSE}", f"1.3.{REVERSE}", f"300.0.{REVERSE}", f"x-1.0.{REVERSE}"]
    assert set(backend.read_ptrs(name(REVERSE), far)) == set(far[:2])
    assert len(reverse.calls()) - before == 1 + 3  # two pages, and the hyphen's own


def test_more_record_sets_of_one_name_than_a_page_has(account: World, zone_id: str) -> None:
    weighted = [
        {**record(A, f"192.0.2.{at}"), "SetIdentifier": f"s{at:02}", "Weight": 1}
        for at in range(30)
    ]
    account.put(zone_id, *weighted)
    found = account.backend.get_rrset(ZONE, name(A), RdataType.A)
    assert found is not None
    assert len(found) == 30


@pytest.mark.parametrize(
    ("special", "values", "said"),
    [
        (
            {
                "AliasTarget": {
                    "HostedZoneId": "Z1",
                    "DNSName": "lb.example.net.",
                    "EvaluateTargetHealth": False,
                }
            },
            None,
            "an alias record (Route 53) to lb.example.net",
        ),
        (
            {**record(A, "192.0.2.7"), "SetIdentifier": "one", "Weight": 1},
            ["192.0.2.7"],
            "a record set with a routing policy (Route 53)",
        ),
    ],
)
def test_what_is_no_plain_record_set_is_never_changed(
    account: World, zone_id: str, special: dict[str, Any], values: list[str] | None, said: str
) -> None:
    account.put(zone_id, {"Name": f"{A}.", "Type": "A", **special})
    found = account.backend.get_rrset(ZONE, name(A), RdataType.A)
    assert (found and [rdata.to_text() for rdata in found]) == values
    before = account.records(zone_id)
    assert refusal(RejectedError, account, change(A, values or [], ["192.0.2.1"])) == (
        f"aws: write A of {A}: there is {said}, which is not changed here; remove it first"
    )
    assert account.records(zone_id) == before


@pytest.mark.parametrize("owner", ["*.example.com", r"a\.b.example.com", "_x.0/25.example.com"])
def test_names_with_characters_that_route_53_escapes(
    account: World, zone_id: str, owner: str
) -> None:
    target = r"t\047*.example.com."
    account.backend.apply(ZONE, [change(owner, [], [target], kind="PTR")])
    found = account.backend.get_rrset(ZONE, name(owner), RdataType.PTR)
    assert found is not None
    assert found[0].target == name(target)
    assert not account.backend.find_site(name(owner)).is_free
    account.backend.apply(ZONE, [change(owner, [target], [], kind="PTR")])
    assert account.backend.get_rrset(ZONE, name(owner), RdataType.PTR) is None
