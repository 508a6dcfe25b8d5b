"""Several writers of one zone: exactly one wins a name, and nothing else is lost."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import repeat

import dns.name
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.errors import ConflictError
from tests.backends.contract import rrset
from tests.backends.rfc2136.tools import ZONE, at, backend_at, backend_of, fresh_name, ptr
from tests.servers.dynamic import FORWARD, REVERSE, transfer
from tests.servers.process import DnsServer


def take(server: str, names: list[str], hostname: str) -> list[str]:
    """Try to create all names with this hostname; give those that were won."""
    backend = backend_at(server)
    won = []
    for name in map(dns.name.from_text, names):
        try:
            backend.apply(ZONE, [ptr(name, None, hostname)])
        except ConflictError:
            continue
        won.append(name.to_text())
    return won


def test_of_two_processes_one_wins_each_name(server: DnsServer) -> None:
    names = [fresh_name().to_text() for _ in range(40)]
    hostnames = ["one.example.com.", "two.example.com."]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        won = list(pool.map(take, repeat(at(server)), repeat(names), hostnames))
    assert sorted(won[0] + won[1]) == sorted(names)
    held = transfer(server, REVERSE)
    for hostname, theirs in zip(hostnames, won, strict=True):
        assert all(held[name, "PTR"] == (3600, [hostname]) for name in theirs)


def test_eight_threads_write_a_hundred_names_of_one_zone(server: DnsServer) -> None:
    backend = backend_of(server)
    before = transfer(server, REVERSE)
    names = [fresh_name() for _ in range(100)]
    hostnames = [f"host{number}.example.com." for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda name, host: backend.apply(ZONE, [ptr(name, None, host)]), names, hostnames
            )
        )
    expected = {
        (name.to_text(), "PTR"): (3600, [host]) for name, host in zip(names, hostnames, strict=True)
    }
    assert transfer(server, REVERSE) == before | expected


def test_a_value_that_changed_under_our_hands_stays(server: DnsServer) -> None:
    name = fresh_name()
    one, other = backend_of(server), backend_of(server)
    one.apply(ZONE, [ptr(name, None, "one.example.com.")])
    other.apply(ZONE, [ptr(name, "one.example.com.", "two.example.com.")])
    for after, verb in (("three.example.com.", "write"), (None, "remove")):
        with pytest.raises(ConflictError) as caught:
            one.apply(ZONE, [ptr(name, "one.example.com.", after)])
        shown = f"corp: {verb} PTR of {name.to_text(True)}: there is now PTR two.example.com"
        assert str(caught.value) == shown
    assert transfer(server, REVERSE)[name.to_text(), "PTR"] == (3600, ["two.example.com."])


def test_eight_threads_add_their_address_to_one_hostname(server: DnsServer) -> None:
    """One address of an RRset is added or removed in one message; the others stay."""
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
