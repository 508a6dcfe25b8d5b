"""Zones at Hetzner: which one, what is sent, what others do meanwhile, and what is refused."""

from __future__ import annotations

from typing import Any

import dns.name
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Site
from pulumi_rdns.backends.batch import Outcome, PtrChange
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.errors import (
    BackendError,
    ConflictError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from tests.fakes.hetzner import Account, Fault

from .world import MAIL, ZONE, World, change, held, name, world

ONE, TWO, THREE = "203.0.113.1", "203.0.113.2", "203.0.113.3"
REVERSE = "2.0.192.in-addr.arpa"
RRSETS = r"/rrsets"


def apply(account: World, *values: list[str], ttl: int = 3600, owner: str = "mail") -> None:
    before, after = values
    account.backend.apply(ZONE, [change(f"{owner}.example.com", before, after, ttl)])


def live(account: World, owner: str = "mail", kind: str = "A") -> list[str]:
    found = account.account.records("example.com", owner, kind)
    return found[1] if found else []


def sent(account: World) -> list[tuple[str, Any]]:
    """List what was sent to change RRsets: the path below the zone, and the body."""
    return [
        (one.path.partition("/rrsets")[2], one.body)
        for one in account.simulator.sent()
        if one.method != "GET"
    ]


# What is sent


def test_a_new_rrset_is_a_post_that_only_an_absent_one_allows() -> None:
    with world() as account:
        apply(account, [], [ONE], ttl=300)
        records = [{"value": ONE}]
        assert sent(account) == [
            ("", {"name": "mail", "type": "A", "ttl": 300, "records": records})
        ]


def test_a_look_is_one_request_for_the_name_and_never_the_zone() -> None:
    sets = [held(f"h{at}", ONE) for at in range(200)]
    with world(zones={"example.com": [*sets, held("mail", ONE)]}) as account:
        account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A)
        lists = [call for call in account.calls() if "/rrsets" in call]
        assert lists == [f"GET /zones/{account.account.zones['example.com'].id}/rrsets?name=mail"]


@pytest.mark.parametrize(
    ("before", "after", "ttl", "expected"),
    [
        ([ONE], [ONE, TWO], 3600, [("add_records", [TWO])]),
        ([ONE, TWO], [TWO], 3600, [("remove_records", [ONE])]),
        ([ONE], [], 3600, [("remove_records", [ONE])]),
        ([ONE], [TWO], 3600, [("set_records", [TWO])]),
        ([ONE], [ONE], 60, [("change_ttl", None)]),
        ([ONE], [TWO], 60, [("change_ttl", None), ("set_records", [TWO])]),
    ],
)
def test_a_change_is_an_action_that_loses_nothing_of_others(
    before: list[str], after: list[str], ttl: int, expected: list[tuple[str, list[str] | None]]
) -> None:
    with world(zones={"example.com": [held("mail", *before)]}, action_delay=2.0) as account:
        apply(account, before, after, ttl=ttl)
        done = [
            (
                path.rpartition("/")[2],
                [one["value"] for one in body["records"]] if "records" in body else None,
            )
            for path, body in sent(account)
        ]
        assert done == expected
        assert live(account) == sorted(after)


def test_values_that_stay_keep_their_comments() -> None:
    kept = held("mail", ONE, TWO)
    kept["records"][1]["comment"] = "the spare one"
    with world(zones={"example.com": [kept]}) as account:
        apply(account, [ONE, TWO], [TWO, THREE])
        ((_, body),) = sent(account)
        records = sorted(body["records"], key=lambda record: record["value"])
        assert records == [{"value": TWO, "comment": "the spare one"}, {"value": THREE}]


def test_an_rrset_without_a_ttl_has_the_zone_s() -> None:
    sets = [held("mail", ONE, ttl=None)]
    with world(zones={"example.com": sets}, zone_ttl=7200) as account:
        found = account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A)
        assert found is not None
        assert found.ttl == 7200
        apply(account, [ONE], [ONE], ttl=7200)
        assert sent(account) == []


