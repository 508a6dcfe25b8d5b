"""Records that move between sets, single records and instances, with failures in between."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import dns.message
import dns.name
import dns.opcode
import pytest
from dns.rcode import Rcode
from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import OwnedAddress, Site
from pulumi_rdns.backends.memory import MemoryBackend
from pulumi_rdns.backends.rfc2136 import Rfc2136Backend
from pulumi_rdns.errors import ConflictError, UnavailableError
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, PtrPolicies, PtrSetSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name, named
from tests.records.zone_places import Place, place_of
from tests.servers.proxy import CuttingProxy, framed, received, running

PARENT, ZONE = "51.198.in-addr.arpa", "100.51.198.in-addr.arpa"
CLASSLESS = f"0-31.{ZONE}"
NS = "@ NS ns1.example.com."
#: fails at once: no hostname of the tests resolves
STRICT = PtrPolicies(forward_check=ForwardPolicy.STRICT, forward_timeout=0)
ONE, OTHER = "198.51.100.1", "198.51.100.40"
TWO_RECORDS = {ONE: "a.example.com", OTHER: "b.example.com"}
MANY = {f"198.51.100.{at}": f"h{at}.example.com" for at in range(40)}


def spec(table: Mapping[str, str], zone: str | None = None, backend: str = "main") -> PtrSetSpec:
    given = None if zone is None else name(zone)
    return PtrSetSpec(backend=backend, records=PtrSetRecords(named(table)), ttl=300, zone=given)


def created(session: Session, spec: PtrSetSpec) -> PtrSetState:
    state, error = session.ptr_sets.create(spec, Heard())
    assert error is None
    return state


def names_at(place: Place, zone: str) -> set[str]:
    return {owner.partition(".")[0] for owner in place.live(zone)}


@pytest.mark.parametrize("kind", ["BIND", "Knot"])
@pytest.mark.parametrize("classless", [ONE, OTHER])
def test_each_record_is_judged_by_where_it_is_declared_itself(
    kind: str, tmp_path: Path, heard: Heard, classless: str
) -> None:
    """Two move to another instance of the server: one there, the other to a zone of its own."""
    zones = {ZONE: NS, CLASSLESS: NS}
    with place_of(kind, tmp_path, zones) as place:
        state = created(place.session(), spec(TWO_RECORDS))
        session = place.session()
        new = [
            spec({address: name}, CLASSLESS if address == classless else None, "same")
            for address, name in TWO_RECORDS.items()
        ]
        for one in new:
            session.ptr_sets.declare(one)
        session.ptr_sets.recall(state)
        for one in new:
            created(session, one)
        session.ptr_sets.delete(state, heard)
        stays = OTHER if classless == ONE else ONE
        assert names_at(place, ZONE) == {stays.rpartition(".")[2]}
        assert names_at(place, CLASSLESS) == {classless.rpartition(".")[2]}


@pytest.mark.parametrize("kind", ["BIND", "Knot"])
@pytest.mark.parametrize("how", ["alias", "single address"])
def test_a_record_that_is_not_where_its_neighbours_are_moves_to_another_instance(
    kind: str, how: str, tmp_path: Path, heard: Heard
) -> None:
    table = {f"198.51.100.{at}": f"h{at}.example.com" for at in range(1, 4)}
    other, there = CLASSLESS, f"2 CNAME 2.{CLASSLESS}."
    if how != "alias":
        other, there = f"2.{ZONE}", "2 NS ns1.example.com."
    with place_of(kind, tmp_path, {ZONE: f"{NS}\n{there}", other: NS}) as place:
        state = created(place.session(), spec(table))
        session = place.session()
        session.ptr_sets.declare(spec(table, None, "same"))
        session.ptr_sets.recall(state)
        created(session, spec(table, None, "same"))
        before = place.live(ZONE), place.live(other)
        assert [len(zone) for zone in before] == [2, 1]
        session.ptr_sets.delete(state, heard)
        assert (place.live(ZONE), place.live(other)) == before


def test_an_address_whose_new_resource_fails_later_is_in_that_one_s_state(
    tmp_path: Path, heard: Heard
) -> None:
    """The set that gives it away is done before."""
    with place_of("BIND", tmp_path, {ZONE: NS}) as place:
        old = created(place.session(), spec(TWO_RECORDS))
        session = place.session()
        rest = spec({OTHER: TWO_RECORDS[OTHER]})
        refused = replace(spec({ONE: "new.example.com"}), policies=STRICT)
        session.ptr_sets.declare(rest)
        session.ptr_sets.declare(refused)
        session.ptr_sets.recall(old)
        state, error = session.ptr_sets.update(old, rest, heard)
        assert error is None
        other, error = session.ptr_sets.create(refused, heard)
        assert error is not None
        assert (state.written, other.written) == ({OTHER: "b.example.com"}, {ONE: "a.example.com"})
        for one in (state, other):
            place.session().ptr_sets.delete(one, heard)
        assert place.live(ZONE) == {}


@pytest.mark.parametrize("continues", [False, True], ids=["stops", "continues on error"])
def test_a_replaced_set_whose_new_one_fails_keeps_its_records_in_the_state(
    tmp_path: Path, heard: Heard, continues: bool
) -> None:
    """It names the zone above the alias now, and gets other hostnames."""
    address = "198.51.100.2"
    zones = {ZONE: f"{NS}\n2 CNAME 2.{CLASSLESS}.", CLASSLESS: NS}
    with place_of("BIND", tmp_path, zones) as place:
        old = created(place.session(), spec({address: "old.example.com"}))
        new = spec({address: "new.example.com"}, ZONE)

        def replacing(state: PtrSetState) -> Session:
            session = place.session()
            session.ptr_sets.declare(new, resource="urn::set")
            session.ptr_sets.recall(state, resource="urn::set", is_current=state is not old)
            return session

        session = replacing(old)
        failing = replace(new, policies=STRICT)
        state, error = session.ptr_sets.create(failing, heard, "urn::set")
        assert error is not None
        assert state.written == {address: "old.example.com"}
        if continues:
            session.ptr_sets.delete(old, heard, "urn::set")
            assert names_at(place, CLASSLESS) == {"2"}

        session = replacing(state)
        state, error = session.ptr_sets.update(state, new, heard, "urn::set")
        assert error is None
        session.ptr_sets.delete(old, heard, "urn::set")
        assert names_at(place, CLASSLESS) == {"2"}
        place.session().ptr_sets.delete(state, heard)
        assert place.live(CLASSLESS) == {}
        assert heard.warnings == []


def test_an_instance_that_shows_changes_late_is_no_other_place(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does that talks to a secondary, which forwards updates."""
    with place_of("BIND", tmp_path, {ZONE: NS}) as place:
        state = created(place.session(), spec(TWO_RECORDS))
        session = place.session()
        new = spec(TWO_RECORDS, None, "same")
        session.ptr_sets.declare(new)
        session.ptr_sets.recall(state)
        created(session, new)
        before = place.live(ZONE)
        get_rrset = Rfc2136Backend.get_rrset
        shown: dict[object, tuple[float, object]] = {}

        def late(
            self: Rfc2136Backend, zone: dns.name.Name, owner: dns.name.Name, rdtype: RdataType
        ) -> object:
            live = get_rrset(self, zone, owner, rdtype)
            if self.name != "same":
                return live
            at, last = shown.get((owner, rdtype), (0.0, None))
            if time.monotonic() - at > 1.0:
                shown[owner, rdtype] = time.monotonic(), live
                return live
            return last

        monkeypatch.setattr(Rfc2136Backend, "get_rrset", late)
        session.ptr_sets.delete(state, heard)
        assert place.live(ZONE) == before


