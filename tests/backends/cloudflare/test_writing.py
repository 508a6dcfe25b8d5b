"""What a write sends, what it leaves alone, and what somebody else does meanwhile."""

from __future__ import annotations

from typing import Any

import dns.name
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.errors import (
    ConflictError,
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
    ptr,
    world,
)
from tests.backends.contract import rrset
from tests.fakes.cloudflare import Account, Fault, ZoneSpec

MAIL = "mail.example.com"
ONE, TWO, THREE = "192.0.2.1", "192.0.2.2", "192.0.2.3"
BATCH = "/batch"


def batches(account: World) -> list[Any]:
    return [sent.body for sent in account.simulator.sent("POST", BATCH)]


def test_a_new_record_is_created_and_looked_at_again(account: World) -> None:
    account.backend.apply(ZONE, [address([], [ONE])])
    assert account.values() == [ONE]
    assert account.calls() == [
        "GET zones",
        "GET zones/dns_records NS",
        f"GET zones/dns_records {MAIL}",
        "POST zones/dns_records/batch",
        f"GET zones/dns_records {MAIL}",
    ]
    assert batches(account) == [
        {"posts": [{"name": MAIL, "type": "A", "content": ONE, "ttl": 3600}]}
    ]


def test_another_value_is_a_patch_by_id_that_keeps_what_stands_beside_it(account: World) -> None:
    id_ = account.account.add(FORWARD, "A", MAIL, ONE, ttl=3600, comment="ops", tags=["team:mail"])
    account.backend.apply(ZONE, [address([ONE], [TWO])])
    (record,) = account.account.live(FORWARD, "A", MAIL)
    assert (record["id"], record["content"]) == (id_, TWO)
    assert (record["comment"], record["tags"]) == ("ops", ["team:mail"])
    assert [list(batch) for batch in batches(account)] == [["patches"]]


def test_values_that_go_stay_and_come_are_one_batch(account: World) -> None:
    kept = account.account.add(FORWARD, "A", MAIL, ONE, ttl=3600)
    account.account.add(FORWARD, "A", MAIL, TWO, ttl=3600)
    account.backend.apply(ZONE, [address([ONE, TWO], [ONE, THREE])])
    assert account.values() == [ONE, THREE]
    account.backend.apply(ZONE, [address([ONE, THREE], [ONE])])
    assert [record["id"] for record in account.account.live(FORWARD, "A", MAIL)] == [kept]
    account.backend.apply(ZONE, [address([ONE], [ONE], ttl=300)])
    assert account.account.live(FORWARD, "A", MAIL)[0]["ttl"] == 300
    assert [sorted(batch) for batch in batches(account)] == [["patches"], ["deletes"], ["patches"]]


def test_records_of_others_with_the_same_name_stay(account: World) -> None:
    others = [
        account.account.add(FORWARD, "TXT", MAIL, '"v=spf1 -all"', comment="theirs"),
        account.account.add(FORWARD, "AAAA", MAIL, "2001:db8::1"),
        account.account.add(FORWARD, "A", f"www.{FORWARD}", ONE, proxied=True),
    ]
    before = account.account.live(FORWARD)
    account.backend.apply(ZONE, [address([], [ONE])])
    account.backend.apply(ZONE, [address([ONE], [TWO])])
    account.backend.apply(ZONE, [address([TWO], [])])
    assert account.account.live(FORWARD) == before
    assert {one["id"] for one in before} == set(others)


def test_ours_is_taken_back_where_somebody_creates_another_one_meanwhile(account: World) -> None:
    def meanwhile(cloudflare: Account) -> None:
        cloudflare.add(REVERSE, "PTR", f"10.{REVERSE}", "theirs.example.net", comment="theirs")

    account.simulator.before("POST", BATCH, meanwhile)
    with pytest.raises(ConflictError) as caught:
        account.backend.apply(REVERSE_ZONE, [ptr([], ["mail.example.com."])])
    assert str(caught.value) == (
        f"cf: write PTR of 10.{REVERSE}: there is now PTR theirs.example.net"
    )
    (record,) = account.account.live(REVERSE, "PTR")
    assert (record["content"], record["comment"]) == ("theirs.example.net", "theirs")


