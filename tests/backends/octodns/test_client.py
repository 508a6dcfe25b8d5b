"""Which provider is made, how often, what it may be, and what is said where it fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import dns.name
import pytest
import requests
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.octodns import OctoDnsBackend
from pulumi_rdns.errors import (
    AuthenticationError,
    BackendError,
    ConfigError,
    RateLimitError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from tests.backends.contract import rrset
from tests.backends.kit.tools import FakeTime
from tests.backends.octodns.providers import FORWARD, REVERSE, WORLDS, World
from tests.backends.octodns.test_failures import http_error
from tests.backends.octodns.tools import backend_with

ZONE = dns.name.from_text(REVERSE)
NAME = dns.name.from_text("10", ZONE)
HERE = "tests.backends.octodns.providers"
TOKEN = "no-real-token"


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    WORLDS["account-1"] = World()
    yield WORLDS["account-1"]
    assert WORLDS.pop("account-1").all_happened


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def backend(world: World, time: FakeTime) -> OctoDnsBackend:
    return provider("StepwiseProvider", time)


def provider(name: str, time: FakeTime, *zones: str, **options: Any) -> OctoDnsBackend:
    given = {"account": "account-1", "token": TOKEN, **options}
    return backend_with(f"{HERE}.{name}", given, *zones, clock=time.clock)


def create(name: dns.name.Name = NAME) -> Change:
    return Change(name, RdataType.PTR, None, rrset(name, "PTR", "mail.example.com."))


def refused(name: str = f"{HERE}.StepwiseProvider", **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        backend_with(name, options).get_rrset(ZONE, NAME, RdataType.PTR)
    return str(caught.value)


def test_a_package_that_is_missing_is_a_sentence_with_the_pip_line() -> None:
    assert refused("octodns_nobody.NobodyProvider") == (
        "rdns:backends.octo.provider: the package octodns_nobody is not installed; install it into "
        "the program's environment with: pip install octodns-nobody"
    )


@pytest.mark.parametrize("path", ["", "GandiProvider", "octodns_gandi.", "os; os.x", ".a.B"])
def test_what_is_no_path_of_a_class_is_told(path: str) -> None:
    assert refused(path) == (
        "rdns:backends.octo.provider: must be MODULE.CLASS, as in octodns_gandi.GandiProvider"
    )


@pytest.mark.parametrize("name", ["NoSuchProvider", "NOT_A_PROVIDER", "World"])
def test_what_is_no_provider_class_is_told(name: str) -> None:
    assert refused(f"{HERE}.{name}") == (
        f"rdns:backends.octo.provider: {HERE} has no octoDNS provider class {name}"
    )


def test_a_module_that_cannot_be_imported_is_told() -> None:
    assert "octodns_bind.nothing cannot be imported: No module" in refused("octodns_bind.nothing.X")


@pytest.mark.parametrize(
    "path", ["octodns_bind.ZoneFileProvider", "octodns.provider.yaml.YamlProvider"]
)
def test_a_class_that_writes_whole_zones_is_refused(path: str) -> None:
    assert refused(path) == (
        f"rdns:backends.octo.provider: {path} writes whole zones anew, which could lose records"
    )


def test_options_that_the_class_does_not_take_are_told_without_their_values(world: World) -> None:
    said = refused(account="account-1", tokn="a-secret")
    assert said.startswith(f"rdns:backends.octo.options: {HERE}.StepwiseProvider does not take")
    assert "'tokn'" in said
    said = refused("octodns_powerdns.PowerDnsProvider", host="h", api_key="k", port="a-secret")
    assert said == (
        "rdns:backends.octo.options: octodns_powerdns.PowerDnsProvider does not take them: invalid "
        "literal for int() with base 10: '***'"
    )


def test_a_zone_that_is_not_valid_is_told() -> None:
    with pytest.raises(ConfigError, match=r"rdns:backends\.octo\.zones: 'a\.\.b' has an empty"):
        backend_with(f"{HERE}.StepwiseProvider", {}, "a..b")


def test_a_provider_that_cannot_list_its_zones_needs_them(world: World, time: FakeTime) -> None:
    with pytest.raises(ConfigError) as caught:
        provider("UnlistedProvider", time).find_zone(NAME)
    assert str(caught.value) == (
        f"rdns:backends.octo.zones: is missing, and {HERE}.UnlistedProvider cannot list its zones"
    )
    named = provider("UnlistedProvider", time, "2.0.192.in-addr.arpa")
    assert named.find_zone(NAME) == ZONE
    with pytest.raises(ZoneNotFoundError, match=r"none of the account's zones \(1\) contains it"):
        named.find_zone(dns.name.from_text(FORWARD))


def test_each_operation_has_a_provider_of_its_own(backend: OctoDnsBackend, world: World) -> None:
    for number in range(3):
        backend.apply(ZONE, [create(dns.name.from_text(str(number), ZONE))])
    assert world.done.count("apply") == 3
    assert world.done.count("populate") == 6  # each write is looked at again
    assert world.done.count("make") == 6 + world.done.count("list_zones") == 7


def test_readers_share_a_reading_for_two_seconds_and_a_write_ends_it(
    backend: OctoDnsBackend, world: World, time: FakeTime
) -> None:
    for _ in range(5):
        assert backend.get_rrset(ZONE, NAME, RdataType.PTR) is None
    assert world.done.count("populate") == 1
    time.sleep(3)
    assert backend.read_ptrs(ZONE, ["10.2.0.192.in-addr.arpa"], is_shared=True) == {}
    assert world.done.count("populate") == 1
    assert backend.get_rrset(ZONE, NAME, RdataType.PTR) is None
    assert world.done.count("populate") == 2
    backend.apply(ZONE, [create()])
    assert backend.get_rrset(ZONE, NAME, RdataType.PTR) is not None


def test_what_takes_long_to_read_is_live_for_as_long(
    backend: OctoDnsBackend, world: World, time: FakeTime
) -> None:
    world.plan("populate", lambda: time.sleep(8))
    backend.get_rrset(ZONE, NAME, RdataType.PTR)
    time.sleep(7)
    backend.get_rrset(ZONE, NAME, RdataType.PTR)
    assert world.done.count("populate") == 1


def test_a_zone_that_the_provider_does_not_report_is_never_written(
    world: World, time: FakeTime
) -> None:
    away = "3.0.192.in-addr.arpa"
    name = dns.name.from_text(f"1.{away}")
    for kind, zone in [("StepwiseProvider", away), ("SilentProvider", REVERSE[:-1])]:
        named = provider(kind, time, zone)
        at = dns.name.from_text(zone)
        with pytest.raises(ZoneNotFoundError, match=f"{kind} reports no zone {zone}"):
            named.apply(at, [create(name if zone == away else NAME)])
    assert "apply" not in world.done


def test_a_provider_that_may_not_write_is_told(world: World, time: FakeTime) -> None:
    with pytest.raises(ConfigError, match="`apply_disabled` keeps the provider from writing"):
        provider("StepwiseProvider", time, apply_disabled=True).apply(ZONE, [create()])


def test_a_read_that_fails_is_repeated(backend: OctoDnsBackend, world: World) -> None:
    cut = requests.exceptions.ConnectionError("cut")
    world.plan("populate", http_error(500), cut, http_error(503))
    assert backend.get_rrset(ZONE, NAME, RdataType.PTR) is None


def test_one_that_always_fails_says_why_and_nothing_of_the_options(
    backend: OctoDnsBackend, world: World, time: FakeTime
) -> None:
    began = time.now()
    world.before["populate"] = [http_error(502, f"bad token {TOKEN}") for _ in range(40)]
    with pytest.raises(UnavailableError) as caught:
        backend.get_rrset(ZONE, NAME, RdataType.PTR)
    assert str(caught.value) == (
        "octo: read PTR of 10.2.0.192.in-addr.arpa: tests.backends.octodns.providers."
        "StepwiseProvider failed: HTTPError: 502 Error for url: http://host/: bad token *** "
        "(HTTP 502)"
    )
    assert time.now() - began < 61
    assert caught.value.__suppress_context__
    assert 5 < 40 - len(world.before.pop("populate")) < 30


def test_wrong_credentials_are_told_at_once(backend: OctoDnsBackend, world: World) -> None:
    world.plan("populate", http_error(401, "who are you?"))
    with pytest.raises(AuthenticationError, match=r"check rdns:backends\.octo\.options \(HTTP 401"):
        backend.get_rrset(ZONE, NAME, RdataType.PTR)


def test_too_many_requests_are_one_pause_as_long_as_the_vendor_says(
    backend: OctoDnsBackend, world: World, time: FakeTime
) -> None:
    began = time.now()
    world.plan("populate", http_error(429, **{"Retry-After": "20"}))
    assert backend.get_rrset(ZONE, NAME, RdataType.PTR) is None
    assert 20 < time.now() - began < 22


def test_a_pause_that_is_too_long_is_an_error(
    backend: OctoDnsBackend, world: World, time: FakeTime
) -> None:
    world.plan("populate", http_error(429, **{"Retry-After": "100"}))
    with pytest.raises(RateLimitError, match="a pause of another 100 s is due; run it again later"):
        backend.get_rrset(ZONE, NAME, RdataType.PTR)


def test_a_limit_that_never_ends_is_an_error_of_its_own(
    backend: OctoDnsBackend, world: World
) -> None:
    world.before["populate"] = [http_error(429, "slow down") for _ in range(100)]
    with pytest.raises(RateLimitError):
        backend.get_rrset(ZONE, NAME, RdataType.PTR)
    assert len(world.before.pop("populate")) < 95


def test_what_a_provider_says_of_itself_is_not_on_the_terminal(
    backend: OctoDnsBackend, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        backend.apply(ZONE, [create()])
    assert capfd.readouterr() == ("", "")
    assert TOKEN not in caplog.text
    assert "octo: write PTR of 10.2.0.192.in-addr.arpa: apply" in caplog.text


def test_a_provider_that_hangs_is_given_up_and_its_zone_stays_locked(world: World) -> None:
    hangs = threading.Event()
    slow = backend_with(
        f"{HERE}.StepwiseProvider", {"account": "account-1"}, REVERSE, FORWARD, timeout=0.3
    )
    world.plan("apply", lambda: hangs.wait(30))
    with pytest.raises(UnavailableError, match=r"gave no answer within 0\.3 s"):
        slow.apply(ZONE, [create()])
    with pytest.raises(UnavailableError, match=r"zone 2\.0\.192\.in-addr\.arpa was busy"):
        slow.apply(ZONE, [create(dns.name.from_text("11", ZONE))])
    forward = dns.name.from_text(FORWARD)
    assert slow.get_rrset(forward, forward, RdataType.A) is None
    hangs.set()


def test_two_instances_with_other_options_may_be_two_places(world: World, time: FakeTime) -> None:
    one, same, other = (
        provider("StepwiseProvider", time, **more) for more in ({}, {}, {"token": "another"})
    )
    assert one.identity == same.identity != other.identity
    assert TOKEN not in one.identity


def test_zones_and_records_whose_names_cannot_be_read_are_passed_over(
    world: World, time: FakeTime
) -> None:
    world.zones["example.com..lab."] = {}
    world.zones[REVERSE]["a" * 70, "PTR"] = (60, ["mail.example.com."])
    world.zones[REVERSE]["10", "PTR"] = (60, ["mail.example.com."])
    backend = provider("StepwiseProvider", time)
    assert backend.find_zone(NAME) == ZONE
    found = backend.get_rrset(ZONE, NAME, RdataType.PTR)
    assert found is not None
    assert found.to_text() == "10.2.0.192.in-addr.arpa. 60 IN PTR mail.example.com."


def test_a_value_that_no_record_can_have_is_an_error(world: World, time: FakeTime) -> None:
    world.zones[REVERSE]["10", "PTR"] = (60, ["a..b."])
    with pytest.raises(BackendError, match="a record cannot be read"):
        provider("StepwiseProvider", time).get_rrset(ZONE, NAME, RdataType.PTR)


def test_nothing_to_do_asks_nobody(backend: OctoDnsBackend, world: World) -> None:
    backend.apply(ZONE, [])
    assert world.done == []


def test_a_refused_write_is_a_refusal(backend: OctoDnsBackend, world: World) -> None:
    world.plan("apply", http_error(422, "no such type"))
    with pytest.raises(RejectedError, match="no such type"):
        backend.apply(ZONE, [create()])
