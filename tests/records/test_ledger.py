"""What the program declares and what this stack wrote, and who waits for whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.model.states import Previous
from pulumi_rdns.records import ledger as ledger_module
from pulumi_rdns.records.claims import Claim, Declared, Expected, Place
from pulumi_rdns.records.holdings import Holding, Memory
from pulumi_rdns.records.ledger import Ledger
from tests.records.conftest import name

HERE = Place("ns1", "identity of ns1")
THERE = Place("ns2", "identity of ns2")
X, Y = "192.0.2.10", "192.0.2.11"
MAIL, WWW = "mail.example.com", "www.example.com"
MEMORY = Memory(adopted=False, previous=Previous(known=True, hostnames=(name("old.example.com"),)))
URN = "urn:pulumi:dev::test::pulumi-python:dynamic/rdns:PtrRecord"


def declared(records: Mapping[str, str | None], place: Place = HERE) -> Declared:
    return Declared("PTR", place, records)


def single(value: str, subject: str = X, memory: Memory = MEMORY) -> Holding:
    """Return what a PtrRecord has."""
    return Holding("PTR", HERE.identity, {subject: value}, memory=memory)


def many(values: Mapping[str, str], place: Place = HERE) -> Holding:
    """Return what a set has."""
    return Holding("PTR", place.identity, values)


def only(ledger: Ledger, subject: str = X, kind: str = "PTR") -> Claim:
    (claim,) = ledger.claims(kind, subject)
    return claim


class TestClaims:
    """Which resources of the program declare a record."""

    def test_what_is_declared_is_pending_until_it_is_written(self) -> None:
        ledger = Ledger()
        ledger.declare(f"{URN}::mail", declared({X: MAIL}))
        claim = only(ledger)
        assert claim == Claim(f"{URN}::mail", HERE, MAIL)
        assert (claim.name, claim.is_pending) == ("mail", True)
        assert ledger.claims("PTR", Y) == ledger.claims("A", X) == []

        ledger.wrote(f"{URN}::mail", single(MAIL))
        claim = only(ledger)
        assert claim.written is not None
        assert (claim.written.value, claim.written.memory) == (MAIL, MEMORY)
        assert not claim.is_pending

    @pytest.mark.parametrize("count", [1, 3])
    def test_what_has_failed_is_not_pending_until_a_later_success(self, count: int) -> None:
        ledger = Ledger()
        table: dict[str, str | None] = {f"192.0.2.{10 + at}": MAIL for at in range(count)}
        ledger.declare("urn::r", declared(table))
        ledger.fail("urn::r", X)
        claim = only(ledger)
        assert (claim.has_failed, claim.written, claim.is_pending) == (True, None, False)
        ledger.wrote("urn::r", many({X: MAIL}))
        assert not only(ledger).has_failed

    def test_a_set_fails_at_some_of_its_addresses(self) -> None:
        ledger = Ledger()
        ledger.declare("urn::set", declared({X: MAIL, Y: WWW}))
        ledger.wrote("urn::set", many({X: MAIL}), failed={Y: ValueError()})
        assert [only(ledger, one).has_failed for one in (X, Y)] == [False, True]
        assert [only(ledger, one).is_pending for one in (X, Y)] == [False, False]

    def test_what_the_state_says_is_had_or_about_to_be_given_up(self) -> None:
        ledger = Ledger()
        ledger.declare("urn::mail", declared({X: MAIL}))
        ledger.recall("urn::mail", single(WWW), is_current=False)
        assert only(ledger).is_pending, "it is replaced: what it declares is still to be written"
        ledger.recall("urn::mail", single(WWW), is_current=True)
        written = only(ledger).written
        assert written is not None
        assert written.value == WWW

    def test_a_delete_after_its_successor_s_create_takes_nothing_from_it(self) -> None:
        ledger = Ledger()
        ledger.declare("urn::mail", declared({X: MAIL}))
        ledger.wrote("urn::mail", single(MAIL))
        ledger.recall("urn::mail", single(WWW), is_current=False)
        written = only(ledger).written
        assert written is not None
        assert written.value == MAIL

    def test_a_record_is_declared_by_all_that_declare_it_wherever(self) -> None:
        ledger = Ledger()
        ledger.declare("urn::one", declared({X: MAIL}))
        ledger.declare("urn::set", declared({X: None, Y: WWW}, THERE))
        assert [(one.name, one.place, one.wanted) for one in ledger.claims("PTR", X)] == [
            ("one", HERE, MAIL),
            ("set", THERE, None),
        ]
        assert [one.name for one in ledger.claims("PTR", Y)] == ["set"]

    def test_the_last_declaration_of_a_resource_is_the_one_that_counts(self) -> None:
        ledger = Ledger()
        ledger.declare("urn::mail", declared({X: MAIL}))
        ledger.declare("urn::mail", declared({Y: WWW}, THERE))
        assert ledger.claims("PTR", X) == []
        assert only(ledger, Y).place == THERE
        ledger.declare("urn::mail", declared({X: MAIL, Y: WWW}))
        assert [one.wanted for one in (only(ledger, X), only(ledger, Y))] == [MAIL, WWW]

    def test_a_resource_that_has_a_record_and_declares_it_no_longer_is_no_claimant(self) -> None:
        ledger = Ledger()
        ledger.recall("urn::mail", single(MAIL), is_current=True)
        assert ledger.claims("PTR", X) == []

    def test_a_hostname_that_gets_an_address_of_the_other_kind_claims_no_record_of_the_first(
        self,
    ) -> None:
        """Its address was an Output, which has become known."""
        ledger = Ledger()
        ledger.declare("urn::mail", Declared("A", HERE, {MAIL: X}))
        ledger.declare("urn::mail", Declared("AAAA", HERE, {MAIL: "2001:db8::10"}))
        assert ledger.claims("A", MAIL) == []
        assert only(ledger, MAIL, "AAAA").wanted == "2001:db8::10"


class TestExpectations:
    """What the program tells before the engine does."""

    def test_a_resource_of_the_program_claims_before_the_engine_has_told_of_it(self) -> None:
        ledger = Ledger()
        ledger.expect(1, Expected("mail", "PTR", {X: MAIL}))
        claim = only(ledger)
        assert (claim.name, claim.place, claim.wanted) == ("mail", None, MAIL)
        assert claim.is_pending
        assert ledger.claims("PTR", Y) == ledger.claims("A", X) == []

    def test_one_whose_addresses_are_computed_may_claim_any(self) -> None:
        ledger = Ledger()
        ledger.expect(1, Expected("mail", "PTR", None))
        assert [only(ledger, one).wanted for one in (X, Y)] == [None, None]

    def test_the_engine_s_word_takes_its_place(self) -> None:
        ledger = Ledger()
        for line in (1, 2):
            ledger.expect(line, Expected(f"mail{line}", "PTR", None))
        ledger.declare("urn::mail1", declared({X: MAIL}), line=1)
        assert [one.name for one in ledger.claims("PTR", X)] == ["mail1", "mail2"]
        assert [one.name for one in ledger.claims("PTR", Y)] == ["mail2"]

    def test_a_forward_record_of_unknown_type_is_one_resource(self) -> None:
        ledger = Ledger()
        for kind in ("A", "AAAA"):
            ledger.expect(1, Expected("mail", kind, {MAIL: None}))
        ledger.declare("urn::mail", Declared("A", HERE, {MAIL: X}), line=1)
        assert ledger.claims("AAAA", MAIL) == []
        assert [one.wanted for one in ledger.claims("A", MAIL)] == [X]


class TestWritten:
    """Which values this stack wrote."""

    def test_each_value_is_known_with_what_is_remembered_of_it(self) -> None:
        ledger = Ledger()
        ledger.recall("urn::old", single(MAIL), is_current=False)
        ledger.recall("urn::set", many({X: WWW}), is_current=True)
        assert ledger.written("PTR", HERE.identity, X) == {MAIL: MEMORY, WWW: None}
        assert ledger.written("PTR", THERE.identity, X) == {}
        assert ledger.written("PTR", HERE.identity, Y) == {}
        assert ledger.written("A", HERE.identity, X) == {}

    def test_what_was_written_over_is_still_known(self) -> None:
        ledger = Ledger()
        for value in (MAIL, WWW):
            ledger.wrote("urn::mail", single(value))
        assert ledger.written("PTR", HERE.identity, X) == {MAIL: MEMORY, WWW: MEMORY}

    def test_of_two_that_exchange_their_records_either_may_stand_anywhere(self) -> None:
        """After a kill in between, each state names an address where both may have written."""
        ledger = Ledger()
        ledger.recall("urn::one", single(MAIL, X), is_current=True)
        assert ledger.written("PTR", HERE.identity, Y) == {}
        ledger.recall("urn::two", single(WWW, X), is_current=True)
        assert ledger.written("PTR", HERE.identity, Y).keys() == {MAIL, WWW}
        assert ledger.written("PTR", THERE.identity, Y) == {}

    def test_one_that_gets_another_value_exchanges_nothing(self) -> None:
        """Its old hostname at another address is a stranger's."""
        ledger = Ledger()
        ledger.recall("urn::one", single(MAIL, X), is_current=True)
        ledger.wrote("urn::one", single(WWW, X))
        assert ledger.written("PTR", HERE.identity, Y) == {}

    def test_two_addresses_of_a_hostname_are_no_exchange(self) -> None:
        """At another hostname they are a stranger's."""
        ledger = Ledger()
        for value in (X, Y):
            holding = Holding("A", HERE.identity, {MAIL: value})
            ledger.recall(f"urn::{value}", holding, is_current=True)
        assert ledger.written("A", HERE.identity, WWW) == {}

    def test_the_addresses_of_a_hostname_are_all_known(self) -> None:
        ledger = Ledger()
        for value in (X, Y):
            holding = Holding("A", HERE.identity, {MAIL: value})
            ledger.recall(f"urn::{value}", holding, is_current=True)
        assert ledger.written("A", HERE.identity, MAIL).keys() == {X, Y}
        assert ledger.written("AAAA", HERE.identity, MAIL) == {}


