"""Answers that servers make up are not there, and cost a question only where they may be one."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.message
import dns.name
import dns.query
import dns.rrset
import pytest
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.batch import DONE, PtrChange
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.rfc2136 import Rfc2136Backend
from pulumi_rdns.errors import RejectedError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import from_dns, parse_hostname
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import ForwardPolicy, PtrPolicies, PtrSpec
from pulumi_rdns.records.location import find_ptr, no_aliases
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.store import look
from tests.backends.contract import rrset
from tests.backends.heard import Heard
from tests.backends.rfc2136.tools import ZONE, at, backend_at, backend_of, fresh_name, ptr
from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FORWARD, FULL, REVERSE, started, transfer
from tests.servers.knot import Knot
from tests.servers.powerdns import PowerDns
from tests.servers.process import DnsServer, zone_text
from tests.servers.proxy import proxied

FORWARD_ZONE = dns.name.from_text(FORWARD)
#: 9: a name in use, which no wildcard covers; 32: an alias of another kind
COMMON = """
    @ NS ns1.example.com.
    9 TXT "in use"
    10 PTR mail.example.com.
    11 PTR 192-0-2-11.dyn.example.net.
    32 DNAME 32.0.example.com.
    """


class LuaPowerDns(PowerDns):
    """PowerDNS whose LUA records are run."""

    options = "enable-lua-records=yes\ndname-processing=yes\n"


class SynthKnot(Knot):
    """Knot with mod-synthrecord in both directions."""

    modules = """
mod-synthrecord:
  - id: reverse
    type: reverse
    prefix: dyn-
    network: 192.0.2.0/24
    origin: example.net
  - id: forward
    type: forward
    prefix: dyn-
    network: 192.0.2.0/24