@pytest.mark.parametrize("kind", ["cut", "cut_after"])
def test_it_is_taken_back_also_where_the_answer_to_that_is_lost(account: World, kind: Any) -> None:
    def meanwhile(cloudflare: Account) -> None:
        cloudflare.add(REVERSE, "PTR", f"10.{REVERSE}", "theirs.example.net")
        account.simulator.inject(Fault(kind=kind, method="POST", path=BATCH))

    account.simulator.before("POST", BATCH, meanwhile)
    with pytest.raises(ConflictError, match=r"there is now PTR theirs\.example\.net"):
        account.backend.apply(REVERSE_ZONE, [ptr([], ["mail.example.com."])])
    assert [one["content"] for one in account.account.live(REVERSE, "PTR")] == [
        "theirs.example.net"
    ]
    assert 0 in [sent.status for sent in account.simulator.sent("POST")]


def test_what_somebody_changes_while_the_api_wants_no_requests_stays(account: World) -> None:
    id_ = account.account.add(FORWARD, "A", MAIL, ONE, ttl=3600)
    account.simulator.inject(
        Fault(kind="status", status=429, method="POST", path=BATCH, retry_after="60")
    )
    account.time.meanwhile = lambda: account.account.edit(FORWARD, id_, content=THREE)
    with pytest.raises(ConflictError, match=rf"there is now A {THREE}"):
        account.backend.apply(ZONE, [address([ONE], [TWO])])
    assert account.values() == [THREE]
    assert [sent.status for sent in account.simulator.sent("POST")] == [429]


def test_a_record_that_was_made_anew_meanwhile_is_changed_by_its_new_id(account: World) -> None:
    id_ = account.account.add(FORWARD, "A", MAIL, ONE, ttl=3600)

    def anew() -> None:
        account.account.remove(FORWARD, id_)
        account.account.add(FORWARD, "A", MAIL, ONE, ttl=3600, comment="anew")

    account.simulator.inject(
        Fault(kind="status", status=429, method="POST", path=BATCH, retry_after="20")
    )
    account.time.meanwhile = anew
    account.backend.apply(ZONE, [address([ONE], [TWO])])
    (record,) = account.account.live(FORWARD, "A", MAIL)
    assert (record["content"], record["comment"]) == (TWO, "anew")


def test_in_a_batch_only_that_one_is_taken_back(account: World) -> None:
    def meanwhile(cloudflare: Account) -> None:
        cloudflare.add(REVERSE, "PTR", f"10.{REVERSE}", "theirs.example.net")

    account.simulator.before("POST", BATCH, meanwhile)
    names = [dns.name.from_text(f"{at}.{REVERSE}") for at in (9, 10, 11)]
    changes = [ptr([], ["mail.example.com."], name) for name in names]
    with pytest.raises(ConflictError, match=r"there is now PTR theirs\.example\.net"):
        account.backend.apply(REVERSE_ZONE, changes)
    there = [(one["name"], one["content"]) for one in account.account.live(REVERSE, "PTR")]
    assert there == [
        (f"10.{REVERSE}", "theirs.example.net"),
        (f"11.{REVERSE}", MAIL),
        (f"9.{REVERSE}", MAIL),
    ]


def test_a_record_that_somebody_deletes_meanwhile_is_a_conflict(account: World) -> None:
    id_ = account.account.add(FORWARD, "A", MAIL, ONE, ttl=3600)
    account.account.add(FORWARD, "A", MAIL, THREE, ttl=3600)
    account.simulator.before("POST", BATCH, lambda cloudflare: cloudflare.remove(FORWARD, id_))
    with pytest.raises(ConflictError, match=rf"there is now A {THREE}"):
        account.backend.apply(ZONE, [address([ONE, THREE], [THREE, TWO])])
    assert account.values() == [THREE]


