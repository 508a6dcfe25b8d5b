"""Each request is a line at DEBUG, without its secrets."""

from __future__ import annotations

import logging

import pytest

from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.requestlog import RequestLog

READ = Operation("pdns", "read PTR of", "1.2.0.192.in-addr.arpa")


def test_a_request_and_its_answer_are_one_line(caplog: pytest.LogCaptureFixture) -> None:
    log = RequestLog("powerdns", lambda text: text.replace("hunter2", "***"))
    with caplog.at_level(logging.DEBUG, "pulumi_rdns.backends"):
        log.answered(READ, "GET", "http://ns1.example.net/zones?key=hunter2", 200, 0.0123)
    assert caplog.record_tuples == [
        (
            "pulumi_rdns.backends.powerdns",
            logging.DEBUG,
            "pdns: read PTR of 1.2.0.192.in-addr.arpa: GET http://ns1.example.net/zones?key=***: "
            "200 in 12 ms",
        )
    ]
    assert "hunter2" not in repr(vars(caplog.records[0]))


def test_nothing_is_written_above_debug(caplog: pytest.LogCaptureFixture) -> None:
    def hide(text: str) -> str:
        raise AssertionError(text)

    with caplog.at_level(logging.INFO, "pulumi_rdns.backends"):
        RequestLog("powerdns", hide).answered(READ, "GET", "http://ns1.example.net/", 200, 0)
    assert caplog.records == []
