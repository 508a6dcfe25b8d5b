"""Answers that are too long, or take too long, as a whole."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import dns.name
import pytest

from pulumi_rdns.backends.base import reporting_to
from pulumi_rdns.backends.rfc2136 import sockets
from pulumi_rdns.errors import UnavailableError
from tests.backends.heard import Heard
from tests.backends.rfc2136.test_transfers import RECORDS, SOA, answer
from tests.backends.rfc2136.tools import backend_at
from tests.fakes.dns import FakeDns, Question, Slowly

ZONE = dns.name.from_text("example.com")
SERVED = "example.com. 60 IN SOA ns. host. 1 2 3 4 5"
OWNERS = [f"{at}.example.com" for at in range(40)]
TIMEOUT = 0.3


def endless(question: Question, pause: float) -> Iterator[bytes]:
    """Give a zone that has no end, and say of each single name that it is not there."""
    if question.rdtype != "AXFR":
        yield question.reply(rcode="NXDOMAIN", authority=SERVED).to_wire()
        return
    id_ = question.wire[:2]
    yield id_ + answer(SOA)[2:]
    message = answer(*[RECORDS[0]] * (1 if pause else 500))[2:]
    while True:
        time.sleep(pause)
        yield id_ + message


def test_a_transfer_has_a_deadline_as_a_whole() -> None:
    """Each message comes in time; the server gives them for ever."""
    heard, started = Heard(), time.monotonic()
    with FakeDns(lambda question: endless(question, TIMEOUT / 4)) as server, reporting_to(heard):
        assert backend_at(place(server), key=None, timeout=TIMEOUT).read_ptrs(ZONE, OWNERS) == {}
    assert TIMEOUT * 6 <= time.monotonic() - started < TIMEOUT * 30
    assert heard.warnings == [
        f"corp: read the zone example.com: {place(server)} did not finish its answer within 1.8 s; "
        "its records are asked for one by one"
    ]


def test_a_transfer_has_a_bound_on_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MOST_BYTES", 1 << 20)
    heard = Heard()
    with FakeDns(lambda question: endless(question, 0)) as server, reporting_to(heard):
        assert backend_at(place(server), key=None).read_ptrs(ZONE, OWNERS) == {}
    assert heard.warnings == [
        f"corp: read the zone example.com: {place(server)} gave an answer of more than 1 MiB; its "
        "records are asked for one by one"
    ]


def test_what_is_kept_of_a_zone_has_a_bound_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compression makes two bytes of a name of 255 (RFC 1035 section 4.1.4)."""
    monkeypatch.setattr("pulumi_rdns.backends.rfc2136.transfers._MOST_KEPT", 1 << 20)
    heard = Heard()
    with FakeDns(lambda question: endless(question, 0)) as server, reporting_to(heard):
        assert backend_at(place(server), key=None).read_ptrs(ZONE, OWNERS) == {}
    assert heard.warnings == [
        "corp: read the zone example.com: the names of the zone take more than 1 MiB; its records "
        "are asked for one by one"
    ]


def test_an_answer_that_comes_byte_by_byte_ends_with_the_time_out() -> None:
    def slow(question: Question) -> list[bytes]:
        return [Slowly(question.reply(SERVED).to_wire(), pause=TIMEOUT / 2)]

    started = time.monotonic()
    with FakeDns(slow) as server, pytest.raises(UnavailableError) as caught:
        backend_at(place(server), key=None, timeout=TIMEOUT).find_zone(ZONE)
    assert time.monotonic() - started < TIMEOUT * 5
    assert str(caught.value) == (
        f"corp: find the zone of example.com: {place(server)} gave no answer: timed out"
    )


@pytest.mark.parametrize("pause", [TIMEOUT / 10, 0.0])
def test_answers_to_questions_that_nobody_asked_end_with_the_time_out(pause: float) -> None:
    """Also where many questions are on their way, whose answers may come in any order."""

    def flood(question: Question) -> Iterator[bytes]:
        for number in itertools.count():
            time.sleep(pause)
            yield (number & 0xFFFF).to_bytes(2) + question.reply(SERVED).to_wire()[2:]

    started = time.monotonic()
    with FakeDns(flood) as server:
        backend = backend_at(place(server), key=None, timeout=TIMEOUT)
        backend.prefetch_zones([dns.name.from_text(owner) for owner in OWNERS])
    assert time.monotonic() - started < TIMEOUT * 10


@pytest.mark.parametrize("is_empty", [True, False])
def test_an_answer_that_is_truncated_over_tcp_is_no_answer(is_empty: bool) -> None:
    def truncated(question: Question) -> list[bytes]:
        reply = question.reply(*([] if is_empty else [SERVED]))
        reply.flags |= 0x0200
        return [reply.to_wire()]

    with FakeDns(truncated) as server, pytest.raises(UnavailableError) as caught:
        backend_at(place(server), key=None).find_zone(ZONE)
    assert str(caught.value) == (
        "corp: find the zone of example.com: the server truncated its answer, which over TCP makes "
        "no sense (TC)"
    )


def place(server: FakeDns) -> str:
    return f"127.0.0.1:{server.port}"