def test_one_that_somebody_deletes_and_that_should_go_is_gone(account: World) -> None:
    id_ = account.account.add(FORWARD, "A", MAIL, ONE, ttl=3600)
    account.simulator.before("POST", BATCH, lambda cloudflare: cloudflare.remove(FORWARD, id_))
    account.backend.apply(ZONE, [address([ONE], [])])
    assert account.values() == []
    assert len(batches(account)) == 1


def test_a_cname_that_somebody_creates_meanwhile_is_a_conflict(account: World) -> None:
    def meanwhile(cloudflare: Account) -> None:
        cloudflare.add(FORWARD, "CNAME", MAIL, "www.example.net")

    account.simulator.before("POST", BATCH, meanwhile)
    with pytest.raises(ConflictError, match=r"there is now CNAME www\.example\.net"):
        account.backend.apply(ZONE, [address([], [ONE])])
    assert account.values() == []


def test_the_same_record_of_somebody_else_is_what_was_wanted(account: World) -> None:
    def meanwhile(cloudflare: Account) -> None:
        cloudflare.add(FORWARD, "A", MAIL, ONE, ttl=3600)

    account.simulator.before("POST", BATCH, meanwhile)
    account.backend.apply(ZONE, [address([], [ONE])])
    assert account.values() == [ONE]


@pytest.mark.parametrize("kind", ["cut", "cut_after"])
def test_a_lost_answer_is_looked_after_and_nothing_is_written_twice(
    account: World, kind: Any
) -> None:
    account.simulator.inject(Fault(kind=kind, method="POST", path=BATCH))
    account.backend.apply(ZONE, [address([], [ONE])])
    assert account.values() == [ONE]
    assert len(batches(account)) == (2 if kind == "cut" else 1)


def test_a_zone_that_shows_a_record_late_is_waited_for() -> None:
    with world(lag=3.0) as account:
        account.backend.apply(ZONE, [address([], [ONE])])
        assert account.values() == [ONE]
        assert account.heard.told == ["waiting for example.com to show the change"]
        assert account.heard.warnings == []


def test_one_that_shows_it_much_later_is_a_warning() -> None:
    with world(lag=60.0) as account:
        account.backend.apply(ZONE, [address([], [ONE])])
        assert account.values() == [ONE]
        assert account.heard.warnings == [
            f"cf: write A of {MAIL}: Cloudflare reported success, but does not show the record "
            "yet; `pulumi refresh` tells whether it came later"
        ]


def test_automatic_is_a_ttl_of_one_and_no_drift(account: World) -> None:
    account.account.add(FORWARD, "A", MAIL, ONE)
    found = account.backend.get_rrset(ZONE, NAME, RdataType.A)
    assert found is not None
    assert found.ttl == 1
    account.backend.apply(ZONE, [address([ONE], [ONE, TWO], ttl=1)])
    assert {one["ttl"] for one in account.account.live(FORWARD, "A", MAIL)} == {1}
    account.backend.apply(ZONE, [address([ONE, TWO], [ONE, TWO], ttl=1)])
    assert len(batches(account)) == 1


def test_the_ttl_of_a_proxied_record_is_left_to_cloudflare(account: World) -> None:
    account.account.add(FORWARD, "A", MAIL, ONE, proxied=True)
    account.backend.apply(ZONE, [address([ONE], [ONE], ttl=300)])
    assert batches(account) == []
    account.backend.apply(ZONE, [address([ONE], [TWO], ttl=300)])
    (record,) = account.account.live(FORWARD, "A", MAIL)
    assert (record["content"], record["ttl"], record["proxied"]) == (TWO, 1, True)


def test_a_ttl_that_cloudflare_does_not_take_is_told_in_its_words(account: World) -> None:
    with pytest.raises(RejectedError) as caught:
        account.backend.apply(ZONE, [address([], [ONE], ttl=30)])
    assert str(caught.value).startswith(
        f"cf: write A of {MAIL}: the API refused it: DNS Validation Error; Invalid TTL. Must be "
        "between 60 and 86400 seconds, or 1 for Automatic. (Cloudflare code 1004"
    )