def test_names_and_values_without_a_dot_are_below_the_zone() -> None:
    sets = [held("www", "mail", kind="CNAME"), held("@", ONE), held("*.sub", TWO)]
    with world(zones={"example.com": sets}) as account:
        alias = account.backend.get_rrset(ZONE, name("www.example.com"), RdataType.CNAME)
        assert alias is not None
        assert alias[0].target == MAIL
        for owner, value in (("example.com", ONE), (r"*.sub.example.com", TWO)):
            found = account.backend.get_rrset(ZONE, name(owner), RdataType.A)
            assert found is not None
            assert [rdata.to_text() for rdata in found] == [value]
        account.backend.apply(ZONE, [change("*.sub.example.com", [TWO], [THREE])])
        assert live(account, "*.sub") == [THREE]


def test_a_name_that_a_path_cannot_have_as_it_is_is_quoted() -> None:
    zone = {REVERSE: [held("1.0/25", "a.example.com.", kind="PTR")]}
    owner = f"1.0/25.{REVERSE}"
    with world(zones=zone) as account:
        before, after = ["a.example.com."], ["b.example.com."]
        account.backend.apply(name(REVERSE), [change(owner, before, after, kind="PTR")])
        assert account.account.records(REVERSE, "1.0/25", "PTR") == (3600, after)


def test_a_site_is_one_look() -> None:
    sets = [
        held("www", "mail.example.com.", kind="CNAME"),
        held("txt", '"text"', kind="TXT"),
        held("mail", ONE),
    ]
    with world(zones={"example.com": sets}) as account:
        backend = account.backend
        assert backend.find_site(name("www.example.com")) == Site(ZONE, MAIL, False)
        before = len(account.calls())
        assert backend.find_site(name("txt.example.com")) == Site(ZONE, None, False)
        assert backend.find_site(name("new.example.com")) == Site(ZONE, None, True)
        assert len(account.calls()) == before + 2


# Which zone


def test_a_name_without_a_zone_is_told_with_the_zones() -> None:
    with world(zones={f"z{at:02}.example": [] for at in range(12)}) as account:
        with pytest.raises(ZoneNotFoundError) as caught:
            account.backend.find_zone(MAIL)
        assert "the project has no DNS zone that contains it (its zones: z00.example, z01" in str(
            caught.value
        )
        assert ", …)" in str(caught.value)
    with world(zones={}) as account, pytest.raises(ZoneNotFoundError, match=r"\(it has none\)"):
        account.backend.find_zone(MAIL)


def test_a_zone_that_is_made_later_is_found() -> None:
    with world(zones={}) as account:
        with pytest.raises(ZoneNotFoundError):
            account.backend.find_zone(MAIL)
        account.account.zones |= Account(account.scenario, account.time.now).zones
        account.scenario.zones["example.com"] = []
        account.account.zones |= Account(account.scenario, account.time.now).zones
        account.time.sleep(1)
        assert account.backend.find_zone(MAIL) == ZONE


def test_a_name_that_the_zone_delegates_is_not_in_it_and_not_written() -> None:
    sets = [held("@", "ns1.hetzner.com.", kind="NS"), held("sub", "ns.example.net.", kind="NS")]
    with world(zones={"example.com": sets}) as account:
        for call in (
            lambda: account.backend.find_zone(name("a.sub.example.com")),
            lambda: apply(account, [], [ONE], owner="a.sub"),
        ):
            with pytest.raises(ZoneNotFoundError) as caught:
                call()
            assert "sub.example.com is delegated to ns.example.net, and the project does" in str(
                caught.value
            )
        account.backend.find_zone(name("b.example.com"))
        asked = [call for call in account.calls() if "type=NS" in call]
        assert len(asked) == 1
        assert sent(account) == []


