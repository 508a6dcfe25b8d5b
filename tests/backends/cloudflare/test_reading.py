"""Which zones and records are found, with how many requests, and what an error says."""

from __future__ import annotations

import re
from typing import Literal

import dns.name
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Site
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.cloudflare.types import Zone
from pulumi_rdns.errors import (
    AuthenticationError,
    BackendError,
    ConfigError,
    RateLimitError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from tests.backends.cloudflare.world import (
    FORWARD,
    NAME,
    REVERSE,
    REVERSE_ZONE,
    TEN,
    ZONE,
    World,
    address,
    world,
)
from tests.fakes.cloudflare import Fault, ZoneSpec

MAIL = "mail.example.com"
ONE = "192.0.2.1"


def test_the_zones_are_listed_once_and_the_delegations_of_each(account: World) -> None:
    for at in range(30):
        assert account.backend.find_zone(dns.name.from_text(f"{at}.{REVERSE}")) == REVERSE_ZONE
        assert account.backend.find_zone(dns.name.from_text(f"h{at}.{FORWARD}")) == ZONE
    assert account.calls() == ["GET zones", "GET zones/dns_records NS", "GET zones/dns_records NS"]


def test_more_zones_than_a_page_has_are_read_page_by_page() -> None:
    with world(zones=[ZoneSpec(name=f"z{at}.example") for at in range(120)]) as account:
        zone = dns.name.from_text("z119.example")
        assert account.backend.find_zone(zone) == zone
        assert account.calls() == ["GET zones"] * 3


def test_more_records_than_a_page_has_are_read_page_by_page() -> None:
    with world(largest_page=50) as account:
        names = [f"{at}.{REVERSE}" for at in range(120)]
        for name in names:
            account.account.add(REVERSE, "PTR", name, MAIL)
        assert len(account.backend.read_ptrs(REVERSE_ZONE, names)) == 120
        assert account.calls().count("GET zones/dns_records") == 3


def test_a_zone_that_is_added_later_is_found(account: World) -> None:
    later = dns.name.from_text("later.example")
    with pytest.raises(ZoneNotFoundError, match=r"none of the account's zones \(2\) contains it"):
        account.backend.find_zone(later)
    account.account.add_zone(ZoneSpec(name="later.example"))
    account.time.sleep(1)
    assert account.backend.find_zone(later) == later


def test_a_zone_that_was_removed_is_an_error_and_never_gone(account: World) -> None:
    assert account.backend.get_rrset(ZONE, NAME, RdataType.A) is None
    account.account.remove_zone(FORWARD)
    account.time.sleep(5)
    absent: Literal["404", "400"]
    for absent in ("404", "400"):
        account.scenario.zone_absent = absent
        with pytest.raises(ZoneNotFoundError, match=r"the account has no zone example\.com, or"):
            account.backend.get_rrset(ZONE, NAME, RdataType.A)
    account.scenario.zone_absent = "403"
    with pytest.raises(AuthenticationError, match="Authentication error"):
        account.backend.get_rrset(ZONE, NAME, RdataType.A)


def test_of_two_zones_of_one_name_the_active_one_counts() -> None:
    zones = [ZoneSpec(name=FORWARD, status="moved"), ZoneSpec(name=FORWARD)]
    with world(zones=zones) as account:
        moved, active = account.account.zones.values()
        account.account.create(active.id, {"type": "A", "name": MAIL, "content": ONE})
        assert account.backend.get_rrset(ZONE, NAME, RdataType.A) is not None
        assert moved.spec.status == "moved"


def test_two_zones_of_one_name_that_are_alike_are_an_error() -> None:
    zones = [ZoneSpec(name=FORWARD), ZoneSpec(name=FORWARD)]
    message = r"the token sees 2 zones example\.com \(0+c10d, "
    with world(zones=zones) as account:
        with pytest.raises(RejectedError, match=message):
            account.backend.get_rrset(ZONE, NAME, RdataType.A)
        (listed,) = account.backend.list_zones()
        assert re.match(message, listed.obstacle)


def test_a_zone_is_listed_with_the_servers_that_it_was_given() -> None:
    with world(zones=[ZoneSpec(name=FORWARD)]) as account:
        (listed,) = account.backend.list_zones()
    assert listed.servers == (
        dns.name.from_text("bob.ns.cloudflare.com"),
        dns.name.from_text("lola.ns.cloudflare.com"),
    )


@pytest.mark.parametrize("servers", [None, [], ["a..b"]])
def test_servers_that_cannot_be_read_are_none(servers: list[str] | None) -> None:
    assert Zone("1", FORWARD, name_servers=servers).servers == ()


def test_a_zone_that_waits_for_its_delegation_may_be_written() -> None:
    with world(zones=[ZoneSpec(name=FORWARD, status="pending")]) as account:
        account.backend.apply(ZONE, [address([], [ONE])])
        assert account.values() == [ONE]


def test_the_records_of_a_name_are_one_request_for_two_seconds(account: World) -> None:
    account.account.add(FORWARD, "CNAME", MAIL, "WWW.example.net")
    site = Site(ZONE, dns.name.from_text("www.example.net"))
    assert account.backend.find_site(NAME) == site
    for kind in (RdataType.A, RdataType.AAAA, RdataType.CNAME):
        account.backend.get_rrset(ZONE, NAME, kind)
    assert account.calls()[2:] == [f"GET zones/dns_records {MAIL}"]
    account.time.sleep(2)
    account.backend.get_rrset(ZONE, NAME, RdataType.A)
    assert account.calls()[2:] == [f"GET zones/dns_records {MAIL}"] * 2


def test_a_name_with_nothing_is_free_and_one_with_anything_is_not(account: World) -> None:
    assert account.backend.find_site(TEN) == Site(REVERSE_ZONE, None, is_free=True)
    account.account.add(FORWARD, "TXT", MAIL, '"text"')
    assert account.backend.find_site(NAME) == Site(ZONE, None, is_free=False)


def test_what_was_written_is_read_at_once(account: World) -> None:
    assert account.backend.get_rrset(ZONE, NAME, RdataType.A) is None
    account.backend.apply(ZONE, [address([], [ONE])])
    assert account.backend.get_rrset(ZONE, NAME, RdataType.A) is not None


def test_a_reader_takes_what_was_read_for_others_for_five_seconds(account: World) -> None:
    names = [f"{at}.{REVERSE}" for at in range(20)]
    account.backend.read_ptrs(REVERSE_ZONE, names)
    account.time.sleep(4)
    account.backend.read_ptrs(REVERSE_ZONE, names, is_shared=True)
    assert account.calls().count("GET zones/dns_records") == 1
    account.backend.read_ptrs(REVERSE_ZONE, names)
    assert account.calls().count("GET zones/dns_records") == 2
    account.time.sleep(6)
    account.backend.read_ptrs(REVERSE_ZONE, names, is_shared=True)
    assert account.calls().count("GET zones/dns_records") == 3


def test_a_proxied_record_masks_its_addresses(account: World) -> None:
    id_ = account.account.add(FORWARD, "A", MAIL, ONE, proxied=True)
    assert account.backend.masked(ZONE, NAME, RdataType.A) == (
        "which is proxied: the DNS answers with addresses of Cloudflare's proxy instead. Set the "
        'record to "DNS only"'
    )
    assert account.backend.masked(ZONE, NAME, RdataType.AAAA) == ""
    account.account.edit(FORWARD, id_, proxied=False)
    account.time.sleep(3)
    assert account.backend.masked(ZONE, NAME, RdataType.A) == ""


@pytest.mark.parametrize("status", ["400", "401", "403"])
def test_a_wrong_token_is_told_with_where_it_comes_from(account: World, status: str) -> None:
    account.scenario.bad_token = status  # type: ignore[assignment]
    with pytest.raises(AuthenticationError) as caught:
        account.make(api_token="another-token").find_zone(NAME)
    said = str(caught.value)
    assert said.startswith(f"cf: find the zone of {MAIL}: the API token is not accepted: Invalid ")
    assert "It comes from rdns:backends.cf.apiToken in the stack's configuration" in said
    assert "Cloudflare code " in said
    assert "another-token" not in said


def test_a_token_that_may_not_read_records_is_told(account: World) -> None:
    account.scenario.permissions = ["zone:read"]
    with pytest.raises(AuthenticationError, match="may not do this: Authentication error") as e:
        account.backend.get_rrset(ZONE, NAME, RdataType.A)
    assert "it needs Zone Read and DNS Edit (Write) for the zone" in str(e.value)


def test_a_token_that_may_not_see_the_zone_finds_none(account: World) -> None:
    account.scenario.permissions = ["dns:edit"]
    with pytest.raises(ZoneNotFoundError, match=r"none of the account's zones \(0\) contains it"):
        account.backend.find_zone(NAME)


def test_too_many_requests_are_waited_out(account: World) -> None:
    account.simulator.inject(Fault(kind="status", status=429, retry_after="300"))
    began = account.time.now()
    assert account.backend.find_zone(NAME) == ZONE
    assert 300 < account.time.now() - began < 302
    account.simulator.inject(Fault(kind="status", status=429, retry_after="400"))
    with pytest.raises(RateLimitError, match="Simulated failure"):
        account.backend.get_rrset(ZONE, NAME, RdataType.A)


def test_an_outage_is_waited_out_and_a_long_one_told(account: World) -> None:
    account.simulator.inject(Fault(kind="status", status=503, times=3))
    assert account.backend.find_zone(NAME) == ZONE
    account.simulator.inject(Fault(kind="status", status=503, times=99))
    with pytest.raises(UnavailableError, match="the API answered 503: Simulated failure, tried"):
        account.backend.get_rrset(ZONE, NAME, RdataType.A)


def test_an_answer_that_is_not_as_described_is_an_error(account: World) -> None:
    account.simulator.inject(Fault(kind="answer", body={"result": [{"name": 7}]}))
    with pytest.raises(BackendError, match="not as the API describes it"):
        account.backend.find_zone(NAME)
    account.simulator.inject(Fault(kind="status", status=418, body="<html>teapot"))
    with pytest.raises(RejectedError, match="the API refused it: status 418"):
        account.backend.find_zone(NAME)
    account.simulator.inject(Fault(kind="status", status=404, body="<html>"))
    with pytest.raises(RejectedError, match="the API refused it: status 404"):
        account.backend.find_zone(NAME)


def test_zones_whose_names_cannot_be_read_are_passed_over() -> None:
    with world(zones=[ZoneSpec(name="a..b"), ZoneSpec(name=FORWARD)]) as account:
        assert account.backend.find_zone(NAME) == ZONE


def test_an_error_has_the_id_that_the_support_asks_for(account: World) -> None:
    with pytest.raises(RejectedError, match=r"\(Cloudflare code 1004.*-FRA\)"):
        account.backend.apply(ZONE, [address([], [ONE], ttl=5)])


def test_the_settings_are_checked_and_show_no_token(account: World) -> None:
    with pytest.raises(ConfigError, match=r"rdns:backends\.cf\.apiUrl: must be https://HOST"):
        account.make(api_url="api.cloudflare.com")
    with pytest.raises(ConfigError, match=r"rdns:backends\.cf\.apiToken: is empty"):
        account.make(api_token=" ")
    assert account.scenario.token not in repr(account.backend.settings)


def test_an_api_url_with_the_version_is_the_same_place(account: World) -> None:
    versioned = account.make(api_url=f"{account.simulator.url}/client/v4/")
    assert versioned.find_zone(NAME) == ZONE
    assert versioned.identity == account.backend.identity


def test_a_name_and_a_value_in_unicode_are_read_as_a_labels(account: World) -> None:
    owner = f"xn--bcher-kva.{REVERSE}"
    account.account.add(REVERSE, "PTR", f"bücher.{REVERSE}", "bücher.example")
    names = [owner, *(f"{at}.{REVERSE}" for at in range(20))]
    found = account.backend.read_ptrs(REVERSE_ZONE, names)
    assert found == {owner: LiveRecord(("xn--bcher-kva.example",), 1)}