def test_more_records_than_a_batch_takes_are_several(account: World) -> None:
    names = [dns.name.from_text(f"{at}.{REVERSE}") for at in range(250)]
    account.backend.apply(REVERSE_ZONE, [ptr([], ["mail.example.com."], name) for name in names])
    assert len(account.account.live(REVERSE, "PTR")) == 250
    assert [len(batch["posts"]) for batch in batches(account)] == [200, 50]


def test_a_change_of_many_values_is_a_batch_of_its_own(account: World) -> None:
    many = [f"10.0.{at // 250}.{at % 250}" for at in range(150)]
    other = dns.name.from_text(f"www.{FORWARD}")
    account.backend.apply(ZONE, [address([], many), address([], many, other)])
    assert [len(batch["posts"]) for batch in batches(account)] == [150, 150]


def test_a_batch_that_the_api_refuses_changes_nothing() -> None:
    with world(batch_limit=5) as account:
        names = [dns.name.from_text(f"{at}.{REVERSE}") for at in range(6)]
        with pytest.raises(RejectedError, match="a batch has 1 to 5 records"):
            account.backend.apply(
                REVERSE_ZONE, [ptr([], ["mail.example.com."], name) for name in names]
            )
        assert account.account.live(REVERSE, "PTR") == []


def test_nothing_is_written_into_a_copy_of_another_server_s_zone() -> None:
    with world(zones=[ZoneSpec(name=FORWARD, type="secondary")]) as account:
        with pytest.raises(RejectedError, match=r"example\.com is a copy of another server's"):
            account.backend.apply(ZONE, [address([], [ONE])])
        assert batches(account) == []
        assert [(one.name, one.is_copy) for one in account.backend.list_zones()] == [(ZONE, True)]


def test_a_name_of_another_zone_or_below_a_delegation_is_refused() -> None:
    zones = [ZoneSpec(name=FORWARD), ZoneSpec(name=f"sub.{FORWARD}")]
    with world(zones=zones) as account:
        account.account.add(FORWARD, "NS", f"away.{FORWARD}", "ns.elsewhere.example")
        below = dns.name.from_text(f"a.sub.{FORWARD}")
        with pytest.raises(ZoneNotFoundError, match="check `zone`"):
            account.backend.apply(ZONE, [address([], [ONE], below)])
        away = dns.name.from_text(f"a.away.{FORWARD}")
        with pytest.raises(ZoneNotFoundError, match=r"delegated to ns\.elsewhere\.example, and"):
            account.backend.apply(ZONE, [address([], [ONE], away)])
        assert batches(account) == []


def test_a_write_that_always_fails_says_that_nobody_knows(account: World) -> None:
    account.simulator.inject(Fault(kind="status", status=502, method="POST", path=BATCH, times=99))
    began = account.time.now()
    with pytest.raises(UnavailableError, match=r"tried \d+ times"):
        account.backend.apply(ZONE, [address([], [ONE])])
    assert account.time.now() - began <= 61
    assert account.values() == []


def test_no_changes_are_no_request(account: World) -> None:
    account.backend.apply(ZONE, [])
    assert account.calls() == []


def test_a_record_that_cannot_be_read_is_an_error_and_one_of_another_name_is_none(
    account: World,
) -> None:
    name = dns.name.from_text(f"bad.{FORWARD}")
    account.account.add(FORWARD, "PTR", f"bad.{FORWARD}", "a..b")
    before = rrset(name, "PTR", "www.example.com.")
    with pytest.raises(Exception, match="a record cannot be read"):
        account.backend.apply(ZONE, [Change(name, RdataType.PTR, before, None)])
    account.account.add(FORWARD, "A", f"{'a' * 70}.{FORWARD}", ONE)
    owners = [f"{at}.{FORWARD}" for at in range(20)]
    assert account.backend.read_ptrs(ZONE, owners) == {}
    assert TEN is not None
