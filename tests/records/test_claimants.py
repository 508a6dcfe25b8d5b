"""Where a declared resource is: at the place of the record, at another one, or maybe here.

Two backend instances that write to one place: what moves from one to the other stays live.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import dns.name
import pytest
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Site, ZoneBackend
from pulumi_rdns.backends.batch import DONE, PtrChange
from pulumi_rdns.backends.rfc2136 import Rfc2136Backend
from pulumi_rdns.errors import AuthenticationError, ConflictError, UnavailableError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import to_dns
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import (
    ForwardPolicy,
    ForwardSpec,
    OnDelete,
    OnForwardConflict,
    OnForwardDelete,
    PtrPolicies,
    PtrSetSpec,
    PtrSpec,
)
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.records.ptr_set_state import SetResult
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name, named
from tests.servers.bind import DynamicBind
from tests.servers.dynamic import (
    FORWARD,
    FULL,
    NARROW,
    REVERSE,
    Key,
    serial,
    started,
    transfer,
    zones,
)
from tests.servers.powerdns import API_KEY, PowerDns
from tests.servers.process import DnsServer
from tests.servers.proxy import proxied

ADDRESS = parse_address("192.0.2.10")
OTHER_ADDRESS = parse_address("192.0.2.11")
MAIL = name("mail.example.com")
OWNER = f"10.{REVERSE}"

Settings = dict[str, object]
#: a server that nobody answers at
AWAY: Settings = {"type": "rfc2136", "server": "127.0.0.1:9", "timeout": 1}


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsServer]:
    server = started(DynamicBind, tmp_path_factory.mktemp("bind"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def powerdns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PowerDns]:
    served = zones("ns2.example.net.")
    server = started(PowerDns, tmp_path_factory.mktemp("powerdns"), served)
    yield server
    server.stop()


def updates(server: DnsServer, key: Key = FULL) -> Settings:
    at = f"{server.address}:{server.port}"
    return {"type": "rfc2136", "server": at, "keyName": key.name, "keySecret": key.secret}


def api(server: PowerDns) -> Settings:
    return {"type": "powerdns", "apiUrl": server.api_url, "apiKey": API_KEY}


def new_session(old: Settings, new: Settings) -> Session:
    backends: dict[str, object] = {"old": old, "new": new}
    session = Session(read_settings({"rdns:backends": backends}), Path(), {})
    session.ledger.patience = 0.2
    return session


def ptr(backend: str) -> PtrSpec:
    policies = PtrPolicies(forward_check=ForwardPolicy.SKIP, on_delete=OnDelete.REMOVE)
    return PtrSpec(backend=backend, address=ADDRESS, hostname=MAIL, policies=policies)


def forward(backend: str, on_conflict: OnForwardConflict | None = None) -> ForwardSpec:
    return ForwardSpec(
        backend=backend,
        hostname=MAIL,
        address=ADDRESS,
        on_conflict=on_conflict,
        on_delete=OnForwardDelete.REMOVE,
    )


def forget(server: DnsServer, *addresses: str) -> None:
    """Take PTR records away, as somebody else would."""
    session = new_session(updates(server), updates(server))
    backend = session.backends.get("old")
    assert isinstance(backend, ZoneBackend)
    owners = {f"{address.rpartition('.')[2]}.{REVERSE}" for address in addresses}
    there = backend.read_ptrs(to_dns(name(REVERSE)), owners)
    gone = [PtrChange(owner, one.values, (), 300) for owner, one in there.items()]
    backend.apply_ptrs(to_dns(name(REVERSE)), gone, lambda _: None)


def move_ptr(old: Settings, new: Settings, heard: Heard) -> None:
    """Do what two ups do, with a record whose backend changes between them."""
    state = new_session(old, new).ptr.create(ptr("old"), heard)
    session = new_session(old, new)
    session.ptr.declare("new", ADDRESS, None)
    session.ptr.create(ptr("new"), heard)
    session.ptr.delete(state, heard)


def move_forward(
    old: Settings, new: Settings, heard: Heard, on_conflict: OnForwardConflict | None = None
) -> None:
    state = new_session(old, new).forward.create(forward("old", on_conflict), heard)
    session = new_session(old, new)
    session.forward.declare("new", MAIL, ADDRESS, None)
    session.forward.create(forward("new", on_conflict), heard)
    session.forward.delete(state, heard)


def ptr_at(server: DnsServer) -> tuple[int, list[str]] | None:
    return transfer(server, REVERSE).get((f"{OWNER}.", "PTR"))


def addresses_at(server: DnsServer) -> tuple[int, list[str]] | None:
    return transfer(server, FORWARD).get(("mail.example.com.", "A"))


def test_a_ptr_that_moves_to_another_key_of_one_server_stays_as_it_was(
    bind: DnsServer, heard: Heard
) -> None:
    state = new_session(updates(bind), updates(bind, NARROW)).ptr.create(ptr("old"), heard)
    before = serial(bind, REVERSE)
    session = new_session(updates(bind), updates(bind, NARROW))
    session.ptr.declare("new", ADDRESS, None)
    session.ptr.create(ptr("new"), heard)
    session.ptr.delete(state, heard)
    assert ptr_at(bind) == (3600, ["mail.example.com."])
    assert "backend new shows the same record and may be the same server" in heard.warnings[-1]
    assert serial(bind, REVERSE) == before, "nothing was written to find that out"
    session = new_session(updates(bind), updates(bind, NARROW))
    session.ptr.delete(session.ptr.create(ptr("new"), heard), heard)
    assert ptr_at(bind) is None


@pytest.mark.parametrize("turned", [False, True], ids=["API to updates", "updates to API"])
def test_records_that_move_between_the_two_ways_to_one_powerdns_stay_as_they_were(
    powerdns: PowerDns, heard: Heard, turned: bool
) -> None:
    old, new = api(powerdns), updates(powerdns)
    if turned:
        old, new = new, old
    move_ptr(old, new, heard)
    assert ptr_at(powerdns) == (3600, ["mail.example.com."])
    move_forward(old, new, heard)
    assert addresses_at(powerdns) == (3600, ["192.0.2.10"])
    session = new_session(old, new)
    session.ptr.delete(session.ptr.create(ptr("new"), heard), heard)
    session.forward.delete(session.forward.create(forward("new"), heard), heard)
    assert ptr_at(powerdns) is addresses_at(powerdns) is None


def test_records_that_move_to_another_server_are_taken_out_of_the_first(
    bind: DnsServer, powerdns: PowerDns, heard: Heard
) -> None:
    """Also where both have the same values: their zones name different primaries."""
    move_ptr(updates(bind), updates(powerdns), heard)
    assert (ptr_at(bind), ptr_at(powerdns)) == (None, (3600, ["mail.example.com."]))
    move_forward(updates(bind), updates(powerdns), heard)
    assert (addresses_at(bind), addresses_at(powerdns)) == (None, (3600, ["192.0.2.10"]))
    session = new_session(updates(bind), updates(powerdns))
    session.ptr.delete(session.ptr.create(ptr("new"), heard), heard)
    session.forward.delete(session.forward.create(forward("new"), heard), heard)


def test_a_strangers_address_in_the_rrset_is_not_touched_to_find_out(
    powerdns: PowerDns, heard: Heard
) -> None:
    stranger = ForwardSpec(backend="old", hostname=MAIL, address=OTHER_ADDRESS)
    session = new_session(updates(powerdns), api(powerdns))
    session.forward.create(stranger, heard)
    move_forward(updates(powerdns), api(powerdns), heard, OnForwardConflict.ADD)
    assert addresses_at(powerdns) == (3600, ["192.0.2.10", "192.0.2.11"])
    assert any("is kept unchanged" in warning for warning in heard.warnings)
    for address in (ADDRESS, OTHER_ADDRESS):
        one = ForwardSpec(
            backend="old",
            hostname=MAIL,
            address=address,
            on_conflict=OnForwardConflict.ADD,
            on_delete=OnForwardDelete.REMOVE,
        )
        session.forward.delete(session.forward.create(one, heard), heard)
    assert addresses_at(powerdns) is None


def records(backend: str) -> PtrSetSpec:
    return many(backend, {f"192.0.2.{last}": "mail.example.com" for last in range(20, 60)})


def many(backend: str, table: Mapping[str, str]) -> PtrSetSpec:
    policies = PtrPolicies(on_delete=OnDelete.REMOVE)
    return PtrSetSpec(backend=backend, records=PtrSetRecords(named(table)), policies=policies)


def held(spec: PtrSetSpec) -> PtrSetState:
    """Return the state of a set that has written all that it declares."""
    return PtrSetState(
        backend=spec.backend,
        records=spec.records,
        written=spec.records.table,
        zones=(name(REVERSE),),
    )


@pytest.mark.parametrize("key", [NARROW, FULL])
def test_a_set_that_moves_to_another_instance_of_the_server_stays_live(
    bind: DnsServer, powerdns: PowerDns, heard: Heard, key: Key
) -> None:
    """Another key of BIND, or the API of PowerDNS in the place of updates."""
    server = bind if key is NARROW else powerdns
    old = updates(server)
    new = updates(server, NARROW) if key is NARROW else api(powerdns)
    first = new_session(old, new)
    state, error = first.ptr_sets.create(records("old"), heard)
    assert error is None
    before = transfer(server, REVERSE)
    session = new_session(old, new)
    session.ptr_sets.declare(records("new"))
    session.ptr_sets.recall(state)
    moved, error = session.ptr_sets.create(records("new"), heard)
    assert error is None
    session.ptr_sets.delete(state, heard)
    assert transfer(server, REVERSE) == before
    new_session(old, new).ptr_sets.delete(moved, heard)
    assert not [owner for owner, _ in transfer(server, REVERSE) if owner.startswith("20.")]


def test_a_set_that_moves_to_another_server_is_taken_away_at_the_old_one(
    bind: DnsServer, powerdns: PowerDns, heard: Heard
) -> None:
    old, new = updates(bind), updates(powerdns)
    state, _ = new_session(old, new).ptr_sets.create(records("old"), heard)
    session = new_session(old, new)
    session.ptr_sets.declare(records("new"))
    moved, error = session.ptr_sets.create(records("new"), heard)
    assert error is None
    session.ptr_sets.delete(state, heard)
    assert not [owner for owner, _ in transfer(bind, REVERSE) if owner.startswith("20.")]
    assert [owner for owner, _ in transfer(powerdns, REVERSE) if owner.startswith("20.")]
    new_session(old, new).ptr_sets.delete(moved, heard)


def test_what_was_written_is_in_the_state_though_another_instance_cannot_be_asked(
    bind: DnsServer, heard: Heard
) -> None:
    """49 records get another name; one has gone to a set at a server that is away just now."""
    table = {f"192.0.2.{at}": f"h{at}.example.com" for at in range(100, 150)}
    moved = "192.0.2.107"
    state, _ = new_session(updates(bind), AWAY).ptr_sets.create(many("old", table), heard)

    session = new_session(updates(bind), AWAY)
    renamed = {key: f"new-{value}" for key, value in table.items() if key != moved}
    there = many("new", {moved: table[moved]})
    session.ptr_sets.declare(many("old", renamed), resource="urn::old")
    session.ptr_sets.declare(there, resource="urn::new")
    session.ptr_sets.recall(held(there), resource="urn::new")
    state, error = session.ptr_sets.update(state, many("old", renamed), heard, "urn::old")
    assert isinstance(error, UnavailableError)
    assert f"1 of 49 records failed, the others are done:\n  {moved}: 127.0.0.1:9" in str(error)
    assert state.written == renamed | {moved: table[moved]}
    assert heard.warnings == []

    new_session(updates(bind), AWAY).ptr_sets.delete(state, heard)
    left = transfer(bind, REVERSE)
    assert not [address for address in table if (f"{address[8:]}.{REVERSE}.", "PTR") in left]


def test_what_is_declared_at_another_instance_is_kept_until_it_is_there(
    bind: DnsServer, heard: Heard
) -> None:
    """Whether that one is the same server or is away needs no answer before."""
    table = {f"192.0.2.{at}": f"h{at}.example.com" for at in range(100, 103)}
    moved = "192.0.2.101"
    state, _ = new_session(updates(bind), AWAY).ptr_sets.create(many("old", table), heard)
    session = new_session(updates(bind), AWAY)
    session.ledger.parallel = 1
    rest = {key: value for key, value in table.items() if key != moved}
    session.ptr_sets.declare(many("old", rest), resource="urn::old")
    session.ptr_sets.declare(many("new", {moved: table[moved]}), resource="urn::new")
    state, error = session.ptr_sets.update(state, many("old", rest), heard, "urn::old")
    assert (error, state.written) == (None, table)
    (warning,) = heard.warnings
    assert f"kept until the next update: {moved}: h101.example.com" in warning
    assert "resource 'new', which declares it now, is not created yet" in warning
    later = new_session(updates(bind), AWAY)
    later.ptr_sets.declare(many("new", {moved: table[moved]}), resource="urn::new")
    with pytest.raises(ConflictError, match=f"{moved}: h101.example.com is kept unchanged"):
        later.ptr_sets.delete(state, heard, "urn::old")
    left = transfer(bind, REVERSE)
    assert [address for address in table if (f"{address[8:]}.{REVERSE}.", "PTR") in left] == [moved]
    forget(bind, moved)


@pytest.mark.parametrize("theirs", ["some.body.example.net", "mail.example.com"])
def test_what_comes_between_finding_a_place_and_writing_there_is_seen(
    bind: DnsServer, monkeypatch: pytest.MonkeyPatch, heard: Heard, theirs: str
) -> None:
    """The answer that names the zone says that nothing is there: another's record comes then."""
    session = new_session(updates(bind), updates(bind))
    backend = session.backends.get("old")
    assert isinstance(backend, Rfc2136Backend)
    find = backend.find_site
    change = PtrChange(OWNER, (), (theirs,), 300)

    def then_another_writes(owner: dns.name.Name) -> Site:
        site = find(owner)
        assert site.is_free
        other = new_session(updates(bind), updates(bind)).backends.get("old")
        assert isinstance(other, ZoneBackend)
        assert other.apply_ptrs(site.zone, [change], lambda _: None) == [DONE]
        return site

    monkeypatch.setattr(backend, "find_site", then_another_writes)
    try:
        if theirs == "mail.example.com":
            assert session.ptr.create(ptr("old"), heard).written == MAIL
        else:
            with pytest.raises(ConflictError, match="it already points to some"):
                session.ptr.create(ptr("old"), heard)
        assert transfer(bind, REVERSE)[f"{OWNER}.", "PTR"] == (300, [f"{theirs}."])
    finally:
        gone = change._replace(before=change.after, after=())
        backend.apply_ptrs(to_dns(name(REVERSE)), [gone], lambda _: None)


