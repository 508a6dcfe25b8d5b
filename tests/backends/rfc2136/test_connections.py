"""Servers that cannot be reached, that hang up, and that lose what they were sent."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dns.rcode import Rcode

from pulumi_rdns.errors import BackendError, ConflictError, RejectedError, UnavailableError
from tests.backends.rfc2136 import conftest
from tests.backends.rfc2136.tools import ZONE, at, backend_at, backend_of, fresh_name, ptr
from tests.servers.dynamic import REVERSE, serial, started, transfer
from tests.servers.process import DnsServer, free_port
from tests.servers.proxy import CuttingProxy, proxied


@pytest.fixture
def proxy(bind: DnsServer) -> Iterator[CuttingProxy]:
    with proxied((bind.address, bind.port)) as proxy:
        yield proxy


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def through(proxy: CuttingProxy) -> str:
    return f"127.0.0.1:{proxy.port}"


def test_one_connection_serves_many_messages(proxy: CuttingProxy) -> None:
    backend = backend_at(through(proxy))
    for _ in range(5):
        backend.apply(ZONE, [ptr(fresh_name(), None, "mail.example.com.")])
    assert proxy.connections == 1


def test_threads_have_a_connection_each_and_share_them_later(proxy: CuttingProxy) -> None:
    backend = backend_at(through(proxy))
    with ThreadPoolExecutor(4) as pool:
        names = [fresh_name() for _ in range(40)]
        list(pool.map(lambda name: backend.apply(ZONE, [ptr(name, None, "a.example.com.")]), names))
    assert proxy.connections <= 4


def test_a_server_that_closes_idle_connections_is_asked_again(
    bind: DnsServer, proxy: CuttingProxy
) -> None:
    proxy.answers_per_connection = 1
    backend = backend_at(through(proxy))
    names = [fresh_name() for _ in range(5)]
    for name in names:
        backend.apply(ZONE, [ptr(name, None, "mail.example.com.")])
    held = transfer(bind, REVERSE)
    assert all((name.to_text(), "PTR") in held for name in names)


@pytest.mark.parametrize("program", conftest.KINDS)
def test_a_server_that_was_started_again_is_asked_again(program: str, tmp_path: Path) -> None:
    server = started(conftest.KINDS[program], tmp_path)
    try:
        backend = backend_of(server)
        one, two = fresh_name(), fresh_name()
        backend.apply(ZONE, [ptr(one, None, "mail.example.com.")])
        server.stop()
        with pytest.raises(UnavailableError) as caught:
            backend.apply(ZONE, [ptr(one, "mail.example.com.", None)])
        assert str(caught.value) == (
            f"corp: remove PTR of {one.to_text(True)}: {at(server)} cannot be reached: connection "
            "refused"
        )
        server.start()
        backend.apply(ZONE, [ptr(two, None, "mail.example.com.")])
        held = transfer(server, REVERSE)
        assert {(one.to_text(), "PTR"), (two.to_text(), "PTR")} <= held.keys()
    finally:
        server.stop()


def test_a_change_whose_answer_is_lost_is_made_once_and_succeeds(
    bind: DnsServer, proxy: CuttingProxy
) -> None:
    backend = backend_at(through(proxy))
    name = fresh_name()
    for before, after in (
        (None, "one.example.com."),
        ("one.example.com.", "two.example.com."),
        ("two.example.com.", None),
    ):
        number = serial(bind, REVERSE)
        proxy.lost_answers = 1
        backend.apply(ZONE, [ptr(name, before, after)])
        assert serial(bind, REVERSE) == number + 1
        expected = (3600, [after]) if after else None
        assert transfer(bind, REVERSE).get((name.to_text(), "PTR")) == expected


def test_a_change_that_is_lost_on_its_way_is_sent_again(
    bind: DnsServer, proxy: CuttingProxy
) -> None:
    backend = backend_at(through(proxy))
    name = fresh_name()
    proxy.lost_updates = 1
    backend.apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert (name.to_text(), "PTR") in transfer(bind, REVERSE)


def test_an_answer_that_is_lost_and_a_stranger_who_was_faster_is_a_conflict(
    bind: DnsServer, proxy: CuttingProxy
) -> None:
    name = fresh_name()
    backend_of(bind).apply(ZONE, [ptr(name, None, "stranger.example.com.")])
    proxy.lost_updates = 1
    with pytest.raises(ConflictError, match="there is now PTR stranger"):
        backend_at(through(proxy)).apply(ZONE, [ptr(name, None, "mail.example.com.")])


def test_a_server_that_cuts_every_update_says_that_the_outcome_is_not_known(
    proxy: CuttingProxy,
) -> None:
    proxy.lost_answers = 1000
    name = fresh_name()
    with pytest.raises(UnavailableError) as caught:
        backend_at(through(proxy)).apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert str(caught.value) == (
        f"corp: write PTR of {name.to_text(True)}: {through(proxy)} gave no answer: it closed the "
        "connection; whether the change was made is not known, and the next run finds out"
    )
    assert proxy.updates <= 3
    proxy.lost_answers = 0
    backend_at(through(proxy)).apply(ZONE, [ptr(name, None, "mail.example.com.")])


def test_an_answer_that_is_no_error_and_did_nothing_is_found(
    bind: DnsServer, proxy: CuttingProxy
) -> None:
    """The proxy answers for the server, without a key, that all is well."""
    open_bind = backend_at(through(proxy), key=None)
    proxy.feigned_updates = 1000
    name = fresh_name()
    with pytest.raises(UnavailableError) as caught:
        open_bind.apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert str(caught.value) == (
        f"corp: write PTR of {name.to_text(True)}: the server answered NOERROR, and still does not "
        "show the change; most likely `server` is a secondary that is behind its primary "
        "(allow-update-forwarding), or else another view answers the queries, or another server (a "
        "load balancer) (NOERROR)"
    )


def test_an_unsigned_success_is_not_believed(proxy: CuttingProxy) -> None:
    proxy.feigned_updates = 1
    with pytest.raises(Exception, match="answered, but did not sign it with the key rdns-test"):
        backend_at(through(proxy)).apply(ZONE, [ptr(fresh_name(), None, "mail.example.com.")])


@pytest.mark.parametrize(
    ("rcode", "kind", "reason"),
    [
        (
            Rcode.SERVFAIL,
            UnavailableError,
            "the server failed, and its log says why; often it may not write its journal beside "
            "the zone file, or the zone did not load",
        ),
        (Rcode.NOTIMP, RejectedError, "the server does not take dynamic updates"),
        (
            Rcode.FORMERR,
            RejectedError,
            "the server does not accept the update; its log may say why",
        ),
    ],
)
def test_a_refusal_that_is_not_signed_is_shown_with_its_rcode(
    proxy: CuttingProxy, rcode: Rcode, kind: type[BackendError], reason: str
) -> None:
    proxy.feigned_updates, proxy.feigned_rcode = 1, rcode
    name = fresh_name()
    with pytest.raises(kind) as caught:
        backend_at(through(proxy)).apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert str(caught.value) == f"corp: write PTR of {name.to_text(True)}: {reason} ({rcode.name})"


def test_a_server_that_says_nothing_is_waited_for_once(silent: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        backend_at(silent, timeout=0.3).find_zone(ZONE)
    assert str(caught.value) == (
        f"corp: find the zone of {REVERSE}: {silent} gave no answer: timed out"
    )


def test_the_next_server_is_asked_when_one_cannot_be_reached(bind: DnsServer, silent: str) -> None:
    closed = f"127.0.0.1:{free_port()}"
    backend = backend_at(closed, silent, at(bind), timeout=0.5)
    name = fresh_name()
    backend.apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert (name.to_text(), "PTR") in transfer(bind, REVERSE)


def test_when_no_server_can_be_reached_all_of_them_are_named() -> None:
    one, two = (f"127.0.0.1:{free_port()}" for _ in range(2))
    with pytest.raises(UnavailableError) as caught:
        backend_at(one, two, "nowhere.invalid").find_zone(ZONE)
    said = str(caught.value)
    assert said.startswith(
        f"corp: find the zone of {REVERSE}: {one} cannot be reached: connection refused; "
        f"{two} cannot be reached: connection refused; nowhere.invalid cannot be reached: "
    )
