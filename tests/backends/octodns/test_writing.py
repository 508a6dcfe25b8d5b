"""What is left half done is finished or put back, and what is somebody else's stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

import dns.name
import pytest
import requests
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, reporting_to
from pulumi_rdns.backends.octodns import OctoDnsBackend
from pulumi_rdns.errors import (
    ConflictError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from tests.backends.contract import rrset
from tests.backends.heard import Heard
from tests.backends.kit.tools import FakeTime
from tests.backends.octodns.providers import FORWARD, REVERSE, WORLDS, World
from tests.backends.octodns.test_failures import http_error
from tests.backends.octodns.tools import backend_with

ZONE = dns.name.from_text(REVERSE)
NAME = dns.name.from_text("10", ZONE)
KEY = ("10", "PTR")
OLD, NEW, THEIRS = "old.example.com.", "new.example.com.", "theirs.example.com."
LATER = requests.exceptions.ReadTimeout("slow")


@pytest.fixture
def world() -> Iterator[World]:
    WORLDS["account-2"] = World()
    yield WORLDS["account-2"]
    assert WORLDS.pop("account-2").all_happened


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def backend(world: World, time: FakeTime) -> OctoDnsBackend:
    return provider("StepwiseProvider", time)


def provider(name: str, time: FakeTime, timeout: float = 60.0) -> OctoDnsBackend:
    path = f"tests.backends.octodns.providers.{name}"
    return backend_with(path, {"account": "account-2"}, timeout=timeout, clock=time.clock)


def change(before: list[str], after: list[str], name: dns.name.Name = NAME) -> Change:
    return Change(
        name,
        RdataType.PTR,
        rrset(name, "PTR", *before) if before else None,
        rrset(name, "PTR", *after) if after else None,
    )


def there(world: World) -> list[str]:
    return world.zones[REVERSE].get(KEY, (0, []))[1]


def has(world: World, *values: str) -> None:
    world.zones[REVERSE][KEY] = (3600, sorted(values))


@pytest.mark.parametrize("step", ["delete", "create"])
@pytest.mark.parametrize("error", [LATER, http_error(500), http_error(429)], ids=repr)
def test_an_update_that_stops_in_between_is_finished(
    backend: OctoDnsBackend, world: World, step: str, error: Exception
) -> None:
    has(world, OLD)
    world.plan(step, error)
    backend.apply(ZONE, [change([OLD], [NEW])])
    assert there(world) == [NEW]


def test_one_that_is_finished_only_in_part_is_gone_on_with(
    backend: OctoDnsBackend, world: World
) -> None:
    has(world, OLD)
    world.before["create"] = [lambda: None, LATER]
    backend.apply(ZONE, [change([OLD], [NEW, "second.example.com."])])
    assert there(world) == [NEW, "second.example.com."]


def test_a_deletion_that_stops_in_between_is_finished(
    backend: OctoDnsBackend, world: World
) -> None:
    has(world, OLD, NEW)
    world.before["delete"] = [lambda: None, LATER]
    backend.apply(ZONE, [change([OLD, NEW], [])])
    assert there(world) == []


def test_where_the_new_value_is_refused_the_old_one_is_put_back(
    backend: OctoDnsBackend, world: World
) -> None:
    has(world, OLD)
    world.plan("create", http_error(422, "no such name"))
    with pytest.raises(RejectedError, match="no such name"):
        backend.apply(ZONE, [change([OLD], [NEW])])
    assert there(world) == [OLD]
    assert world.zones[REVERSE][KEY][0] == 3600


def test_where_it_cannot_be_put_back_the_error_says_what_was_there(
    backend: OctoDnsBackend, world: World
) -> None:
    has(world, OLD)
    world.plan("create", http_error(422, "no such name"), http_error(422, "nor this"))
    with pytest.raises(RejectedError) as caught:
        backend.apply(ZONE, [change([OLD], [NEW])])
    said = str(caught.value)
    assert "no such name" in said
    assert "nor this" in said
    was = "10.2.0.192.in-addr.arpa had PTR old.example.com before, and nothing at the last look"
    assert f"; {was} (HTTP 422)" in said


def test_what_cannot_be_read_at_the_last_look_does_not_hide_what_was_there(
    backend: OctoDnsBackend, world: World
) -> None:
    has(world, OLD)
    world.plan("create", http_error(422, "no such name"))
    world.plan("populate", lambda: None, lambda: has(world, "a..b."))
    with pytest.raises(RejectedError) as caught:
        backend.apply(ZONE, [change([OLD], [NEW])])
    assert "had PTR old.example.com before, and what cannot be read at the last" in str(
        caught.value
    )


def test_a_refused_creation_leaves_nothing_behind(backend: OctoDnsBackend, world: World) -> None:
    world.before["create"] = [lambda: None, http_error(422, "one is enough")]
    with pytest.raises(RejectedError, match="one is enough"):
        backend.apply(ZONE, [change([], [NEW, OLD])])
    assert there(world) == []


def test_a_host_that_fails_until_the_limit_is_told_with_what_was_there(
    backend: OctoDnsBackend, world: World, time: FakeTime
) -> None:
    has(world, OLD)
    began = time.now()
    failures = world.before["create"] = [http_error(503, "later") for _ in range(60)]
    with pytest.raises(UnavailableError) as caught:
        backend.apply(ZONE, [change([OLD], [NEW])])
    assert re.search(r", tried \d+ times\. What is there now is not known", str(caught.value))
    assert "10.2.0.192.in-addr.arpa had PTR old.example.com" in str(caught.value)
    assert time.now() - began <= 60
    assert 5 < 60 - len(failures) < 30
    assert there(world) == []
    failures.clear()


def test_a_value_of_somebody_else_that_came_in_between_stays_and_ours_goes(
    backend: OctoDnsBackend, world: World
) -> None:
    world.plan("create", lambda: has(world, THEIRS))
    with pytest.raises(ConflictError, match="there is now PTR new"):
        backend.apply(ZONE, [change([], [NEW])])
    assert there(world) == [THEIRS]


def test_what_somebody_else_made_of_it_is_left_alone(backend: OctoDnsBackend, world: World) -> None:
    has(world, OLD)

    def meanwhile() -> None:
        has(world, THEIRS)

    world.plan("populate", lambda: None, meanwhile)
    with pytest.raises(ConflictError, match="there is now PTR theirs"):
        backend.apply(ZONE, [change([OLD], [NEW])])
    assert there(world) == [THEIRS]


def test_a_zone_that_shows_a_change_late_is_waited_for(
    backend: OctoDnsBackend, world: World, time: FakeTime
) -> None:
    has(world, OLD)
    began = time.now()
    world.plan("apply", lambda: setattr(world, "lag", 2))
    heard = Heard()
    with reporting_to(heard):
        backend.apply(ZONE, [change([OLD], [NEW])])
    assert there(world) == [NEW]
    assert world.done.count("apply") == 1
    assert heard.told == ["waiting for 2.0.192.in-addr.arpa to show the change"]
    assert heard.warnings == []
    assert 0.5 < time.now() - began < 1


def test_a_success_that_shows_nothing_is_a_warning(world: World, time: FakeTime) -> None:
    has(world, OLD)
    heard = Heard()
    with reporting_to(heard):
        provider("LazyProvider", time).apply(ZONE, [change([OLD], [NEW])])
    assert heard.warnings == [
        "octo: write PTR of 10.2.0.192.in-addr.arpa: the provider reported success, and does not "
        "show it yet: there is now PTR old.example.com; `pulumi refresh` tells whether it came "
        "later"
    ]


def test_a_ttl_that_the_vendor_raises_is_no_conflict(backend: OctoDnsBackend, world: World) -> None:
    world.least_ttl = 7200
    backend.apply(ZONE, [change([], [NEW])])
    assert world.zones[REVERSE][KEY] == (7200, [NEW])


def test_a_provider_that_leaves_it_half_done_each_time_is_an_error(
    backend: OctoDnsBackend, world: World
) -> None:
    has(world, OLD)
    gone = [lambda: world.zones[REVERSE].pop(KEY, None)] * 4
    world.before["populate"] = [lambda: None, *gone, gone[0]]
    with pytest.raises(UnavailableError) as caught:
        backend.apply(ZONE, [change([OLD], [NEW])])
    assert "the provider leaves it half done: there is now nothing" in str(caught.value)
    assert there(world) == [OLD]


def test_several_changes_are_one_plan_each(backend: OctoDnsBackend, world: World) -> None:
    names = [dns.name.from_text(str(number), ZONE) for number in range(3)]
    backend.apply(ZONE, [change([], [NEW], name) for name in names])
    assert world.done.count("apply") == 3
    assert world.done.count("populate") == 2


def test_where_one_of_several_is_refused_those_before_it_stay_and_the_others_are_not_sent(
    backend: OctoDnsBackend, world: World
) -> None:
    names = [dns.name.from_text(str(number), ZONE) for number in range(3)]
    world.before["create"] = [lambda: None, http_error(422, "not this one")]
    with pytest.raises(RejectedError, match="not this one"):
        backend.apply(ZONE, [change([], [NEW], name) for name in names])
    assert list(world.zones[REVERSE]) == [("0", "PTR")]
    assert world.done.count("apply") == 2


def test_no_write_begins_when_the_time_is_over(world: World, time: FakeTime) -> None:
    names = [dns.name.from_text(str(number), ZONE) for number in range(3)]
    world.plan("apply", lambda: time.sleep(1), lambda: time.sleep(10))
    with pytest.raises(UnavailableError, match="no time is left after 2 of 3 changes; raise `time"):
        provider("StepwiseProvider", time, timeout=5.0).apply(
            ZONE, [change([], [NEW], name) for name in names]
        )
    assert len(world.zones[REVERSE]) == 2


def test_what_octodns_keeps_beside_the_values_stays(backend: OctoDnsBackend, world: World) -> None:
    forward = dns.name.from_text(FORWARD)
    world.zones[FORWARD]["www", "TXT"] = (60, ["v=spf1"])
    world.zones[FORWARD]["www", "A"] = (60, ["192.0.2.1"])
    name = dns.name.from_text("www", forward)
    before, after = rrset(name, "A", "192.0.2.1"), rrset(name, "A", "192.0.2.2")
    backend.apply(forward, [Change(name, RdataType.A, before, after)])
    assert world.zones[FORWARD] == {
        ("www", "TXT"): (60, ["v=spf1"]),
        ("www", "A"): (3600, ["192.0.2.2"]),
    }


def test_what_the_class_cannot_do_is_refused_before_anything_is_written(
    world: World, time: FakeTime
) -> None:
    one = provider("OnePtrProvider", time)
    with pytest.raises(RejectedError) as caught:
        one.apply(ZONE, [change([], [OLD, NEW])])
    assert str(caught.value) == (
        "octo: write PTR of 10.2.0.192.in-addr.arpa: OnePtrProvider supports one PTR record at a "
        "name, not several"
    )
    forward = dns.name.from_text(FORWARD)
    name = dns.name.from_text("www", forward)
    address = Change(name, RdataType.A, None, rrset(name, "A", "192.0.2.1"))
    with pytest.raises(
        RejectedError, match=r"www\.example\.com: OnePtrProvider does not support A"
    ):
        one.apply(forward, [address])
    has(world, OLD)
    with pytest.raises(RejectedError, match="the record is a dynamic one"):
        provider("DynamicProvider", time).apply(ZONE, [change([OLD], [NEW])])
    assert "apply" not in world.done


def test_a_name_below_a_delegation_is_not_the_zone_s(backend: OctoDnsBackend, world: World) -> None:
    world.zones[REVERSE]["child", "NS"] = (60, ["ns.elsewhere.example."])
    name = dns.name.from_text("5.child", ZONE)
    for call in (
        lambda: backend.find_zone(name),
        lambda: backend.apply(ZONE, [change([], [NEW], name)]),
    ):
        with pytest.raises(ZoneNotFoundError, match=r"is delegated to ns\.elsewhere\.example, and"):
            call()
    world.zones[REVERSE]["5.child", "PTR"] = (60, [OLD])
    backend.apply(ZONE, [change([OLD], [], name)])
    assert ("5.child", "PTR") not in world.zones[REVERSE]


def test_a_name_of_another_zone_of_the_account_is_refused(
    backend: OctoDnsBackend, world: World
) -> None:
    world.zones["128/25.2.0.192.in-addr.arpa."] = {}
    name = dns.name.from_text("129.128/25", ZONE)
    with pytest.raises(ZoneNotFoundError, match="check `zone`"):
        backend.apply(ZONE, [change([], [NEW], name)])
    assert "apply" not in world.done