class Kind(NamedTuple):
    """One record as a resource of some type has it."""

    operations: Callable[[Session], Any]
    spec: Callable[[str], Any]
    declare: Callable[[Session, str], None]

    def created(self, session: Session, backend: str, heard: Heard) -> Any:
        made = self.operations(session).create(self.spec(backend), heard)
        return made.state if isinstance(made, SetResult) else made


ONE = {str(ADDRESS): "mail.example.com"}
EACH_KIND = {
    "record": Kind(
        lambda session: session.ptr,
        ptr,
        lambda session, backend: session.ptr.declare(backend, ADDRESS, None),
    ),
    "set": Kind(
        lambda session: session.ptr_sets,
        lambda backend: many(backend, ONE),
        lambda session, backend: session.ptr_sets.declare(many(backend, ONE)),
    ),
    "forward record": Kind(
        lambda session: session.forward,
        forward,
        lambda session, backend: session.forward.declare(backend, MAIL, ADDRESS, None),
    ),
}


@pytest.mark.parametrize("question", ["SOA", "record"])
@pytest.mark.parametrize("kind", EACH_KIND.values(), ids=EACH_KIND)
def test_a_question_without_an_answer_does_not_say_that_a_record_is_elsewhere(
    powerdns: PowerDns, monkeypatch: pytest.MonkeyPatch, heard: Heard, kind: Kind, question: str
) -> None:
    """The new instance is the same server; a query to it fails while the old resource goes."""
    settings = api(powerdns), updates(powerdns)
    old = kind.created(new_session(*settings), "old", heard)
    session = new_session(*settings)
    kind.declare(session, "new")
    new = kind.created(session, "new", heard)
    before = transfer(powerdns, REVERSE), transfer(powerdns, FORWARD)
    asked: list[str] = []

    def fail(patched: pytest.MonkeyPatch, call: str) -> None:
        original = getattr(Rfc2136Backend, call)

        def fails(self: Rfc2136Backend, zone: dns.name.Name, *rest: object, **more: object) -> Any:
            if (RdataType.SOA in rest) is (question == "SOA"):
                asked.append(call)
                raise UnavailableError("new", "look at", str(zone), "timed out")
            return original(self, zone, *rest, **more)

        patched.setattr(Rfc2136Backend, call, fails)

    with monkeypatch.context() as patched:
        fail(patched, "get_rrset")
        fail(patched, "read_ptrs")
        with pytest.raises(UnavailableError, match="timed out"):
            kind.operations(session).delete(old, heard)
    assert asked
    assert (transfer(powerdns, REVERSE), transfer(powerdns, FORWARD)) == before
    kind.operations(new_session(*settings)).delete(new, heard)
    assert ptr_at(powerdns) is addresses_at(powerdns) is None


