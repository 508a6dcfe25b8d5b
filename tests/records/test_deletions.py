"""Many deletions at once: counted, refused, and let through where they are none or are meant."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from pulumi_rdns.errors import RejectedError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import (
    ForwardPolicy,
    ForwardSpec,
    OnDelete,
    OnForwardConflict,
    PtrPolicies,
    PtrSetSpec,
    PtrSpec,
)
from pulumi_rdns.model.states import ForwardState, PtrSetState, PtrState
from pulumi_rdns.records.claims import Expected
from pulumi_rdns.records.holdings import Holding, StoredRecord
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import ZONE, name, new_session

REVERSE = "db.100.51.198.in-addr.arpa"
WHOSE = "of zone 100.51.198.in-addr.arpa"
SET = "urn::set"


def address(at: int) -> str:
    return f"198.51.100.{at}"


def hostname(at: int) -> str:
    return f"h{at}.example.com"


def many(
    ats: Iterable[int], limit: int | None = None, on_delete: OnDelete | None = None
) -> PtrSetSpec:
    return PtrSetSpec(
        backend="files",
        records=PtrSetRecords({address(at): name(hostname(at)) for at in ats}),
        policies=PtrPolicies(max_delete_percent=limit, on_delete=on_delete),
    )


def single(at: int, backend: str = "files", on_delete: OnDelete | None = None) -> PtrSpec:
    return PtrSpec(
        backend=backend,
        address=parse_address(address(at)),
        hostname=name(hostname(at)),
        policies=PtrPolicies(forward_check=ForwardPolicy.SKIP, on_delete=on_delete),
    )


class World:
    """Zone files, and one session after the other that writes them."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.file, self.heard = root, folder / REVERSE, Heard()

    def session(self) -> Session:
        return new_session(self.root)

    def there(self, ats: Iterable[int]) -> None:
        self.file.write_text(ZONE + "".join(f"{at} PTR {hostname(at)}.\n" for at in ats))

    def live(self) -> list[int]:
        lines = self.file.read_text().splitlines()[ZONE.count("\n") :]
        return sorted(int(line.split()[0]) for line in lines)

    def made(self, spec: PtrSetSpec) -> PtrSetState:
        state, error = self.session().ptr_sets.create(spec, self.heard, SET)
        assert error is None
        return state

    def singles(self, ats: Iterable[int]) -> list[PtrState]:
        session = self.session()
        return [session.ptr.create(single(at), self.heard, f"urn::{at}") for at in ats]


@pytest.fixture
def world(tmp_path: Path, folder: Path) -> World:
    return World(tmp_path, folder)