class TestWaiting:
    """A wait is a courtesy, and ends as soon as it is of no use."""

    def test_it_ends_at_once_when_what_is_waited_for_is_there(self) -> None:
        ledger = Ledger()
        assert ledger.wait("urn::one", lambda: True, lambda _: False)
        threading.Timer(0.2, ledger.wrote, ["urn::mail", single(MAIL)]).start()
        began = time.monotonic()
        assert ledger.wait(
            "urn::one",
            lambda: bool(ledger.written("PTR", HERE.identity, X)),
            lambda _: time.monotonic() - began < 10,
        )
        assert time.monotonic() - began < 5

    def test_it_ends_when_it_is_of_no_use(self) -> None:
        given: list[float] = []

        def is_of_use(since: float) -> bool:
            given.append(since)
            return len(given) < 3

        assert not Ledger().wait("urn::one", lambda: False, is_of_use)
        assert len(given) == 3
        assert len({*given}) == 1, "when the wait began"

    def test_what_came_with_the_last_news_counts(self) -> None:
        ledger = Ledger()
        answers = iter([False, True])
        assert ledger.wait("urn::one", lambda: next(answers), lambda _: False)

    @pytest.mark.parametrize(("parallel", "waits"), [(1, False), (2, True), (None, True)])
    def test_nobody_waits_who_holds_the_engine_up(self, parallel: int | None, waits: bool) -> None:
        ledger = Ledger()
        ledger.parallel = parallel
        asked: list[float] = []

        def is_of_use(since: float) -> bool:
            asked.append(since)
            return False

        assert not ledger.wait("urn::one", lambda: False, is_of_use)
        assert bool(asked) is waits

    def test_of_two_that_the_engine_runs_side_by_side_none_waits_for_ever(self) -> None:
        ledger = Ledger()
        ledger.parallel = 2
        with ThreadPoolExecutor(2) as pool:
            waits = [
                pool.submit(ledger.wait, one, lambda: False, lambda _: True) for one in ("a", "b")
            ]
            done, going_on = futures.wait(waits, 10, futures.FIRST_COMPLETED)
            ledger.parallel = 1
            assert [one.result(10) for one in (*done, *going_on)] == [False, False]
        assert (len(done), len(going_on)) == (1, 1), "the engine has one to go on with"

    def test_no_wait_is_longer_than_allowed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ledger_module, "LONGEST_WAIT", 0.2)
        began = time.monotonic()
        assert not Ledger().wait("urn::one", lambda: False, lambda _: True)
        assert 0.2 <= time.monotonic() - began < 5

    def test_who_waits_is_not_waited_for(self) -> None:
        """Two that wait for each other's record would wait for ever."""
        ledger = Ledger()
        ledger.declare("urn::one", declared({X: MAIL}))
        claim = only(ledger)
        assert ledger.is_to_come(claim)
        assert not ledger.wait("urn::one", lambda: False, lambda _: ledger.is_to_come(claim))
        assert ledger.is_to_come(claim)

    def test_who_has_its_record_or_failed_is_not_waited_for(self) -> None:
        ledger = Ledger()
        ledger.declare("urn::one", declared({X: MAIL}))
        ledger.fail("urn::one", X)
        assert not ledger.is_to_come(only(ledger))
        ledger.wrote("urn::one", single(MAIL))
        assert not ledger.is_to_come(only(ledger))

    def test_who_waits_for_something_else_is_not_waited_for_long(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The engine does not tell of a resource whose address is still to be made."""
        monkeypatch.setattr(ledger_module, "_QUIET", 0.2)
        ledger = Ledger()
        ledger.expect(1, Expected("mail", "PTR", None))
        assert ledger.is_to_come(only(ledger))
        time.sleep(0.3)
        assert not ledger.is_to_come(only(ledger))
        ledger.expect(2, Expected("www", "PTR", {Y: WWW}))
        assert ledger.is_to_come(only(ledger)), "there is news"

    @pytest.mark.parametrize(
        ("is_told", "is_expected", "hears"),
        [(False, False, True), (True, True, True), (True, False, False)],
    )
    def test_where_the_engine_has_told_of_all_nobody_waits_for_more(
        self, is_told: bool, is_expected: bool, hears: bool
    ) -> None:
        ledger = Ledger()
        ledger.patience = 20
        ledger.is_told = is_told
        if is_expected:
            ledger.expect(1, Expected("mail", "PTR", None))
        time.sleep(0.3)
        assert ledger.may_hear_more(0.0) is hears

    def test_news_and_the_begin_of_the_wait_renew_the_patience(self) -> None:
        ledger = Ledger()
        ledger.patience = 0.1
        time.sleep(0.2)
        assert not ledger.may_hear_more(0.0)
        assert ledger.may_hear_more(time.monotonic())
        ledger.declare("urn::one", declared({X: MAIL}))
        assert ledger.may_hear_more(0.0)


def test_one_operation_at_a_time_has_a_record() -> None:
    ledger = Ledger()
    entered = threading.Event()

    def enter(kind: str, identity: str, subject: str) -> None:
        with ledger.exclusive(kind, identity, subject):
            entered.set()

    with ledger.exclusive("PTR", HERE.identity, X):
        with ledger.exclusive("PTR", HERE.identity, X):
            pass  # again in the same thread
        for other in (("A", HERE.identity, X), ("PTR", THERE.identity, X), ("PTR", "", Y)):
            enter_elsewhere(enter, other)
            assert entered.wait(5)
            entered.clear()
        same = threading.Thread(target=enter, args=("PTR", HERE.identity, X))
        same.start()
        assert not entered.wait(0.2)
    assert entered.wait(5)
    same.join()


def enter_elsewhere(enter: Callable[..., None], key: tuple[str, str, str]) -> None:
    thread = threading.Thread(target=enter, args=key)
    thread.start()
    thread.join(5)


SUBJECTS, VALUES, RESOURCES = (X, Y), (MAIL, WWW), ("urn::one", "urn::two", "urn::three")
tables = st.dictionaries(st.sampled_from(SUBJECTS), st.sampled_from(VALUES), min_size=1)
events = st.lists(
    st.tuples(
        st.sampled_from(["declare", "recall", "give up", "wrote", "fail"]),
        st.sampled_from(RESOURCES),
        tables,
        st.sampled_from([HERE, THERE]),
    ),
    max_size=12,
)


@given(events)
def test_nothing_that_was_written_or_is_declared_is_forgotten(
    events: list[tuple[str, str, dict[str, str], Place]],
) -> None:
    """The ledger against plain lists of all that it was told."""
    ledger = Ledger()
    last_declared: dict[str, tuple[dict[str, str], Place]] = {}
    written: set[tuple[str, str, str]] = set()
    had: dict[str, dict[str, str]] = {}
    for what, resource, table, place in events:
        holding = many(table, place)
        if what == "declare":
            ledger.declare(resource, declared(dict(table), place))
            last_declared[resource] = table, place
        elif what == "fail":
            ledger.fail(resource, next(iter(table)))
        else:
            if what == "wrote":
                ledger.wrote(resource, holding)
            else:
                ledger.recall(resource, holding, is_current=what == "recall")
            written |= {(place.identity, subject, value) for subject, value in table.items()}
            if what != "give up":
                had[resource] = table
    for subject in SUBJECTS:
        for place in (HERE, THERE):
            known = ledger.written("PTR", place.identity, subject)
            assert {*known} == {
                value for at, one, value in written if (at, one) == (place.identity, subject)
            }
        claims = {claim.resource: claim for claim in ledger.claims("PTR", subject)}
        declaring = {one for one, (table, _) in last_declared.items() if subject in table}
        assert claims.keys() == declaring
        for resource, claim in claims.items():
            table, place = last_declared[resource]
            assert (claim.place, claim.wanted) == (place, table[subject])
            there = had.get(resource, {}).get(subject)
            assert there == (claim.written and claim.written.value)


def test_what_the_program_tells_later_counts_until_the_engine_has_told() -> None:
    ledger = Ledger()
    ledger.expect(1, Expected("late", "PTR", None))
    (guess,) = ledger.claims("PTR", X)
    assert (guess.is_guess, guess.is_pending) == (True, True)
    ledger.expect(1, Expected("late", "PTR", {Y: MAIL}))
    assert ledger.claims("PTR", X) == []
    assert [claim.is_guess for claim in ledger.claims("PTR", Y)] == [False]
    ledger.declare("urn::late", Declared("PTR", HERE, {Y: MAIL}), 1)
    ledger.expect(1, Expected("late", "PTR", {X: MAIL}))
    assert ledger.claims("PTR", X) == []