def test_a_copy_of_another_server_s_zone_is_refused_with_that_server() -> None:
    copies = {"example.com": ["192.0.2.53", "192.0.2.54"]}
    with world(zones={}, secondaries=copies) as account:
        assert [one.is_copy for one in account.backend.list_zones()] == [True]
        with pytest.raises(RejectedError) as caught:
            account.backend.find_zone(MAIL)
        assert "the zone example.com is a copy of the one at 192.0.2.53, 192.0.2.54" in str(
            caught.value
        )
        with pytest.raises(RejectedError, match="incorrect_zone_mode"):
            account.backend.get_rrset(ZONE, MAIL, RdataType.A)


def test_a_zone_that_is_deleted_elsewhere_is_an_error_and_never_gone() -> None:
    with world() as account:
        apply(account, [], [ONE])
        del account.account.zones["example.com"]
        for call in (
            lambda: account.backend.get_rrset(ZONE, MAIL, RdataType.A),
            lambda: apply(account, [ONE], []),
            lambda: account.backend.read_ptrs(ZONE, ["a.example.com"]),
        ):
            with pytest.raises(ZoneNotFoundError, match="has no zone example"):
                call()


@pytest.mark.parametrize(("ttl", "text"), [(59, "too short"), (2**31, "too long")])
def test_a_ttl_that_cannot_be_is_refused_before_anything_is_written(ttl: int, text: str) -> None:
    with world() as account:
        with pytest.raises(RejectedError, match=text):
            account.backend.apply(
                ZONE,
                [
                    change("a.example.com", [], [ONE]),
                    change("mail.example.com", [], [ONE], ttl),
                ],
            )
        assert sent(account) == []
        account.backend.apply(ZONE, [])


# What others do meanwhile


def test_an_address_that_others_add_meanwhile_survives() -> None:
    def add(project: Account) -> None:
        project.set_records("example.com", "mail", "A", [ONE, THREE])

    with world(zones={"example.com": [held("mail", ONE)]}) as account:
        for before, after, kept in (([ONE], [ONE, TWO], [ONE, TWO, THREE]), ([ONE], [], [THREE])):
            account.account.set_records("example.com", "mail", "A", [ONE])
            account.simulator.before("POST", "/actions/", add)
            with pytest.raises(ConflictError):
                apply(account, before, after)
            assert live(account) == kept


@pytest.mark.parametrize("removes_absent", [True, False])
def test_a_record_that_others_change_right_before_the_removal_survives(
    removes_absent: bool,
) -> None:
    def take(project: Account) -> None:
        project.set_records("example.com", "mail", "A", [THREE])

    sets = [held("mail", ONE)]
    with world(zones={"example.com": sets}, removes_absent=removes_absent) as account:
        account.simulator.before("POST", "/actions/remove_records", take)
        with pytest.raises(ConflictError, match=f"there is now A {THREE}"):
            apply(account, [ONE], [])
        assert live(account) == [THREE]


@pytest.mark.parametrize("there", [[ONE], [TWO]])
def test_who_creates_it_right_before_is_seen(there: list[str]) -> None:
    def create(project: Account) -> None:
        project.set_records("example.com", "mail", "A", there, 3600)

    with world() as account:
        account.simulator.before("POST", "/rrsets", create)
        if there == [ONE]:
            apply(account, [], [ONE])
        else:
            with pytest.raises(ConflictError, match=f"there is now A {TWO}"):
                apply(account, [], [ONE])
        assert live(account) == there
        assert len(sent(account)) == 1


