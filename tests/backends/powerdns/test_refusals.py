"""What the user reads when the API refuses, is not there, or cannot make up its mind."""

from __future__ import annotations

import http.server
import re
import socket
import threading
import time
from collections.abc import Iterator

import dns.name
import pytest
import requests

from pulumi_rdns.backends.powerdns import PowerDnsBackend, PowerDnsSettings
from pulumi_rdns.errors import (
    AuthenticationError,
    BackendError,
    ConfigError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from tests.backends.powerdns.tools import backend_at, backend_of
from tests.backends.rfc2136.tools import ZONE, fresh_name, ptr
from tests.servers.dynamic import REVERSE, transfer
from tests.servers.powerdns import API_KEY, PowerDns
from tests.servers.process import free_port

FINDING = f"pdns: find the zone of {REVERSE}: "


class Replies(http.server.ThreadingHTTPServer):
    """Stands before the API: hands on, or answers what the test says."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        #: method -> how often, and then which status; 0 hands on and cuts before the answer
        self.instead: dict[str, list[int]] = {}
        #: what the next requests are answered with, instead of what the API says
        self.bodies: list[bytes] = []
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Replies

    def answer(self) -> None:
        self.server.seen.append(self.command)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        queue = self.server.instead.get(self.command, [])
        status = queue.pop(0) if queue else None
        if status in (None, 0):
            passed = requests.request(
                self.command,
                self.server.target + self.path,
                data=body,
                headers={"X-API-Key": self.headers["X-API-Key"]},
                timeout=10,
            )
            if status == 0:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            bodies = self.server.bodies
            self.reply(passed.status_code, bodies.pop(0) if bodies else passed.content)
        elif status == 200:
            self.reply(200, b"<html>welcome</html>")
        elif status == 1:
            time.sleep(1)
        else:
            self.reply(status, b'{"error": "so it is"}')

    do_GET = do_PATCH = answer  # noqa: N815

    def reply(self, status: int, content: bytes) -> None:
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def replies(server: PowerDns) -> Iterator[Replies]:
    with Replies(server.api_url) as replies:
        thread = threading.Thread(target=replies.serve_forever, args=(0.01,))
        thread.start()
        yield replies
        replies.shutdown()
        thread.join()


def failure(backend: PowerDnsBackend, kind: type[BackendError]) -> str:
    with pytest.raises(kind) as caught:
        backend.find_zone(ZONE)
    seen: BaseException | None = caught.value
    while seen is not None:
        assert API_KEY not in f"{seen!r} {vars(seen)!r}"
        seen = seen.__cause__ or seen.__context__
    return str(caught.value)


def test_a_wrong_api_key(server: PowerDns, monkeypatch: pytest.MonkeyPatch) -> None:
    said = failure(backend_at(server.api_url, key="wrong"), AuthenticationError)
    assert said == (
        f"{FINDING}the API key is not accepted: Unauthorized. It comes from "
        "rdns:backends.pdns.apiKey in the stack's configuration (refresh and destroy are given the "
        "one of the last update; RDNS_PDNS_APIKEY beats it); check `api-key` in the server's "
        "configuration (HTTP 401)"
    )
    monkeypatch.setenv("PDNS_API_KEY", "wrong")
    said = failure(backend_at(server.api_url, key="wrong"), AuthenticationError)
    assert "Unauthorized. It comes from the environment variable PDNS_API_KEY; check" in said


def test_a_wrong_server_id_and_a_wrong_url(server: PowerDns) -> None:
    backend = backend_at(server.api_url, server_id="other")
    assert failure(backend, RejectedError) == (
        f"{FINDING}there is no PowerDNS API at {server.api_url}/api/v1/servers/other; check apiUrl "
        "and serverId (HTTP 404)"
    )
    backend = backend_at(f"{server.api_url}/pdns/")
    assert failure(backend, RejectedError) == (
        f"{FINDING}there is no PowerDNS API at {server.api_url}/pdns/api/v1/servers/localhost; "
        "check apiUrl and serverId (HTTP 404)"
    )


def test_a_zone_that_is_not_there_has_the_server_s_own_words(server: PowerDns) -> None:
    away = dns.name.from_text("nowhere.invalid")
    with pytest.raises(ZoneNotFoundError) as caught:
        backend_of(server).get_rrset(away, away, ptr(away, None, "a.example.com.").rdtype)
    assert str(caught.value) == (
        "pdns: read PTR of nowhere.invalid: the server has no zone nowhere.invalid: Not Found "
        "(HTTP 404)"
    )
    with pytest.raises(ZoneNotFoundError) as caught:
        backend_of(server).find_zone(away)
    said = str(caught.value)
    assert said.startswith("pdns: find the zone of nowhere.invalid: none of the server's zones (")


def test_what_the_server_refuses_has_its_own_words(
    server: PowerDns, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = backend_of(server)
    monkeypatch.setattr(backend, "find_zone", lambda name: ZONE)
    away = dns.name.from_text("nowhere.invalid")
    with pytest.raises(RejectedError) as caught:
        backend.apply(ZONE, [ptr(away, None, "mail.example.com.")])
    assert str(caught.value) == (
        "pdns: write PTR of nowhere.invalid: the server refused it: RRset nowhere.invalid. IN PTR: "
        "Name is out of zone (HTTP 422)"
    )


def test_a_variant_of_a_zone_is_none_of_the_server_s_zones(
    server: PowerDns, replies: Replies
) -> None:
    """Since PowerDNS 5 the list may have some (https://doc.powerdns.com/authoritative/views.html)."""
    variant = b'{"id": "example.com..lab", "name": "example.com..lab", "kind": "Native"}'
    theirs = requests.get(
        f"{server.api_url}/api/v1/servers/localhost/zones",
        headers={"X-API-Key": API_KEY},
        timeout=10,
    ).content
    replies.bodies = [theirs.replace(b"[", b"[" + variant + b", ", 1)]
    assert backend_at(replies.url).find_zone(ZONE) == ZONE
    assert replies.bodies == []


def test_a_server_that_cannot_be_reached() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert failure(backend_at(url), UnavailableError) == (
        f"{FINDING}{url}/api/v1/servers/localhost cannot be reached: connection refused"
    )


def test_a_host_that_has_no_address() -> None:
    said = failure(backend_at("http://nowhere.invalid:8081"), UnavailableError)
    assert said.startswith(
        f"{FINDING}http://nowhere.invalid:8081/api/v1/servers/localhost cannot be reached: "
    )


def test_a_server_that_says_nothing(replies: Replies) -> None:
    replies.instead["GET"] = [1]
    assert failure(backend_at(replies.url, timeout=0.3), UnavailableError) == (
        f"{FINDING}{replies.url}/api/v1/servers/localhost gave no answer: timed out"
    )


def test_something_else_than_the_api(replies: Replies) -> None:
    replies.instead["GET"] = [200]
    said = failure(backend_at(replies.url), BackendError)
    assert said == (
        f"{FINDING}the answer to GET /zones?dnssec=false is not JSON; is apiUrl the address of the "
        "API?"
    )


def test_a_redirect_is_not_followed(replies: Replies) -> None:
    replies.instead["GET"] = [301]
    assert failure(backend_at(replies.url), RejectedError) == (
        f"{FINDING}the server answers with a redirect; correct apiUrl (HTTP 301)"
    )


def test_a_busy_server_is_asked_again(server: PowerDns, replies: Replies) -> None:
    name = fresh_name()
    replies.instead = {"GET": [500, 503], "PATCH": [500, 500]}
    backend_at(replies.url).apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert transfer(server, REVERSE)[name.to_text(), "PTR"] == (3600, ["mail.example.com."])
    assert replies.seen.count("PATCH") == 3


def test_a_server_that_stays_busy_is_given_up(replies: Replies) -> None:
    replies.instead["PATCH"] = [500] * 100
    name = fresh_name()
    with pytest.raises(UnavailableError) as caught:
        backend_at(replies.url, timeout=0.5).apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert re.fullmatch(
        f"pdns: write PTR of {re.escape(name.to_text(True))}: the server answered 500: so it is, "
        r"tried [3-9] times \(HTTP 500\)",
        str(caught.value),
    )


def test_a_change_whose_answer_is_lost_is_made_once_and_succeeds(
    server: PowerDns, replies: Replies
) -> None:
    name = fresh_name()
    replies.instead["PATCH"] = [0]
    backend_at(replies.url).apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert transfer(server, REVERSE)[name.to_text(), "PTR"] == (3600, ["mail.example.com."])
    assert replies.seen.count("PATCH") == 1


def test_a_server_that_always_cuts_names_its_usual_reason(replies: Replies) -> None:
    replies.instead["GET"] = [0] * 100
    assert re.fullmatch(
        f"{FINDING}{replies.url}/api/v1/servers/localhost gave no answer: it closed the "
        r"connection, tried [3-9] times; is webserver-allow-from right\?",
        failure(backend_at(replies.url, timeout=0.3), UnavailableError),
    )


def test_a_write_without_an_answer_says_that_the_outcome_is_not_known(replies: Replies) -> None:
    backend = backend_at(replies.url, timeout=0.4)
    backend.find_zone(ZONE)
    replies.instead["PATCH"] = [1]
    name = fresh_name()
    with pytest.raises(UnavailableError) as caught:
        backend.apply(ZONE, [ptr(name, None, "mail.example.com.")])
    assert str(caught.value).endswith(
        "gave no answer: timed out; whether the change was made is not known, and the next run "
        "finds out"
    )


@pytest.mark.parametrize(
    "url", ["ns1.example.net:8081", "ftp://ns1", "http://", "http://user:pw@ns1:8081"]
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        backend_at(url)
    assert str(caught.value) == (
        "rdns:backends.pdns.apiUrl: must be https://HOST or http://HOST, perhaps with a port and a "
        "path, and without a user or a password"
    )


@pytest.mark.parametrize("key", ["", " ", "schlüssel", "two\nlines"])
def test_a_key_that_is_none_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        backend_at("http://ns1.example.net:8081", key=key)
    assert str(caught.value) == (
        "rdns:backends.pdns.apiKey: is empty or has characters that it cannot have"
    )


def test_no_secret_is_in_the_repr_of_the_settings() -> None:
    settings = PowerDnsSettings(api_url="http://ns1.example.net:8081", api_key=API_KEY)
    assert API_KEY not in repr(settings)
    assert "ns1.example.net" in repr(settings)


def test_the_url_may_name_the_version_of_the_api(server: PowerDns) -> None:
    assert backend_at(f"{server.api_url}/api/v1/").find_zone(ZONE) == ZONE


def test_two_instances_of_one_server_are_one_place() -> None:
    one = backend_at("http://ns1.example.net:8081", key="one")
    other = backend_at("http://ns1.example.net:8081/api/v1/", key="other")
    assert one.identity == other.identity
    assert one.identity != backend_at("http://ns2.example.net:8081", key="one").identity
