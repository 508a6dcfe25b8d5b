"""Records that were there before: told apart from what this stack wrote, and left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from pulumi_rdns.errors import ForwardMismatchError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import (
    ForwardPolicy,
    ForwardSpec,
    OnConflict,
    OnDelete,
    OnForwardConflict,
    OnForwardDelete,
    PtrPolicies,
    PtrSetSpec,
    PtrSpec,
)
from pulumi_rdns.model.states import Previous, PtrSetState
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import ZONE, name

REVERSE = "db.100.51.198.in-addr.arpa"
ONE, TWO, THREE = "198.51.100.10", "198.51.100.11", "198.51.100.12"
MAIL, WWW, THERE = "mail.example.com", "www.example.com", "there.example.net"


class World:
    """A folder of zones and its state, written by one session after the other."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder
        self.heard = Heard()

    def session(self, **backends: object) -> Session:
        """Start as a new process does."""
        files = {"type": "zonefile", "directory": "zones"}
        settings = {
            "rdns:backends": {"files": files, "again": {**files}, **backends},
            "rdns:forwardSource": "backend",
        }
        session = Session(read_settings(settings), self.root, {})
        session.ledger.patience = 0.05
        return session

    def there(self, records: str) -> None:
        (self.folder / REVERSE).write_text(ZONE + records)

    def live(self, zone: str = REVERSE) -> list[str]:
        lines = (self.folder / zone).read_text().splitlines()[ZONE.count("\n") :]
        return [" ".join(line.split()) for line in lines]


@pytest.fixture
def world(tmp_path: Path, folder: Path) -> World:
    return World(tmp_path, folder)


def ptr(hostname: str = MAIL, backend: str = "files", **policies: object) -> PtrSpec:
    known: dict[str, object] = {"forward_check": ForwardPolicy.SKIP, **policies}
    return PtrSpec(
        backend=backend,
        address=parse_address(ONE),
        hostname=name(hostname),
        policies=PtrPolicies(**known),  # type: ignore[arg-type]
    )


def many(table: Mapping[str, str], backend: str = "files", **policies: object) -> PtrSetSpec:
    known = {address: name(hostname) for address, hostname in table.items()}
    return PtrSetSpec(
        backend=backend,
        records=PtrSetRecords(records=known),
        policies=PtrPolicies(**policies),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("policy", "stays", "says"),
    [
        (None, True, "destroy will leave it"),
        (OnDelete.REMOVE_WRITTEN, True, "destroy will leave it"),
        (OnDelete.REMOVE, False, "destroy will remove it"),
        (OnDelete.RESTORE, True, "destroy will leave it (on_delete restore)"),
    ],
)
def test_an_adopted_record_stays_unless_it_is_to_be_removed(
    world: World, policy: OnDelete | None, stays: bool, says: str
) -> None:
    world.there(f"10 PTR {MAIL}.\n")
    state = world.session().ptr.create(ptr(on_delete=policy), world.heard)
    assert state.adopted
    (told,) = world.heard.warnings
    assert told == f"the PTR of {ONE} was {MAIL} already; it is adopted: {says}"
    world.session().ptr.delete(state, world.heard)
    assert world.live() == ([f"10 PTR {MAIL}."] if stays else [])
    assert len(world.heard.warnings) == (2 if stays else 1)


def test_an_adopted_record_that_an_update_changes_is_ours(world: World) -> None:
    world.there(f"10 300 PTR {THERE}.\n")
    state = world.session().ptr.create(ptr(THERE), world.heard)
    changed = world.session().ptr.update(state, ptr(MAIL), world.heard)
    assert not changed.adopted
    assert changed.previous == Previous(True, (name(THERE),), 300)
    world.session().ptr.delete(changed, world.heard)
    assert world.live() == []
    world.there(f"10 300 PTR {MAIL}.\n")
    restoring = replace(changed, policies=PtrPolicies(on_delete=OnDelete.RESTORE))
    world.session().ptr.delete(restoring, world.heard)
    assert world.live() == [f"10 300 PTR {THERE}."]