def test_what_others_create_and_the_api_does_not_show_yet_is_waited_for() -> None:
    def create(project: Account) -> None:
        project.set_records("example.com", "mail", "A", [TWO])

    with world(zone_lag=5.0) as account:
        account.simulator.before("POST", "/rrsets", create)
        with pytest.raises(ConflictError, match=f"there is now A {TWO}"):
            apply(account, [], [ONE])
        assert live(account) == [TWO]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="status", method="POST", status=429, retry_after="5"),
        Fault(kind="status", method="POST", status=503),
        Fault(kind="cut", method="POST"),
    ],
    ids=["429", "503", "cut"],
)
def test_what_is_overwritten_is_looked_at_again_after_every_pause(fault: Fault) -> None:
    with world(zones={"example.com": [held("mail", ONE)]}) as account:
        fault.times = 1
        account.simulator.inject(fault)
        account.time.meanwhile = lambda: account.account.set_records(
            "example.com", "mail", "A", [THREE]
        )
        with pytest.raises(ConflictError, match=f"there is now A {THREE}"):
            apply(account, [ONE], [TWO])
        assert account.time.meanwhile is None
        assert live(account) == [THREE]


def test_a_cname_that_comes_in_between_is_nothing_to_write_beside() -> None:
    def alias(project: Account) -> None:
        project.set_records("example.com", "mail", "CNAME", ["www.example.com."])

    with world() as account:
        account.simulator.before("POST", "/rrsets", alias)
        with pytest.raises(ConflictError, match="there is now CNAME"):
            apply(account, [], [ONE])
        assert live(account) == []


def test_a_cname_that_comes_in_a_pause_is_nothing_to_write_beside() -> None:
    with world(beside_cname=True) as account:
        fault = Fault(kind="status", method="POST", status=429, retry_after="5")
        account.simulator.inject(fault)
        account.time.meanwhile = lambda: account.account.set_records(
            "example.com", "mail", "CNAME", ["www.example.com."]
        )
        with pytest.raises(ConflictError, match="there is now CNAME"):
            apply(account, [], [ONE])
        assert account.time.meanwhile is None
        assert live(account) == []


@pytest.mark.parametrize("kind", ["cut", "cut_after", "status"])
def test_a_write_whose_answer_is_lost_is_looked_after(kind: Any) -> None:
    with world() as account:
        account.simulator.inject(Fault(kind=kind, method="POST"))
        apply(account, [], [ONE])
        assert live(account) == [ONE]
        assert len(sent(account)) == (1 if kind == "cut_after" else 2)


# Refusals and actions


def test_a_protected_rrset_stays_with_the_vendor_s_words() -> None:
    with world(zones={"example.com": [held("mail", ONE)]}) as account:
        account.account.zones["example.com"].protected.add(("mail", "A"))
        with pytest.raises(RejectedError, match=r"rrset is protected \(protected, correlation"):
            apply(account, [ONE], [TWO])
        assert live(account) == [ONE]


def test_an_action_that_fails_gives_the_vendor_s_reason() -> None:
    with world(action_result="error") as account:
        with pytest.raises(RejectedError, match=r"failed: Action failed \(action_failed\)"):
            apply(account, [], [ONE])
        assert live(account) == []


def test_a_zone_that_does_not_show_it_for_long_is_a_warning() -> None:
    with world(zone_lag=100.0) as account:
        apply(account, [], [ONE])
        (warning,) = account.notes.warnings
        assert "Hetzner reported success, but the zone does not show it yet" in warning
        assert "waiting for example.com to show the change" in account.notes.progressed


def test_a_value_that_is_none_is_an_error_that_names_it() -> None:
    with world(zones={"example.com": [held("mail", ONE)]}) as account:
        body = {"rrsets": [{**held("mail", "nonsense"), "zone": 1}], "meta": {}}
        account.simulator.inject(Fault(kind="answer", path=RRSETS, body=body))
        with pytest.raises(BackendError, match="has the value 'nonsense'"):
            account.backend.get_rrset(ZONE, MAIL, RdataType.A)


# Many


def owners(count: int) -> list[str]:
    return [f"{at}.{REVERSE}" for at in range(count)]