def test_what_another_instance_takes_over_while_the_set_looks_stays(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = "198.51.100.50"
    rest = spec({third: "c.example.com"})
    with place_of("BIND", tmp_path, {ZONE: NS}) as place:
        old = created(place.session(), spec({**TWO_RECORDS, third: "c.example.com"}))
        session = place.session()
        session.ledger.parallel = 1
        overwrite = PtrPolicies(on_conflict=OnConflict.OVERWRITE)
        table = {ONE: "renamed.example.com", OTHER: TWO_RECORDS[OTHER]}
        new = replace(spec(table, None, "same"), policies=overwrite)
        session.ptr_sets.declare(new)
        session.ptr_sets.declare(rest)
        session.ptr_sets.recall(old)
        read_ptrs = Rfc2136Backend.read_ptrs
        looked: list[str] = []

        def then_the_other_writes(self: Rfc2136Backend, *given: Any, **more: Any) -> Any:
            found = read_ptrs(self, *given, **more)
            if self.name == "main" and not looked:
                looked.append(self.name)
                created(session, new)
            return found

        monkeypatch.setattr(Rfc2136Backend, "read_ptrs", then_the_other_writes)
        state, error = session.ptr_sets.update(old, rest, heard)
        assert (error, looked) == (None, ["main"])
        before = {**place.live(ZONE)}
        assert before == {
            f"1.{ZONE}.": "renamed.example.com.",
            f"40.{ZONE}.": "b.example.com.",
            f"50.{ZONE}.": "c.example.com.",
        }
        # What is at the other instance now, the set lets go of later.
        last = place.session()
        last.ptr_sets.declare(new)
        last.ptr_sets.recall(held(new))
        state, error = last.ptr_sets.update(state, rest, heard)
        assert (error, state.written) == (None, {third: "c.example.com"})
        assert place.live(ZONE) == before


def held(spec: PtrSetSpec) -> PtrSetState:
    """Return the state of a set that has written all that it declares."""
    written = spec.records.table
    return PtrSetState(
        backend=spec.backend, records=spec.records, written=written, zones=(name(ZONE),)
    )


@pytest.mark.parametrize("what", ["update", "delete"])
def test_an_address_whose_new_resource_at_another_instance_fails_stays_in_the_state(
    what: str, tmp_path: Path, heard: Heard
) -> None:
    with place_of("BIND", tmp_path, {ZONE: NS}) as place:
        old = created(place.session(), spec(TWO_RECORDS))
        session = place.session()
        refused = replace(spec({ONE: "new.example.com"}, None, "same"), policies=STRICT)
        rest = spec({OTHER: TWO_RECORDS[OTHER]})
        session.ptr_sets.declare(refused)
        session.ptr_sets.recall(old)
        _, error = session.ptr_sets.create(refused, heard)
        assert error is not None
        if what == "delete":
            with pytest.raises(ConflictError, match=f"{ONE}: a.example.com is kept unchanged"):
                session.ptr_sets.delete(old, heard)
        else:
            session.ptr_sets.declare(rest)
            state, error = session.ptr_sets.update(old, rest, heard)
            assert isinstance(error, ConflictError)
            assert state.written == TWO_RECORDS
        assert "1" in names_at(place, ZONE)


def test_an_address_whose_new_resource_has_failed_is_in_that_one_s_state(
    tmp_path: Path, heard: Heard
) -> None:
    """The set that gives it away is done after."""
    with place_of("BIND", tmp_path, {ZONE: NS}) as place:
        old = created(place.session(), spec(TWO_RECORDS))
        session = place.session()
        rest = spec({OTHER: TWO_RECORDS[OTHER]})
        moved = spec({ONE: "new.example.com"})
        refused = replace(moved, policies=STRICT)
        session.ptr_sets.declare(rest)
        session.ptr_sets.declare(refused)
        session.ptr_sets.recall(old)
        other, error = session.ptr_sets.create(refused, heard)
        assert error is not None
        state, error = session.ptr_sets.update(old, rest, heard)
        assert error is None
        assert (state.written, other.written) == ({OTHER: "b.example.com"}, {ONE: "a.example.com"})
        assert names_at(place, ZONE) == {"1", "40"}

        session = place.session()
        session.ptr_sets.declare(rest)
        session.ptr_sets.declare(moved)
        session.ptr_sets.recall(state)
        other, error = session.ptr_sets.update(other, moved, heard)
        assert error is None
        state, error = session.ptr_sets.update(state, rest, heard)
        assert error is None
        assert (state.written, other.written) == (
            {OTHER: "b.example.com"},
            {ONE: "new.example.com"},
        )
        for one in (state, other):
            place.session().ptr_sets.delete(one, heard)
        assert place.live(ZONE) == {}


def test_a_record_whose_new_place_cannot_be_looked_for_is_not_forgotten(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The zone was split, and another set declares the address in a zone for a part of it."""
    records = f"{NS}\n1 PTR a.example.com.\n40 PTR b.example.com."
    zones = {PARENT: NS, ZONE: records, CLASSLESS: f"{NS}\n1 PTR a.example.com."}
    with place_of("BIND", tmp_path, zones) as place:
        zone = name(PARENT)
        state = replace(
            PtrSetState(backend="main", records=PtrSetRecords(named(TWO_RECORDS)), ttl=300),
            written=named(TWO_RECORDS),
            zones=(zone,),
        )
        session = place.session()
        session.ptr_sets.declare(spec(TWO_RECORDS, CLASSLESS))

        def fails(self: Rfc2136Backend, owner: dns.name.Name) -> Site:
            raise UnavailableError("main", "find the zone of", str(owner), "timed out")

        monkeypatch.setattr(Rfc2136Backend, "find_site", fails)
        before = place.live(ZONE)
        with pytest.raises(UnavailableError, match="all 2 records failed"):
            session.ptr_sets.delete(state, heard)
        assert place.live(ZONE) == before


@pytest.mark.parametrize("first", ["create", "update"])
def test_a_change_that_is_made_long_after_its_time_out_is_in_the_state(
    tmp_path: Path, heard: Heard, first: str
) -> None:
    """A look right after the time-out would say that it was not made."""
    with place_of("BIND", tmp_path, {ZONE: NS}) as place, slow(place) as proxy:
        settings = {**place.settings, "server": f"127.0.0.1:{proxy.port}", "timeout": 1}
        through = place._replace(settings=settings)
        wanted, state = spec(MANY), PtrSetState(backend="main")
        if first == "update":
            state = created(place.session(), wanted)
            wanted = spec({address: f"new-{name}" for address, name in MANY.items()})
        proxy.is_slow = True
        state, error = (
            through.session().ptr_sets.create(wanted, heard)
            if first == "create"
            else through.session().ptr_sets.update(state, wanted, heard)
        )
        assert isinstance(error, UnavailableError)
        proxy.late.join()
        assert state.written == wanted.records.table
        place.session().ptr_sets.delete(state, heard)
        assert place.live(ZONE) == {}


class SlowRelay(CuttingProxy):
    """Hands the first update on when everybody has given up, and loses the others."""

    is_slow = False
    late = threading.Thread()

    def relay(self, server: socket.socket, request: bytes) -> bytes | None:
        if not self.is_slow or not is_update(request):
            return super().relay(server, request)
        if not self.late.ident:
            self.late = threading.Thread(target=self._hand_on, args=(request,))
            self.late.start()
        return None

    def _hand_on(self, request: bytes) -> None:
        time.sleep(3)
        with socket.create_connection(self.target, 5) as server:
            server.sendall(framed(request))
            received(server)


def is_update(request: bytes) -> bool:
    return (request[2] >> 3) & 15 == dns.opcode.UPDATE


def slow(place: Place) -> AbstractContextManager[SlowRelay]:
    assert place.server is not None
    return running(SlowRelay((place.server.address, place.server.port)))


class Forwarder(CuttingProxy):
    """Hands updates on, and answers them itself, without a signature."""

    code = Rcode.REFUSED

    def relay(self, server: socket.socket, request: bytes) -> bytes | None:
        answer = super().relay(server, request)
        if not is_update(request):
            return answer
        feigned = dns.message.make_response(dns.message.from_wire(request, keyring=False))
        feigned.set_rcode(self.code)
        return feigned.to_wire()


@pytest.mark.parametrize("code", [Rcode.SERVFAIL, Rcode.REFUSED])
def test_a_no_that_is_not_signed_does_not_say_that_nothing_was_made(
    tmp_path: Path, heard: Heard, code: Rcode
) -> None:
    with place_of("BIND", tmp_path, {ZONE: NS}) as place:
        assert place.server is not None
        with running(Forwarder((place.server.address, place.server.port))) as proxy:
            proxy.code = code
            settings = {**place.settings, "server": f"127.0.0.1:{proxy.port}"}
            session = place._replace(settings=settings).session()
            state, error = session.ptr_sets.create(spec(MANY), heard)
        assert error is not None
        assert state.written == MANY
        place.session().ptr_sets.delete(state, heard)
        assert place.live(ZONE) == {}


class Silent(CuttingProxy):
    """Answers updates itself, without a signature, and hands none on."""

    def relay(self, server: socket.socket, request: bytes) -> bytes | None:
        if not is_update(request):
            return super().relay(server, request)
        feigned = dns.message.make_response(dns.message.from_wire(request, keyring=False))
        feigned.set_rcode(Rcode.SERVFAIL)
        return feigned.to_wire()


def test_what_was_there_stays_ours_where_the_answer_says_no(tmp_path: Path, heard: Heard) -> None:
    with place_of("BIND", tmp_path, {ZONE: NS}) as place:
        old = created(place.session(), spec(MANY))
        renamed = spec({address: f"new-{name}" for address, name in MANY.items()})
        assert place.server is not None
        with running(Silent((place.server.address, place.server.port))) as proxy:
            settings = {**place.settings, "server": f"127.0.0.1:{proxy.port}"}
            session = place._replace(settings=settings).session()
            state, error = session.ptr_sets.update(old, renamed, heard)
        assert isinstance(error, UnavailableError)
        assert state.written == MANY
        place.session().ptr_sets.delete(state, heard)
        assert place.live(ZONE) == {}


def test_where_nothing_is_unknown_no_address_is_listed_again(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"rdns:backends": {"main": {"type": "memory", "path": "s.json"}}}
    session = Session(read_settings(settings), tmp_path, {})
    lists = []
    addresses = MemoryBackend.addresses

    def listed(self: MemoryBackend) -> Sequence[OwnedAddress]:
        lists.append(self.name)
        return addresses(self)

    monkeypatch.setattr(MemoryBackend, "addresses", listed)
    state, error = session.ptr_sets.create(replace(spec(TWO_RECORDS), ttl=None), heard)
    assert error is None
    assert (state.written, lists) == (TWO_RECORDS, ["main"]), "once, to find out which are its own"