class TestSet:
    def test_an_update_that_would_remove_too_many_writes_nothing(self, world: World) -> None:
        old = world.made(many(range(1, 21)))
        new = many([*range(1, 14), 99])
        with pytest.raises(RejectedError) as caught:
            world.session().ptr_sets.update(old, new, world.heard, SET)
        assert str(caught.value).startswith(
            "files: set the PTRs of a set: 7 of 20 records of the set would be deleted, which is "
            "more than 30 %. "
        )
        assert str(caught.value).endswith(". Nothing was changed")
        assert world.live() == [*range(1, 21)]

    @pytest.mark.parametrize(("limit", "kept"), [(None, 14), (35, 13), (100, 0), (0, 20)])
    def test_as_many_as_the_limit_may_go(self, world: World, limit: int | None, kept: int) -> None:
        old = world.made(many(range(1, 21)))
        new = many([*range(1, kept + 1), 99], limit)
        _, error = world.session().ptr_sets.update(old, new, world.heard, SET)
        assert error is None
        assert world.live() == [*range(1, kept + 1), 99]

    def test_nine_records_are_never_guarded(self, world: World) -> None:
        old = world.made(many(range(1, 10)))
        world.session().deletions.refuse_of_set(old, old.written, SET, "delete")
        _, error = world.session().ptr_sets.update(old, many([99]), world.heard, SET)
        assert error is None
        assert world.live() == [99]

    def test_a_set_that_leaves_the_program_goes_where_the_limit_of_the_stack_says_so(
        self, world: World
    ) -> None:
        old = world.made(many(range(1, 11)))
        session = world.session()
        with pytest.raises(
            RejectedError, match="10 of 10 records of the set would be deleted"
        ) as caught:
            session.deletions.refuse_of_set(old, old.written, SET, "delete")
        assert str(caught.value).startswith("files: delete the PTRs of a set: ")
        asked = []

        def configured_now() -> int | None:
            asked.append(100)
            return 100

        session.deletions.read_limit = configured_now
        session.deletions.refuse_of_set(old, old.written, SET, "delete")
        assert asked == [100]

    def test_a_set_that_left_the_program_has_the_limit_that_it_had(self, world: World) -> None:
        old = world.made(many(range(1, 11), 100))
        world.session().deletions.refuse_of_set(old, old.written, SET, "delete")
        old = replace(old, policies=PtrPolicies(max_delete_percent=99))
        with pytest.raises(RejectedError, match="more than 99 %"):
            world.session().deletions.refuse_of_set(old, old.written, SET, "delete")

    def test_of_a_replaced_set_what_the_new_one_declares_has_moved(self, world: World) -> None:
        old = world.made(many(range(1, 21)))
        session = world.session()
        session.ptr_sets.declare(many(range(1, 19)), resource=SET)
        session.deletions.refuse_of_set(old, old.written, SET, "delete")
        smaller = world.session()
        smaller.ptr_sets.declare(many(range(1, 10)), resource=SET)
        with pytest.raises(RejectedError, match="11 of 20 records"):
            smaller.deletions.refuse_of_set(old, old.written, SET, "delete")
        smaller.ptr_sets.declare(many(range(1, 10), 100), resource=SET)
        smaller.deletions.refuse_of_set(old, old.written, SET, "delete")

    def test_a_record_that_another_resource_declares_has_moved(self, world: World) -> None:
        old = world.made(many(range(1, 21)))
        session = world.session()
        for at in range(11, 21):
            session.ptr.declare("memory", parse_address(address(at)), None, resource=f"urn::{at}")
        session.ptr_sets.recall(old, resource=SET)
        state, _ = session.ptr_sets.update(old, many(range(1, 11)), world.heard, SET)
        assert world.live() == [*range(1, 21)], "the others do not have theirs yet"
        assert len(state.written) == 20

    def test_what_turns_out_to_be_declared_by_nobody_is_refused_before_it_goes(
        self, world: World
    ) -> None:
        old = world.made(many(range(1, 21)))
        session = world.session()
        session.ledger.expect(1, Expected("computed", "PTR", None))
        heard = []

        def known_now(*_: object) -> bool:
            heard.append(True)
            session.ledger.expect(1, Expected("computed", "PTR", {"203.0.113.1": None}))
            return True

        session.ledger.wait = known_now  # type: ignore[method-assign,assignment]
        state, error = session.ptr_sets.update(old, many([1, 99]), world.heard, SET)
        assert heard
        assert "19 of 20 records of the set would be deleted" in str(error)
        assert "None of them was removed" in str(error)
        assert world.live() == [*range(1, 21), 99]
        assert len(state.written) == 21

    def test_what_was_adopted_is_kept_and_does_not_count(self, world: World) -> None:
        world.there(range(1, 16))
        old = world.made(many(range(1, 21)))
        assert len(old.adopted) == 15
        going = {key: old.written[key] for key in [*old.adopted, address(20)]}
        world.session().deletions.refuse_of_set(old, going, SET, "set")
        removing = replace(old, policies=PtrPolicies(on_delete=OnDelete.REMOVE))
        with pytest.raises(RejectedError, match="20 of 20 records"):
            world.session().deletions.refuse_of_set(removing, removing.written, SET, "delete")

    def test_what_is_no_longer_live_does_not_count(self, world: World) -> None:
        old = world.made(many(range(1, 21)))
        world.there(range(1, 7))
        world.session().deletions.refuse_of_set(old, old.written, SET, "delete")
        world.there(range(1, 8))
        with pytest.raises(RejectedError, match="7 of 20 records"):
            world.session().deletions.refuse_of_set(old, old.written, SET, "delete")

    def test_where_nobody_can_say_what_is_live_all_of_it_counts(self, world: World) -> None:
        old = world.made(many(range(1, 21)))
        world.file.unlink()
        with pytest.raises(RejectedError, match="20 of 20 records"):
            world.session().deletions.refuse_of_set(old, old.written, SET, "delete")

    def test_what_is_meant_is_not_guarded(self, world: World) -> None:
        old = world.made(many(range(1, 21)))
        session = world.session()
        session.deletions.are_meant = lambda: True
        session.deletions.refuse_of_set(old, old.written, SET, "delete")
        session.ptr_sets.delete(old, world.heard, SET)
        assert world.live() == []


def stored(states: Iterable[PtrState | ForwardState | PtrSetState]) -> list[StoredRecord]:
    return [StoredRecord(f"urn::{urn(one)}", one, Holding("PTR", "", {})) for one in states]


def urn(state: PtrState | ForwardState | PtrSetState) -> str:
    return "set" if isinstance(state, PtrSetState) else str(state.address).rpartition(".")[2]


