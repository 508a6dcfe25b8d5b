"""What the user reads when a server refuses: each sentence says what to check."""

from __future__ import annotations

import time
from types import SimpleNamespace

import dns.message
import dns.name
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.batch import DONE, PtrChange
from pulumi_rdns.backends.rfc2136 import Rfc2136Backend
from pulumi_rdns.errors import AuthenticationError, RejectedError, ZoneNotFoundError
from pulumi_rdns.model.names import from_dns
from tests.backends.contract import rrset
from tests.backends.rfc2136.tools import ZONE, backend_of, fresh_name, ptr
from tests.servers.dynamic import FORWARD, FULL, NARROW, REVERSE, Key, transfer
from tests.servers.process import DnsServer

NAME = dns.name.from_text(f"9.{REVERSE}")
FINDING = f"corp: find the zone of 9.{REVERSE}: "
WRITING = f"corp: write PTR of 9.{REVERSE}: "
ORIGIN = "from rdns:backends.corp.keySecret"
KEY = f"the key rdns-test (hmac-sha256, {ORIGIN})"
ALL = "check keyName, keySecret, keyAlgorithm and this machine's clock"


def refusal(backend: Rfc2136Backend) -> str:
    with pytest.raises(AuthenticationError) as caught:
        backend.apply(ZONE, [ptr(NAME, None, "mail.example.com.")])
    assert FULL.secret not in str(caught.value)
    return str(caught.value)


def unknown_key(text: str) -> str:
    return (
        f"{FINDING}the server does not know the key {text}, or does not let it do this; check "
        "keyName and keyAlgorithm, and what the key may change there (BADKEY)"
    )


@pytest.fixture(params=["bind", "knot"])
def signer(request: pytest.FixtureRequest) -> DnsServer:
    """A server that says in a TSIG record what is wrong with a signature, unlike PowerDNS."""
    server: DnsServer = request.getfixturevalue(request.param)
    return server


def test_the_name_of_a_key_is_the_same_in_upper_case(server: DnsServer) -> None:
    """In single messages, in many on their way at once, and in transfers."""
    backend = backend_of(server, key=Key(FULL.name.upper(), FULL.secret))
    assert backend.identity == backend_of(server).identity
    name = fresh_name()
    backend.apply(ZONE, [ptr(name, None, "mail.example.com.")])
    owners = [from_dns(fresh_name()) for _ in range(40)]
    made = [PtrChange(owner, (), ("mail.example.com",), 60) for owner in owners]
    assert backend.apply_ptrs(ZONE, made, lambda _: None) == [DONE] * 40
    assert backend.read_ptrs(ZONE, owners).keys() == set(owners)
    assert ZONE not in backend._reader._untransferable


def test_the_name_of_a_key_is_shown_as_it_was_given(bind: DnsServer) -> None:
    backend = backend_of(bind, key=Key("NoBody", FULL.secret))
    assert refusal(backend) == unknown_key(f"NoBody (hmac-sha256, {ORIGIN})")


def test_a_key_that_the_server_does_not_know(signer: DnsServer) -> None:
    backend = backend_of(signer, key=Key("nobody", FULL.secret))
    assert refusal(backend) == unknown_key(f"nobody (hmac-sha256, {ORIGIN})")


def test_another_algorithm_than_the_key_s(signer: DnsServer) -> None:
    backend = backend_of(signer, algorithm="hmac-sha512")
    assert refusal(backend) == unknown_key(f"rdns-test (hmac-sha512, {ORIGIN})")


def test_another_secret(signer: DnsServer) -> None:
    backend = backend_of(signer, key=Key(FULL.name, NARROW.secret))
    assert refusal(backend) == (
        f"{FINDING}the server does not accept the signature of {KEY}; check keySecret and "
        "keyAlgorithm (BADSIG)"
    )


@pytest.mark.parametrize(("hours", "shown"), [(1, "ahead"), (-1, "behind")])
def test_a_clock_that_is_an_hour_off(
    signer: DnsServer, monkeypatch: pytest.MonkeyPatch, hours: int, shown: str
) -> None:
    wrong = SimpleNamespace(time=lambda: time.time() + hours * 3600)
    monkeypatch.setattr(dns.message, "time", wrong)
    said = refusal(backend_of(signer))
    assert said in {
        f"{FINDING}this machine's clock and the server's are too far apart (this one is "
        f"{seconds} s {shown}); set them by NTP (BADTIME)"
        for seconds in range(3598, 3602)
    }


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (Key("nobody", FULL.secret), None),
        (Key(FULL.name, NARROW.secret), None),
        (FULL, "hmac-sha1"),
    ],
)
def test_powerdns_does_not_say_which_of_them_is_wrong(
    powerdns: DnsServer, key: Key, algorithm: str | None
) -> None:
    assert refusal(backend_of(powerdns, key=key, algorithm=algorithm)) == (
        f"{FINDING}the server does not accept the key {key.name} "
        f"({algorithm or key.algorithm}, {ORIGIN}); {ALL} (NOTAUTH)"
    )


