"""The forward checks of a set: which records are written, and what is remembered of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import dns.name
import pytest
from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import Change, ZoneBackend
from pulumi_rdns.errors import ForwardMismatchError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import ForwardPolicy, PtrPolicies, PtrSetSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.records.ptr_set_messages import SHOWN
from pulumi_rdns.records.session import Session
from tests.backends.contract import rrset
from tests.backends.heard import Heard
from tests.records.conftest import named
from tests.records.ptr_records import live

X, Y, Z = "192.0.2.10", "192.0.2.11", "192.0.2.12"
A, B, C = "a.example.com", "b.example.com", "c.example.com"
#: a hostname whose zone this backend does not have
NOBODY_S = "mail.example.net"
TABLE = {X: A, Y: B, Z: C}
ZONE = dns.name.from_text("example.com")


def new_session(root: Path) -> Session:
    """Start as a new process does. Forward records are looked for where the set is written."""
    memory = {"zones": ["example.com"], "path": "store.json"}
    settings = {"rdns:backends": {"memory": memory}, "rdns:forwardSource": "backend"}
    return Session(read_settings(settings), root, {})


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return new_session(tmp_path)


def resolve(session: Session, hostname: str, address: str | None) -> None:
    """Make a hostname resolve to one address, or to none."""
    backend = session.backends.get("memory")
    assert isinstance(backend, ZoneBackend)
    owner = dns.name.from_text(hostname)
    before = backend.get_rrset(ZONE, owner, RdataType.A)
    after = rrset(owner, "A", address) if address else None
    backend.apply(ZONE, [Change(owner, RdataType.A, before, after)])


def spec(policy: ForwardPolicy | None, table: Mapping[str, str] = TABLE) -> PtrSetSpec:
    policies = PtrPolicies(forward_check=policy, forward_timeout=0)
    return PtrSetSpec(backend="memory", records=PtrSetRecords(named(table)), policies=policies)


def created(session: Session, spec: PtrSetSpec, heard: Heard) -> PtrSetState:
    state, error = session.ptr_sets.create(spec, heard)
    assert error is None
    return state


def updated(session: Session, old: PtrSetState, spec: PtrSetSpec, heard: Heard) -> PtrSetState:
    state, error = session.ptr_sets.update(old, spec, heard)
    assert error is None
    return state


def read(session: Session, old: PtrSetState, heard: Heard) -> PtrSetState:
    state = session.ptr_sets.read(old, heard)
    assert state is not None
    return state


def known(state: PtrSetState) -> tuple[int | None, tuple[str, ...]]:
    return state.confirmed, state.unconfirmed


class TestBeforeAWrite:
    """Which records are written, and what is said of the others."""

    @pytest.mark.parametrize("policy", [None, ForwardPolicy.SKIP])
    def test_a_set_that_does_not_ask_for_it_is_not_checked(
        self, session: Session, heard: Heard, policy: ForwardPolicy | None
    ) -> None:
        state = created(session, spec(policy), heard)
        assert known(state) == (None, ())
        assert heard.warnings == []

    @pytest.mark.parametrize("policy", [ForwardPolicy.VERIFY, ForwardPolicy.STRICT])
    def test_a_record_whose_hostname_does_not_resolve_to_it_fails_and_the_others_are_written(
        self, session: Session, heard: Heard, policy: ForwardPolicy
    ) -> None:
        resolve(session, A, X)
        resolve(session, B, Z)
        resolve(session, C, Z)
        state, error = session.ptr_sets.create(spec(policy), heard)
        assert isinstance(error, ForwardMismatchError)
        assert "1 of 3 records failed, the others are done" in str(error)
        assert f"{Y}: forward check: {B} does not resolve to {Y}: " in str(error)
        assert state.written == {X: A, Z: C}
        assert live(session, "memory", parse_address(Y)) == []
        assert known(state) == (2, ())

    def test_a_record_that_nobody_can_be_asked_about_is_written_and_doubted(
        self, session: Session, heard: Heard
    ) -> None:
        resolve(session, A, X)
        table = {X: A, Y: NOBODY_S}
        state = created(session, spec(ForwardPolicy.VERIFY, table), heard)
        assert state.written == table
        assert known(state) == (1, (Y,))
        (warning,) = heard.warnings
        assert f"{NOBODY_S} could not be checked to resolve to {Y}" in warning

    def test_of_many_doubts_the_first_are_told_and_the_others_counted(
        self, session: Session, heard: Heard
    ) -> None:
        many = {f"192.0.2.{last}": f"h{last}.example.com" for last in range(10, 40)}
        state = created(session, spec(ForwardPolicy.WARN, many), heard)
        assert known(state) == (0, tuple(many))
        *told, rest = heard.warnings
        assert len(told) == SHOWN
        assert all("does not resolve to" in text for text in told)
        assert rest == f"and {len(many) - SHOWN} hostnames more, alike"

    def test_what_waits_for_its_forward_record_says_so(
        self, session: Session, heard: Heard
    ) -> None:
        """The record comes in the first pause."""
        asked = replace(spec(ForwardPolicy.VERIFY, {X: A}))
        asked = replace(asked, policies=replace(asked.policies, forward_timeout=60))
        heard.sleep = lambda _: resolve(session, A, X)
        state = created(session, asked, heard)
        assert known(state) == (1, ())
        (told,) = heard.told
        assert f"has no A record for {A}, asking again, 0 s of 60 s" in told


class TestInAnUpdate:
    """What is known of records that are not written in this update."""

    def test_what_did_not_change_is_as_it_was_known(
        self, session: Session, tmp_path: Path, heard: Heard
    ) -> None:
        resolve(session, A, X)
        old = created(session, spec(ForwardPolicy.WARN), heard)
        assert known(old) == (1, (Y, Z))
        resolve(session, "new.example.com", Z)
        state = updated(
            new_session(tmp_path),
            old,
            spec(ForwardPolicy.WARN, {**TABLE, Z: "new.example.com"}),
            heard,
        )
        assert known(state) == (2, (Y,))

    def test_what_leaves_the_set_is_no_longer_counted(
        self, session: Session, tmp_path: Path, heard: Heard
    ) -> None:
        resolve(session, A, X)
        old = created(session, spec(ForwardPolicy.WARN), heard)
        state = updated(new_session(tmp_path), old, spec(ForwardPolicy.WARN, {X: A}), heard)
        assert known(state) == (1, ())

    def test_where_some_were_never_asked_about_nothing_is_counted(
        self, session: Session, tmp_path: Path, heard: Heard
    ) -> None:
        """The policy is a new one, and one record alone was looked at under it."""
        resolve(session, A, X)
        old = created(session, spec(ForwardPolicy.SKIP, {Y: B}), heard)
        both = spec(ForwardPolicy.WARN, {X: A, Y: B})
        assert known(updated(new_session(tmp_path), old, both, heard)) == (None, ())


class TestInARefresh:
    """What a refresh says and remembers."""

    def test_a_set_that_does_not_ask_for_it_is_not_looked_at(
        self, session: Session, heard: Heard
    ) -> None:
        state = created(session, spec(ForwardPolicy.SKIP), heard)
        assert known(read(session, state, heard)) == (None, ())

    def test_a_hostname_that_no_longer_resolves_is_a_warning_once(
        self, session: Session, heard: Heard
    ) -> None:
        for address, hostname in TABLE.items():
            resolve(session, hostname, address)
        state = created(session, spec(ForwardPolicy.VERIFY), heard)
        assert (known(state), heard.warnings) == ((3, ()), [])
        resolve(session, A, None)
        resolve(session, B, Z)
        state = read(session, state, heard)
        assert known(state) == (1, (X, Y))
        assert heard.warnings == [f"no longer forward-confirmed: {X} to {Y}"]
        assert known(read(session, state, heard)) == (1, (X, Y))
        assert len(heard.warnings) == 1

    def test_a_hostname_that_resolves_again_is_confirmed_again(
        self, session: Session, heard: Heard
    ) -> None:
        state = created(session, spec(ForwardPolicy.WARN), heard)
        resolve(session, B, Y)
        assert known(read(session, state, heard)) == (1, (X, Z))

    def test_what_nobody_can_be_asked_about_is_as_it_was_known(
        self, session: Session, heard: Heard
    ) -> None:
        """A name server that is away for a minute takes no confirmation away, and gives none."""
        table = {X: A, Y: NOBODY_S}
        resolve(session, A, X)
        state = created(session, spec(ForwardPolicy.WARN, table), heard)
        assert known(state) == (1, (Y,))
        heard.warnings.clear()
        moved = replace(state, written=named({X: "mail.example.net", Y: NOBODY_S}))
        assert known(read(session, moved, heard)) == (1, (Y,))
        assert heard.warnings == []

    def test_a_set_of_which_nothing_was_known_is_told_of_without_a_warning(
        self, session: Session, heard: Heard
    ) -> None:
        """The policy is a new one, so that nothing is said to have changed."""
        skipped = created(session, spec(ForwardPolicy.SKIP), heard)
        asked = replace(skipped, policies=PtrPolicies(forward_check=ForwardPolicy.WARN))
        assert known(read(session, asked, heard)) == (0, (X, Y, Z))
        assert heard.warnings == []
