"""One address of an A or AAAA RRset through its life, among others of the same hostname."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import dns.rdatatype
import pytest
from msgspec.structs import replace

from pulumi_rdns.backends.base import Backend, Change, Settings, ZoneBackend
from pulumi_rdns.errors import ConfigError, ConflictError, InvalidInputError, ZoneNotFoundError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import to_dns
from pulumi_rdns.model.specs import ForwardSpec, OnForwardConflict
from pulumi_rdns.records.ledger_file import LedgerFile, leftovers
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.shared_ledger import SharedLedger
from tests.backends.contract import rrset
from tests.backends.heard import Heard
from tests.records.conftest import RUN, name, new_session

MAIL = name("mail.example.com")
OWNER = to_dns(MAIL)


def spec(backend: str, address: str = "192.0.2.10", **more: object) -> ForwardSpec:
    plain = ForwardSpec(backend=backend, hostname=MAIL, address=parse_address(address))
    return replace(plain, **more)


def live(session: Session, backend: str, kind: str = "A") -> list[str]:
    there = session.backends.get(backend)
    assert isinstance(there, ZoneBackend)
    found = there.get_rrset(there.find_zone(OWNER), OWNER, dns.rdatatype.from_text(kind))
    return sorted(str(rdata) for rdata in found or [])


def put(session: Session, backend: str, *values: str, kind: str = "A") -> None:
    """Change the RRset as somebody else would."""
    there = session.backends.get(backend)
    assert isinstance(there, ZoneBackend)
    zone, rdtype = there.find_zone(OWNER), dns.rdatatype.from_text(kind)
    before = there.get_rrset(zone, OWNER, rdtype)
    after = rrset(OWNER, kind, *values) if values else None
    there.apply(zone, [Change(OWNER, rdtype, before, after)])


@pytest.mark.parametrize(
    ("address", "other", "kind"),
    [("192.0.2.10", "192.0.2.11", "A"), ("2001:db8::10", "2001:db8::11", "AAAA")],
)
def test_an_address_is_created_read_changed_and_deleted(
    session: Session, backend: str, heard: Heard, address: str, other: str, kind: str
) -> None:
    state = session.forward.create(spec(backend, address), heard)
    assert live(session, backend, kind) == [address]
    assert session.forward.read(state, heard) == state
    state = session.forward.update(state, spec(backend, other, ttl=300), heard)
    assert live(session, backend, kind) == [other]
    session.forward.delete(state, heard)
    assert live(session, backend, kind) == []
    assert session.forward.read(state, heard) is None
    session.forward.delete(state, heard)
    assert heard.warnings == []


def test_an_address_that_is_there_already_is_adopted_with_a_warning(
    session: Session, backend: str, heard: Heard
) -> None:
    put(session, backend, "192.0.2.10")
    assert session.forward.create(spec(backend), heard).adopted
    assert "it is adopted" in heard.warnings[0]


def test_a_foreign_address_is_a_conflict_and_nothing_is_changed(
    session: Session, backend: str, heard: Heard
) -> None:
    put(session, backend, "192.0.2.99")
    with pytest.raises(ConflictError, match=r"already has 192\.0\.2\.99") as caught:
        session.forward.create(spec(backend), heard)
    assert 'on_conflict to "add"' in str(caught.value)
    assert "(in a stack file: onForwardConflict)" in str(caught.value)
    assert live(session, backend) == ["192.0.2.99"]


def test_add_keeps_it_and_delete_leaves_it(session: Session, backend: str, heard: Heard) -> None:
    put(session, backend, "192.0.2.99")
    state = session.forward.create(spec(backend, on_conflict=OnForwardConflict.ADD), heard)
    assert live(session, backend) == ["192.0.2.10", "192.0.2.99"]
    session.forward.delete(state, heard)
    assert live(session, backend) == ["192.0.2.99"]


def test_overwrite_replaces_it(session: Session, backend: str, heard: Heard) -> None:
    put(session, backend, "192.0.2.99")
    session.forward.create(spec(backend, on_conflict=OnForwardConflict.OVERWRITE), heard)
    assert live(session, backend) == ["192.0.2.10"]


def test_what_this_program_declares_or_this_state_owns_is_not_foreign(
    session: Session, backend: str, heard: Heard
) -> None:
    first = session.forward.create(spec(backend), heard)
    session.forward.declare(backend, MAIL, parse_address("192.0.2.10"), None)
    session.forward.create(spec(backend, "192.0.2.11"), heard)
    assert live(session, backend) == ["192.0.2.10", "192.0.2.11"]
    session.forward.recall(replace(first, written=parse_address("192.0.2.12")))
    put(session, backend, "192.0.2.12")
    session.forward.create(spec(backend, "192.0.2.11"), heard)
    assert live(session, backend) == ["192.0.2.11", "192.0.2.12"]


def test_the_addresses_of_one_hostname_are_a_strangers_at_another(
    session: Session, backend: str, heard: Heard, tmp_path: Path
) -> None:
    there = session.backends.get(backend)
    assert isinstance(there, ZoneBackend)
    www = to_dns(name("www.example.com"))
    theirs = rrset(www, "A", "192.0.2.10")
    there.apply(to_dns(name("example.com")), [Change(www, dns.rdatatype.A, None, theirs)])
    later = new_session(tmp_path)
    for address in ("192.0.2.10", "192.0.2.11"):
        later.forward.declare(backend, MAIL, parse_address(address), None)
        later.forward.create(spec(backend, address), heard)
    with pytest.raises(ConflictError, match=r"already has 192\.0\.2\.10"):
        later.forward.create(spec(backend, "192.0.2.12", hostname=name("www.example.com")), heard)


def test_two_addresses_swap_and_both_stay(
    session: Session, backend: str, heard: Heard, tmp_path: Path
) -> None:
    one = session.forward.create(spec(backend), heard)
    session.forward.declare(backend, MAIL, one.address, None)
    two = session.forward.create(spec(backend, "192.0.2.11"), heard)
    later = new_session(tmp_path)
    for state in (one, two):
        later.forward.declare(backend, MAIL, state.address, None)
    later.forward.update(one, spec(backend, "192.0.2.11"), heard)
    later.forward.update(two, spec(backend, "192.0.2.10"), heard)
    assert live(later, backend) == ["192.0.2.10", "192.0.2.11"]


def test_what_a_declared_resource_claims_is_not_deleted(
    session: Session, backend: str, heard: Heard
) -> None:
    """A resource that was renamed: the new one comes first, the old one goes last."""
    state = session.forward.create(spec(backend), heard, "urn::old")
    session.forward.declare(backend, MAIL, state.address, None, resource="urn::new")
    with pytest.raises(ConflictError) as caught:
        session.forward.delete(state, heard, "urn::old")
    assert "192.0.2.10 is kept unchanged and stays in the state" in str(caught.value)
    assert "resource 'new', which declares it now, is not created yet" in str(caught.value)
    assert live(session, backend) == ["192.0.2.10"]
    session.forward.create(spec(backend), heard, "urn::new")
    session.forward.delete(state, heard, "urn::old")
    assert live(session, backend) == ["192.0.2.10"]
    assert heard.warnings == []


def test_what_a_declared_resource_failed_to_take_over_stays_in_the_state(
    session: Session, backend: str, heard: Heard, tmp_path: Path
) -> None:
    """The hostname has a stranger's address beside ours, which the new resource does not accept."""
    state = session.forward.create(spec(backend), heard, "urn::old")
    put(session, backend, "192.0.2.10", "192.0.2.99")
    later = new_session(tmp_path)
    later.forward.declare(backend, MAIL, state.address, None, resource="urn::new")
    with pytest.raises(ConflictError, match=r"already has 192\.0\.2\.99"):
        later.forward.create(spec(backend), heard, "urn::new")
    with pytest.raises(ConflictError, match="could not be created; see its error"):
        later.forward.delete(state, heard, "urn::old")
    assert live(session, backend) == ["192.0.2.10", "192.0.2.99"]
    new_session(tmp_path).forward.delete(state, heard, "urn::old")
    assert live(session, backend) == ["192.0.2.99"]