def test_a_change_that_may_have_been_made_and_was_not_leaves_the_old_record_ours(
    bind: DnsServer, heard: Heard
) -> None:
    """The update is lost on its way, and the server refuses the second copy."""
    table = {f"192.0.2.{at}": f"h{at}.example.com" for at in range(100, 140)}
    renamed = {key: f"new-{value}" for key, value in table.items()}
    state, _ = new_session(updates(bind), updates(bind)).ptr_sets.create(many("old", table), heard)
    with proxied((bind.address, bind.port)) as proxy:

        def refuse_from_second(number: int) -> None:
            if number == 2:
                proxy.feigned_updates, proxy.feigned_rcode = 10**6, Rcode.REFUSED

        proxy.lost_updates = 1
        proxy.at_update = refuse_from_second
        settings = {**updates(bind), "server": f"127.0.0.1:{proxy.port}"}
        session = new_session(settings, updates(bind))
        state, error = session.ptr_sets.update(state, many("old", renamed), heard)
    assert isinstance(error, AuthenticationError)
    assert state.written == table
    new_session(updates(bind), updates(bind)).ptr_sets.delete(state, heard)
    left = transfer(bind, REVERSE)
    assert not [address for address in table if (f"{address[8:]}.{REVERSE}.", "PTR") in left]
    assert heard.warnings == []
