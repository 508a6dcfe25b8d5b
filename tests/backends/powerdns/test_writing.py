"""What a write leaves alone, and several writers of one zone."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import repeat
from typing import Any

import dns.name
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.errors import ConflictError, RejectedError, ZoneNotFoundError
from tests.backends.contract import rrset
from tests.backends.powerdns.tools import api, backend_at, backend_of
from tests.backends.rfc2136.tools import ZONE, fresh_name, ptr
from tests.servers.dynamic import FORWARD, REVERSE, transfer
from tests.servers.powerdns import PowerDns


def kept(rrsets: list[dict[str, Any]], *without: dns.name.Name) -> list[dict[str, Any]]:
    """Give all RRsets but those of some names and the SOA, sorted."""
    names = {name.to_text() for name in without}
    found = [one for one in rrsets if one["name"] not in names and one["type"] != "SOA"]
    return sorted(found, key=lambda one: (one["name"], one["type"]))


def replacing(name: dns.name.Name, *records: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": name.to_text(),
        "type": "PTR",
        "ttl": 3600,
        "changetype": "REPLACE",
        "records": list(records),
        **more,
    }


def test_other_rrsets_keep_values_and_comments(server: PowerDns) -> None:
    foreign, ours = fresh_name(), fresh_name()
    comment = {"content": "ask the mail team", "account": "ops"}
    record = {"content": "foreign.example.com.", "disabled": False}
    before = api(server, REVERSE, replacing(foreign, record, comments=[comment]))
    backend = backend_of(server)
    backend.apply(ZONE, [ptr(ours, None, "one.example.com.")])
    backend.apply(ZONE, [ptr(ours, "one.example.com.", "two.example.com.")])
    backend.apply(ZONE, [ptr(ours, "two.example.com.", None)])
    assert kept(api(server, REVERSE), ours) == kept(before, ours)


def test_a_comment_and_a_disabled_value_of_the_rrset_itself_stay(server: PowerDns) -> None:
    """With so many names that the whole zone is read: PowerDNS 4 shows disabled ones only there."""
    name = fresh_name()
    others = [fresh_name() for _ in range(8)]
    disabled = {"content": "spare.example.com.", "disabled": True}
    comment = {"content": "spare", "account": "ops"}
    api(server, REVERSE, replacing(name, disabled, comments=[comment]))
    backend = backend_of(server)
    assert backend.get_rrset(ZONE, name, RdataType.PTR) is None
    backend.apply(ZONE, [ptr(one, None, "one.example.com.") for one in (name, *others)])
    assert transfer(server, REVERSE)[name.to_text(), "PTR"] == (3600, ["one.example.com."])
    backend.apply(ZONE, [ptr(one, "one.example.com.", None) for one in (name, *others)])
    assert (name.to_text(), "PTR") not in transfer(server, REVERSE)
    left = next(one for one in api(server, REVERSE) if one["name"] == name.to_text())
    assert left["records"] == [disabled]
    assert [one["content"] for one in left["comments"]] == ["spare"]


def test_a_value_in_mixed_case_is_the_same_value(server: PowerDns) -> None:
    name = fresh_name()
    api(server, REVERSE, replacing(name, {"content": "Mail.Example.COM.", "disabled": False}))
    backend_of(server).apply(ZONE, [ptr(name, "mail.example.com.", "www.example.com.")])
    assert transfer(server, REVERSE)[name.to_text(), "PTR"] == (3600, ["www.example.com."])


def test_a_wildcard_is_not_the_name(server: PowerDns) -> None:
    name = dns.name.from_text(f"7.pool.{REVERSE}")
    assert backend_of(server).get_rrset(ZONE, name, RdataType.PTR) is None


def test_a_name_below_a_delegation_says_where_it_is(server: PowerDns) -> None:
    name = dns.name.from_text(f"5.child.{REVERSE}")
    with pytest.raises(ZoneNotFoundError) as caught:
        backend_of(server).apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert str(caught.value) == (
        f"pdns: find the zone of 5.child.{REVERSE}: child.{REVERSE} is delegated to "
        "ns.elsewhere.example, and this server does not have it"
    )
    assert (name.to_text(), "PTR") not in transfer(server, REVERSE)


def test_a_zone_that_the_user_named_and_is_not_the_name_s_is_refused(server: PowerDns) -> None:
    name = f"129.128/25.{REVERSE}"
    with pytest.raises(ZoneNotFoundError) as caught:
        backend_of(server).apply(ZONE, [ptr(dns.name.from_text(name), None, "a.example.com.")])
    assert str(caught.value) == (
        f"pdns: write PTR of {name}: the server has {name} in the zone 128/25.{REVERSE}, not in "
        f"{REVERSE}; check `zone`"
    )


def test_a_cname_at_the_name_is_a_conflict_that_shows_it(server: PowerDns) -> None:
    name = dns.name.from_text(f"200.{REVERSE}")
    with pytest.raises(ConflictError) as caught:
        backend_of(server).apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert str(caught.value) == (
        f"pdns: write PTR of 200.{REVERSE}: there is now CNAME 200.0/25.{REVERSE}"
    )


def test_a_ttl_that_no_server_keeps_is_never_sent(server: PowerDns) -> None:
    name = fresh_name()
    with pytest.raises(RejectedError, match=r"a TTL of 2147483648 s is too long; 2147483647 is"):
        backend_of(server).apply(ZONE, [ptr(name, None, "mail.example.com.", ttl=2**31)])
    assert (name.to_text(), "PTR") not in transfer(server, REVERSE)


def test_a_zone_that_is_copied_from_elsewhere_is_refused(server: PowerDns) -> None:
    server.create_secondary("100.51.198.in-addr.arpa", "192.0.2.53")
    zone = dns.name.from_text("100.51.198.in-addr.arpa")
    assert {one.name for one in backend_of(server).list_zones() if one.is_copy} == {zone}
    for before, after in ((None, "mail.example.com."), ("mail.example.com.", None)):
        with pytest.raises(RejectedError) as caught:
            backend_of(server).apply(zone, [ptr(fresh_name(zone), before, after)])
        assert str(caught.value).endswith(
            "the zone 100.51.198.in-addr.arpa is a copy of the one at 192.0.2.53; write there"
        )


def test_thousands_of_changes_are_one_request(server: PowerDns) -> None:
    backend = backend_of(server)
    names = [fresh_name() for _ in range(3000)]
    backend.apply(ZONE, [ptr(name, None, "mail.example.com.") for name in names])
    held = transfer(server, REVERSE)
    assert all(held[name.to_text(), "PTR"] == (3600, ["mail.example.com."]) for name in names)
    backend.apply(ZONE, [ptr(name, "mail.example.com.", None) for name in names])
    assert not {(name.to_text(), "PTR") for name in names} & transfer(server, REVERSE).keys()


def test_two_instances_of_one_process_take_turns(server: PowerDns) -> None:
    backends = [backend_of(server), backend_of(server)]
    names = [fresh_name() for _ in range(20)]

    def take(name: dns.name.Name, number: int) -> int:
        try:
            backends[number].apply(ZONE, [ptr(name, None, f"host{number}.example.com.")])
        except ConflictError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        won = [sum(pool.map(take, names, repeat(number))) for number in (0, 1) for _ in range(2)]
    assert won[0] + won[2] >= len(names)
    held = transfer(server, REVERSE)
    assert all(held[name.to_text(), "PTR"] == (3600, ["host0.example.com."]) for name in names)


def write_all(url: str, names: list[str], hostname: str) -> int:
    """Create all names; give how many were won."""
    backend = backend_at(url, timeout=60)
    won = 0
    for name in map(dns.name.from_text, names):
        try:
            backend.apply(ZONE, [ptr(name, None, hostname)])
        except ConflictError:
            continue
        won += 1
    return won


def test_four_processes_write_one_zone_though_the_server_says_500(server: PowerDns) -> None:
    names = [[fresh_name().to_text() for _ in range(25)] for _ in range(4)]
    hostnames = [f"host{number}.example.com." for number in range(4)]
    with ProcessPoolExecutor(4, multiprocessing.get_context("spawn")) as pool:
        won = list(pool.map(write_all, repeat(server.api_url), names, hostnames))
    assert won == [25] * 4
    held = transfer(server, REVERSE)
    for theirs, hostname in zip(names, hostnames, strict=True):
        assert all(held[name, "PTR"] == (3600, [hostname]) for name in theirs)


def test_eight_threads_add_their_address_to_one_hostname(server: PowerDns) -> None:
    """One address of an RRset is added or removed in one request; the others stay."""
    zone = dns.name.from_text(FORWARD)
    name = fresh_name(zone)
    backend = backend_of(server)
    addresses = [f"198.51.100.{number}" for number in range(1, 9)]

    def change(address: str, *, add: bool) -> None:
        for _ in range(200):
            live = backend.get_rrset(zone, name, RdataType.A)
            held = {rdata.to_text() for rdata in live or ()}
            wanted = sorted(held | {address} if add else held - {address})
            after = rrset(name, "A", *wanted) if wanted else None
            try:
                return backend.apply(zone, [Change(name, RdataType.A, live, after)])
            except ConflictError:
                continue
        raise AssertionError("never won")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda address: change(address, add=True), addresses))
    assert transfer(server, FORWARD)[name.to_text(), "A"] == (3600, addresses)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda address: change(address, add=False), addresses[1:]))
    assert transfer(server, FORWARD)[name.to_text(), "A"] == (3600, addresses[:1])