def test_an_address_that_nobody_wants_goes_though_others_of_its_rrset_are_declared(
    session: Session, backend: str, heard: Heard
) -> None:
    state = session.forward.create(spec(backend), heard, "urn::one")
    session.forward.declare(backend, MAIL, parse_address("192.0.2.11"), None, resource="urn::two")
    session.forward.delete(state, heard, "urn::one")
    assert live(session, backend) == []


def test_one_address_in_our_place_is_drift_that_update_repairs(
    session: Session, backend: str, heard: Heard
) -> None:
    state = session.forward.create(spec(backend), heard)
    put(session, backend, "192.0.2.99")
    learned = session.forward.read(state, heard)
    assert learned is not None
    assert learned.address == parse_address("192.0.2.99")
    session.forward.delete(learned, heard)
    assert live(session, backend) == ["192.0.2.99"]
    session.forward.update(learned, spec(backend), heard)
    assert live(session, backend) == ["192.0.2.10"]


def test_a_round_robin_partner_is_never_taken_for_drift(
    session: Session, backend: str, heard: Heard
) -> None:
    put(session, backend, "192.0.2.99")
    state = session.forward.create(spec(backend, on_conflict=OnForwardConflict.ADD), heard)
    put(session, backend, "192.0.2.99")
    assert session.forward.read(state, heard) is None


