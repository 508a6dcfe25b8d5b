"""One request over HTTP, and each way in which it may have no answer."""

from __future__ import annotations

import email.utils
import importlib.metadata
import socket
import ssl
import time
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.kit.answers import Answer, Loss, NoAnswer
from pulumi_rdns.backends.kit.credentials import Credential, HeaderAuth
from pulumi_rdns.backends.kit.transport import Transport, _retry_after, prepare
from tests.backends.kit.server import Reply, Server, serving

#: what looks like a date
DATE = (
    r"\A(Sun, )?[0-9-]{1,9} (Jan|Foo) [0-9-]{1,12} [0-9]{1,3}(:[0-9.-]{1,5}){0,3}( GMT| [+-]\d+)?"
)
AUTH = HeaderAuth(Credential("s3cret", "rdns:backends.corp.apiToken"))


def transport(url: str, seconds: float = 5.0) -> Transport:
    return Transport(url, AUTH, (seconds, seconds))


def lost(url: str, seconds: float = 5.0) -> NoAnswer:
    outcome = transport(url, seconds).send("GET", "/ips", None)
    assert isinstance(outcome, NoAnswer)
    return outcome


def answered(server: Server) -> Answer:
    outcome = transport(server.url).send("GET", "/ips", None)
    assert isinstance(outcome, Answer)
    return outcome


def test_a_request_has_the_credential_the_product_and_the_body() -> None:
    with serving(Reply(201, {"made": True})) as server:
        outcome = transport(server.url).send("POST", "/ips", b'{"ptr":null}')
        assert outcome == Answer(201, b'{"made": true}', "POST /ips")
        (sent,) = server.sent
    assert (sent.method, sent.path, sent.body) == ("POST", "/ips", b'{"ptr":null}')
    assert sent.headers["Authorization"] == "Bearer s3cret"
    assert sent.headers["Accept"] == sent.headers["Content-Type"] == "application/json"
    assert sent.headers["User-Agent"] == f"pulumi-rdns/{importlib.metadata.version('pulumi-rdns')}"


def test_a_package_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with serving() as server:
        answered(server)
        assert server.sent[0].headers["User-Agent"] == "pulumi-rdns/unknown"


def test_a_netrc_does_not_take_the_place_of_the_credential(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving() as server:
        answered(server)
        assert server.sent[0].headers["Authorization"] == "Bearer s3cret"


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with serving(Reply(302, headers={"Location": "/elsewhere"})) as server:
        assert answered(server).status == 302
        assert len(server.sent) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("86400", 86400.0),
        ("9" * 30, 1e9),
        ("9" * 5000, 1e9),
        ("-7", None),
        ("Fri, 31 Dec 99999999 23:59:59 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Thu, 32 Foo 1970 99:99:99 GMT", None),
        ("²", None),
        ("soon", None),
        ("", None),
    ],
)
def test_the_pause_that_is_asked_for_is_read(text: str, seconds: float | None) -> None:
    with serving(Reply(503, headers={"Retry-After": text})) as server:
        assert answered(server).retry_after == seconds


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255)) | st.from_regex(DATE))
def test_whatever_is_asked_for_is_a_pause_or_none(text: str) -> None:
    pause = _retry_after(text)
    assert pause is None or 0 <= pause <= 1e9


def test_the_pause_may_be_a_date() -> None:
    date = email.utils.formatdate(time.time() + 60, usegmt=True)
    with serving(Reply(503, headers={"Retry-After": date})) as server:
        assert answered(server).retry_after == pytest.approx(60, abs=5)


class Signed(Transport):
    """The transport of an API whose SDK signs requests with a session of its own."""

    def request(self, method: str, path: str, body: bytes | None) -> requests.Response:
        with requests.Session() as session:
            prepare(session)
            return session.request(method, self._url + path, headers={"X-Signature": "signed"})