def test_many_names_are_read_as_a_zone_where_that_is_fewer_requests() -> None:
    sets = [held(str(at), f"h{at}.example.com.", kind="PTR") for at in range(120)]
    with world(zones={REVERSE: sets}) as account:
        for count, requests in ((1, 1), (3, 3), (4, 3), (120, 3)):
            before = len(account.calls())
            found = account.backend.read_ptrs(name(REVERSE), owners(count))
            assert len(found) == count
            asked = [call for call in account.calls()[before:] if "/rrsets" in call]
            assert len(asked) == requests


def test_what_was_just_read_of_a_zone_will_do_for_another_reader() -> None:
    sets = [held(str(at), f"h{at}.example.com.", kind="PTR") for at in range(30)]
    with world(zones={REVERSE: sets}) as account:
        for at in range(5):
            account.backend.read_ptrs(name(REVERSE), owners(30)[at:], is_shared=True)
        assert len(account.simulator.sent("GET", RRSETS)) == 1
        account.time.sleep(6)
        account.backend.read_ptrs(name(REVERSE), owners(30), is_shared=True)
        account.backend.read_ptrs(name(REVERSE), owners(30))
        assert len(account.simulator.sent("GET", RRSETS)) == 3


def created(count: int) -> list[PtrChange]:
    return [PtrChange(owner, (), ("a.example.com",), 3600) for owner in owners(count)]


def outcomes(account: World, count: int) -> list[Outcome]:
    return account.backend.apply_ptrs(name(REVERSE), created(count), lambda _: None)


def test_where_one_of_many_is_refused_the_others_are_made() -> None:
    with world(zones={REVERSE: []}) as account:
        refused = {"error": {"code": "invalid_input", "message": "not this one"}}
        path = f"/zones/{account.account.zones[REVERSE].id}/rrsets$"
        fault = Fault(
            kind="status", method="POST", path=path, after=3, times=4, status=422, body=refused
        )
        account.simulator.inject(fault)
        found = outcomes(account, 5)
        assert [outcome.is_done for outcome in found].count(False) == 1
        (error,) = [outcome.error for outcome in found if outcome.error]
        assert "not this one" in str(error)
        there = account.backend.read_ptrs(name(REVERSE), owners(5))
        assert len(there) == 4
        assert set(there.values()) == {LiveRecord(("a.example.com",), 3600)}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="status", method="POST", after=3, times=999, status=429, retry_after="9999"),
        Fault(kind="status", method="POST", after=3, times=999, status=403),
        Fault(kind="status", method="POST", after=3, times=999, status=500),
        Fault(kind="status", path="/actions/", after=3, times=999, status=429, retry_after="9999"),
    ],
    ids=["429", "403", "500", "429 to the look at an action"],
)
def test_what_may_have_been_made_is_never_taken_for_not_made(fault: Fault) -> None:
    with world(zones={REVERSE: []}, action_delay=1.0) as account:
        account.simulator.inject(fault)
        found = outcomes(account, 6)
        account.time.sleep(5)
        live = [account.account.records(REVERSE, str(at), "PTR") for at in range(6)]
        assert any(live)
        for record, outcome in zip(live, found, strict=True):
            assert outcome.is_unknown or outcome.is_done is (record is not None)
        assert any(isinstance(outcome.error, UnavailableError) for outcome in found)


def test_an_earlier_refusal_of_all_is_certain() -> None:
    fault = Fault(kind="status", method="POST", times=999, status=403)
    with world(zones={REVERSE: []}) as account:
        account.simulator.inject(fault)
        found = outcomes(account, 3)
        assert not any(outcome.is_unknown or outcome.is_done for outcome in found)


def test_names_of_dnspython_are_no_obstacle_to_the_apex() -> None:
    with world() as account:
        account.backend.apply(ZONE, [change("example.com", [], [ONE])])
        assert live(account, "@") == [ONE]
        assert account.backend.find_zone(dns.name.from_text("example.com")) == ZONE