def test_an_alias_at_the_hostname_is_a_conflict(
    session: Session, backend: str, heard: Heard
) -> None:
    put(session, backend, "www.example.com.", kind="CNAME")
    with pytest.raises(ConflictError, match=r"a CNAME to www\.example\.com"):
        session.forward.create(spec(backend), heard)


def test_a_ttl_is_that_of_the_whole_rrset(session: Session, backend: str, heard: Heard) -> None:
    session.forward.create(spec(backend, ttl=300), heard)
    add = OnForwardConflict.ADD
    second = session.forward.create(spec(backend, "192.0.2.11", on_conflict=add), heard)
    there = session.backends.get(backend)
    assert isinstance(there, ZoneBackend)
    found = there.get_rrset(to_dns(name("example.com")), OWNER, dns.rdatatype.A)
    assert found is not None
    assert (found.ttl, second.ttl) == (300, None)


def test_a_name_outside_every_zone_is_an_error(
    session: Session, backend: str, heard: Heard
) -> None:
    with pytest.raises(ZoneNotFoundError):
        session.forward.create(spec(backend, hostname=name("mail.example.net")), heard)
    with pytest.raises(InvalidInputError, match="does not contain"):
        session.forward.create(spec(backend, zone=name("example.net")), heard)


def test_an_alias_put_at_the_hostname_by_hand_does_not_stop_read_and_delete(
    session: Session, backend: str, heard: Heard
) -> None:
    state = session.forward.create(spec(backend), heard)
    put(session, backend)
    put(session, backend, "www.example.com.", kind="CNAME")
    assert session.forward.read(state, heard) is None
    session.forward.delete(state, heard)
    assert live(session, backend, "CNAME") == ["www.example.com."]


def test_an_update_makes_no_round_robin_with_a_stranger(
    session: Session, backend: str, heard: Heard
) -> None:
    state = session.forward.create(spec(backend), heard)
    put(session, backend, "192.0.2.99")
    with pytest.raises(ConflictError, match=r"already has 192\.0\.2\.99"):
        session.forward.update(state, spec(backend, "192.0.2.11"), heard)
    assert live(session, backend) == ["192.0.2.99"]
    wanted = spec(backend, "192.0.2.11", on_conflict=OnForwardConflict.OVERWRITE)
    session.forward.update(state, wanted, heard)
    assert live(session, backend) == ["192.0.2.11"]


