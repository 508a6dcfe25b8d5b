"""Forward records in the account's zones: only what is ours, and nobody else's is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.errors import (
    BackendError,
    ConflictError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from tests.fakes.hostinger import Account, Fault

from .world import ZONE, World, change, held, name, world

LAST_ID = " (correlation id 00000000-0000-4000-8000-000000000003)"
ONE, TWO, THREE = "203.0.113.1", "203.0.113.2", "203.0.113.3"
MX = held("@", "10 mail.example.com.", kind="MX")
V6 = held("mail", "2001:db8::1", kind="AAAA")


def live(account: World, owner: str = "mail", kind: str = "A") -> list[str] | None:
    """Tell what is served."""
    found = account.account.records("example.com", owner, kind)
    return None if found is None else found[1]


def bodies(account: World, method: str = "PUT") -> list[Any]:
    """List what was written."""
    return [sent.body for sent in account.simulator.sent(method)]


def put_by_hand(*contents: str, owner: str = "mail", overwrite: bool = False) -> Any:
    """Let somebody else write an RRset."""

    def hook(account: Account) -> None:
        records = [{"content": content} for content in contents]
        entry = {"name": owner, "type": "A", "ttl": 60, "records": records}
        zone = account.zones["example.com"]
        zone.put(account.now(), {"overwrite": overwrite, "zone": [entry]})

    return hook


# Writing


def test_what_somebody_else_takes_away_or_writes_by_hand_is_seen() -> None:
    with world(zones={"example.com": [held("mail", ONE)]}) as account:
        account.account.set_records("example.com", "mail", "A", [TWO])
        found = account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A)
        assert found is not None
        assert found[0].to_text() == TWO
        account.account.set_records("example.com", "mail", "A", [])
        account.time.sleep(3)
        assert account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A) is None


def test_a_new_address_is_appended_and_nothing_else_is_sent() -> None:
    with world(zones={"example.com": [MX, V6, held("mail", ONE)]}) as account:
        account.backend.apply(ZONE, [change("mail.example.com", [ONE], [ONE, TWO])])
        assert bodies(account) == [
            {
                "overwrite": False,
                "zone": [{"name": "mail", "type": "A", "ttl": 3600, "records": [{"content": TWO}]}],
            }
        ]
        assert live(account) == [ONE, TWO]
        assert live(account, kind="AAAA") == ["2001:db8::1"]
        assert live(account, "@", "MX") == ["10 mail.example.com."]
        assert account.calls() == [
            "GET zones/example.com",
            "PUT zones/example.com",
            "GET zones/example.com",
        ]


def test_an_address_of_the_domain_itself_is_written_at_the_at_sign() -> None:
    with world() as account:
        account.backend.apply(ZONE, [change("example.com", [], ["2001:db8::1"], kind="AAAA")])
        assert live(account, "@", "AAAA") == ["2001:db8::1"]


def test_one_address_of_two_is_taken_out_by_writing_the_other() -> None:
    with world(zones={"example.com": [held("mail", ONE, TWO)]}) as account:
        account.backend.apply(ZONE, [change("mail.example.com", [ONE, TWO], [TWO])])
        assert bodies(account)[0]["overwrite"] is True
        assert live(account) == [TWO]


def test_the_last_address_takes_the_rrset_with_it() -> None:
    with world(zones={"example.com": [V6, held("mail", ONE)]}) as account:
        account.backend.apply(ZONE, [change("mail.example.com", [ONE], [])])
        assert bodies(account, "DELETE") == [{"filters": [{"name": "mail", "type": "A"}]}]
        assert live(account) is None
        assert live(account, kind="AAAA") == ["2001:db8::1"]


def test_several_kinds_of_changes_are_a_request_each() -> None:
    sets = [held("b", ONE), held("c", ONE)]
    with world(zones={"example.com": sets}) as account:
        changes = [
            change("a.example.com", [], [ONE]),
            change("b.example.com", [ONE], [TWO]),
            change("c.example.com", [ONE], []),
        ]
        account.backend.apply(ZONE, changes)
        assert [live(account, owner) for owner in "abc"] == [[ONE], [TWO], None]
        assert len(bodies(account)) == 2
        account.backend.apply(ZONE, [])


def test_what_others_append_between_look_and_append_stays() -> None:
    with world() as account:
        account.simulator.before("PUT", "/zones/", put_by_hand(TWO))
        account.backend.apply(ZONE, [change("mail.example.com", [], [ONE])])
        assert live(account) == [ONE, TWO]


@pytest.mark.parametrize("wanted", [[ONE], []], ids=["replace", "delete"])
def test_an_address_that_comes_while_a_write_waits_is_not_lost(wanted: list[str]) -> None:
    with world(zones={"example.com": [held("mail", ONE, TWO)]}) as account:
        account.simulator.inject(Fault(kind="status", status=429, path="/zones/", after=1))
        account.time.meanwhile = lambda: put_by_hand(THREE)(account.account)
        with pytest.raises(ConflictError, match=f"is now {ONE}, {TWO}, {THREE}"):
            account.backend.apply(ZONE, [change("mail.example.com", [ONE, TWO], wanted)])
        assert live(account) == [ONE, TWO, THREE]


def test_a_write_that_had_to_wait_is_done_where_nothing_else_changed() -> None:
    with world(zones={"example.com": [held("a", ONE), held("b", ONE)]}) as account:
        account.simulator.inject(Fault(kind="status", status=429, path="/zones/", after=2, times=2))
        changes = [change("a.example.com", [ONE], [ONE, TWO]), change("b.example.com", [ONE], [])]
        account.backend.apply(ZONE, changes)
        assert (live(account, "a"), live(account, "b")) == ([ONE, TWO], None)


def test_a_lost_race_is_found_and_told() -> None:
    with world(zones={"example.com": [held("mail", TWO)]}) as account:

        def after_the_write(panel: Account) -> None:
            account.simulator.before("GET", "/zones/", put_by_hand(THREE, overwrite=True))

        account.simulator.before("PUT", "/zones/", after_the_write)
        with pytest.raises(ConflictError) as caught:
            account.backend.apply(ZONE, [change("mail.example.com", [TWO], [TWO, ONE])])
        assert str(caught.value) == (
            "hostinger: write A of mail.example.com: somebody else changed it meanwhile: A of "
            "mail.example.com is now 203.0.113.3"
        )


def test_something_else_being_there_is_told_and_read_afresh() -> None:
    with world() as account:
        assert account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A) is None
        put_by_hand(TWO)(account.account)
        with pytest.raises(ConflictError) as caught:
            account.backend.apply(ZONE, [change("mail.example.com", [], [ONE])])
        assert str(caught.value) == (
            "hostinger: write A of mail.example.com: it changed meanwhile: A of mail.example.com "
            "is now 203.0.113.2"
        )
        found = account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A)
        assert found is not None
        assert bodies(account) == []


def test_an_alias_is_told() -> None:
    sets = [held("mail", "www.example.net", kind="CNAME")]
    with world(zones={"example.com": sets}) as account:
        found = account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.CNAME)
        assert found is not None
        assert found[0].target == name("www.example.net")
        with pytest.raises(ConflictError) as caught:
            account.backend.apply(ZONE, [change("mail.example.com", [], [ONE])])
        assert str(caught.value) == (
            "hostinger: write A of mail.example.com: mail.example.com is a CNAME to "
            "www.example.net, beside which no other record can stand (RFC 1034 section 3.6.2)"
        )


@pytest.mark.parametrize("kind", ["A", "AAAA"])
def test_an_alias_of_hostingers_own_kind_is_no_place_for_an_address(kind: str) -> None:
    sets = [held("@", "example.com.cdn.example.net.", kind="ALIAS")]
    with world(zones={"example.com": sets}) as account:
        address = {"A": ONE, "AAAA": "2001:db8::1"}[kind]
        with pytest.raises(ConflictError) as caught:
            account.backend.apply(ZONE, [change("example.com", [], [address], kind=kind)])
        assert str(caught.value) == (
            f"hostinger: write {kind} of example.com: example.com has an ALIAS record to "
            "example.com.cdn.example.net., which gives it its addresses; remove it in hPanel, or "
            "leave this name to it"
        )
        assert bodies(account) == []


def test_an_alias_of_the_domain_itself_is_read() -> None:
    with world(zones={"example.com": [held("www", "@", kind="CNAME")]}) as account:
        found = account.backend.get_rrset(ZONE, name("www.example.com"), RdataType.CNAME)
        assert found is not None
        assert found[0].target == ZONE


@pytest.mark.parametrize("kind", ["cut", "cut_after", "status"])
def test_a_write_without_an_answer_is_looked_after_and_not_blindly_repeated(kind: Any) -> None:
    with world() as account:
        account.simulator.inject(Fault(kind=kind, method="PUT"))
        account.backend.apply(ZONE, [change("mail.example.com", [], [ONE])])
        assert live(account) == [ONE]
        assert len(bodies(account)) == (1 if kind == "cut_after" else 2)
        assert any(told.endswith("; looking again") for told in account.notes.progressed)


def test_a_write_that_is_never_answered_is_given_up() -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="status", method="PUT", times=100))
        with pytest.raises(UnavailableError, match="the API answered 500"):
            account.backend.apply(ZONE, [change("mail.example.com", [], [ONE])])
        assert len(bodies(account)) == 11


def test_a_write_that_the_zone_does_not_show_is_a_warning() -> None:
    with world(zone_lag=3600.0) as account:
        account.backend.apply(ZONE, [change("mail.example.com", [], [ONE])])
        assert account.notes.warnings == [
            "hostinger: write A of mail.example.com: Hostinger reported success, but the zone does "
            "not show it yet; `pulumi refresh` tells whether it came later"
        ]
        assert "waiting for example.com to show the change" in account.notes.progressed


def test_a_record_that_hostinger_refuses_is_told_with_its_messages() -> None:
    with world(zones={"example.com": [held("a", "b.example.com.", kind="CNAME")]}) as account:
        body = {"errors": {"zone.0.ttl": ["The ttl must be at least 60."]}, "correlation_id": "c-1"}
        account.simulator.inject(Fault(kind="status", method="PUT", status=422, body=body))
        with pytest.raises(RejectedError) as caught:
            account.backend.apply(ZONE, [change("mail.example.com", [], [ONE], ttl=1)])
        assert str(caught.value) == (
            "hostinger: write A of mail.example.com: the API refused it: zone.0.ttl: The ttl "
            "must be at least 60. (correlation id c-1)"
        )


@pytest.mark.parametrize("processes", [1, 8])
def test_eight_writers_add_their_address_to_one_name_and_none_is_lost(processes: int) -> None:
    with world() as account:
        backends = [account.make() for _ in range(processes)]

        def add(value: str) -> None:
            backend = backends[int(value[-1]) % processes]
            while True:
                rrset = backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A)
                before = sorted(rdata.to_text() for rdata in rrset or ())
                one = change("mail.example.com", before, [*before, value])
                try:
                    return backend.apply(ZONE, [one])
                except ConflictError:
                    continue

        wanted = [f"203.0.113.{at}" for at in range(1, 9)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(add, wanted))
        assert live(account) == wanted


# Disabled records


def test_a_disabled_record_is_no_part_of_the_rrset() -> None:
    sets = [held("mail", ONE, disabled=(TWO,)), held("off", disabled=(ONE,))]
    with world(zones={"example.com": sets}) as account:
        found = account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A)
        assert found is not None
        assert [rdata.to_text() for rdata in found] == [ONE]
        assert account.backend.get_rrset(ZONE, name("off.example.com"), RdataType.A) is None


def test_a_disabled_record_stays_when_another_is_added() -> None:
    with world(zones={"example.com": [held("mail", disabled=(TWO,))]}) as account:
        account.backend.apply(ZONE, [change("mail.example.com", [], [ONE])])
        assert live(account) == [ONE]
        records = account.account.zones["example.com"].shown(account.time.now())[0]["records"]
        assert {"content": TWO, "is_disabled": True} in records


@pytest.mark.parametrize("after", [[], [THREE]])
def test_a_disabled_record_that_could_not_be_kept_is_told_and_nothing_changed(
    after: list[str],
) -> None:
    with world(zones={"example.com": [held("mail", ONE, disabled=(TWO,))]}) as account:
        with pytest.raises(RejectedError) as caught:
            account.backend.apply(ZONE, [change("mail.example.com", [ONE], after)])
        assert str(caught.value) == (
            f"hostinger: {'write' if after else 'remove'} A of mail.example.com: the A records of "
            "mail.example.com include "
            "disabled ones (203.0.113.2), which the API cannot keep when others are taken out or "
            "change their TTL; enable or delete them in hPanel first"
        )
        assert live(account) == [ONE]


# Finding the zone


def test_the_account_s_domains_are_listed_once_and_the_longest_match_is_taken() -> None:
    zones: dict[str, Any] = {"example.com": [MX], "lab.example.com": [V6]}
    with world(zones=zones) as account:
        assert account.backend.find_zone(name("a.b.example.com")) == ZONE
        assert account.backend.find_zone(name("a.lab.example.com")) == name("lab.example.com")
        assert account.calls().count("GET portfolio") == 1


def test_a_zone_of_a_domain_that_is_registered_elsewhere_is_found_by_trying() -> None:
    with world(zones={"example.co.uk": [MX]}, domains=["example.net"]) as account:
        assert account.backend.find_zone(name("a.mail.example.co.uk")) == name("example.co.uk")
        assert account.backend.find_zone(name("b.example.co.uk")) == name("example.co.uk")
        assert account.calls() == [
            "GET portfolio",
            "GET zones/co.uk",
            "GET zones/example.co.uk",
        ]


@pytest.mark.parametrize("answer", ["403", "404", "422", "empty"])
def test_a_name_that_no_zone_holds_is_told_with_the_domains_that_are_there(answer: str) -> None:
    with world(zone_absent=answer, domains=["example.com", "example.net"]) as account:
        with pytest.raises(ZoneNotFoundError) as caught:
            account.backend.find_zone(name("a.mail.example.org"))
        assert str(caught.value) == (
            "hostinger: find the zone of a.mail.example.org: the account has no DNS zone that "
            "contains it (its domains: example.com, example.net). Is its DNS kept elsewhere, or is "
            "the token another account's?" + ("" if answer == "empty" else LAST_ID)
        )


def test_an_account_without_a_domain_is_told() -> None:
    with (
        world(domains=[], zones={}) as account,
        pytest.raises(ZoneNotFoundError, match="no domain is registered there"),
    ):
        account.backend.find_zone(name("mail.example.org"))


def test_a_domain_of_the_account_whose_dns_is_elsewhere_is_told() -> None:
    with world(domains=["example.com"], zones={}) as account:
        with pytest.raises(ZoneNotFoundError) as caught:
            account.backend.find_zone(name("mail.example.com"))
        assert str(caught.value) == (
            "hostinger: find the zone of mail.example.com: the account has no zone example.com, or "
            "the token may not read it (correlation id 00000000-0000-4000-8000-000000000001)"
        )


def test_a_name_below_a_delegation_is_not_in_the_zone() -> None:
    sets = [held("lab", "ns1.example.net.", kind="NS")]
    with world(zones={"example.com": sets}) as account:
        with pytest.raises(ZoneNotFoundError) as caught:
            account.backend.find_zone(name("a.lab.example.com"))
        assert str(caught.value) == (
            "hostinger: find the zone of a.lab.example.com: lab.example.com is delegated to "
            "ns1.example.net, and the account does not have it "
            "(correlation id 00000000-0000-4000-8000-000000000001)"
        )
        assert account.backend.find_zone(name("laboratory.example.com")) == ZONE


def test_a_delegation_to_another_zone_of_the_account_is_followed() -> None:
    sets = [held("lab", "ns1.example.net.", kind="NS")]
    zones: dict[str, Any] = {"example.com": sets, "lab.example.com": [V6]}
    with world(zones=zones, domains=["example.com"]) as account:
        assert account.backend.find_zone(name("a.lab.example.com")) == name("lab.example.com")


def test_a_record_that_is_outside_of_its_zone_delegates_nothing() -> None:
    zones: dict[str, Any] = {
        "example.com": [held("lab", "ns1.example.net.", kind="NS")],
        "lab.example.com": [held("example.com.", "ns1.example.net.", kind="NS")],
    }
    with world(zones=zones) as account:
        assert account.backend.find_zone(name("a.lab.example.com")) == name("lab.example.com")


def test_an_empty_zone_of_the_account_is_a_zone() -> None:
    with world(zones={"example.com": []}) as account:
        assert account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A) is None


def test_a_zone_that_goes_away_before_the_write_is_told() -> None:
    with world() as account:
        account.simulator.before("PUT", "/zones/", lambda panel: panel.zones.clear())
        with pytest.raises(ZoneNotFoundError, match=r"has no zone example\.com, or the token"):
            account.backend.apply(ZONE, [change("mail.example.com", [], [ONE])])


# Reading


def test_names_in_any_case_are_one_name_and_its_records_are_joined() -> None:
    sets = [held("Mail", ONE), held("mail.example.com.", TWO)]
    with world(zones={"example.com": sets}) as account:
        found = account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A)
        assert found is not None
        assert sorted(rdata.to_text() for rdata in found) == [ONE, TWO]


def test_many_looks_in_a_moment_are_one_request() -> None:
    with world() as account:
        for _ in range(5):
            account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A)
        account.time.sleep(3)
        account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A)
        assert account.calls().count("GET zones/example.com") == 2


@pytest.mark.parametrize("broken", [held("mail", "not an address"), held("a..b", ONE)])
def test_a_record_that_cannot_be_read_is_told(broken: Any) -> None:
    with world(zones={"example.com": [broken]}) as account:
        with pytest.raises(BackendError) as caught:
            account.backend.get_rrset(ZONE, name("mail.example.com"), RdataType.A)
        text = str(caught.value)
        assert text.startswith("hostinger: read A of mail.example.com: a record cannot be read: ")