def test_a_successor_inherits_that_it_was_adopted(world: World) -> None:
    world.there(f"10 PTR {MAIL}.\n")
    old = world.session().ptr.create(ptr(), world.heard, "urn::old")
    session = world.session()
    session.ptr.recall(old, resource="urn::old")
    new = session.ptr.create(ptr(), world.heard, "urn::new")
    assert new.adopted
    assert len(world.heard.warnings) == 1, "the second one knows it from the first"


def test_a_successor_that_changes_it_has_it_for_its_own(world: World) -> None:
    world.there(f"10 PTR {THERE}.\n")
    old = world.session().ptr.create(ptr(THERE), world.heard, "urn::old")
    session = world.session()
    session.ptr.recall(old, resource="urn::old", is_current=False)
    new = session.ptr.create(ptr(MAIL), world.heard, "urn::new")
    assert (new.adopted, new.previous) == (False, Previous(True, (name(THERE),), 3600))


def test_what_was_written_through_another_instance_for_the_same_place_is_ours(
    world: World,
) -> None:
    copy = world.root / "copy"
    copy.mkdir()
    for file in world.folder.iterdir():
        (copy / file.name).write_text(file.read_text())
    others = {
        "copied": {"type": "zonefile", "directory": "copy"},
    }
    old = world.session().ptr.create(ptr(), world.heard, "urn::one")
    (copy / REVERSE).write_text((world.folder / REVERSE).read_text())
    session = world.session(**others)
    session.ptr.recall(old, resource="urn::one", is_current=False)
    new = session.ptr.create(ptr(backend="copied"), world.heard, "urn::one")
    assert not new.adopted, "it looks like one server: the same value, the same primary"
    assert world.heard.warnings == []


def test_a_server_with_another_primary_is_another_one(world: World) -> None:
    copy = world.root / "copy"
    copy.mkdir()
    others = {"copied": {"type": "zonefile", "directory": "copy"}}
    old = world.session().ptr.create(ptr(), world.heard, "urn::one")
    text = (world.folder / REVERSE).read_text().replace("SOA ns.", "SOA ns2.")
    (copy / REVERSE).write_text(text)
    session = world.session(**others)
    session.ptr.recall(old, resource="urn::one", is_current=False)
    new = session.ptr.create(ptr(backend="copied"), world.heard, "urn::one")
    assert new.adopted


@pytest.mark.parametrize(
    ("policy", "is_refused"),
    [(ForwardPolicy.STRICT, True), (ForwardPolicy.VERIFY, False), (ForwardPolicy.WARN, False)],
)
def test_adopting_what_does_not_resolve_is_told_and_refused_where_that_is_strict(
    world: World, policy: ForwardPolicy, is_refused: bool
) -> None:
    world.there(f"10 PTR {MAIL}.\n")
    wanted = ptr(forward_check=policy, forward_timeout=0.0)
    session = world.session()
    if is_refused:
        with pytest.raises(ForwardMismatchError, match="does not resolve to"):
            session.ptr.create(wanted, world.heard)
        return
    state = session.ptr.create(wanted, world.heard)
    assert (state.adopted, state.forward_confirmed) == (True, False)
    assert f"{MAIL} does not resolve to {ONE}" in world.heard.warnings[0]


def forward(address: str = ONE, **given: object) -> ForwardSpec:
    return ForwardSpec(
        backend="files",
        hostname=name(MAIL),
        address=parse_address(address),
        **given,  # type: ignore[arg-type]
    )


FORWARD = "example.com.zone"


@pytest.mark.parametrize(
    ("policy", "stays"),
    [(None, True), (OnForwardDelete.REMOVE_WRITTEN, True), (OnForwardDelete.REMOVE, False)],
)
def test_an_adopted_address_stays_unless_it_is_to_be_removed(
    world: World, policy: OnForwardDelete | None, stays: bool
) -> None:
    (world.folder / FORWARD).write_text(f"{ZONE}mail A {ONE}\n")
    state = world.session().forward.create(forward(on_delete=policy), world.heard)
    assert state.adopted
    fate = "leave" if stays else "remove"
    assert world.heard.warnings == [
        f"{MAIL} had {ONE} already; it is adopted: destroy will {fate} it"
    ]
    world.session().forward.delete(state, world.heard)
    assert world.live(FORWARD) == ([f"mail A {ONE}"] if stays else [])