class TestSingles:
    def removed(self, session: Session, states: Iterable[PtrState], heard: Heard) -> list[str]:
        """Delete one after the other; return the errors."""
        errors = []
        for one in states:
            try:
                session.ptr.delete(one, heard, f"urn::{urn(one)}")
            except RejectedError as error:
                errors.append(str(error))
        return errors

    def test_from_the_first_that_crosses_the_limit_they_are_refused(self, world: World) -> None:
        states = world.singles(range(1, 21))
        session = world.session()
        reads = []

        def read() -> list[StoredRecord]:
            reads.append(world.live())
            # As it is by then, and with a set, which counts on its own.
            there = [one for one in states if int(urn(one)) in world.live()]
            return stored([*there, PtrSetState(backend="files", written={"10.0.0.1": name("a.b")})])

        session.deletions.read_state = read
        errors = self.removed(session, states[:10], world.heard)
        assert len(errors) == 4
        assert errors[0].startswith(
            f"files: delete the PTR of {address(7)}: 7 of 20 records {WHOSE} would be deleted, "
            "which is more than 30 %. "
        )
        assert errors[0].endswith(f"{hostname(7)} is kept unchanged and stays in the state")
        assert world.live() == [*range(7, 21)]
        assert [len(one) for one in reads] == [17], "with the fourth, once"

    def test_where_the_state_cannot_be_read_none_is_refused(self, world: World) -> None:
        states = world.singles(range(1, 31))
        session = world.session()
        session.deletions.read_state = lambda: None
        assert self.removed(session, states[:15], world.heard) == []
        assert len(world.live()) == 15

    def test_the_limit_that_is_configured_now_counts(self, world: World) -> None:
        states = world.singles(range(1, 11))
        session = world.session()
        session.deletions.read_state = lambda: stored(states)
        session.deletions.read_limit = lambda: 50
        errors = self.removed(session, states, world.heard)
        assert len(errors) == 5
        assert "6 of 10 records" in errors[0]
        assert "more than 50 %" in errors[0]

    def test_what_the_run_has_made_was_not_there_before(self, world: World) -> None:
        states = world.singles(range(1, 11))
        session = world.session()
        made = [session.ptr.create(single(at), world.heard, f"urn::{at}") for at in range(51, 81)]
        session.deletions.read_state = lambda: stored([*states, *made])
        errors = self.removed(session, states, world.heard)
        assert len(errors) == 7
        assert "4 of 10 records" in errors[0]

    def test_where_the_state_cannot_be_read_what_is_known_counts(self, world: World) -> None:
        states = world.singles(range(1, 13))
        assert self.removed(world.session(), states[:9], world.heard) == []
        session = world.session()
        session.deletions.read_state = lambda: None
        assert len(self.removed(session, states[9:], world.heard)) == 0

    def test_moved_kept_gone_and_replaced_ones_do_not_count(self, world: World) -> None:
        world.there(range(1, 6))
        states = world.singles(range(1, 31))
        assert [one.adopted for one in states] == [True] * 5 + [False] * 25
        session = world.session()
        session.deletions.read_state = lambda: stored(states)
        for at in range(6, 11):
            there = parse_address(address(at))
            session.ptr.declare("memory", there, None, hostname=name("x.y"), resource=f"urn::n{at}")
            session.ptr.create(
                replace(single(at, "memory"), hostname=name("x.y")), world.heard, f"urn::n{at}"
            )
        for at in range(11, 16):
            session.ptr.declare(
                "files", parse_address(address(at + 100)), None, resource=f"urn::{at}"
            )
        world.there(at for at in range(1, 31) if at not in range(16, 21))
        assert self.removed(session, states[:20], world.heard) == []
        assert world.live() == [*range(1, 6), *range(21, 31)]
        errors = self.removed(session, states[20:], world.heard)
        assert len(errors) == 1, "nine of thirty may go"
        assert "10 of 30 records" in errors[0]

    def test_a_forward_record_is_counted_as_well(self, world: World) -> None:
        session = world.session()
        specs = [
            ForwardSpec(
                backend="files",
                hostname=name(hostname(at)),
                address=parse_address(address(at)),
                on_conflict=OnForwardConflict.ADD,
            )
            for at in range(1, 11)
        ]
        states = [
            session.forward.create(one, world.heard, f"urn::{at}") for at, one in enumerate(specs)
        ]
        later = world.session()
        later.deletions.read_state = lambda: [
            StoredRecord(f"urn::{at}", one, Holding("A", "", {})) for at, one in enumerate(states)
        ]
        for at in range(3):
            later.forward.delete(states[at], world.heard, f"urn::{at}")
        with pytest.raises(RejectedError, match="4 of 10 records of zone example") as caught:
            later.forward.delete(states[3], world.heard, "urn::3")
        assert str(caught.value).startswith("files: delete the A of h4.example.com: ")
        assert "198.51.100.4 is kept unchanged" in str(caught.value)

    def test_a_backend_without_zones_is_counted_as_a_whole(self, world: World) -> None:
        session = world.session()
        states = [
            session.ptr.create(single(at, "memory"), world.heard, f"urn::{at}")
            for at in range(1, 11)
        ]
        later = world.session()
        later.deletions.read_state = lambda: stored(states)
        errors = self.removed(later, states, world.heard)
        assert len(errors) == 7
        assert "4 of 10 records of backend memory would be deleted" in errors[0]

    def test_what_is_meant_is_not_counted(self, world: World) -> None:
        states = world.singles(range(1, 21))
        session = world.session()
        session.deletions.read_state = lambda: stored(states)
        session.deletions.are_meant = lambda: True
        assert self.removed(session, states, world.heard) == []
        assert world.live() == []
