"""Answers are read with the path of what is wrong, and causes are found below the library."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import ssl

import msgspec
import pytest
import requests
import urllib3.exceptions
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.kit.answers import Answer, cause
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.errors import BackendError

LIST = Operation("host", "list", "all addresses")


class Ip(msgspec.Struct):
    address: str


def read(content: bytes) -> list[Ip]:
    return Answer(200, content, "GET /ips").read(LIST, list[Ip])


def failure(content: bytes) -> str:
    with pytest.raises(BackendError) as caught:
        read(content)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_an_answer_is_decoded() -> None:
    assert read(b'[{"address": "192.0.2.1", "new": 1}]') == [Ip("192.0.2.1")]


def test_an_answer_of_another_form_names_the_path() -> None:
    assert failure(b'[{"address": 7}]') == (
        "host: list all addresses: the answer to GET /ips is not as the API describes it: "
        "Expected `str`, got `int` - at `$[0].address`; a newer release of pulumi-rdns may help"
    )


@pytest.mark.parametrize(
    "content",
    [
        b"<html>",
        b"",
        b'[{"address": "\xff"}]',
        b'[{"address": "192.0.2.1", "more":' + b"[" * 200_000,
        b'[{"address": "\\ud800"}]',
        b'\xef\xbb\xbf[{"address": "192.0.2.1"}]',
    ],
    ids=["html", "nothing", "not UTF-8", "deep", "surrogate", "BOM"],
)
def test_an_answer_that_is_no_json_asks_for_the_url(content: bytes) -> None:
    assert failure(content) == (
        "host: list all addresses: the answer to GET /ips is not JSON; is apiUrl the address of "
        "the API?"
    )


def test_a_hook_reads_the_types_that_json_does_not_have() -> None:
    answer = Answer(200, b'"192.0.2.1"', "GET /")
    found = answer.read(LIST, ipaddress.IPv4Address, lambda kind, value: kind(value))
    assert found == ipaddress.IPv4Address("192.0.2.1")


@pytest.mark.parametrize(("status", "is_success"), [(200, True), (204, True), (301, False)])
def test_only_2xx_is_a_success(status: int, is_success: bool) -> None:
    assert Answer(status, b"", "GET /").is_success == is_success


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")))
def test_no_content_raises_anything_else(content: bytes) -> None:
    for kind in (list[Ip], Ip, dict[str, object], object):
        with contextlib.suppress(BackendError):
            Answer(200, content, "GET /ips").read(LIST, kind)


REFUSED = ConnectionRefusedError(111, "Connection refused")


def raised_from(inner: BaseException) -> BaseException:
    """Return an error that was raised because of another one."""
    error = ValueError("outer")
    error.__cause__ = inner
    return error


def in_the_handler_of(inner: BaseException) -> BaseException:
    """Return an error that was raised while another one was handled."""
    error = ValueError("outer")
    error.__context__ = inner
    return error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (REFUSED, "connection refused"),
        (raised_from(REFUSED), "connection refused"),
        (in_the_handler_of(REFUSED), "connection refused"),
        (
            requests.ConnectionError(urllib3.exceptions.ProtocolError("Connection cut.", REFUSED)),
            "connection refused",
        ),
        (
            requests.exceptions.SSLError(
                urllib3.exceptions.MaxRetryError(
                    urllib3.HTTPConnectionPool("ns1.example.net"),
                    "/",
                    ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed"),
                )
            ),
            "certificate verify failed: self-signed",
        ),
        (socket.gaierror(-2, "Name or service not known"), "name or service not known"),
        (OSError("no such bundle"), "no such bundle"),
        (requests.exceptions.InvalidURL("what is that"), "InvalidURL"),
    ],
    ids=["itself", "cause", "context", "argument", "reason", "name", "words", "nothing below"],
)
def test_the_cause_is_what_the_system_said(error: BaseException, text: str) -> None:
    assert cause(error) == text