def test_an_address_beside_an_adopted_one_is_removed(world: World) -> None:
    (world.folder / FORWARD).write_text(f"{ZONE}mail A {ONE}\n")
    adopted = world.session().forward.create(forward(), world.heard)
    add = OnForwardConflict.ADD
    session = world.session()
    session.forward.recall(adopted)
    written = session.forward.create(forward(TWO, on_conflict=add), world.heard)
    assert (adopted.adopted, written.adopted) == (True, False)
    later = world.session()
    for state in (adopted, written):
        later.forward.delete(state, world.heard)
    assert world.live(FORWARD) == [f"mail A {ONE}"]


def test_an_adopted_address_that_an_update_changes_is_ours(world: World) -> None:
    (world.folder / FORWARD).write_text(f"{ZONE}mail A {ONE}\n")
    adopted = world.session().forward.create(forward(), world.heard)
    changed = world.session().forward.update(adopted, forward(TWO), world.heard)
    assert not changed.adopted
    world.session().forward.delete(changed, world.heard)
    assert world.live(FORWARD) == []


def test_a_renamed_forward_record_inherits_that_it_was_adopted(world: World) -> None:
    (world.folder / FORWARD).write_text(f"{ZONE}mail A {ONE}\n")
    old = world.session().forward.create(forward(), world.heard, "urn::old")
    session = world.session()
    session.forward.recall(old, resource="urn::old", is_current=False)
    assert session.forward.create(forward(), world.heard, "urn::new").adopted


TABLE = {ONE: MAIL, TWO: WWW, THREE: "new.example.com"}


def made(world: World, spec: PtrSetSpec, old: PtrSetState | None = None) -> PtrSetState:
    sets = world.session().ptr_sets
    if old is None:
        state, error = sets.create(spec, world.heard)
    else:
        state, error = sets.update(old, spec, world.heard)
    assert error is None
    return state


def test_a_set_leaves_what_it_adopted_and_removes_what_it_wrote(world: World) -> None:
    world.there(f"10 PTR {MAIL}.\n11 PTR {WWW}.\n")
    state = made(world, many(TABLE))
    assert state.adopted == {ONE, TWO}
    assert world.heard.warnings == [
        f"already correct, so adopted: 2 records, {ONE} to {TWO}; destroy will leave them"
    ]
    world.session().ptr_sets.delete(state, world.heard)
    assert world.live() == [f"10 PTR {MAIL}.", f"11 PTR {WWW}."]
    assert "kept, because they were there before this set: 2 records" in world.heard.warnings[-1]


def test_a_record_that_leaves_a_set_stays_where_it_was_adopted(world: World) -> None:
    world.there(f"10 PTR {MAIL}.\n")
    state = made(world, many(TABLE))
    smaller = made(world, many({THREE: TABLE[THREE]}), state)
    assert world.live() == [f"10 PTR {MAIL}.", "12 3600 IN PTR new.example.com."]
    assert (smaller.adopted, list(smaller.written)) == (frozenset(), [THREE])


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        (None, [f"10 PTR {MAIL}."]),
        (OnDelete.REMOVE, []),
        (OnDelete.RESTORE, [f"10 PTR {MAIL}.", f"11 300 PTR {THERE}."]),
    ],
)
def test_a_set_restores_what_it_took_over(
    world: World, policy: OnDelete | None, left: list[str]
) -> None:
    world.there(f"10 PTR {MAIL}.\n11 300 PTR {THERE}.\n")
    wanted = many(TABLE, on_delete=policy, on_conflict=OnConflict.OVERWRITE)
    state = made(world, wanted)
    assert state.adopted == {ONE}
    assert state.previous == {TWO: Previous(True, (name(THERE),), 300)}
    world.session().ptr_sets.delete(state, world.heard)
    assert sorted(world.live()) == left


def test_a_set_that_changes_an_adopted_record_has_it_for_its_own(world: World) -> None:
    world.there(f"10 300 PTR {MAIL}.\n")
    state = made(world, many({ONE: MAIL}))
    changed = made(world, many({ONE: WWW}, on_delete=OnDelete.RESTORE), state)
    assert (changed.adopted, changed.previous) == (
        frozenset(),
        {ONE: Previous(True, (name(MAIL),), 300)},
    )
    world.session().ptr_sets.delete(changed, world.heard)
    assert world.live() == [f"10 300 PTR {MAIL}."]


