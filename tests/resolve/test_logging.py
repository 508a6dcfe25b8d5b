"""Each question to a server and its answer is one line at DEBUG."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar

import pytest

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.endpoints import parse_endpoint
from pulumi_rdns.model.names import parse_hostname
from pulumi_rdns.resolve.forward import DnsSource
from tests.fakes.dns import Answer, FakeDns, Question, silent

LOGGER = "pulumi_rdns.resolve"
MAIL, ADDRESS = parse_hostname("mail.example.com"), parse_address("192.0.2.10")


def right(question: Question) -> list[bytes]:
    return [question.reply(f"mail.example.com. 300 IN A {ADDRESS}").to_wire()]


def refused(question: Question) -> list[bytes]:
    return [question.reply(rcode="REFUSED").to_wire()]


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """List what was logged, without the milliseconds that end each line."""
    records = [record for record in caplog.records if record.name == LOGGER]
    assert {record.levelno for record in records} <= {logging.DEBUG}
    texts = [record.getMessage() for record in records]
    assert all(re.search(r" in \d+ ms$", text) for text in texts)
    return [re.sub(r" in \d+ ms$", "", text) for text in texts]


@pytest.mark.parametrize(
    ("answer", "status", "verdict"),
    [
        (right, "NOERROR", Verdict.CONFIRMED),
        (refused, "REFUSED", Verdict.UNKNOWN),
        (silent, "did not answer", Verdict.UNKNOWN),
    ],
)
def test_a_question_is_a_line_with_server_name_type_and_rcode(
    caplog: pytest.LogCaptureFixture, answer: Answer, status: str, verdict: Verdict
) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)
    with FakeDns(answer) as server:
        at = f"{server.address}:{server.port}"
        found = DnsSource(nameservers=[parse_endpoint(at)], timeout=0.4).look(MAIL, ADDRESS)
    assert found.verdict is verdict
    assert lines(caplog) == [f"QUERY A mail.example.com at {at}: {status}"]


def test_a_question_to_a_resolver_is_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)
    with FakeDns(refused) as resolver:
        at = f"{resolver.address}:{resolver.port}"
        DnsSource(resolvers=[parse_endpoint(at)], timeout=0.4).look(MAIL, ADDRESS)
    assert f"QUERY NS example.com (recursive) at {at}: REFUSED" in lines(caplog)


def test_a_server_that_is_not_asked_again_is_no_further_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)
    with FakeDns(silent) as server:
        source = DnsSource(
            nameservers=[parse_endpoint(f"{server.address}:{server.port}")], timeout=0.4
        )
        assert source.look(MAIL, ADDRESS).verdict is Verdict.UNKNOWN
        assert source.look(MAIL, ADDRESS).verdict is Verdict.UNKNOWN
    assert len(lines(caplog)) == 1


def test_nothing_is_logged_above_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    with FakeDns(right) as server:
        at = parse_endpoint(f"{server.address}:{server.port}")
        assert DnsSource(nameservers=[at]).look(MAIL, ADDRESS).verdict is Verdict.CONFIRMED
    assert caplog.records == []


def test_a_question_is_logged_in_the_context_of_whoever_asks_it() -> None:
    caller: ContextVar[str] = ContextVar("caller", default="nobody")
    heard: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(caller.get())

    logger, handler = logging.getLogger(LOGGER), Listening()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        with FakeDns(right) as server:
            at = parse_endpoint(f"{server.address}:{server.port}")
            source = DnsSource(nameservers=[at])
            for name in ("one", "two"):
                caller.set(name)
                assert source.look(MAIL, ADDRESS).verdict is Verdict.CONFIRMED
    finally:
        logger.setLevel(logging.NOTSET)
        logger.removeHandler(handler)
    assert heard == ["one", "two"]