def test_an_sdk_may_sign_and_an_answer_has_the_id_that_support_asks_for() -> None:
    reply = Reply(302, {}, {"Location": "http://127.0.0.1:1/", "X-Query-Id": "EU.1"})
    with serving(reply) as server:
        outcome = Signed(server.url, AUTH, (5, 5), "X-Query-Id").send("GET", "/ips", None)
        (sent,) = server.sent
    assert outcome == Answer(302, b"{}", "GET /ips", request_id="EU.1")
    assert sent.headers["X-Signature"] == "signed"
    assert sent.headers["User-Agent"].startswith("pulumi-rdns/")
    assert "Authorization" not in sent.headers


def test_nobody_listening_is_unreachable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert lost(url) == NoAnswer(
            Loss.UNREACHABLE, f"{url} cannot be reached: connection refused"
        )


def test_a_connection_that_is_not_made_in_time_is_unreachable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(*_: object, **__: object) -> None:
        raise requests.exceptions.ConnectTimeout

    monkeypatch.setattr(requests.Session, "request", slow)
    assert lost("http://ns1.example.net") == NoAnswer(
        Loss.UNREACHABLE, "http://ns1.example.net cannot be reached: timed out"
    )


def test_no_answer_in_time_is_a_timeout() -> None:
    with serving(Reply("silence")) as server:
        assert lost(server.url, 0.1) == NoAnswer(
            Loss.TIMEOUT, f"{server.url} gave no answer: timed out"
        )
        assert len(server.sent) == 1


@pytest.mark.parametrize(
    "reply", [Reply("cut"), Reply(200, b"half", {"Content-Length": "400", "Connection": "close"})]
)
def test_a_connection_that_ends_early_is_cut(reply: Reply) -> None:
    with serving(reply) as server:
        outcome = lost(server.url, 0.5)
        assert outcome == NoAnswer(
            Loss.CUT, f"{server.url} gave no answer: it closed the connection"
        )


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 101 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsoon\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 70000,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab",
    ],
    ids=["SSH", "headers", "lengths", "chunk", "negative chunk", "long chunk", "gzip"],
)
def test_what_is_not_http_is_unreadable(answer: bytes) -> None:
    with serving(Reply("raw", answer)) as server:
        assert lost(server.url) == NoAnswer(
            Loss.UNREADABLE, f"{server.url} answered with something that is not HTTP"
        )


@pytest.mark.parametrize("location", ["http://[::1", "\xff://", "http://a..b:99999999/", ""])
def test_a_redirect_to_nowhere_is_an_answer(location: str) -> None:
    with serving(Reply(302, headers={"Location": location})) as server:
        assert answered(server).status == 302


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.example.net", "ns1.example.net:99999"])
def test_a_host_that_cannot_be_one_is_unreachable(host: str) -> None:
    outcome = lost(f"http://{host}")
    assert outcome.loss is Loss.UNREACHABLE
    assert outcome.reason.startswith(f"http://{host} cannot be reached: ")


def test_a_bundle_of_certificates_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    outcome = lost("https://ns1.example.net")
    assert outcome.loss is Loss.UNREACHABLE
    assert outcome.reason.endswith("invalid path: /nowhere/ca.pem")


def test_a_server_without_tls_is_unreachable_and_a_wrong_certificate_is_untrusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving() as server:
        url = server.url.replace("http:", "https:")
        outcome = lost(url)
    assert outcome.loss is Loss.UNREACHABLE
    assert outcome.reason.startswith(f"{url} cannot be reached securely: ")

    def refuse(*_: object, **__: object) -> None:
        reason = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed"
        raise requests.exceptions.SSLError(ssl.SSLCertVerificationError(1, reason))

    monkeypatch.setattr(requests.Session, "request", refuse)
    outcome = lost("https://ns1.example.net")
    assert outcome.loss is Loss.UNTRUSTED
    assert outcome.reason.endswith("certificate verify failed: self-signed")
