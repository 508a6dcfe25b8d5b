"""Read-then-write as a compare-and-set: what is open, what is in the way, and what is repeated."""

from __future__ import annotations

from collections.abc import Sequence

import dns.name
import dns.rrset
import pytest
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.base import reporting_to
from pulumi_rdns.backends.changes import Change
from pulumi_rdns.backends.kit.answers import Loss, UnansweredError
from pulumi_rdns.backends.kit.compare import refuse_long_ttls, shown, still_to_do, write_once
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.retry import RetryPolicy
from pulumi_rdns.errors import ConflictError, RejectedError
from tests.backends.heard import Heard
from tests.backends.kit.tools import FakeTime

OWNER = dns.name.from_text("1.2.0.192.in-addr.arpa")
WRITE = Operation("pdns", "write PTR of", "2.0.192.in-addr.arpa")


def rrset(*values: str, kind: str = "PTR", ttl: int = 3600) -> dns.rrset.RRset | None:
    return dns.rrset.from_text(OWNER, ttl, "IN", kind, *values) if values else None


def change(
    before: dns.rrset.RRset | None, after: dns.rrset.RRset | None, kind: str = "PTR"
) -> Change:
    return Change(OWNER, RdataType[kind], before, after)


def open_changes(changes: list[Change], *live: dns.rrset.RRset | None) -> list[Change]:
    there = {RdataType(one.rdtype): one for one in live if one is not None}
    return still_to_do(WRITE, changes, lambda name, rdtype: there.get(rdtype))


A, B = rrset("a.example.com."), rrset("b.example.com.")
CNAME = rrset("elsewhere.example.com.", kind="CNAME")


def test_what_is_there_is_not_to_do_and_what_is_expected_is() -> None:
    assert open_changes([change(None, A)], A) == []
    assert open_changes([change(A, None)]) == []
    assert open_changes([change(A, B)], A) == [change(A, B)]
    assert open_changes([change(None, A)]) == [change(None, A)]


def test_another_ttl_is_to_do_and_no_conflict() -> None:
    short = rrset("a.example.com.", ttl=60)
    assert open_changes([change(A, A)], short) == [change(A, A)]


@pytest.mark.parametrize(
    ("before", "live", "text"),
    [(None, B, "PTR b.example.com"), (A, None, "nothing"), (A, B, "PTR b.example.com")],
)
def test_something_else_is_a_conflict_that_shows_it(
    before: dns.rrset.RRset | None, live: dns.rrset.RRset | None, text: str
) -> None:
    with pytest.raises(ConflictError) as caught:
        open_changes([change(before, rrset("c.example.com."))], live)
    assert str(caught.value) == (f"pdns: write PTR of 1.2.0.192.in-addr.arpa: there is now {text}")


def test_a_cname_beside_is_a_conflict_that_shows_it() -> None:
    with pytest.raises(ConflictError, match=r"there is now CNAME elsewhere\.example\.com"):
        open_changes([change(None, A)], CNAME)
    with pytest.raises(ConflictError, match=r"there is now CNAME elsewhere\.example\.com"):
        open_changes([change(A, B)], A, CNAME)


def test_a_cname_is_no_obstacle_to_itself_to_a_removal_or_where_it_leaves() -> None:
    moved = rrset("new.example.com.", kind="CNAME")
    assert open_changes([change(CNAME, moved, "CNAME")], CNAME) == [change(CNAME, moved, "CNAME")]
    assert open_changes([change(A, None)], A, CNAME) == [change(A, None)]
    swap = [change(CNAME, None, "CNAME"), change(None, A)]
    assert open_changes(swap, CNAME) == swap


SETS = st.sampled_from([None, A, B, rrset("a.example.com.", ttl=60), rrset("a.", "b.")])


@given(SETS, SETS, SETS)
def test_a_change_is_done_open_or_a_conflict(
    before: dns.rrset.RRset | None,
    after: dns.rrset.RRset | None,
    live: dns.rrset.RRset | None,
) -> None:
    wanted = change(before, after)
    try:
        found = open_changes([wanted], live)
    except ConflictError:
        assert live != before
    else:
        assert found == ([] if shown_with_ttl(live) == shown_with_ttl(after) else [wanted])


def shown_with_ttl(found: dns.rrset.RRset | None) -> str:
    return f"{shown(found)} {found.ttl if found else ''}"


def test_a_ttl_that_no_server_keeps_is_refused() -> None:
    refuse_long_ttls(WRITE, [change(None, rrset("a.", ttl=2**31 - 1)), change(A, None)])
    with pytest.raises(RejectedError) as caught:
        refuse_long_ttls(WRITE, [change(None, rrset("a.", ttl=2**31))])
    assert str(caught.value) == (
        "pdns: write PTR of 2.0.192.in-addr.arpa: a TTL of 2147483648 s is too long; 2147483647 is "
        "the most (RFC 2181 section 8)"
    )


def test_the_root_is_shown_as_such() -> None:
    assert shown(rrset(".")) == "PTR ."


class Zone:
    """Something that is written, and whose answers may be lost."""

    def __init__(self, *losses: Loss, is_made: bool = False) -> None:
        self.losses = list(losses)
        self.is_made = is_made
        self.held: set[str] = set()
        self.writes = 0

    def look(self) -> list[str]:
        return sorted({"wanted"} - self.held)

    def write(self, wanted: Sequence[str]) -> None:
        self.writes += 1
        loss = self.losses.pop(0) if self.losses else None
        if loss is None or self.is_made:
            self.held.update(wanted)
        if loss is not None:
            error = WRITE.error(UnansweredError, "the server answered 500", "HTTP 500")
            error.loss = loss
            raise error


def write(zone: Zone, time: FakeTime, policy: RetryPolicy = RetryPolicy()) -> Sequence[str]:  # noqa: B008
    operation = Operation("pdns", "write PTR of", "2.0.192.in-addr.arpa", time.clock)
    return write_once(operation, zone.look, zone.write, policy)


def test_what_is_written_is_returned_and_nothing_is_written_where_nothing_is_to_do() -> None:
    zone = Zone()
    assert write(zone, FakeTime()) == ["wanted"]
    assert write(zone, FakeTime()) == ()
    assert zone.writes == 1


def test_a_write_without_an_answer_is_looked_after_before_it_is_repeated() -> None:
    heard = Heard()
    with reporting_to(heard):
        lost, made = Zone(Loss.CUT, Loss.FAILED), Zone(Loss.CUT, is_made=True)
        assert write(lost, FakeTime()) == ["wanted"]
        assert write(made, FakeTime()) == ()
    assert (lost.writes, made.writes) == (3, 1)
    assert heard.told[0] == "the server answered 500; looking again"


def test_a_write_that_is_never_answered_is_given_up_and_says_how_often() -> None:
    zone, time = Zone(*[Loss.FAILED] * 100), FakeTime()
    with pytest.raises(UnansweredError) as caught:
        write(zone, time, RetryPolicy(window=10, first=1, longest=4))
    assert str(caught.value) == (
        "pdns: write PTR of 2.0.192.in-addr.arpa: the server answered 500, tried 4 times (HTTP 500)"
    )
    assert caught.value.loss is Loss.FAILED
    assert time.now() - 1000 == pytest.approx(1 + 2 + 4, abs=0.01)


def test_a_loss_that_the_policy_does_not_repeat_is_raised_at_once() -> None:
    zone = Zone(Loss.TIMEOUT)
    with pytest.raises(UnansweredError, match=r"answered 500 \(HTTP 500\)"):
        write(zone, FakeTime(), RetryPolicy(losses=frozenset({Loss.CUT})))
    assert zone.writes == 1
