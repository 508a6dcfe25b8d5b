"""Batches at Route 53: what is written, what is refused, and what others do meanwhile."""

from __future__ import annotations

import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.aws.zones import MOST_CHARACTERS, MOST_VALUES, batches_of
from pulumi_rdns.backends.batch import DONE, PtrChange
from pulumi_rdns.errors import (
    BackendError,
    ConflictError,
    RejectedError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import parse_address
from tests.fakes.aws import Account, Fault

from .conftest import MakeWorld
from .world import REVERSE, ZONE, A, World, change, live, name, record, refusal

WRITE = r"/rrset/?$"


def ptr_batch(world: World, address: str) -> None:
    """Write the PTR record of an address of the reverse zone."""
    owner = f"{address.rpartition('.')[2]}.{REVERSE}"
    made = change(owner, [], ["mail.example.com."], kind="PTR")
    world.backend.apply(name(REVERSE), [made])


def test_a_batch_is_waited_for_until_it_is_in_sync(reverse: World) -> None:
    address = parse_address("192.0.2.1")
    assert reverse.backend.await_propagation(address, 60) is False
    assert reverse.calls() == []
    ptr_batch(reverse, "192.0.2.1")
    before = len(reverse.calls())
    assert reverse.backend.await_propagation(address, 60) is False  # the DNS is asked then
    assert all("/change/" in call for call in reverse.calls()[before:])
    assert len(reverse.calls()) - before == 2
    assert reverse.heard.told == ["waiting for Route 53's name servers: PENDING"]


def test_of_a_private_zone_route_53_s_word_must_do(make_world: MakeWorld) -> None:
    with make_world(zones=[]) as world:
        world.simulator.create_zone(REVERSE, "private", private=True)
        world.backend = world.make(private=True)
        ptr_batch(world, "192.0.2.1")
        address = parse_address("192.0.2.1")
        world.simulator.inject(Fault(kind="status", path="/change/", status=500, times=999))
        assert world.backend.await_propagation(address, 5) is False
        world.simulator.heal()
        assert "Route 53 answered 500" in world.heard.warnings.pop()
        assert world.backend.await_propagation(address, 0) is True
        assert world.heard.warnings == [
            "aws: wait for the PTR of 192.0.2.1: the record was written, and Route 53 says "
            "PENDING still"
        ]
        assert world.backend.await_propagation(address, 60) is True
        assert len(world.heard.warnings) == 1


def test_a_foreign_change_between_look_and_write_is_refused_by_route_53(
    account: World, zone_id: str
) -> None:
    account.put(zone_id, record(A, "192.0.2.1"))
    acted = []

    def act(_: Account) -> None:
        account.put(zone_id, record(A, "192.0.2.99"))
        acted.append(True)

    account.simulator.before("POST", "/rrset", act)
    said = refusal(ConflictError, account, change(A, ["192.0.2.1"], ["192.0.2.2"]))
    assert said == f"aws: write A of {A}: there is now A 192.0.2.99"
    assert acted
    assert live(account, zone_id, A) == ["192.0.2.99"]
    assert [sent.status for sent in account.simulator.sent("POST", WRITE)] == [400]


def test_a_record_that_comes_between_look_and_write_survives(account: World, zone_id: str) -> None:
    account.simulator.before(
        "POST", "/rrset", lambda _: account.put(zone_id, record(A, "192.0.2.99"))
    )
    said = refusal(ConflictError, account, change(A, [], ["192.0.2.2"]))
    assert said.endswith("there is now A 192.0.2.99")
    assert live(account, zone_id, A) == ["192.0.2.99"]


def test_another_ttl_in_between_is_no_conflict(account: World, zone_id: str) -> None:
    account.put(zone_id, record(A, "192.0.2.1"))
    account.simulator.before(
        "POST", "/rrset", lambda _: account.put(zone_id, record(A, "192.0.2.1", ttl=77))
    )
    account.backend.apply(ZONE, [change(A, ["192.0.2.1"], ["192.0.2.2"])])
    assert live(account, zone_id, A) == ["192.0.2.2"]
    assert [sent.status for sent in account.simulator.sent("POST", WRITE)] == [400, 200]


def test_a_zone_that_is_deleted_elsewhere_is_an_error(make_world: MakeWorld) -> None:
    with make_world() as world:
        world.backend.find_zone(name(A))
        world.route53.delete_hosted_zone(Id=world.zone_id("example.com"))
        said = refusal(ZoneNotFoundError, world, change(A, [], ["192.0.2.1"]))
        assert "the hosted zone is not there: No hosted zone found with ID" in said


def test_what_route_53_refuses_for_good_is_told_in_its_words(account: World) -> None:
    said = refusal(RejectedError, account, change("a.example.org", [], ["192.0.2.1"]))
    assert said.startswith(
        "aws: write A of a.example.org: Route 53 refused it: [RRSet with DNS name a.example.org. "
        "is not permitted in zone example.com.] (InvalidChangeBatch, correlation id "
    )


def test_a_cname_that_comes_in_between_is_a_conflict(account: World, zone_id: str) -> None:
    cname = record(A, "www.example.net.", kind="CNAME")
    account.simulator.before("POST", "/rrset", lambda _: account.put(zone_id, cname))
    said = refusal(ConflictError, account, change(A, [], ["192.0.2.1"]))
    assert said.endswith("there is now CNAME www.example.net")
    assert live(account, zone_id, A) is None


@pytest.mark.parametrize("kind", ["cut", "cut_after"])
def test_a_write_without_an_answer_is_looked_after_and_made_once(
    account: World, zone_id: str, kind: str
) -> None:
    account.simulator.inject(Fault(kind=kind, method="POST", path=WRITE))  # type: ignore[arg-type]
    account.backend.apply(ZONE, [change(A, [], ["192.0.2.1"])])
    assert live(account, zone_id, A) == ["192.0.2.1"]
    statuses = [sent.status for sent in account.simulator.sent("POST", WRITE)]
    assert statuses == ([0, 200] if kind == "cut" else [0])


def test_a_batch_that_is_not_complete_yet_is_waited_for(account: World, zone_id: str) -> None:
    body = (
        '<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error>'
        "<Type>Sender</Type><Code>PriorRequestNotComplete</Code><Message>The request was rejected "
        "because Route 53 was still processing a prior request.</Message></Error>"
        "<RequestId>1</RequestId></ErrorResponse>"
    )
    account.simulator.inject(
        Fault(kind="status", method="POST", path=WRITE, status=400, body=body, times=2)
    )
    account.backend.apply(ZONE, [change(A, [], ["192.0.2.1"])])
    assert live(account, zone_id, A) == ["192.0.2.1"]
    assert [sent.status for sent in account.simulator.sent("POST", WRITE)] == [400, 400, 200]
    assert any(text.startswith("too many requests; pausing") for text in account.heard.told)


@pytest.mark.parametrize("status", [429, 503])
def test_storms_are_waited_for(account: World, zone_id: str, status: int) -> None:
    account.simulator.inject(Fault(kind="status", status=status, times=4))
    account.backend.apply(ZONE, [change(A, [], ["192.0.2.1"])])
    assert live(account, zone_id, A) == ["192.0.2.1"]
    assert {sent.status for sent in account.simulator.sent()} == {
        400 if status == 429 else 503,
        200,
    }


def test_long_names_are_written_in_as_many_batches_as_the_limits_ask_for(reverse: World) -> None:
    long = ".".join(["a" * 60] * 3)
    made = [
        PtrChange(f"{at}.{REVERSE}", (), (f"h{at}.{long}.example.com",), 300) for at in range(300)
    ]
    backend = reverse.backend
    assert backend.apply_ptrs(name(REVERSE), made, lambda _: None) == [DONE] * 300
    assert len(reverse.simulator.sent("POST", WRITE)) == 2
    assert {sent.status for sent in reverse.simulator.sent()} == {200}
    moved = [PtrChange(one.owner, one.after, (f"new.{long}.example.com",), 300) for one in made]
    assert backend.apply_ptrs(name(REVERSE), moved, lambda _: None) == [DONE] * 300
    assert len(reverse.simulator.sent("POST", WRITE)) == 2 + 4


def test_a_batch_has_as_many_values_as_the_api_takes() -> None:
    changes = [change(f"h{at}.example.com", ["192.0.2.1"], ["192.0.2.2"]) for at in range(1200)]
    batches = list(batches_of(changes))
    assert [len(batch) for batch in batches] == [500, 500, 200]
    assert [one for batch in batches for one in batch] == changes
    assert (MOST_VALUES, MOST_CHARACTERS) == (1000, 32_000)
    assert list(batches_of([])) == []


def test_an_address_takes_the_place_of_a_cname_in_one_batch(account: World, zone_id: str) -> None:
    account.put(zone_id, record(A, "www.example.net.", kind="CNAME"))
    changes = [
        change(A, [], ["192.0.2.1"]),
        change(A, ["www.example.net."], [], kind="CNAME"),
    ]
    account.backend.apply(ZONE, changes)
    assert live(account, zone_id, A) == ["192.0.2.1"]
    assert live(account, zone_id, A, "CNAME") is None
    (sent,) = account.simulator.sent("POST", WRITE)
    assert sent.body.index("DELETE") < sent.body.index("CREATE")


def test_nothing_to_do_asks_nobody(account: World) -> None:
    account.backend.apply(ZONE, [])
    assert account.calls() == []


def test_a_ttl_that_no_server_keeps_is_refused(account: World) -> None:
    said = refusal(RejectedError, account, change(A, [], ["192.0.2.1"], ttl=2**31))
    assert "a TTL of 2147483648 s is too long" in said
    assert account.calls() == []


def test_a_value_that_no_record_can_have_is_an_error(account: World, zone_id: str) -> None:
    account.put(zone_id, record(A, "nonsense"))
    with pytest.raises(BackendError, match=r"a record cannot be read: the A record of a\.example"):
        account.backend.get_rrset(ZONE, name(A), RdataType.A)
