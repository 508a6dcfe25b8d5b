"""Where a record belongs, and what a server shows there without having it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path

import dns.name
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.batch import DONE, Outcome, PtrChange
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.errors import (
    ConflictError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.names import from_dns
from pulumi_rdns.records.location import find_ptr, no_aliases
from pulumi_rdns.records.store import look
from tests.backends.contract import rrset
from tests.backends.rfc2136.tools import ZONE, at, backend_at, backend_of, fresh_name, ptr
from tests.fakes.dns import FakeDns, Question
from tests.servers.bind import DynamicBind
from tests.servers.dynamic import REVERSE, serial, started, transfer
from tests.servers.process import DnsServer, zone_text
from tests.servers.proxy import proxied

SERVED = f"{REVERSE}. 60 IN SOA ns. host. 1 2 3 4 5"


def named(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        (f"1.{REVERSE}", REVERSE),
        (REVERSE, REVERSE),
        (f"200.{REVERSE}", REVERSE),
        (f"5.4.3.{REVERSE}", REVERSE),
        (f"129.128/25.{REVERSE}", f"128/25.{REVERSE}"),
        ("200.example.com", "example.com"),
        ("robin.example.com", "example.com"),
    ],
)
def test_the_zone_is_the_one_that_the_server_has(server: DnsServer, name: str, zone: str) -> None:
    """At the top of a zone, at a name that is not there, at an alias, in a zone inside another."""
    assert backend_of(server).find_zone(named(name)) == named(zone)


def test_a_name_below_a_delegation_says_where_it_is(server: DnsServer) -> None:
    name = named(f"5.child.{REVERSE}")
    calls: list[Callable[[], object]] = [
        lambda: backend_of(server).find_zone(name),
        lambda: backend_of(server).get_rrset(ZONE, name, RdataType.PTR),
        lambda: backend_of(server).apply(ZONE, [ptr(name, None, "mail.example.com.")]),
    ]
    for call in calls:
        with pytest.raises(ZoneNotFoundError) as caught:
            call()
        assert str(caught.value).endswith(
            "child.2.0.192.in-addr.arpa is delegated to ns.elsewhere.example, and this server "
            "does not have it (not authoritative)"
        )


def test_a_zone_that_the_user_named_and_is_not_the_name_s_is_refused(server: DnsServer) -> None:
    """The server would take the record into the outer zone, and never serve it."""
    name = named(f"129.128/25.{REVERSE}")
    with pytest.raises(ZoneNotFoundError) as caught:
        backend_of(server).apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert str(caught.value) == (
        f"corp: write PTR of {name.to_text(True)}: the server has {name.to_text(True)} in the zone "
        f"128/25.{REVERSE}, not in {REVERSE}; check `zone`"
    )
    assert (name.to_text(), "PTR") not in transfer(server, REVERSE)


def test_a_zone_that_is_gone_is_not_taken_for_a_record_that_is_gone(server: DnsServer) -> None:
    with pytest.raises(ZoneNotFoundError) as caught:
        backend_of(server).get_rrset(named(f"9.{REVERSE}"), named(f"1.9.{REVERSE}"), RdataType.PTR)
    assert str(caught.value) == (
        f"corp: read PTR of 1.9.{REVERSE}: the server has 1.9.{REVERSE} in the zone {REVERSE}, "
        f"not in 9.{REVERSE}; check `zone`"
    )


def test_a_server_that_answers_each_name_with_a_cname_is_asked_up_to_the_root_and_no_further() -> (
    None
):
    def alias(question: Question) -> list[bytes]:
        record = f"{question.name} 60 IN CNAME www.example.com."
        return [question.reply(record, authority=SERVED).to_wire()]

    with FakeDns(alias) as server, pytest.raises(ZoneNotFoundError) as caught:
        backend_at(f"127.0.0.1:{server.port}", key=None).find_zone(named(f"1.{REVERSE}"))
    assert len(server.asked) == len(named(f"1.{REVERSE}"))
    assert str(caught.value) == (
        f"corp: find the zone of 1.{REVERSE}: the server answers with a CNAME for every name, up "
        "to the root (CNAME)"
    )


def test_a_classless_delegation_is_followed_to_the_zone_that_it_names(server: DnsServer) -> None:
    address = ipaddress.ip_address("192.0.2.200")
    location, _ = find_ptr(backend_of(server), address, None, no_aliases)
    assert (location.zone, location.owner) == (from_dns(ZONE), f"200.0/25.{REVERSE}")
    assert look(location).values == ("alias.example.com",)


def test_a_classless_delegation_to_a_zone_that_is_not_here_is_an_error_that_names_it(
    server: DnsServer,
) -> None:
    backend = backend_of(server)
    address = ipaddress.ip_address("192.0.2.77")
    owner = named(f"77.{REVERSE}")
    alias = rrset(owner, "CNAME", "77.64/26.113.0.203.in-addr.arpa.")
    backend.apply(ZONE, [Change(owner, RdataType.CNAME, None, alias)])
    try:
        with pytest.raises(ZoneNotFoundError) as caught:
            find_ptr(backend, address, None, no_aliases)
    finally:
        backend.apply(ZONE, [Change(owner, RdataType.CNAME, alias, None)])
    assert str(caught.value) == (
        "corp: find the zone of 77.64/26.113.0.203.in-addr.arpa: the server has no zone that "
        "contains it, or does not show it to this client (REFUSED)"
    )
    assert (owner.to_text(), "CNAME") not in transfer(server, REVERSE)


def test_what_a_wildcard_answers_is_not_there(server: DnsServer) -> None:
    backend = backend_of(server)
    name = named(f"7.pool.{REVERSE}")
    assert backend.get_rrset(ZONE, name, RdataType.PTR) is None
    backend.apply(ZONE, [ptr(name, None, "unassigned.example.com.")])
    assert (name.to_text(), "PTR") in transfer(server, REVERSE)
    assert backend.get_rrset(ZONE, name, RdataType.PTR) == rrset(
        name, "PTR", "unassigned.example.com."
    )
    backend.apply(ZONE, [ptr(name, "unassigned.example.com.", None)])
    assert (name.to_text(), "PTR") not in transfer(server, REVERSE)
    assert backend.get_rrset(ZONE, name, RdataType.PTR) is None


def test_a_value_in_mixed_case_is_the_same_value(server: DnsServer) -> None:
    backend = backend_of(server)
    name = fresh_name()
    backend.apply(ZONE, [ptr(name, None, "Mail.Example.COM.")])
    backend.apply(ZONE, [ptr(name, "mail.example.com.", "www.example.com.")])
    assert transfer(server, REVERSE)[name.to_text(), "PTR"] == (3600, ["www.example.com."])
    backend.apply(ZONE, [ptr(name, "www.example.com.", "Mail.Example.COM.")])
    backend.apply(ZONE, [ptr(name, "mail.example.com.", None)])
    assert (name.to_text(), "PTR") not in transfer(server, REVERSE)


def test_a_cname_at_the_name_is_a_conflict_that_shows_it(server: DnsServer) -> None:
    name = named(f"200.{REVERSE}")
    with pytest.raises(ConflictError) as caught:
        backend_of(server).apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert str(caught.value) == (
        f"corp: write PTR of 200.{REVERSE}: there is now CNAME 200.0/25.{REVERSE}"
    )


def test_what_is_so_already_leaves_the_serial_alone(server: DnsServer) -> None:
    backend = backend_of(server)
    name = fresh_name()
    backend.apply(ZONE, [ptr(name, None, "mail.example.com.")])
    before = serial(server, REVERSE)
    backend.apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert serial(server, REVERSE) == before


def test_a_ttl_that_no_server_keeps_is_never_sent(server: DnsServer) -> None:
    name = fresh_name()
    with pytest.raises(RejectedError) as caught:
        backend_of(server).apply(ZONE, [ptr(name, None, "mail.example.com.", ttl=2**31)])
    assert str(caught.value) == (
        f"corp: write PTR of {name.to_text(True)}: a TTL of 2147483648 s is too long; 2147483647 "
        "is the most (RFC 2181 section 8)"
    )
    assert (name.to_text(), "PTR") not in transfer(server, REVERSE)


def test_more_than_one_message_holds_is_written_in_several(server: DnsServer) -> None:
    backend = backend_at(at(server), timeout=60)
    names = [fresh_name() for _ in range(2500)]
    backend.apply(ZONE, [ptr(name, None, "mail.example.com.") for name in names])
    held = transfer(server, REVERSE)
    assert all(held[name.to_text(), "PTR"] == (3600, ["mail.example.com."]) for name in names)
    backend.apply(ZONE, [ptr(name, "mail.example.com.", None) for name in names])
    assert not {(name.to_text(), "PTR") for name in names} & transfer(server, REVERSE).keys()


def test_an_rrset_that_no_message_can_hold_is_refused(bind: DnsServer) -> None:
    name = fresh_name()
    hostnames = [f"host{number}.example.com." for number in range(3000)]
    change = Change(name, RdataType.PTR, None, rrset(name, "PTR", *hostnames))
    with pytest.raises(RejectedError, match=r"do not fit into one message \(64 KiB\)$"):
        backend_of(bind).apply(ZONE, [change])


def test_a_key_that_may_only_read_can_still_look(bind: DnsServer) -> None:
    """The server knows the key, and lets it change nothing."""
    backend = backend_of(bind, key=None)
    assert backend.find_zone(named(f"1.{REVERSE}")) == ZONE
    assert backend.get_rrset(ZONE, named(f"251.{REVERSE}"), RdataType.PTR) is not None


def test_a_zone_of_one_name_says_nothing_of_its_neighbours(tmp_path: Path) -> None:
    """The first name of a batch is the top of a zone of its own, to which it is sent on."""
    zones = {
        REVERSE: zone_text("@ NS ns1.example.com.\n11 NS ns1.example.com."),
        f"11.{REVERSE}": zone_text("@ NS ns1.example.com."),
    }
    server = started(DynamicBind, tmp_path, zones)
    try:
        changes = [
            PtrChange(f"{at}.{REVERSE}", (), (f"h{at}.example.com",), 300) for at in range(11, 14)
        ]
        outcomes = backend_of(server).apply_ptrs(ZONE, changes, lambda _: None)
        assert outcomes == [Outcome(LiveRecord(is_delegated=True)), DONE, DONE]
    finally:
        server.stop()


def test_zones_that_are_looked_for_ahead_take_one_connection_and_no_more_questions(
    server: DnsServer,
) -> None:
    names = [named(f"{at}.{at}.{REVERSE}") for at in range(100)]
    others = [named(text) for text in (f"5.child.{REVERSE}", f"200.{REVERSE}", "203.in-addr.arpa")]
    with proxied((server.address, server.port)) as proxy:
        backend = backend_at(f"127.0.0.1:{proxy.port}")
        backend.prefetch_zones([*names[:50], *others, *names[50:]])
        assert proxy.connections == 1
        asked = backend_of(server)
        assert backend.find_site(others[1]) == asked.find_site(others[1])
        for name in (others[0], others[2]):
            with pytest.raises(ZoneNotFoundError):
                backend.find_zone(name)
    expected = asked.find_site(names[0])
    assert expected.zone == ZONE
    assert [backend.find_site(name) for name in names] == [expected] * 100
    assert {backend.find_zone(name) for name in names} == {ZONE}


def test_to_ask_for_nothing_takes_no_connection(bind: DnsServer) -> None:
    with proxied((bind.address, bind.port)) as proxy:
        backend_at(f"127.0.0.1:{proxy.port}").prefetch_zones([])
        assert proxy.connections == 0


def test_without_a_server_looking_ahead_says_nothing() -> None:
    away = backend_at("127.0.0.1:9", timeout=1)
    away.prefetch_zones([named(f"{at}.{REVERSE}") for at in range(50)])
    with pytest.raises(UnavailableError):
        away.find_zone(named(f"1.{REVERSE}"))
