"""Whether a live record may go: each rule, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.errors import ConflictError, UnavailableError
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.states import Previous
from pulumi_rdns.records.claims import Claim, Place
from pulumi_rdns.records.holdings import Memory, Written, hidden
from pulumi_rdns.records.ownership import (
    Decision,
    Keep,
    LocatedClaim,
    OwnRecord,
    Refuse,
    Remove,
    Where,
    decide_delete,
)
from tests.records.conftest import name

MAIL, OTHER, THIRD = "mail.example.com", "other.example.com", "third.example.com"
OWNER = "10.2.0.192.in-addr.arpa"
ZONE = "2.0.192.in-addr.arpa"
#: another resource, and the one that gives the record up
NEW, OLD = "urn::new", "urn::old"
HERE, ELSEWHERE, MAYBE = Where.HERE, Where.ELSEWHERE, Where.MAYBE_HERE
TIMED_OUT = UnavailableError("ns2", "read the SOA of", ZONE, "timed out")


def record(restore: Previous | None = None, kind: str = "PTR") -> OwnRecord:
    return OwnRecord("ns1", kind, "192.0.2.10", MAIL, OLD, restore)


def claim(
    where: Where,
    written: str | None = None,
    *,
    resource: str = NEW,
    has_failed: bool = False,
    error: UnavailableError | None = None,
    is_told_by_program: bool = False,
) -> LocatedClaim:
    place = None if is_told_by_program else Place("ns2", "identity of ns2")
    there = None if written is None else Written(written, ZONE, OWNER)
    return LocatedClaim(Claim(resource, place, MAIL, there, has_failed), where, error)


def decided(*claims: LocatedClaim, live: Sequence[str] = (MAIL,)) -> Decision:
    return decide_delete(record(), claims, LiveRecord(tuple(live)))


def test_what_nobody_declares_goes() -> None:
    assert decided() == Remove()
    assert decided(live=[MAIL, OTHER]) == Remove((OTHER,))


@pytest.mark.parametrize(
    ("claims", "live"),
    [
        ([], LiveRecord()),
        ([], LiveRecord((OTHER,), is_default=True)),
        ([claim(HERE)], LiveRecord((OTHER,))),
        ([claim(HERE, OTHER)], LiveRecord((OTHER,))),
        ([claim(HERE, has_failed=True)], LiveRecord((OTHER,))),
    ],
    ids=["gone", "default", "to be written", "written", "failed"],
)
def test_another_value_that_is_no_strangers_needs_no_word(
    claims: list[LocatedClaim], live: LiveRecord
) -> None:
    assert decide_delete(record(), claims, live) == Keep()


@pytest.mark.parametrize("claims", [[], [claim(ELSEWHERE, OTHER)], [claim(MAYBE, MAIL)]], ids=str)
def test_another_value_is_a_strangers_and_stays_with_a_warning(claims: list[LocatedClaim]) -> None:
    found = decide_delete(record(), claims, LiveRecord((OTHER, THIRD)), "no other process is heard")
    assert isinstance(found, Keep)
    assert f"is now {OTHER}, {THIRD}, which was not written by this stack" in found.reason


@pytest.mark.parametrize("where", Where)
@pytest.mark.parametrize("resource", [NEW, OLD])
def test_what_has_the_record_is_heard_whatever_else_is_wrong(where: Where, resource: str) -> None:
    has = claim(HERE, MAIL, resource=resource, has_failed=True)
    other = claim(where, has_failed=True, error=TIMED_OUT)
    for claims in ([has, other], [other, has]):
        assert decide_delete(record(), claims, LiveRecord((MAIL,)), "trouble") == Keep()


def test_a_digest_stands_for_a_value_that_another_process_keeps_secret() -> None:
    assert decided(claim(HERE, hidden(MAIL))) == Keep()


@pytest.mark.parametrize("where", Where)
@pytest.mark.parametrize("is_told_by_program", [False, True])
def test_who_does_not_have_it_yet_keeps_it_in_the_state(
    where: Where, is_told_by_program: bool
) -> None:
    found = decided(claim(where, is_told_by_program=is_told_by_program))
    assert isinstance(found, Refuse)
    assert found.is_pending
    assert isinstance(found.error, ConflictError)
    assert str(found.error) == (
        f"ns1: delete the PTR of 192.0.2.10: {MAIL} is kept unchanged and stays in the state, "
        "because resource 'new', which declares it now, is not created yet"
    )


def test_a_resource_without_a_name_is_named_as_such() -> None:
    found = decided(claim(HERE, resource=""))
    assert isinstance(found, Refuse)
    assert "because the resource, which declares it now," in str(found.error)


@pytest.mark.parametrize("where", Where)
@pytest.mark.parametrize("resource", [NEW, OLD])
def test_who_failed_to_take_it_over_keeps_it_in_the_state(where: Where, resource: str) -> None:
    found = decided(claim(where, resource=resource, has_failed=True))
    assert isinstance(found, Refuse)
    assert not found.is_pending
    assert "could not be created; see its error" in str(found.error)


def test_a_resource_that_is_created_anew_finds_its_record() -> None:
    """The delete of a forced replacement comes before its create."""
    assert decided(claim(HERE, resource=OLD)) == Keep(is_handed_over=True)
    elsewhere = decided(claim(ELSEWHERE, resource=OLD))
    assert isinstance(elsewhere, Refuse)
    assert elsewhere.is_pending
    both = decided(claim(HERE, resource=OLD), claim(HERE))
    assert isinstance(both, Refuse)


def test_what_cannot_be_looked_at_may_be_here() -> None:
    assert decided(claim(ELSEWHERE, MAIL, error=TIMED_OUT)) == Refuse(TIMED_OUT)


def test_a_record_at_another_place_keeps_nothing() -> None:
    for value in (MAIL, OTHER):
        assert decided(claim(ELSEWHERE, value)) == Remove()


def test_without_news_of_other_processes_nothing_goes() -> None:
    found = decide_delete(
        record(), [claim(ELSEWHERE, MAIL)], LiveRecord((MAIL,)), "no room on disk"
    )
    assert isinstance(found, Refuse)
    assert not found.is_pending
    assert "stays in the state, because no room on disk" in str(found.error)


def test_what_a_declared_resource_wrote_before_is_written_again() -> None:
    restored = record(Previous(known=True, hostnames=(name(THIRD),), ttl=60))
    claims = [claim(HERE, OTHER)]
    assert decided(*claims) == Remove((OTHER,))
    assert decide_delete(restored, claims, LiveRecord((MAIL,))) == Remove((OTHER,))
    assert decided(*claims, live=[MAIL, THIRD]) == Remove((THIRD,)), "a stranger's stays alone"


def test_what_cannot_be_written_back_as_it_is_secret_is_not_kept_without_a_word() -> None:
    """It is in no state that it stands there; a refresh shows it to who declares it."""
    found = decided(claim(HERE, hidden(OTHER)))
    assert isinstance(found, Keep)
    assert "was not written by this stack" not in found.reason
    assert "192.0.2.10" in found.reason
    assert "'new'" in found.reason


def test_the_addresses_of_one_hostname_stand_side_by_side() -> None:
    claims = [claim(HERE, "192.0.2.11")]
    assert decide_delete(record(kind="A"), claims, LiveRecord((MAIL,))) == Remove()
    assert decide_delete(record(kind="A"), claims, LiveRecord((MAIL, OTHER))) == Remove((OTHER,))


def test_other_addresses_of_a_hostname_do_not_stand_in_the_place_of_one_that_is_gone() -> None:
    assert decide_delete(record(kind="A"), [], LiveRecord((OTHER, THIRD))) == Keep()


def test_what_may_be_one_place_with_its_successor_stays_with_a_warning() -> None:
    found = decided(claim(MAYBE, MAIL))
    assert isinstance(found, Keep)
    assert found.reason == (
        f"the PTR of 192.0.2.10 at backend ns1, {MAIL}, is kept unchanged: backend ns2 "
        "shows the same record and may be the same server or account; if it is another one, "
        "remove the record here by hand"
    )


def test_what_was_there_before_comes_back() -> None:
    before = record(Previous(known=True, hostnames=(name(OTHER), name(THIRD)), ttl=60))
    assert decide_delete(before, [], LiveRecord((MAIL,))) == Remove((OTHER, THIRD), 60)
    nothing = record(Previous(known=True))
    assert decide_delete(nothing, [], LiveRecord((MAIL,))) == Remove()
    added = decide_delete(before, [], LiveRecord((MAIL, "added.example.net")))
    assert added == Remove(("added.example.net",)), "what was added by hand stays alone"


def test_what_was_there_already_is_left_where_restore_is_wanted() -> None:
    found = decide_delete(record(Previous()), [], LiveRecord((MAIL,)))
    assert isinstance(found, Keep)
    assert "so on_delete restore leaves it" in found.reason


VALUES = (MAIL, OTHER, THIRD)
writtens = st.none() | st.builds(
    Written, st.sampled_from([*VALUES, *map(hidden, VALUES)]), st.just(ZONE), st.just(OWNER)
)
located = st.builds(
    LocatedClaim,
    st.builds(
        Claim,
        st.sampled_from([NEW, OLD, "urn::third"]),
        st.none() | st.just(Place("ns2", "identity of ns2")),
        st.none() | st.sampled_from(VALUES),
        writtens,
        st.booleans(),
    ),
    st.sampled_from(Where),
    st.none() | st.just(TIMED_OUT),
)
records = st.builds(
    OwnRecord,
    st.just("ns1"),
    st.sampled_from(["PTR", "A"]),
    st.just("192.0.2.10"),
    st.just(MAIL),
    st.just(OLD),
    st.none()
    | st.builds(
        Previous, st.booleans(), st.lists(st.sampled_from(VALUES).map(name), max_size=2).map(tuple)
    ),
)
lives = st.builds(
    LiveRecord, st.lists(st.sampled_from(VALUES), unique=True).map(tuple), is_default=st.booleans()
)


@given(
    record=records,
    claims=st.lists(located, max_size=4),
    live=lives,
    trouble=st.none() | st.just("nobody is heard"),
)
def test_what_goes_is_ours_and_nobody_has_or_wants_it(
    record: OwnRecord, claims: list[LocatedClaim], live: LiveRecord, trouble: str | None
) -> None:
    found = decide_delete(record, claims, live, trouble)
    if not isinstance(found, Remove):
        return
    assert record.value in live.values
    assert trouble is None
    others = [value for value in live.values if value != record.value]
    assert [value for value in others if value not in found.leaving] == [], "a stranger's stays"
    is_written_back = False
    for one in claims:
        assert one.claim.written is not None, "who declares it has its own record"
        assert one.error is None
        if one.where is HERE:
            assert one.claim.written.value not in (record.value, hidden(record.value))
            is_written_back |= one.claim.written.value in found.leaving
    doubts = [one for one in claims if one.where is MAYBE and one.claim.place is not None]
    assert not doubts or is_written_back


@given(record=records, claims=st.lists(located, max_size=3), trouble=st.none() | st.just("x"))
def test_a_record_that_a_declared_resource_has_here_never_goes_nor_fails(
    record: OwnRecord, claims: list[LocatedClaim], trouble: str | None
) -> None:
    for at in range(len(claims) + 1):
        both = [*claims[:at], claim(HERE, record.value), *claims[at:]]
        found = decide_delete(record, both, LiveRecord((record.value,)), trouble)
        assert isinstance(found, Keep)


@pytest.mark.parametrize("resource", [NEW, OLD])
@pytest.mark.parametrize("hostnames", [(name(OTHER),), ()])
def test_what_a_successor_does_not_know_is_said(
    resource: str, hostnames: tuple[DnsName, ...]
) -> None:
    before = Previous(known=True, hostnames=hostnames)
    own = record()._replace(memory=Memory(previous=before))
    unknown = Memory(adopted=True)
    found = decide_delete(own, [_remembering(unknown, resource)], LiveRecord((MAIL,)))
    assert isinstance(found, Keep)
    assert f"is left to resource {resource.rpartition('::')[2]!r}" in found.reason
    there = f"it was {OTHER}" if hostnames else "there was none"
    assert f"does not know that {there} before, nor that this stack wrote it" in found.reason
    assert ("`aliases`" in found.reason) is (resource == NEW)


@pytest.mark.parametrize(
    ("before", "known"),
    [
        (Memory(adopted=True), Memory(adopted=True)),
        (Memory(previous=Previous(known=True)), Memory(previous=Previous(known=True))),
        (Memory(), None),
    ],
    ids=["nothing to forget", "handed over", "a set"],
)
def test_what_a_successor_knows_needs_no_word(before: Memory, known: Memory | None) -> None:
    own = record()._replace(memory=before)
    assert decide_delete(own, [_remembering(known, NEW)], LiveRecord((MAIL,))) == Keep()


def _remembering(memory: Memory | None, resource: str) -> LocatedClaim:
    there = Written(MAIL, ZONE, OWNER, memory)
    return LocatedClaim(Claim(resource, Place("ns1", "its identity"), MAIL, there), HERE)


def test_who_may_declare_a_record_is_not_said_to_declare_it() -> None:
    guess = LocatedClaim(Claim("late", is_guess=True), ELSEWHERE)
    found = decide_delete(record(), [guess], LiveRecord((MAIL,)))
    assert isinstance(found, Refuse)
    assert found.is_pending
    assert "resource 'late', which may declare it" in str(found.error)


def test_what_was_there_before_this_stack_is_left_where_that_is_asked_for() -> None:
    own = record()._replace(is_adopted=True)
    found = decide_delete(own, [], LiveRecord((MAIL,)))
    assert isinstance(found, Keep)
    assert f"{MAIL}, was there before this resource, so it is kept" in found.reason
    assert decide_delete(own, [], LiveRecord((OTHER,))) == decide_delete(
        record(), [], LiveRecord((OTHER,))
    )
