"""Sets of PTR records, over zone files and over an address backend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import dns.name
import pytest
from msgspec.structs import replace

from pulumi_rdns.backends.base import AddressBackend, Change, ZoneBackend
from pulumi_rdns.backends.batch import Outcome, PtrChange
from pulumi_rdns.errors import (
    ConflictError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, PtrPolicies, PtrSetSpec, PtrSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.properties.ptr_set import check_records
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name, named, new_session

X, Y, Z = "198.51.100.10", "198.51.100.11", "198.51.100.12"
A, B, C, STRANGER = "a.example.com", "b.example.com", "c.example.com", "some.body.example.net"


@pytest.fixture(params=["memory", "files"])
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def spec(backend: str, table: Mapping[str, str], **more: object) -> PtrSetSpec:
    base = PtrSetSpec(backend=backend, records=PtrSetRecords(named(table)))
    return replace(base, **more)


def one_at_a_time(root: Path) -> Session:
    """Start a process whose engine waits for each step, as with `--parallel 1`."""
    session = new_session(root)
    session.ledger.parallel = 1
    return session


def single(backend: str, address: str, hostname: str) -> PtrSpec:
    policies = PtrPolicies(forward_check=ForwardPolicy.SKIP)
    return PtrSpec(
        backend=backend, address=parse_address(address), hostname=name(hostname), policies=policies
    )


def created(session: Session, spec: PtrSetSpec, heard: Heard, resource: str = "") -> PtrSetState:
    state, error = session.ptr_sets.create(spec, heard, resource)
    assert error is None
    return state


def updated(
    session: Session, old: PtrSetState, spec: PtrSetSpec, heard: Heard, resource: str = ""
) -> PtrSetState:
    state, error = session.ptr_sets.update(old, spec, heard, resource)
    assert error is None
    return state


def live(session: Session, backend: str, *addresses: str) -> Mapping[str, str]:
    """Read through one-record calls, which are another way than that of a set."""
    there = session.backends.get(backend)
    found = {}
    for address in addresses or (X, Y, Z):
        ip = parse_address(address)
        if isinstance(there, AddressBackend):
            ptr = there.get_ptr(ip)
            names = [ptr.hostname.to_text(True)] if ptr else []
        else:
            assert isinstance(there, ZoneBackend)
            owner = dns.name.from_text(ip.reverse_pointer)
            rrset = there.get_rrset(there.find_zone(owner), owner, dns.rdatatype.PTR)
            names = sorted(rdata.target.to_text(True) for rdata in rrset or ())
        if names:
            found[address] = ", ".join(names)
    return found


def put(session: Session, backend: str, address: str, hostname: str | None) -> None:
    """Change one record by hand."""
    there = session.backends.get(backend)
    ip = parse_address(address)
    if isinstance(there, AddressBackend):
        if hostname is None:
            there.unset_ptr(ip)
        else:
            there.set_ptr(ip, dns.name.from_text(hostname))
        return
    assert isinstance(there, ZoneBackend)
    owner = dns.name.from_text(ip.reverse_pointer)
    zone = there.find_zone(owner)
    before = there.get_rrset(zone, owner, dns.rdatatype.PTR)
    after = hostname and dns.rrset.from_text(owner, 3600, "IN", "PTR", f"{hostname}.")
    there.apply(zone, [Change(owner, dns.rdatatype.PTR, before, after or None)])


def test_records_are_created_changed_and_deleted(
    session: Session, backend: str, heard: Heard
) -> None:
    state = created(session, spec(backend, {X: A, Y: B}), heard)
    assert live(session, backend) == {X: A, Y: B}
    assert state.written == {X: A, Y: B}
    state = updated(session, state, spec(backend, {X: C, Z: B}), heard)
    assert live(session, backend) == {X: C, Z: B}
    assert state.written == {X: C, Z: B}
    session.ptr_sets.delete(state, heard)
    assert live(session, backend) == {}
    assert heard.warnings == []


def test_what_is_right_already_is_adopted_and_said(
    session: Session, backend: str, heard: Heard
) -> None:
    put(session, backend, X, A)
    state = created(session, spec(backend, {X: A, Y: B}), heard)
    (warning,) = heard.warnings
    assert X in warning
    assert "destroy will leave" in warning
    session.ptr_sets.delete(state, heard)
    assert live(session, backend) == {X: A}


def test_a_conflict_and_what_is_kept_say_that_a_final_dot_is_probably_missing(
    session: Session, backend: str, heard: Heard
) -> None:
    undotted = f"{A}.2.0.192.in-addr.arpa"
    shown = f"{undotted} (the name in the zone is probably missing its final dot)"
    put(session, backend, X, undotted)
    state, error = session.ptr_sets.create(spec(backend, {X: A, Y: B}), heard)
    assert f"it already points to {shown}, which was not written by this stack" in str(error)
    put(session, backend, Y, undotted)
    session.ptr_sets.delete(state, heard)
    assert f"{Y} ({shown})" in heard.warnings[-1]


def test_conflicts_are_one_error_and_the_next_update_goes_on(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    put(session, backend, X, STRANGER)
    put(session, backend, Z, STRANGER)
    state, error = session.ptr_sets.create(spec(backend, {X: A, Y: B, Z: C}), heard)
    assert isinstance(error, ConflictError)
    assert "2 of 3 records failed" in str(error)
    assert f"{X}, {Z}: it already points to {STRANGER}" in str(error)
    assert live(session, backend) == {X: STRANGER, Y: B, Z: STRANGER}
    assert (state.written, state.records.table) == ({Y: B}, {Y: B})

    put(session, backend, X, None)
    later = new_session(tmp_path)
    state, error = later.ptr_sets.update(state, spec(backend, {X: A, Y: B, Z: C}), heard)
    assert isinstance(error, ConflictError)
    assert state.written == {X: A, Y: B}
    overwrite = PtrPolicies(on_conflict=OnConflict.OVERWRITE)
    state = updated(later, state, spec(backend, {X: A, Y: B, Z: C}, policies=overwrite), heard)
    assert live(session, backend) == {X: A, Y: B, Z: C}


def test_a_strangers_value_survives_the_delete_also_after_a_refresh_has_learned_it(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    state = created(session, spec(backend, {X: A, Y: B}), heard)
    put(session, backend, X, STRANGER)
    learned = session.ptr_sets.read(state, heard)
    assert learned is not None
    assert learned.records.table == {X: STRANGER, Y: B}
    assert learned.written == {X: A, Y: B}
    new_session(tmp_path).ptr_sets.delete(learned, heard)
    assert live(session, backend) == {X: STRANGER}
    assert f"{X} ({STRANGER})" in heard.warnings[-1]


def test_what_a_refresh_has_learned_and_the_program_keeps_is_not_ours(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    """As with ignore_changes."""
    state = created(session, spec(backend, {X: A, Y: B}), heard)
    put(session, backend, X, STRANGER)
    learned = session.ptr_sets.read(state, heard)
    assert learned is not None
    later = new_session(tmp_path)
    kept = updated(later, learned, spec(backend, {X: STRANGER, Y: C}), heard)
    assert live(session, backend) == {X: STRANGER, Y: C}
    assert kept.written == {X: A, Y: C}
    new_session(tmp_path).ptr_sets.delete(kept, heard)
    assert live(session, backend) == {X: STRANGER}


def test_another_ttl_of_what_a_refresh_has_learned_does_not_make_it_ours(
    session: Session, tmp_path: Path, heard: Heard
) -> None:
    state = created(session, spec("files", {X: A, Y: B}, ttl=300), heard)
    put(session, "files", X, STRANGER)
    learned = session.ptr_sets.read(state, heard)
    assert learned is not None
    later = new_session(tmp_path)
    kept = updated(later, learned, spec("files", {X: STRANGER, Y: B}, ttl=600), heard)
    assert kept.written == {X: A, Y: B}
    new_session(tmp_path).ptr_sets.delete(kept, heard)
    assert live(session, "files") == {X: STRANGER}


def test_drift_is_repaired(session: Session, tmp_path: Path, backend: str, heard: Heard) -> None:
    wanted = spec(backend, {X: A, Y: B})
    state = created(session, wanted, heard)
    put(session, backend, X, STRANGER)
    put(session, backend, Y, None)
    learned = session.ptr_sets.read(state, heard)
    assert learned is not None
    assert learned.records.table == {X: STRANGER}
    later = new_session(tmp_path)
    assert updated(later, learned, wanted, heard).written == {X: A, Y: B}
    assert live(session, backend) == {X: A, Y: B}


def test_a_set_is_gone_when_all_of_it_is_gone(session: Session, backend: str, heard: Heard) -> None:
    state = created(session, spec(backend, {X: A, Y: B}), heard)
    put(session, backend, X, None)
    assert session.ptr_sets.read(state, heard) is not None
    put(session, backend, Y, None)
    assert session.ptr_sets.read(state, heard) is None
    empty = created(session, spec(backend, {}), heard)
    assert session.ptr_sets.read(empty, heard) == empty


def test_what_another_resource_declares_is_not_taken_away(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    """Those that are not created yet come later in the run: a delete cannot wait for them."""
    state = created(session, spec(backend, {X: A, Y: B, Z: C}), heard)
    later = new_session(tmp_path)
    later.ptr.declare(backend, parse_address(X), None, resource="urn::one")
    later.ptr_sets.declare(spec(backend, {Y: B}), resource="urn::some")
    with pytest.raises(ConflictError) as caught:
        later.ptr_sets.delete(state, heard, "urn::all")
    assert f"{X}: {A} is kept unchanged and stays in the state" in str(caught.value)
    assert "resource 'one', which declares it now, is not created yet" in str(caught.value)
    assert live(session, backend) == {X: A, Y: B}

    later.ptr.create(single(backend, X, A), heard, "urn::one")
    later.ptr_sets.create(spec(backend, {Y: B}), heard, "urn::some")
    later.ptr_sets.delete(state, heard, "urn::all")
    assert live(session, backend) == {X: A, Y: B}
    assert heard.warnings == []


def test_an_update_keeps_what_another_resource_is_still_to_take_over(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    """The set comes first, and waiting would be for ever: it lets go in a later update."""
    rest = spec(backend, {Z: B})
    state = created(session, spec(backend, {X: A, Y: B, Z: C}), heard)
    later = one_at_a_time(tmp_path)
    later.ptr.declare(backend, parse_address(X), None, resource="urn::one")
    smaller = updated(later, state, rest, heard, "urn::all")
    assert smaller.written == {X: A, Z: B}
    assert smaller.records.table == {Z: B}
    assert live(session, backend) == {X: A, Z: B}
    (warning,) = heard.warnings
    assert f"kept until the next update: {X}: {A} is kept unchanged" in warning

    last = new_session(tmp_path)
    last.ptr.declare(backend, parse_address(X), None, resource="urn::one")
    last.ptr_sets.recall(smaller, resource="urn::all")
    last.ptr.create(single(backend, X, C), heard, "urn::one")
    assert updated(last, smaller, rest, heard, "urn::all").written == {Z: B}
    assert live(session, backend) == {X: C, Z: B}
    assert heard.warnings == [warning]


def test_what_was_kept_for_a_resource_that_never_came_goes_in_the_end(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    rest = spec(backend, {Z: B})
    state = created(session, spec(backend, {X: A, Z: B}), heard)
    later = one_at_a_time(tmp_path)
    later.ptr.declare(backend, parse_address(X), None, resource="urn::one")
    smaller = updated(later, state, rest, heard, "urn::all")
    assert smaller.written == {X: A, Z: B}
    last = new_session(tmp_path)
    assert updated(last, smaller, rest, heard, "urn::all").written == {Z: B}
    assert live(session, backend) == {Z: B}


@pytest.mark.parametrize("what", ["record", "set"])
def test_who_lets_go_of_a_record_writes_back_what_a_declared_resource_wrote_before(
    session: Session, tmp_path: Path, backend: str, heard: Heard, what: str
) -> None:
    """A set took over a record, or a record one of a set; then the program is put back."""
    later = new_session(tmp_path)
    if what == "record":
        one = session.ptr.create(single(backend, X, A), heard, "urn::first")
        many = created(session, spec(backend, {X: B, Y: B}), heard, "urn::second")
        later.ptr.declare(backend, parse_address(X), None, resource="urn::first")
        later.ptr.recall(one, resource="urn::first")
        later.ptr_sets.delete(many, heard, "urn::second")
    else:
        many = created(session, spec(backend, {X: A}), heard, "urn::first")
        one = session.ptr.create(single(backend, X, B), heard, "urn::second")
        later.ptr_sets.declare(spec(backend, {X: A}), resource="urn::first")
        later.ptr_sets.recall(many, resource="urn::first")
        later.ptr.delete(one, heard, "urn::second")
    assert live(session, backend) == {X: A}
    assert heard.warnings == []


def test_a_record_and_a_set_hand_an_address_over_to_each_other(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    one = single(backend, X, A)
    old = session.ptr.create(one, heard)
    later = new_session(tmp_path)
    later.ptr.recall(old)
    later.ptr_sets.declare(spec(backend, {X: B}))
    state = created(later, spec(backend, {X: B}), heard)
    later.ptr.delete(old, heard)
    assert live(session, backend) == {X: B}

    last = new_session(tmp_path)
    last.ptr.declare(backend, parse_address(X), None)
    last.ptr_sets.recall(state)
    last.ptr.create(one, heard)
    last.ptr_sets.delete(state, heard)
    assert live(session, backend) == {X: A}


def test_what_may_have_been_written_counts_as_ours(
    session: Session, tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = session.backends.get("files")
    assert isinstance(there, ZoneBackend)
    apply = there.apply_ptrs

    def cut(zone: dns.name.Name, changes: list[PtrChange], progress: object) -> list[Outcome]:
        """Make the changes, and lose the answer to the first one."""
        made = apply(zone, changes, lambda _: None)
        error = UnavailableError("files", "write", "it", "gave no answer")
        return [Outcome(None, error, is_unknown=True), *made[1:]]

    monkeypatch.setattr(there, "apply_ptrs", cut)
    state, error = session.ptr_sets.create(spec("files", {X: A, Y: B}), heard)
    assert isinstance(error, UnavailableError)
    assert state.written == {X: A, Y: B}
    assert state.records.table == {Y: B}
    later = new_session(tmp_path)
    assert updated(later, state, spec("files", {X: A, Y: B}), heard).written == {X: A, Y: B}
    new_session(tmp_path).ptr_sets.delete(state, heard)
    assert live(session, "files") == {}


def test_a_zone_that_is_missing_is_an_error_and_nothing_is_gone(
    session: Session, tmp_path: Path, heard: Heard
) -> None:
    state = created(session, spec("files", {X: A}), heard)
    zone = tmp_path / "zones" / "db.100.51.198.in-addr.arpa"
    zone.rename(tmp_path / "away")
    later = new_session(tmp_path)
    with pytest.raises(ZoneNotFoundError):
        later.ptr_sets.read(state, heard)
    with pytest.raises(ZoneNotFoundError):
        later.ptr_sets.delete(state, heard)
    _, error = later.ptr_sets.create(spec("files", {X: A, "203.0.113.1": B}), heard)
    assert isinstance(error, ZoneNotFoundError)
    assert "all 2 records failed" in str(error)


def test_aliases_of_a_classless_delegation_are_followed_and_remembered(
    session: Session, tmp_path: Path, heard: Heard
) -> None:
    table = {"192.0.2.9": A, "192.0.2.10": B, "192.0.2.11": C}
    state, error = session.ptr_sets.create(spec("files", table), heard)
    assert isinstance(error, (RejectedError, ZoneNotFoundError))
    assert "192.0.2.11" in str(error)
    assert state.owners == {"192.0.2.10": "10.0/25.2.0.192.in-addr.arpa"}
    assert [*state.zones] == [
        "2.0.192.in-addr.arpa",
        "0/25.2.0.192.in-addr.arpa",
    ]
    text = (tmp_path / "zones" / "classless.zone").read_text()
    assert B in text
    later = new_session(tmp_path)
    read = later.ptr_sets.read(state, heard)
    assert read is not None
    assert read.records.table == {"192.0.2.9": A, "192.0.2.10": B}
    later.ptr_sets.delete(read, heard)
    assert B not in (tmp_path / "zones" / "classless.zone").read_text()


def test_policies_alone_and_another_way_to_say_the_same_cost_no_write(
    session: Session, backend: str, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, found = check_records({"network": "198.51.100.10/31", "fill": "h{d}.example.com"})
    assert not found
    state = created(session, spec(backend, records.table), heard)
    there = session.backends.get(backend)
    for call in ("apply", "set_ptr"):
        if hasattr(there, call):
            monkeypatch.setattr(there, call, None)
    same = PtrSetSpec(
        backend=backend,
        records=records,
        policies=PtrPolicies(on_conflict=OnConflict.OVERWRITE),
    )
    state = updated(session, state, same, heard)
    assert state.records == records
    assert state.written == records.table


def test_a_set_renamed_while_its_zone_is_above_an_alias_keeps_its_records(
    session: Session, tmp_path: Path, heard: Heard
) -> None:
    parent = name("2.0.192.in-addr.arpa")
    wanted = spec("files", {"192.0.2.9": A, "192.0.2.10": B}, zone=parent)
    state = created(session, wanted, heard)
    before = {file: file.read_text() for file in (tmp_path / "zones").glob("*")}
    later = new_session(tmp_path)
    later.ptr_sets.declare(wanted)
    later.ptr_sets.recall(state)
    created(later, wanted, heard)
    later.ptr_sets.delete(state, heard)
    assert {file: file.read_text() for file in before} == before


def test_what_could_not_be_taken_over_stays_in_the_state(
    session: Session, tmp_path: Path, backend: str, heard: Heard
) -> None:
    """With --continue-on-error, the engine deletes the old set after the new one has failed."""
    state = created(session, spec(backend, {X: A, Y: B}), heard)
    put(session, backend, Z, STRANGER)
    later = new_session(tmp_path)
    wanted = spec(backend, {Y: C, Z: C})
    later.ptr_sets.declare(wanted, resource="urn::new")
    failed, error = later.ptr_sets.create(wanted, heard, "urn::new")
    assert isinstance(error, ConflictError)
    assert failed.written == {}
    with pytest.raises(ConflictError, match=f"(?s){Y}: {B} is kept unchanged and stays") as caught:
        later.ptr_sets.delete(state, heard, "urn::old")
    assert "resource 'new', which declares it now, could not be created" in str(caught.value)
    assert live(session, backend) == {Y: B, Z: STRANGER}

    # What is a stranger's now is nobody's business here.
    put(session, backend, Y, STRANGER)
    later.ptr_sets.delete(state, heard, "urn::old")
    assert live(session, backend) == {Y: STRANGER, Z: STRANGER}


def counted(state: PtrSetState | None, spec: PtrSetSpec, root: Path) -> list[str]:
    """Create or update a set, and return what was told of it."""
    heard, sets = Heard(), new_session(root).ptr_sets
    if state is None:
        sets.create(spec, heard, "urn::set")
    else:
        sets.update(state, spec, heard, "urn::set")
    return heard.infos


def test_an_update_says_what_it_has_done_as_one_line(
    tmp_path: Path, session: Session, backend: str, heard: Heard
) -> None:
    put(session, backend, X, A)
    put(session, backend, Z, STRANGER)
    wanted = spec(backend, {X: A, Y: B, Z: C})
    state, error = session.ptr_sets.create(wanted, heard, "urn::set")
    assert error is not None
    conflict = f"1 conflict: {Z} points to {STRANGER}"
    assert heard.infos == [f"3 records: +1, 1 adopted, {conflict}"]
    assert counted(state, wanted, tmp_path) == [f"3 records: {conflict}"], (
        "what is there is no news"
    )
    put(session, backend, Z, None)
    state, _ = new_session(tmp_path).ptr_sets.update(state, wanted, heard, "urn::set")
    assert heard.infos[1:] == ["3 records: +1"]
    assert counted(state, wanted, tmp_path) == [], "nothing was done"
    smaller = spec(backend, {Z: B})
    state, _ = new_session(tmp_path).ptr_sets.update(state, smaller, heard, "urn::set")
    assert heard.infos[2:] == ["1 record: ~1 -1, 1 kept"]
    put(session, backend, Z, STRANGER)
    overwrite = replace(
        spec(backend, {Z: A}), policies=PtrPolicies(on_conflict=OnConflict.OVERWRITE)
    )
    state, _ = new_session(tmp_path).ptr_sets.update(state, overwrite, heard, "urn::set")
    assert heard.infos[3:] == ["1 record: 1 taken over"]
    new_session(tmp_path).ptr_sets.delete(state, heard, "urn::set")
    assert heard.infos[4:] == ["1 record: -1"]


def test_a_ttl_that_changes_is_a_change(tmp_path: Path, session: Session, heard: Heard) -> None:
    state = created(session, spec("files", {X: A, Y: B}, ttl=300), heard, "urn::set")
    assert counted(state, spec("files", {X: A, Y: B}, ttl=600), tmp_path) == ["2 records: ~2"]


def test_what_another_resource_takes_is_in_no_count(
    tmp_path: Path, session: Session, backend: str, heard: Heard
) -> None:
    state = created(session, spec(backend, {X: A, Y: B}), heard, "urn::set")
    later = new_session(tmp_path)
    later.ptr_sets.recall(state, resource="urn::set")
    later.ptr.declare(backend, parse_address(X), None, hostname=name(A), resource="urn::other")
    later.ptr.create(single(backend, X, A), heard, "urn::other")
    infos = Heard()
    later.ptr_sets.update(state, spec(backend, {Y: B, Z: C}), infos, "urn::set")
    assert infos.infos == ["2 records: +1"]