def test_the_address_of_another_resource_is_never_taken_for_drift(
    session: Session, backend: str, heard: Heard, tmp_path: Path
) -> None:
    one = session.forward.create(spec(backend), heard)
    session.forward.declare(backend, MAIL, one.address, None)
    two = session.forward.create(spec(backend, "192.0.2.11"), heard)
    put(session, backend, "192.0.2.11")
    refresh = new_session(tmp_path)
    timer = threading.Timer(0.1, refresh.forward.read, [two, Heard()])
    timer.start()
    assert refresh.forward.read(one, heard) is None
    timer.join()


def test_what_a_refresh_has_learned_and_the_program_keeps_is_not_ours(
    session: Session, backend: str, heard: Heard
) -> None:
    state = session.forward.create(spec(backend), heard)
    put(session, backend, "192.0.2.99")
    learned = session.forward.read(state, heard)
    assert learned is not None
    overwrite = OnForwardConflict.OVERWRITE
    kept = session.forward.update(
        learned, spec(backend, "192.0.2.99", on_conflict=overwrite), heard
    )
    session.forward.delete(kept, heard)
    assert live(session, backend) == ["192.0.2.99"]


def test_two_instances_of_one_place_share_their_claims(session: Session, heard: Heard) -> None:
    state = session.forward.create(spec("memory"), heard)
    session.forward.declare("same", MAIL, state.address, None)
    with pytest.raises(ConflictError, match="stays in the state"):
        session.forward.delete(state, heard)
    assert live(session, "memory") == ["192.0.2.10"]
    session.forward.create(spec("same"), heard)
    session.forward.delete(state, heard)
    assert live(session, "memory") == ["192.0.2.10"]
    assert heard.warnings == []


def test_a_backend_without_zones_is_refused(
    session: Session, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session.backends, "get", lambda _: Backend("shelf", Settings(), Path()))
    with pytest.raises(ConfigError, match="has no DNS zones"):
        session.forward.create(spec("memory"), heard)


class TestAKilledRun:
    """It was changing another address of the RRset, at a backend that deletes and then creates."""

    @pytest.fixture
    def later(self, folder: Path, tmp_path: Path, backend: str) -> Session:
        """Return the session of the next run."""
        place = new_session(tmp_path).backends.identity(backend)
        killed = SharedLedger()
        killed.join(LedgerFile(tmp_path / "rdns", RUN._replace(key="killed")))
        with (
            contextlib.suppress(KeyboardInterrupt),
            killed.operation("killed", "update", "A", place, {MAIL: "192.0.2.99"}),
        ):
            raise KeyboardInterrupt
        session = new_session(tmp_path)
        left = leftovers(tmp_path / "rdns", RUN, lambda _: False)
        session.ledger.join(LedgerFile(tmp_path / "rdns", RUN), left)
        return session

    def test_an_address_that_went_with_it_is_written_again(
        self, later: Session, backend: str, heard: Heard
    ) -> None:
        state = later.forward.create(spec(backend), heard, "sibling")
        put(later, backend)
        assert later.forward.update(state, spec(backend), heard, "sibling") == state
        assert live(later, backend) == ["192.0.2.10"]

    def test_one_that_is_there_is_left_alone_with_what_is_beside_it(
        self, later: Session, backend: str, heard: Heard
    ) -> None:
        state = later.forward.create(spec(backend), heard, "sibling")
        put(later, backend, "192.0.2.10", "192.0.2.50")
        assert later.forward.update(state, spec(backend), heard, "sibling") == state
        assert live(later, backend) == ["192.0.2.10", "192.0.2.50"]

    def test_others_are_not_even_looked_at(
        self, later: Session, backend: str, heard: Heard
    ) -> None:
        other = spec(backend, "2001:db8::10")
        state = later.forward.create(other, heard, "other")
        put(later, backend, kind="AAAA")
        assert later.forward.update(state, other, heard, "other") == state
        assert live(later, backend, "AAAA") == []
