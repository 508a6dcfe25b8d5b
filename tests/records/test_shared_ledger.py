"""What a ledger tells a file, and hears from it of other processes of the run."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from pulumi_rdns.errors import ConfigError, ConflictError
from pulumi_rdns.records.claims import Claim, Declared
from pulumi_rdns.records.holdings import Holding, Memory
from pulumi_rdns.records.ledger_file import (
    Began,
    Closes,
    Expects,
    LedgerFile,
    leftovers,
)
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.shared_ledger import SharedLedger
from tests.backends.heard import Heard
from tests.records.conftest import RUN, Join, name, new_session
from tests.records.processes import (
    CLASSLESS,
    HERE,
    KINDS,
    MAIL,
    MEMORY,
    NEW,
    REVERSE,
    URN,
    WWW,
    X,
    Y,
    live,
    single,
)


@pytest.fixture
def ledgers(join: Join) -> tuple[SharedLedger, SharedLedger]:
    return join(SharedLedger()), join(SharedLedger())


def text_of(folder: Path) -> str:
    (file,) = (folder / "rdns").iterdir()
    return file.read_text()


def only(ledger: SharedLedger, subject: str = X, kind: str = "PTR") -> Claim:
    (claim,) = ledger.claims(kind, subject)
    return claim


def holding(value: str = MAIL, memory: Memory | None = MEMORY) -> Holding:
    return Holding("PTR", HERE.identity, {X: value}, REVERSE, {X: f"10.{CLASSLESS}"}, memory)


def test_what_one_declares_the_other_hears(ledgers: tuple[SharedLedger, SharedLedger]) -> None:
    one, other = ledgers
    one.declare(URN, Declared("PTR", HERE, {X: MAIL}))
    one.declare(NEW, Declared("PTR", HERE, {X: None, Y: WWW}))
    assert other.claims("PTR", X) == [Claim(URN, HERE, MAIL), Claim(NEW, HERE, None)]
    assert other.claims("PTR", Y) == [Claim(NEW, HERE, WWW)]
    assert other.claims("PTR", X) == one.claims("PTR", X)


def test_who_comes_late_hears_all(ledgers: tuple[SharedLedger, SharedLedger], join: Join) -> None:
    one, other = ledgers
    one.declare(URN, Declared("PTR", HERE, {X: MAIL}))
    other.recall(URN, holding(), is_current=True)
    late = join(SharedLedger())
    # What the state said before the run is known where the engine told it.
    assert only(other).had_before
    assert only(late) == only(one) == only(other)._replace(had_before=False)
    assert only(late).written is not None


def test_what_one_writes_the_other_knows_with_what_is_remembered(
    ledgers: tuple[SharedLedger, SharedLedger],
) -> None:
    one, other = ledgers
    one.declare(URN, Declared("PTR", HERE, {X: MAIL}))
    assert only(other).is_pending
    one.wrote(URN, holding())
    assert other.written("PTR", HERE.identity, X) == {MAIL: MEMORY}
    written = only(other).written
    assert written is not None
    assert written == only(one).written
    assert (written.owner, written.memory) == (f"10.{CLASSLESS}", MEMORY)


@pytest.mark.parametrize("is_current", [True, False])
def test_what_the_state_says_is_told_too(
    ledgers: tuple[SharedLedger, SharedLedger], is_current: bool
) -> None:
    one, other = ledgers
    one.declare(URN, Declared("PTR", HERE, {X: MAIL}))
    one.recall(URN, holding(WWW), is_current=is_current)
    assert other.written("PTR", HERE.identity, X) == {WWW: MEMORY}
    assert only(other).is_pending is not is_current


def test_what_fails_at_one_is_not_waited_for_by_the_other(
    ledgers: tuple[SharedLedger, SharedLedger],
) -> None:
    one, other = ledgers
    one.declare(URN, Declared("PTR", HERE, {X: MAIL}))
    one.declare(NEW, Declared("PTR", HERE, {X: MAIL, Y: WWW}))
    one.fail(URN, X)
    one.wrote(NEW, Holding("PTR", HERE.identity, {X: MAIL}), failed={Y: ConflictError})
    assert [claim.has_failed for claim in other.claims("PTR", X)] == [True, False]
    assert [claim.has_failed for claim in other.claims("PTR", Y)] == [True]
    one.wrote(URN, holding())
    assert not any(claim.has_failed for claim in other.claims("PTR", X))


def test_what_the_program_tells_is_heard_until_the_engine_tells_of_it(
    ledgers: tuple[SharedLedger, SharedLedger], tmp_path: Path
) -> None:
    one, _ = ledgers
    program = LedgerFile(tmp_path / "rdns", RUN)
    program.append(Began(parallel=1, organization="acme"))
    program.append(Expects(1, "mail", ("PTR",), {X: MAIL}))
    program.append(Expects(2, "forward", ("A", "AAAA")))
    for ledger in ledgers:
        assert only(ledger) == Claim("mail", wanted=MAIL)
        assert [only(ledger, WWW, kind).name for kind in ("A", "AAAA")] == ["forward", "forward"]
        assert (ledger.is_told, ledger.parallel, ledger.organization) == (True, 1, "acme")
    one.declare(URN, Declared("PTR", HERE, {X: MAIL}), line=1)
    one.declare(NEW, Declared("A", HERE, {MAIL: X}), line=2)
    for ledger in ledgers:
        assert only(ledger) == Claim(URN, HERE, MAIL)
        assert ledger.claims("A", WWW) == ledger.claims("AAAA", WWW) == []


def test_a_ledger_without_a_file_tells_nobody_and_works_alone() -> None:
    ledger = SharedLedger()
    ledger.declare(URN, Declared("PTR", HERE, {X: MAIL}))
    ledger.wrote(URN, holding())
    ledger.fail(NEW, X)
    with ledger.operation(URN, "update", "PTR", HERE.identity, {X: MAIL}):
        ledger.catch_up()
    ledger.close()
    assert (only(ledger).written is not None, ledger.trouble) == (True, None)


class TestTrouble:
    """Where the file cannot be written or read, a ledger knows that it does not know all."""

    def test_a_file_that_cannot_be_opened(self, session: Session, tmp_path: Path) -> None:
        (tmp_path / "rdns").write_text("a file")
        with pytest.raises(ConfigError) as caught:
            LedgerFile(tmp_path / "rdns", RUN)
        state = session.ptr.create(single("files"), Heard(), URN)
        later = new_session(tmp_path)
        later.ledger.join(caught.value)
        assert str(caught.value) == later.ledger.trouble
        with pytest.raises(ConflictError) as refused:
            later.ptr.delete(state, Heard(), URN)
        assert "mail.example.com is kept unchanged and stays in the state" in str(refused.value)
        assert "what other processes of this run declare cannot be known" in str(refused.value)
        assert live(later) == ["mail.example.com."]

    def test_a_set_and_a_forward_record_stay_too(self, session: Session, tmp_path: Path) -> None:
        each = ["set behind an alias", "forward record"]
        states = {kind: KINDS[kind].created(session, URN) for kind in each}
        later = new_session(tmp_path)
        later.ledger.join(ConfigError("no room"))
        for kind in each:
            with pytest.raises(ConflictError, match="no room"):
                KINDS[kind].operations(later).delete(states[kind], Heard(), URN)
        assert live(later) == ["mail.example.com."]

    def test_creates_and_updates_go_on(self, session: Session) -> None:
        session.ledger.join(ConfigError("no room"))
        state = session.ptr.create(single("files"), Heard(), URN)
        wanted = replace(single("files"), hostname=name(WWW))
        session.ptr.update(state, wanted, Heard(), URN)
        assert live(session) == ["www.example.com."]

    @pytest.mark.parametrize("call", ["write", "lseek"])
    def test_a_disk_that_fails_in_between(
        self, join: Join, monkeypatch: pytest.MonkeyPatch, call: str
    ) -> None:
        ledger = join(SharedLedger())
        ledger.declare(URN, Declared("PTR", HERE, {X: MAIL}))

        def fails(*_: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patched:
            patched.setattr(os, call, fails)
            ledger.wrote(URN, holding())
            assert only(ledger).written is not None, "what it knows itself it still knows"
        assert ledger.trouble is not None
        assert "Input/output error" in ledger.trouble


class TestSecrets:
    """A value that a user keeps secret is never in the file."""

    def hide_all(self, ledger: SharedLedger, urn: str) -> None:
        ledger.hide(urn)
        ledger.declare(urn, Declared("PTR", HERE, {X: MAIL}))
        ledger.recall(urn, holding(WWW), is_current=False)
        ledger.wrote(urn, holding(), failed={Y: ConflictError})
        ledger.fail(urn, X)
        with ledger.operation(urn, "update", "PTR", HERE.identity, {X: MAIL, Y: None}):
            pass

    def test_nothing_of_it_is_in_the_file(
        self, ledgers: tuple[SharedLedger, SharedLedger], tmp_path: Path
    ) -> None:
        self.hide_all(ledgers[0], URN)
        text = text_of(tmp_path)
        assert URN in text
        for secret in (X, Y, MAIL, WWW, "old.example.com", "0/25", "in-addr", "192.0"):
            assert secret not in text
        self.hide_all(ledgers[1], NEW)
        ledgers[1].declare("urn::plain", Declared("PTR", HERE, {Y: MAIL}))
        assert MAIL in text_of(tmp_path), "of this very kind is what is found where nothing is hid"

    def test_the_other_process_still_knows_whether_it_is_this_value(
        self, ledgers: tuple[SharedLedger, SharedLedger]
    ) -> None:
        one, other = ledgers
        one.hide(URN)
        one.declare(URN, Declared("PTR", HERE, {X: MAIL}))
        claim = only(other)
        assert (claim.resource, claim.is_pending, claim.wanted == MAIL) == (URN, True, False)
        assert other.claims("PTR", Y) == []
        one.fail(URN, X)
        assert only(other).has_failed
        one.wrote(URN, holding())
        assert not only(other).has_failed
        assert only(other).written is not None
        assert len(other.written("PTR", HERE.identity, X)) == 1
        assert other.written("PTR", HERE.identity, Y) == {}

    def test_what_this_stack_wrote_of_a_hostname_is_known_too(
        self, ledgers: tuple[SharedLedger, SharedLedger]
    ) -> None:
        one, other = ledgers
        one.hide(URN)
        one.wrote(URN, Holding("A", HERE.identity, {MAIL: X}, frozenset(["example.com"])))
        assert len(other.written("A", HERE.identity, MAIL)) == 1
        assert other.written("A", HERE.identity, WWW) == {}


class TestKilled:
    """What a run that was killed may have written."""

    @pytest.fixture
    def killed(self, tmp_path: Path) -> Callable[..., None]:
        def kill(operation: str, records: dict[str, str | None], *, hides: bool = False) -> None:
            ledger = SharedLedger()
            ledger.join(LedgerFile(tmp_path / "rdns", RUN._replace(key="killed")))
            if hides:
                ledger.hide(URN)
            try:
                with ledger.operation(URN, operation, "PTR", HERE.identity, records):
                    raise KeyboardInterrupt
            except KeyboardInterrupt:
                return

        return kill

    @pytest.mark.parametrize("hides", [False, True])
    def test_it_counts_as_this_stack_s_and_is_to_be_looked_at(
        self, killed: Callable[..., None], join: Join, hides: bool
    ) -> None:
        killed("create", {X: MAIL, Y: None}, hides=hides)
        ledger = join(SharedLedger())
        assert ledger.was_interrupted(URN, HERE.identity)
        assert not ledger.was_interrupted(NEW, HERE.identity)
        at = [(kind, HERE.identity, one) for kind in ("PTR", "A") for one in (X, Y, MAIL)]
        found = [(kind, one) for kind, _, one in at if ledger.was_interrupted_at(kind, _, one)]
        assert found == [("PTR", X), ("PTR", Y)]
        assert not ledger.was_interrupted_at("PTR", "elsewhere", X)
        assert len(ledger.written("PTR", HERE.identity, X)) == 1
        assert ledger.written("PTR", HERE.identity, Y) == {}
        assert ledger.claims("PTR", X) == []

    def test_an_operation_that_is_done_settles_it(
        self, killed: Callable[..., None], join: Join, tmp_path: Path
    ) -> None:
        killed("update", {X: MAIL})
        ledger = join(SharedLedger())
        with (
            pytest.raises(ConflictError),
            ledger.operation(URN, "update", "PTR", HERE.identity, {X: MAIL}),
        ):
            raise ConflictError("ns1", "set", X, "no")
        assert ledger.was_interrupted(URN, HERE.identity), (
            "it failed, so it is still to be looked at"
        )
        with ledger.operation(URN, "update", "PTR", HERE.identity, {X: MAIL}):
            pass
        assert not ledger.was_interrupted(URN, HERE.identity)
        assert ledger.was_interrupted_at("PTR", HERE.identity, X), "others may still come"
        ledger.close()
        assert [*(tmp_path / "rdns").iterdir()] == []

    @pytest.mark.parametrize(("operation", "is_left"), [("create", True), ("update", False)])
    def test_what_was_created_elsewhere_is_left_by_an_operation_here(
        self, killed: Callable[..., None], join: Join, tmp_path: Path, operation: str, is_left: bool
    ) -> None:
        killed(operation, {X: MAIL})
        ledger = join(SharedLedger())
        assert ledger.was_interrupted(URN, "there") is not is_left
        assert len(ledger.left_elsewhere(URN, "there")) == is_left
        assert ledger.left_elsewhere(URN, HERE.identity) == []
        with ledger.operation(URN, "create", "PTR", "there", {X: MAIL}):
            pass
        assert ledger.was_interrupted(URN, HERE.identity) is is_left
        left = leftovers(tmp_path / "rdns", RUN, lambda _: False)
        assert bool(left) is is_left
        with ledger.operation(URN, "create", "PTR", HERE.identity, {X: MAIL}):
            pass
        assert leftovers(tmp_path / "rdns", RUN, lambda _: False) == []

    def test_a_file_of_a_run_that_failed_at_its_leftovers_stays(
        self, killed: Callable[..., None], join: Join, tmp_path: Path
    ) -> None:
        killed("update", {X: MAIL})
        join(SharedLedger()).close()
        (left,) = leftovers(tmp_path / "rdns", RUN, lambda _: False)
        assert left.interrupted.keys() == {URN}

    def test_the_file_stays_as_long_as_another_process_may_be_killed(
        self, ledgers: tuple[SharedLedger, SharedLedger], tmp_path: Path
    ) -> None:
        one, other = ledgers
        with other.operation(NEW, "create", "PTR", HERE.identity, {X: MAIL}):
            one.close()
        assert Closes in {type(event) for event in LedgerFile(tmp_path / "rdns", RUN).news()}
        other.close()
        assert [*(tmp_path / "rdns").iterdir()] == []


class TestHandedOver:
    """What a delete left for the create of its own resource."""

    @pytest.mark.parametrize("is_created", [False, True])
    def test_a_later_run_knows_of_it_where_that_create_failed(
        self, join: Join, tmp_path: Path, is_created: bool
    ) -> None:
        ledger = join(SharedLedger())
        with ledger.operation(URN, "delete", "PTR", HERE.identity, {X: None}):
            ledger.hand_over(URN, "PTR", HERE.identity, {X: MAIL})
        if is_created:
            with ledger.operation(URN, "create", "PTR", HERE.identity, {X: WWW}):
                pass
        ledger.close()
        left = leftovers(tmp_path / "rdns", RUN._replace(key="next"), lambda _: False)
        later = SharedLedger()
        later.join(LedgerFile(tmp_path / "rdns", RUN._replace(key="next")), left)
        assert (MAIL in later.written("PTR", HERE.identity, X)) is not is_created

    def test_nothing_is_told_of_nothing(self, join: Join, tmp_path: Path) -> None:
        ledger = join(SharedLedger())
        before = text_of(tmp_path)
        ledger.hand_over(URN, "PTR", HERE.identity, {})
        assert text_of(tmp_path) == before
