"""Each DNS message and its answer is one line at DEBUG, without the key's secret."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextvars import ContextVar

import pytest
from dns.rcode import Rcode

from pulumi_rdns.backends.batch import DONE, PtrChange
from pulumi_rdns.errors import UnavailableError
from tests.backends.rfc2136.tools import ZONE, at, backend_at, backend_of, fresh_name, ptr
from tests.servers.dynamic import FULL, REVERSE
from tests.servers.process import DnsServer
from tests.servers.proxy import CuttingProxy, proxied

LOGGER = "pulumi_rdns.backends.rfc2136"
MILLISECONDS = re.compile(r" in \d+ ms$")


@pytest.fixture
def proxy(bind: DnsServer) -> Iterator[CuttingProxy]:
    with proxied((bind.address, bind.port)) as proxy:
        yield proxy


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """List what was logged, without the milliseconds that end each line."""
    records = [record for record in caplog.records if record.name == LOGGER]
    assert {record.levelno for record in records} <= {logging.DEBUG}
    texts = [record.getMessage() for record in records]
    assert all(MILLISECONDS.search(text) for text in texts)
    assert not any("\n" in text or FULL.secret in text for text in texts)
    return [MILLISECONDS.sub("", text) for text in texts]


def test_a_write_is_its_messages_with_server_question_and_rcode(
    bind: DnsServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)
    name = fresh_name()
    owner = name.to_text(omit_final_dot=True)
    backend_of(bind).apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert lines(caplog)[:3] == [
        f"corp: find the zone of {owner}: QUERY SOA {owner} at {at(bind)}: NXDOMAIN",
        f"corp: write PTR of {owner}: UPDATE {REVERSE} at {at(bind)}: NOERROR",
        f"corp: read PTR of {owner}: QUERY PTR {owner} at {at(bind)}: NOERROR",
    ]


def test_a_batch_is_a_line_a_message(bind: DnsServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)
    made = [
        PtrChange(f"y{number}.log.{REVERSE}", (), (f"h{number}.example.com",), 60)
        for number in range(700)
    ]
    gone = [one._replace(before=one.after, after=()) for one in made]
    backend = backend_of(bind)
    assert backend.apply_ptrs(ZONE, made, lambda _: None) == [DONE] * 700
    sent = [line for line in lines(caplog) if "UPDATE" in line]
    assert sent == [
        f"corp: write PTR of {REVERSE}: UPDATE {REVERSE} ({size} changes) at {at(bind)}: NOERROR"
        for size in (500, 200)
    ]
    caplog.clear()
    backend.read_ptrs(ZONE, [one.owner for one in made])
    assert lines(caplog) == [
        f"corp: read the zone {REVERSE}: QUERY AXFR {REVERSE} at {at(bind)}: NOERROR"
    ]
    assert backend.apply_ptrs(ZONE, gone, lambda _: None) == [DONE] * 700


def test_a_message_whose_answer_is_lost_is_a_line_and_its_copy_is_another(
    proxy: CuttingProxy, caplog: pytest.LogCaptureFixture
) -> None:
    backend = backend_at(f"127.0.0.1:{proxy.port}")
    name = fresh_name()
    backend.find_zone(name)
    caplog.set_level(logging.DEBUG, LOGGER)
    proxy.lost_answers = 1
    backend.apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert proxy.lost_answers == 0
    update = f"UPDATE {REVERSE} at 127.0.0.1:{proxy.port}"
    first, copy = (line for line in lines(caplog) if update in line)
    assert first.partition(f"{update}: ")[2].startswith("gave no answer: ")
    assert copy.endswith(f"{update}: YXRRSET")


def test_a_server_that_is_not_there_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)
    with pytest.raises(UnavailableError):
        backend_at("127.0.0.1:9", timeout=1).find_zone(ZONE)
    assert lines(caplog) == [
        f"corp: find the zone of {REVERSE}: QUERY SOA {REVERSE} at 127.0.0.1:9: cannot be reached: "
        "connection refused"
    ]


def test_a_refusal_is_a_line_with_its_rcode(
    proxy: CuttingProxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)
    proxy.feigned_updates, proxy.feigned_rcode = 1, Rcode.SERVFAIL
    backend = backend_at(f"127.0.0.1:{proxy.port}", key=None)
    with pytest.raises(UnavailableError):
        backend.apply(ZONE, [ptr(fresh_name(), None, "mail.example.com.")])
    assert lines(caplog)[-1].endswith(f"UPDATE {REVERSE} at 127.0.0.1:{proxy.port}: SERVFAIL")


def test_nothing_is_logged_above_debug(bind: DnsServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    backend_of(bind).find_zone(fresh_name())
    assert caplog.records == []


def test_what_is_asked_in_threads_is_logged_in_the_context_of_the_caller(bind: DnsServer) -> None:
    caller: ContextVar[str] = ContextVar("caller", default="nobody")
    heard: list[tuple[str, str]] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append((threading.current_thread().name, caller.get()))

    logger, handler = logging.getLogger(LOGGER), Listening()
    backend = backend_of(bind)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        caller.set("us")
        backend.read_ptrs(ZONE, [f"{number}.log.{REVERSE}" for number in range(20)])
    finally:
        logger.setLevel(logging.NOTSET)
        logger.removeHandler(handler)
    assert len(heard) >= 20
    assert threading.current_thread().name not in {thread for thread, _ in heard}
    assert {context for _, context in heard} == {"us"}
