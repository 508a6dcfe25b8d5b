"""What the whole state says: asked for once, where what is there is not known to be ours."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_rdns.errors import ConflictError
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import ForwardSpec, OnDelete, PtrSetSpec
from pulumi_rdns.model.states import Previous
from pulumi_rdns.records.holdings import UNREADABLE, Holding, Memory, StoredHoldings
from pulumi_rdns.records.ledger import Ledger
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.shared_ledger import SharedLedger
from tests.backends.heard import Heard
from tests.records.conftest import Join, name, named, new_session
from tests.records.preview.looking import warned
from tests.records.ptr_records import ADDRESS, live, put, spec

OLD, NEW = "urn::old", "urn::new"
X = str(ADDRESS)
MAIL, WWW, BEFORE = "mail.example.com", "www.example.com", "before.example.net"
STRANGER = "stranger.example.net"
PREVIOUS = Previous(known=True, hostnames=(name(BEFORE),), ttl=60)
MEMORY = Memory(adopted=False, previous=PREVIOUS)


class State:
    """What the state says, and how often it was read."""

    def __init__(self, *told: tuple[str, Holding], is_whole: bool = True) -> None:
        self.told = StoredHoldings(told, is_whole)
        self.reads = 0

    def read(self) -> StoredHoldings:
        self.reads += 1
        return self.told


def holding(value: str = MAIL, memory: Memory | None = MEMORY, identity: str = "here") -> Holding:
    return Holding("PTR", identity, {X: value}, memory=memory)


def ledger(state: State) -> SharedLedger:
    found = SharedLedger()
    found.read_state = state.read
    return found


def test_the_state_is_read_once_and_only_where_something_is_not_known() -> None:
    state = State((OLD, holding()))
    asked = ledger(state)
    asked.recall(NEW, holding(WWW), is_current=True)
    assert asked.written("PTR", "here", X) == {WWW: MEMORY}
    assert asked.written("PTR", "here", X, [WWW]) == {WWW: MEMORY}
    assert state.reads == 0
    for _ in range(2):
        found = asked.written("PTR", "here", X, [WWW, STRANGER])
        assert found == {WWW: MEMORY, MAIL: MEMORY}
    assert state.reads == 1


def test_threads_that_come_while_the_state_is_read_know_what_it_says() -> None:
    state, begun, may_end = State((OLD, holding())), threading.Event(), threading.Event()
    asked = SharedLedger()
    found: list[object] = []

    def read() -> StoredHoldings:
        begun.set()
        assert may_end.wait(10)
        return state.read()

    def ask() -> None:
        found.append(asked.written("PTR", "here", X, [MAIL]))

    asked.read_state = read
    threads = [threading.Thread(target=ask) for _ in range(2)]
    threads[0].start()
    assert begun.wait(10)
    threads[1].start()
    may_end.set()
    for thread in threads:
        thread.join(10)
    assert found == [{MAIL: MEMORY}] * 2
    assert state.reads == 1


def test_two_resources_that_wrote_one_record_exchange_it() -> None:
    """After a run that was killed, either value may stand at either address."""
    asked = ledger(State((OLD, holding()), (NEW, holding(WWW))))
    assert asked.written("PTR", "here", "198.51.100.11", [MAIL]).keys() == {MAIL, WWW}


def test_what_the_state_says_is_told_nobody(tmp_path: Path, join: Join) -> None:
    asked = join(ledger(State((OLD, holding()))))
    assert MAIL in asked.written("PTR", "here", X, [MAIL])
    (file,) = (tmp_path / "rdns").iterdir()
    assert MAIL not in file.read_text()


def test_what_cannot_be_read_is_no_value() -> None:
    asked = ledger(State((OLD, holding(UNREADABLE))))
    assert asked.written("PTR", "here", X, [MAIL]) == {UNREADABLE: MEMORY}


@pytest.fixture
def remembering(tmp_path: Path, folder: Path) -> Callable[..., Session]:
    """Give what makes the session of another run, which can read this state."""

    def remembering(value: str, memory: Memory | None = MEMORY) -> Session:
        session = new_session(tmp_path)
        told = holding(value, memory, session.backends.identity("files"))
        session.ledger.read_state = State((OLD, told)).read
        return session

    return remembering


@pytest.mark.parametrize("value", [MAIL, UNREADABLE], ids=["plain", "secret"])
def test_a_create_that_finds_its_own_value_remembers_what_the_state_does(
    remembering: Callable[..., Session], value: str
) -> None:
    session, heard = remembering(value), Heard()
    put(session, "files", MAIL)
    made = session.ptr.create(spec("files", MAIL, on_delete=OnDelete.RESTORE), heard, NEW)
    assert (made.previous, made.adopted) == (PREVIOUS, False)
    assert heard.warnings == []
    session.ptr.delete(made, heard, NEW)
    assert live(session, "files") == [f"{BEFORE}."]


def test_a_create_takes_over_what_the_state_wrote_and_remembers_the_same(
    remembering: Callable[..., Session],
) -> None:
    session = remembering(MAIL)
    put(session, "files", MAIL)
    made = session.ptr.create(spec("files", WWW), Heard(), NEW)
    assert (made.previous, live(session, "files")) == (PREVIOUS, [f"{WWW}."])


@pytest.mark.parametrize("value", [MAIL, UNREADABLE], ids=["plain", "secret"])
def test_a_strangers_value_is_a_conflict_whatever_the_state_wrote_there(
    remembering: Callable[..., Session], value: str
) -> None:
    session = remembering(value)
    put(session, "files", STRANGER)
    with pytest.raises(ConflictError, match="already points to stranger"):
        session.ptr.create(spec("files", WWW), Heard(), NEW)


@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize("kind", ["ptr", "ptr_sets"])
def test_nobody_waits_for_news_of_a_strangers_value_where_the_whole_state_is_known(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, is_whole: bool
) -> None:
    asked: list[float] = []
    monkeypatch.setattr(Ledger, "may_hear_more", lambda _, since: asked.append(since))
    session = new_session(tmp_path)
    session.ledger.read_state = State((OLD, holding()), is_whole=is_whole).read
    put(session, "files", STRANGER)
    if kind == "ptr":
        with pytest.raises(ConflictError, match="already points to stranger"):
            session.ptr.create(spec("files", WWW), Heard(), NEW)
    else:
        many = PtrSetSpec(backend="files", records=PtrSetRecords(named({X: WWW})))
        assert isinstance(session.ptr_sets.create(many, Heard(), NEW).error, ConflictError)
    assert bool(asked) is not is_whole


def test_a_record_that_a_set_wrote_is_not_adopted(remembering: Callable[..., Session]) -> None:
    session, heard = remembering(MAIL, None), Heard()
    put(session, "files", MAIL)
    made = session.ptr.create(spec("files", MAIL), heard, NEW)
    assert (made.previous, made.adopted, heard.warnings) == (Previous(), False, [])


@pytest.mark.parametrize("hostname", [MAIL, WWW])
def test_a_set_takes_over_what_the_state_wrote(
    remembering: Callable[..., Session], hostname: str
) -> None:
    session, heard = remembering(MAIL), Heard()
    put(session, "files", MAIL)
    many = PtrSetSpec(backend="files", records=PtrSetRecords(named({X: hostname})))
    assert session.ptr_sets.create(many, heard, NEW).error is None
    assert (heard.warnings, live(session, "files")) == ([], [f"{hostname}."])


@pytest.mark.parametrize("adopted", [True, False])
def test_a_forward_record_is_adopted_as_the_state_says(
    tmp_path: Path, folder: Path, adopted: bool
) -> None:
    declared = ForwardSpec(backend="files", hostname=name(MAIL), address=ADDRESS)
    new_session(tmp_path).forward.create(declared, Heard(), OLD)
    session, heard = new_session(tmp_path), Heard()
    memory = Memory(adopted=adopted, previous=Previous())
    told = Holding("A", session.backends.identity("files"), {MAIL: X}, memory=memory)
    session.ledger.read_state = State((OLD, told)).read
    assert session.forward.create(declared, heard, NEW).adopted is adopted
    assert heard.warnings == []


def test_a_preview_warns_of_nothing_that_the_state_wrote(
    remembering: Callable[..., Session],
) -> None:
    session = remembering(MAIL)

    def warnings(there: DnsName) -> list[str]:
        put(session, "files", there)
        declared = spec("files", WWW)
        return warned(session, declared, expects_forward=True)

    assert warnings(name(MAIL)) == []
    assert "already points to stranger" in " ".join(warnings(name(STRANGER)))