def test_a_set_takes_over_what_another_resource_remembers(world: World) -> None:
    world.there(f"10 PTR {MAIL}.\n")
    single = world.session().ptr.create(ptr(), world.heard, "urn::single")
    session = world.session()
    session.ptr.recall(single, resource="urn::single")
    state, error = session.ptr_sets.create(many({ONE: MAIL, TWO: WWW}), world.heard, "urn::set")
    assert error is None
    assert state.adopted == {ONE}
    later = world.session()
    later.ptr_sets.recall(state, resource="urn::set")
    assert later.ptr.create(ptr(), world.heard, "urn::again").adopted
    assert len(world.heard.warnings) == 1


def test_a_set_of_an_early_state_wrote_all_of_its_records(world: World) -> None:
    world.there(f"10 PTR {MAIL}.\n")
    old = PtrSetState(
        backend="files",
        records=PtrSetRecords(records={ONE: name(MAIL)}),
        written={ONE: name(MAIL)},
        zones=(name("100.51.198.in-addr.arpa"),),
    )
    world.session().ptr_sets.delete(old, world.heard)
    assert world.live() == []


def test_a_set_moves_to_another_instance_for_the_same_server(world: World) -> None:
    """What it wrote itself is not adopted there, and what was adopted still is."""
    copy = world.root / "copy"
    copy.mkdir()
    world.there(f"10 PTR {MAIL}.\n")
    state, _ = world.session().ptr_sets.create(many(TABLE), world.heard, "urn::set")
    (copy / REVERSE).write_text((world.folder / REVERSE).read_text())
    session = world.session(copied={"type": "zonefile", "directory": "copy"})
    session.ptr_sets.recall(state, resource="urn::set", is_current=False)
    moved, error = session.ptr_sets.create(many(TABLE, "copied"), world.heard, "urn::set")
    assert error is None
    assert moved.adopted == {ONE}


def test_of_many_adopted_records_the_first_few_are_told_in_full(world: World) -> None:
    world.there("".join(f"{at} PTR {MAIL}.\n" for at in range(20, 40)))
    hostnames = "".join(f"h{at} A {ONE}\n" for at in range(20, 40))
    (world.folder / FORWARD).write_text(ZONE + hostnames)
    session = world.session()
    states = [
        session.ptr.create(
            replace(ptr(), address=parse_address(f"198.51.100.{at}")), world.heard, f"urn::{at}"
        )
        for at in range(20, 40)
    ]
    assert all(one.adopted for one in states)
    assert len(world.heard.warnings) == 6
    assert "more PTR records were right already and are adopted" in world.heard.warnings[-1]
    world.heard.warnings.clear()
    addresses = [
        session.forward.create(
            replace(forward(), hostname=name(f"h{at}.example.com")), world.heard, f"urn::h{at}"
        )
        for at in range(20, 40)
    ]
    assert len(world.heard.warnings) == 6
    assert "more hostnames had their address already" in world.heard.warnings[-1]

    world.heard.warnings.clear()
    later = world.session()
    for state in states:
        later.ptr.delete(state, world.heard, f"urn::{state.address}")
    for one in addresses:
        later.forward.delete(one, world.heard, f"urn::{one.hostname}")
    assert len(world.heard.warnings) == 6
    assert "was there before this resource, so it is kept" in world.heard.warnings[4]
    assert "more records existed before their resources" in world.heard.warnings[5]
    assert len(world.live()) == len(world.live(FORWARD)) == 20


def test_an_adopted_record_that_does_not_resolve_is_told_in_full_each_time(world: World) -> None:
    world.there("".join(f"{at} PTR {MAIL}.\n" for at in range(20, 30)))
    session = world.session()
    for at in range(20, 30):
        wanted = replace(
            ptr(forward_check=ForwardPolicy.VERIFY, forward_timeout=0.0),
            address=parse_address(f"198.51.100.{at}"),
        )
        session.ptr.create(wanted, world.heard, f"urn::{at}")
    told = [one for one in world.heard.warnings if "does not resolve to" in one]
    assert len(told) == len(world.heard.warnings) == 10