def test_a_wrong_clock_that_powerdns_notices_at_the_update(
    powerdns: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = backend_of(powerdns)
    backend.find_zone(NAME)
    monkeypatch.setattr(dns.message, "time", SimpleNamespace(time=lambda: time.time() + 3600))
    assert refusal(backend) == (
        f"{WRITING}the server refused it: {KEY} may not make this change in the zone {REVERSE}; "
        "check the server's update policy (names, types, addresses), and that the zone is not "
        f"frozen. The answer is not signed, so {ALL} too (REFUSED)"
    )


def test_no_key_where_one_is_needed(bind: DnsServer, knot: DnsServer, powerdns: DnsServer) -> None:
    for server in (bind, powerdns):
        assert refusal(backend_of(server, key=None)) == (
            f"{WRITING}the server refused it: a client without a key (keyName) may not make this "
            f"change in the zone {REVERSE}; check the server's update policy (names, types, "
            "addresses), and that the zone is not frozen (REFUSED)"
        )
    assert refusal(backend_of(knot, key=None)) == (
        f"{WRITING}the server does not take updates of the zone {REVERSE} from a client without a "
        "key (keyName); check that `server` is its primary, and what may be updated there by whom "
        "(NOTAUTH)"
    )


def test_a_type_that_the_key_may_not_change(bind: DnsServer, knot: DnsServer) -> None:
    zone = dns.name.from_text(FORWARD)
    name = fresh_name(zone)
    change = Change(name, RdataType.A, None, rrset(name, "A", "192.0.2.1"))
    said = {}
    for server in (bind, knot):
        with pytest.raises(AuthenticationError) as caught:
            backend_of(server, key=NARROW).apply(zone, [change])
        said[server.program] = str(caught.value)
        assert (name.to_text(), "A") not in transfer(server, FORWARD)
    narrow = f"the key ptr-only (hmac-sha256, {ORIGIN})"
    assert said == {
        "named": f"corp: write A of {name.to_text(True)}: the server refused it: {narrow} may not "
        f"make this change in the zone {FORWARD}; check the server's update policy (names, types, "
        "addresses), and that the zone is not frozen (REFUSED)",
        "knotd": f"corp: write A of {name.to_text(True)}: the server does not know {narrow}, or "
        "does not let it do this; check keyName and keyAlgorithm, and what the key may change "
        "there (BADKEY)",
    }


def test_a_zone_that_the_server_does_not_have(server: DnsServer) -> None:
    with pytest.raises(ZoneNotFoundError) as caught:
        backend_of(server).find_zone(dns.name.from_text("1.113.0.203.in-addr.arpa"))
    assert str(caught.value) == (
        "corp: find the zone of 1.113.0.203.in-addr.arpa: the server has no zone that contains it, "
        "or does not show it to this client (REFUSED)"
    )


def test_a_name_outside_the_zone(server: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look at the place comes first; without it the server says so."""
    backend = backend_of(server)
    away = dns.name.from_text("nowhere.invalid")
    monkeypatch.setattr(backend._zones, "find", lambda name: ZONE)
    with pytest.raises(RejectedError) as caught:
        backend.apply(ZONE, [ptr(away, None, "mail.example.com.")])
    assert str(caught.value) == (
        "corp: write PTR of nowhere.invalid: this name is not in the server's zone "
        f"{REVERSE}; check `zone` (NOTZONE)"
    )


def test_a_zone_that_the_server_loses_under_our_hands(
    server: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = backend_of(server)
    away = dns.name.from_text("nowhere.invalid")
    monkeypatch.setattr(backend._zones, "find", lambda name: away)
    with pytest.raises(AuthenticationError) as caught:
        backend.apply(away, [ptr(away, None, "mail.example.com.")])
    assert str(caught.value).startswith(
        "corp: write PTR of nowhere.invalid: the server does not take updates of the zone "
        f"nowhere.invalid from {KEY}; check that `server` is its primary, and what may be updated "
        "there by whom"
    )
    assert str(caught.value).endswith("(NOTAUTH)")
