"""Two processes of one run, which hear of each other through a file."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import Change, ZoneBackend
from pulumi_rdns.errors import ConfigError, ConflictError
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.names import to_dns
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import (
    ForwardPolicy,
    ForwardSpec,
    OnConflict,
    OnDelete,
    PtrPolicies,
    PtrSetSpec,
    PtrSpec,
)
from pulumi_rdns.model.states import Previous
from pulumi_rdns.records.holdings import Holding, Memory
from pulumi_rdns.records.ledger import Claim, Declared, Place
from pulumi_rdns.records.ledger_file import (
    Began,
    Cli,
    Closes,
    Expects,
    LedgerFile,
    Run,
    leftovers,
)
from pulumi_rdns.records.ptr_set_state import SetResult
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.shared_ledger import SharedLedger
from tests.backends.contract import rrset
from tests.backends.heard import Heard
from tests.records.conftest import ZONE, name, named, new_session

RUN = Run("test", "dev", "0a1b2c", Cli(4711, 1_700_000_000.0))
URN = "urn:pulumi:dev::test::pulumi-python:dynamic/rdns:PtrRecord::mail"
NEW = "urn:pulumi:dev::test::pulumi-python:dynamic/rdns:PtrRecord::new"
HERE = Place("ns1", "identity of ns1", name("2.0.192.in-addr.arpa"))
X, Y = "192.0.2.10", "192.0.2.11"
MAIL, WWW = "mail.example.com", "www.example.com"
CLASSLESS = "0/25.2.0.192.in-addr.arpa"
REVERSE = frozenset(["2.0.192.in-addr.arpa"])
PREVIOUS = Previous(known=True, hostnames=(name("old.example.com"),), ttl=60)
MEMORY = Memory(adopted=True, previous=PREVIOUS)

Join = Callable[[SharedLedger], SharedLedger]


@pytest.fixture
def join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Join:
    """Give what lets a ledger take part in the run, as that of a process of its own."""
    pids = iter(range(100_000, 100_100))

    def join(ledger: SharedLedger) -> SharedLedger:
        pid = next(pids)
        with monkeypatch.context() as patched:
            patched.setattr(os, "getpid", lambda: pid)
            file = LedgerFile(tmp_path / "rdns", RUN)
        ledger.join(file, leftovers(tmp_path / "rdns", RUN, lambda _: False))
        return ledger

    return join


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
    assert only(late) == only(one) == only(other)
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
    program.append(Began(parallel=1))
    program.append(Expects(1, "mail", ("PTR",), {X: MAIL}))
    program.append(Expects(2, "forward", ("A", "AAAA")))
    for ledger in ledgers:
        assert only(ledger) == Claim("mail", wanted=MAIL)
        assert [only(ledger, WWW, kind).name for kind in ("A", "AAAA")] == ["forward", "forward"]
        assert (ledger.is_told, ledger.parallel) == (True, 1)
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
        assert ledger.was_interrupted(URN)
        assert not ledger.was_interrupted(NEW)
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
        assert ledger.was_interrupted(URN), "it failed, so it is still to be looked at"
        with ledger.operation(URN, "update", "PTR", HERE.identity, {X: MAIL}):
            pass
        assert not ledger.was_interrupted(URN)
        ledger.close()
        assert [*(tmp_path / "rdns").iterdir()] == []

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


ADDRESS = parse_address(X)
#: an address whose name no alias leads elsewhere
PLAIN = parse_address("192.0.2.20")


def single(backend: str, hostname: str = MAIL, address: Address = ADDRESS) -> PtrSpec:
    """Declare a record, which an alias leads to another zone where it is that of ``ADDRESS``."""
    policies = PtrPolicies(
        forward_check=ForwardPolicy.SKIP,
        on_conflict=OnConflict.OVERWRITE if hostname == MAIL else None,
        on_delete=OnDelete.RESTORE,
    )
    return PtrSpec(backend=backend, address=address, hostname=name(hostname), policies=policies)


def live(session: Session, owner: str = f"10.{CLASSLESS}") -> list[str]:
    there = session.backends.get("files")
    assert isinstance(there, ZoneBackend)
    found = there.read_ptrs(to_dns(name(owner.partition(".")[2])), [owner])
    return [f"{hostname}." for one in found.values() for hostname in one.hostnames]


class Kind(NamedTuple):
    """One record as a resource of some type has it."""

    operations: Callable[[Session], Any]
    spec: Callable[[str], Any]
    declare: Callable[[Session, str], None]
    live: Callable[[Session], list[str]]

    def created(self, session: Session, resource: str, value: str = "") -> Any:
        made = self.operations(session).create(self.spec(value), Heard(), resource)
        if isinstance(made, SetResult):
            if made.error is not None:
                raise made.error
            return made.state
        return made


def many(hostname: str) -> PtrSetSpec:
    table = named({X: hostname or MAIL})
    return PtrSetSpec(backend="files", records=PtrSetRecords(table))


def forward(address: str) -> ForwardSpec:
    return ForwardSpec(backend="files", hostname=name(MAIL), address=parse_address(address or X))


def live_addresses(session: Session) -> list[str]:
    there = session.backends.get("files")
    assert isinstance(there, ZoneBackend)
    found = there.get_rrset(to_dns(name("example.com")), to_dns(name(MAIL)), RdataType.A)
    return [rdata.address for rdata in found or ()]


KINDS = {
    "record": Kind(
        lambda session: session.ptr,
        lambda value: single("files", value or MAIL, PLAIN),
        lambda session, urn: session.ptr.declare("files", PLAIN, None, resource=urn),
        lambda session: live(session, "20.2.0.192.in-addr.arpa"),
    ),
    "record behind an alias": Kind(
        lambda session: session.ptr,
        lambda value: single("files", value or MAIL),
        lambda session, urn: session.ptr.declare("files", ADDRESS, None, resource=urn),
        live,
    ),
    "set behind an alias": Kind(
        lambda session: session.ptr_sets,
        many,
        lambda session, urn: session.ptr_sets.declare(many(""), resource=urn),
        live,
    ),
    "forward record": Kind(
        lambda session: session.forward,
        forward,
        lambda session, urn: session.forward.declare(
            "files", name(MAIL), parse_address(X), None, resource=urn
        ),
        live_addresses,
    ),
}


@pytest.mark.parametrize("hides", [False, True], ids=["open", "secret"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
class TestTwoProcesses:
    """A record moves to a resource that another process serves, at the same place."""

    def test_what_the_other_process_has_is_kept_when_this_one_gives_it_up(
        self, tmp_path: Path, session: Session, join: Join, kind: Kind, hides: bool
    ) -> None:
        old = kind.created(session, URN)
        before = kind.live(session)
        here, there = new_session(tmp_path), new_session(tmp_path)
        for one in (here, there):
            join(one.ledger)
        if hides:
            there.ledger.hide(NEW)
        kind.declare(there, NEW)
        with pytest.raises(ConflictError, match="'new', which declares it now, is not created yet"):
            kind.operations(here).delete(old, Heard(), URN)
        assert kind.live(here) == before
        kind.created(there, NEW)
        kind.operations(here).delete(old, Heard(), URN)
        assert kind.live(here) == before != []

    def test_what_another_process_wrote_is_taken_over_without_a_conflict(
        self, tmp_path: Path, session: Session, join: Join, kind: Kind, hides: bool
    ) -> None:
        old = kind.created(session, URN)
        here, there = new_session(tmp_path), new_session(tmp_path)
        for one in (here, there):
            join(one.ledger)
        if hides:
            there.ledger.hide(URN)
        kind.operations(there).recall(old, resource=URN, is_current=False)
        value = Y if kind is KINDS["forward record"] else WWW
        kind.created(here, NEW, value)
        assert f"{value}" in " ".join(kind.live(here))


def test_memory_of_what_was_there_before_comes_from_another_process(
    tmp_path: Path, session: Session, join: Join, folder: Path
) -> None:
    (folder / "classless.zone").write_text(
        f"$ORIGIN {CLASSLESS}.\n{ZONE}10 60 IN PTR before.example.net.\n"
    )
    old = session.ptr.create(single("files"), Heard(), URN)
    assert old.previous.hostnames == (name("before.example.net"),)
    here, there = new_session(tmp_path), new_session(tmp_path)
    for one in (here, there):
        join(one.ledger)
    there.ptr.recall(old, resource=URN, is_current=False)
    here.ptr.declare("files", ADDRESS, None, resource=NEW)
    heard = Heard()
    new = here.ptr.create(single("files", WWW), heard, NEW)
    assert (new.previous, new.adopted) == (old.previous, False)
    there.ptr.delete(old, heard, URN)
    assert live(here) == ["www.example.com."]
    new_session(tmp_path).ptr.delete(new, heard, NEW)
    assert live(here) == ["before.example.net."]
    assert heard.warnings == []


def test_a_record_that_was_changed_by_hand_is_a_strangers_in_every_process(
    tmp_path: Path, session: Session, join: Join
) -> None:
    old = session.ptr.create(single("files"), Heard(), URN)
    there = session.backends.get("files")
    assert isinstance(there, ZoneBackend)
    owner, zone = to_dns(name(f"10.{CLASSLESS}")), to_dns(name(CLASSLESS))
    before = there.get_rrset(zone, owner, RdataType.PTR)
    after = rrset(owner, "PTR", "stranger.example.net.")
    there.apply(zone, [Change(owner, RdataType.PTR, before, after)])
    here, other = new_session(tmp_path), new_session(tmp_path)
    for one in (here, other):
        join(one.ledger)
    other.ptr.recall(old, resource=URN, is_current=False)
    with pytest.raises(ConflictError, match="already points to stranger"):
        here.ptr.create(single("files", WWW), Heard(), NEW)