"""
    zone_options = "    module: [mod-synthrecord/reverse, mod-synthrecord/forward]"


REVERSED = "LUA PTR \"createReverse('%1%-%2%-%3%-%4%.dyn.example.net')\""
SYNTHESIZERS: dict[str, tuple[type[DnsServer], dict[str, str]]] = {
    "powerdns": (
        LuaPowerDns,
        {
            REVERSE: f"{COMMON}\n* {REVERSED}\n7 {REVERSED}\n8 LUA PTR \"'odd.example.net'\"",
            FORWARD: '@ NS ns1.example.net.\n* LUA A "createForward()"',
        },
    ),
    "knot": (SynthKnot, {REVERSE: COMMON, FORWARD: "@ NS ns1.example.net."}),
    "bind": (
        DynamicBind,
        {
            REVERSE: f"{COMMON}\n* PTR 192-0-2-25.example.net.",
            FORWARD: "@ NS ns1.example.net.\n* A 192.0.2.25",
        },
    ),
}


@pytest.fixture(scope="module", params=SYNTHESIZERS)
def synthesizer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DnsServer]:
    kind, served = SYNTHESIZERS[request.param]
    texts = {zone: zone_text(records) for zone, records in served.items()}
    server = started(kind, tmp_path_factory.mktemp("synthesizer"), texts)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def lua(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsServer]:
    kind, served = SYNTHESIZERS["powerdns"]
    texts = {zone: zone_text(records) for zone, records in served.items()}
    server = started(kind, tmp_path_factory.mktemp("lua"), texts)
    yield server
    server.stop()


def as_shown(server: DnsServer, name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset:
    """Ask the server as anybody would."""
    query = dns.message.make_query(name, rdtype, flags=0)
    reply = dns.query.tcp(query, server.address, port=server.port, timeout=5)
    return reply.find_rrset(reply.answer, name, RdataClass.IN, rdtype)


def below(label: str, zone: dns.name.Name = ZONE) -> dns.name.Name:
    return dns.name.from_text(label, zone)


def test_a_synthesized_answer_is_not_there_before_and_after_a_record_is(
    synthesizer: DnsServer,
) -> None:
    backend, name = backend_of(synthesizer), below("25")
    shown = as_shown(synthesizer, name, RdataType.PTR)
    found = find_ptr(backend, ipaddress.ip_address("192.0.2.25"), None, no_aliases)
    assert look(found.location).values == ()
    # Also where the record has the very value that the server makes up.
    for hostname in ("mail.example.com.", shown[0].target.to_text()):
        backend.apply(ZONE, [ptr(name, None, hostname)])
        assert (name.to_text(), "PTR") in transfer(synthesizer, REVERSE)
        assert backend.get_rrset(ZONE, name, RdataType.PTR) == rrset(name, "PTR", hostname)
        backend.apply(ZONE, [ptr(name, hostname, None)])
        assert (name.to_text(), "PTR") not in transfer(synthesizer, REVERSE)
        assert backend.get_rrset(ZONE, name, RdataType.PTR) is None


def test_a_record_is_created_at_once_and_its_removal_by_hand_is_no_drift(
    synthesizer: DnsServer, tmp_path: Path
) -> None:
    """No conflict with what the server makes up, which nobody could take over."""
    settings = {
        "type": "rfc2136",
        "server": at(synthesizer),
        "keyName": FULL.name,
        "keySecret": FULL.secret,
    }
    stack = read_settings({"rdns:backends": {"corp": settings}})
    spec = PtrSpec(
        backend="corp",
        address=parse_address("192.0.2.12"),
        hostname=parse_hostname("mail.example.com"),
        policies=PtrPolicies(forward_check=ForwardPolicy.SKIP),
    )
    heard = Heard()
    state = Session(stack, tmp_path, {}).ptr.create(spec, heard)
    assert (state.previous.hostnames, state.adopted, heard.told) == ((), False, [])
    assert Session(stack, tmp_path, {}).ptr.read(state, heard) == state
    backend_of(synthesizer).apply(ZONE, [ptr(below("12"), "mail.example.com.", None)])
    assert as_shown(synthesizer, below("12"), RdataType.PTR)
    assert Session(stack, tmp_path, {}).ptr.read(state, heard) is None
    Session(stack, tmp_path, {}).ptr.delete(state, heard)
    assert heard.warnings == []


def test_sets_find_the_records_and_nothing_that_is_made_up(synthesizer: DnsServer) -> None:
    backend = backend_of(synthesizer)
    owners = [from_dns(below(str(number))) for number in range(10, 31)]
    there = {
        owners[0]: LiveRecord(("mail.example.com",), 300),
        owners[1]: LiveRecord(("192-0-2-11.dyn.example.net",), 300),
    }
    assert backend.read_ptrs(ZONE, owners) == there
    made = PtrChange(owners[5], (), ("mail.example.com",), 300)
    assert backend.apply_ptrs(ZONE, [made], lambda _: None) == [DONE]
    assert backend.read_ptrs(ZONE, owners).keys() == {*there, owners[5]}
    gone = made._replace(before=made.after, after=())
    assert backend.apply_ptrs(ZONE, [gone], lambda _: None) == [DONE]
    assert backend.read_ptrs(ZONE, owners) == there


def test_a_synthesized_forward_record_is_not_there(synthesizer: DnsServer) -> None:
    backend = backend_of(synthesizer)
    name = below("dyn-192-0-2-25", FORWARD_ZONE)
    assert as_shown(synthesizer, name, RdataType.A)
    assert backend.get_rrset(FORWARD_ZONE, name, RdataType.A) is None
    ours = rrset(name, "A", "192.0.2.25")
    backend.apply(FORWARD_ZONE, [Change(name, RdataType.A, None, ours)])
    assert backend.get_rrset(FORWARD_ZONE, name, RdataType.A) == ours
    backend.apply(FORWARD_ZONE, [Change(name, RdataType.A, ours, None)])
    assert backend.get_rrset(FORWARD_ZONE, name, RdataType.A) is None


def test_the_alias_that_a_dname_makes_leads_on(synthesizer: DnsServer) -> None:
    site = backend_of(synthesizer).find_site(below("5.32"))
    assert site.alias == dns.name.from_text("5.32.0.example.com")


def test_what_stands_at_the_very_name_is_there_and_no_update_changes_it(lua: DnsServer) -> None:
    """A record beside it would be a second answer."""
    backend = backend_of(lua)
    for label, hostname in (("7", "192-0-2-7.dyn.example.net"), ("8", "odd.example.net")):
        name = below(label)
        live = backend.get_rrset(ZONE, name, RdataType.PTR)
        assert live == rrset(name, "PTR", f"{hostname}.")
        with pytest.raises(RejectedError) as caught:
            backend.apply(ZONE, [ptr(name, f"{hostname}.", "mail.example.com.")])
        assert str(caught.value) == (
            f"corp: write PTR of {label}.{REVERSE}: the server makes PTR {hostname} of something "
            "else at this name (a LUA or ALIAS record), which an update cannot change; remove "
            "that at the server (NXRRSET)"
        )
        assert (name.to_text(), "PTR") not in transfer(lua, REVERSE)


def test_a_set_that_is_read_by_a_transfer_finds_what_stands_at_the_very_name(
    lua: DnsServer,
) -> None:
    backend = backend_of(lua)
    owners = [from_dns(below(str(number))) for number in range(1, 61)]
    assert backend.read_ptrs(ZONE, owners) == {
        owners[6]: LiveRecord(("192-0-2-7.dyn.example.net",), 300),
        owners[7]: LiveRecord(("odd.example.net",), 300),
        owners[9]: LiveRecord(("mail.example.com",), 300),
        owners[10]: LiveRecord(("192-0-2-11.dyn.example.net",), 300),
    }
    change = PtrChange(owners[7], ("odd.example.net",), ("mail.example.com",), 300)
    (outcome,) = backend.apply_ptrs(ZONE, [change], lambda _: None)
    assert str(outcome.error) == (
        f"corp: write PTR of {REVERSE}: the server says that its zone does not contain what it "
        "shows; most likely a LUA or ALIAS record at this name is part of the answer; remove it at "
        "the server, or else `server` is a secondary that is behind its primary"
    )


def updates_of(server: DnsServer, use: Callable[[Rfc2136Backend], None]) -> int:
    """Count the messages that are no queries."""
    with proxied((server.address, server.port)) as proxy:
        use(backend_at(f"127.0.0.1:{proxy.port}"))
        return proxy.updates


def test_in_the_usual_case_nothing_more_is_asked(server: DnsServer) -> None:
    """Nothing is there, or a record whose hostname was chosen."""
    name = fresh_name()
    backend_of(server).apply(ZONE, [ptr(name, None, "mail.example.com.")])

    def look(backend: Rfc2136Backend) -> None:
        assert backend.get_rrset(ZONE, name, RdataType.PTR) is not None
        assert backend.get_rrset(ZONE, fresh_name(), RdataType.PTR) is None

    assert updates_of(server, look) == 0
    backend_of(server).apply(ZONE, [ptr(name, "mail.example.com.", None)])
