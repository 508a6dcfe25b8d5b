"""Requests to an API: what is repeated, what is waited for, what is raised, what is logged."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_rdns.backends.base import reporting_to
from pulumi_rdns.backends.kit.answers import Answer, Loss, NoAnswer, UnansweredError
from pulumi_rdns.backends.kit.credentials import Auth, HeaderAuth, read_credential
from pulumi_rdns.backends.kit.http import Http, Refusal, Vendor, check_url
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.retry import RetryPolicy
from pulumi_rdns.backends.kit.transport import Transport
from pulumi_rdns.errors import (
    AuthenticationError,
    BackendError,
    ConfigError,
    RateLimitError,
    RejectedError,
)
from tests.backends.heard import Heard
from tests.backends.kit.server import Reply, Server, serving
from tests.backends.kit.tools import FakeTime

TOKEN = "not-a-real-token"
STARTS = "corp: read the PTR of 192.0.2.1: "


def read_refusal(content: bytes) -> Refusal:
    body = json.loads(content)
    return Refusal(body.get("message", ""), body.get("code", ""))


VENDOR = Vendor("host", "the API", "API token", "tokens are made in the panel", read_refusal)


class World:
    """An API, a client of it, and a clock that goes on when somebody sleeps."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.time = FakeTime()
        self.heard = Heard()

    def http(self, vendor: Vendor = VENDOR, **options: object) -> Http:
        auth = HeaderAuth(read_credential("corp", "apiToken", TOKEN, {}))
        policy = RetryPolicy(window=20, first=1, longest=8)
        settings = {"policy": policy, "clock": self.time.clock, **options}
        return Http(vendor, self.server.url, auth, **settings)  # type: ignore[arg-type]

    def operation(self, limit: float = 300.0) -> Operation:
        return Operation("corp", "read the PTR of", "192.0.2.1", self.time.clock, limit)

    @property
    def waited(self) -> float:
        return self.time.now() - 1000

    def answer(self, *replies: Reply) -> None:
        self.server.replies = list(replies)


@pytest.fixture
def world() -> Iterator[World]:
    with serving() as server:
        world = World(server)
        with reporting_to(world.heard):
            yield world


def failure(world: World, kind: type[BackendError], method: str = "GET") -> BackendError:
    with pytest.raises(kind) as caught:
        world.http().send(world.operation(), method, "/ips")
    return caught.value


def test_a_body_is_sent_as_json_and_a_query_in_the_url(world: World) -> None:
    world.answer(Reply(200, {"ips": []}))
    answer = world.http().send(
        world.operation(), "POST", "/ips", {"ptr": None}, query={"name": "a b", "page": "1"}
    )
    assert (answer.status, answer.code, answer.sent) == (200, "HTTP 200", 1000)
    (sent,) = world.server.sent
    assert (sent.method, sent.path, sent.body) == (
        "POST",
        "/ips?name=a+b&page=1",
        b'{"ptr":null}',
    )


@pytest.mark.parametrize(("body", "content"), [(None, b""), ({}, b"{}"), ([], b"[]")])
def test_an_empty_body_is_sent_and_none_is_not(world: World, body: object, content: bytes) -> None:
    world.http().send(world.operation(), "POST", "/ips", body)
    assert world.server.sent[0].body == content


@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        (
            Reply(422, {"message": "no such name"}),
            RejectedError,
            "the API refused it: no such name",
        ),
        (Reply(418), RejectedError, "the API refused it: status 418"),
        (Reply(301), RejectedError, "the API answers with a redirect; correct apiUrl"),
        (
            Reply(401, {"message": "who?"}),
            AuthenticationError,
            "the API token is not accepted: who?. It comes from rdns:backends.corp.apiToken in the "
            "stack's configuration (refresh and destroy are given the one of the last update; "
            "RDNS_CORP_APITOKEN beats it); tokens are made in the panel",
        ),
        (Reply(403), AuthenticationError, "the API token may not do this: status 403. It comes "),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Reply) else "",
)
def test_a_refusal_is_a_sentence_and_not_repeated(
    world: World, reply: Reply, kind: type[BackendError], text: str
) -> None:
    world.answer(reply)
    error = failure(world, kind)
    assert str(error).startswith(STARTS + text)
    assert error.code == f"HTTP {reply.status}"
    assert len(world.server.sent) == 1


def test_the_vendor_s_own_code_beats_the_status(world: World) -> None:
    world.answer(Reply(422, {"message": "no", "code": "correlation id c-1"}))
    assert str(failure(world, RejectedError)).endswith(
        "the API refused it: no (correlation id c-1)"
    )


@pytest.mark.parametrize("status", [422, 503])
def test_the_id_of_a_request_is_what_support_asks_for(world: World, status: int) -> None:
    world.answer(Reply(status, {"message": "no", "code": "invalid"}, {"X-Request-Id": "c-1"}))
    http = world.http(VENDOR._replace(id_header="X-Request-Id"))
    with pytest.raises(BackendError) as caught:
        http.send(world.operation(), "POST", "/ips", repeat=False)
    assert caught.value.code == "invalid, correlation id c-1"


@pytest.mark.parametrize("status", [422, 500])
def test_the_words_of_an_api_are_a_part_of_one_line(world: World, status: int) -> None:
    words = f"no\r\n\t{TOKEN}\x1b[2J " + "x" * 10**6
    world.answer(Reply(status, {"message": words, "code": words}))
    with pytest.raises(BackendError) as caught:
        world.http().send(world.operation(), "PUT", "/ips", repeat=False)
    text = str(caught.value)
    assert r"no ***\x1b[2J xxx" in text
    assert len(text) < 1200
    assert "\n" not in text
    assert TOKEN not in text


def test_an_answer_that_is_no_http_is_not_repeated(world: World) -> None:
    world.answer(Reply("raw", b"SSH-2.0-OpenSSH_9.6\r\n"))
    with pytest.raises(UnansweredError) as caught:
        world.http().send(world.operation(), "PUT", "/ips")
    assert str(caught.value) == (
        f"{STARTS}{world.server.url} answered with something that is not HTTP; whether the change "
        "was made is not known, and the next run finds out"
    )
    assert len(world.server.sent) == 1


def test_an_expected_status_is_returned_with_its_reason(world: World) -> None:
    world.answer(Reply(404, {"message": f"no address for {TOKEN}"}))
    http = world.http()
    answer = http.send(world.operation(), "GET", "/ips/192.0.2.1", expected=(404,))
    assert answer.status == 404
    assert http.reason(answer) == "no address for ***"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(500, {"message": "so it is"}), "the API answered 500: so it is"),
        (Reply(502), "the API answered 502"),
        (Reply("cut"), "gave no answer: it closed the connection"),
    ],
    ids=["500", "502", "cut"],
)
def test_what_may_pass_is_repeated_with_growing_pauses(
    world: World, reply: Reply, reason: str
) -> None:
    world.answer(reply, reply, reply, Reply(200))
    assert world.http().send(world.operation(), "GET", "/ips").is_success
    assert world.waited == pytest.approx(1 + 2 + 4, abs=0.01)
    assert world.heard.told[0].endswith(f"{reason}; trying again")


def test_what_does_not_pass_is_given_up_and_says_how_often_it_was_tried(world: World) -> None:
    world.answer(Reply(500, {"message": "so it is"}))
    error = failure(world, UnansweredError)
    assert str(error) == f"{STARTS}the API answered 500: so it is, tried 5 times (HTTP 500)"
    assert isinstance(error, UnansweredError)
    assert error.loss is Loss.FAILED
    assert world.waited <= 20


def test_the_pause_that_the_api_asks_for_is_kept_and_none_is_begun_in_vain(world: World) -> None:
    world.answer(Reply(503, headers={"Retry-After": "9"}), Reply(200))
    world.http().send(world.operation(), "GET", "/ips")
    assert world.waited == pytest.approx(9, abs=0.01)
    world.answer(Reply(503, headers={"Retry-After": "60"}))
    failure(world, UnansweredError)
    assert world.waited == pytest.approx(9, abs=0.01)


def test_a_request_that_is_not_to_be_repeated_is_sent_once(world: World) -> None:
    world.answer(Reply(500))
    with pytest.raises(UnansweredError, match=r"the API answered 500 \(HTTP 500\)"):
        world.http().send(world.operation(), "POST", "/ips", repeat=False)
    assert len(world.server.sent) == 1


def test_a_loss_that_the_policy_does_not_repeat_is_raised_at_once(world: World) -> None:
    world.answer(Reply(500))
    http = world.http(policy=RetryPolicy(losses=frozenset({Loss.CUT})))
    with pytest.raises(UnansweredError):
        http.send(world.operation(), "GET", "/ips")
    assert len(world.server.sent) == 1


@pytest.mark.parametrize(("method", "is_unknown"), [("GET", False), ("PUT", True)])
def test_a_write_without_an_answer_says_that_nobody_knows(
    world: World, method: str, is_unknown: bool
) -> None:
    world.answer(Reply("silence"))
    http = world.http(timeouts=(1.0, 0.1))
    with pytest.raises(UnansweredError) as caught:
        http.send(world.operation(), method, "/ips", repeat=False)
    assert ("whether the change was made is not known" in str(caught.value)) == is_unknown
    assert caught.value.loss is Loss.TIMEOUT


def test_the_vendor_s_usual_reason_for_a_cut_is_told(world: World) -> None:
    world.answer(Reply("cut"))
    http = world.http(VENDOR._replace(cut_advice="is the address allowed?"))
    with pytest.raises(UnansweredError, match=r"closed the connection; is the address allowed\?$"):
        http.send(world.operation(), "GET", "/ips", repeat=False)


# The rate limit


def test_a_429_is_waited_for_also_where_nothing_else_is_repeated(world: World) -> None:
    world.answer(Reply(429, headers={"Retry-After": "7"}), Reply(429), Reply(200))
    world.http().send(world.operation(), "POST", "/ips", repeat=False)
    assert len(world.server.sent) == 3
    assert 7 + 1.5 <= world.waited <= 7 + 2.1
    assert world.heard.told[0] == "too many requests; pausing for 7 s"


@pytest.mark.parametrize(("limit", "tried"), [(100.0, 80), (math.inf, 0)])
def test_a_rate_limit_that_does_not_end_is_given_up_at_the_limit_or_after_the_window(
    world: World, limit: float, tried: int
) -> None:
    world.answer(Reply(429, {"code": "correlation id c-1"}, {"Retry-After": "40"}))
    with pytest.raises(RateLimitError) as caught:
        world.http().send(world.operation(limit), "GET", "/ips")
    assert str(caught.value) == (
        f"{STARTS}too many requests: tried for {tried} s, and a pause of another 40 s is due; run "
        "it again later, or raise `timeout` (correlation id c-1)"
    )


@pytest.mark.parametrize("limit", [300.0, math.inf])
def test_a_pause_of_a_day_is_told_as_it_is(world: World, limit: float) -> None:
    world.answer(Reply(429, {"message": "come back tomorrow"}, {"Retry-After": "86400"}))
    with pytest.raises(RateLimitError) as caught:
        world.http().send(world.operation(limit), "GET", "/ips")
    assert str(caught.value) == (
        f"{STARTS}too many requests (come back tomorrow): tried for 0 s, and a pause of another "
        "86400 s (24 hours) is due; run it again after it (HTTP 429)"
    )


def test_the_pause_is_shared_by_all_threads(world: World) -> None:
    world.answer(Reply(429, headers={"Retry-After": "5"}), Reply(200))
    http = world.http()
    http.send(world.operation(), "GET", "/ips")
    refused = len(world.server.sent)
    assert refused == 2
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: http.send(world.operation(), "GET", "/ips"), range(4)))
    assert len(world.server.sent) == refused + 4


# Looking again


@pytest.mark.parametrize(
    "replies",
    [[Reply(429, headers={"Retry-After": "5"})], [Reply(500)]],
    ids=["429", "500"],
)
def test_after_a_pause_it_is_looked_again_right_before_the_request(
    world: World, replies: list[Reply]
) -> None:
    looks: list[int] = []
    world.answer(*replies, Reply(200))
    world.http().send(
        world.operation(), "PUT", "/ips", look_again=lambda: looks.append(len(world.server.sent))
    )
    assert looks == [1]
    assert len(world.server.sent) == 2


def test_a_look_that_finds_something_keeps_the_request_from_being_sent(world: World) -> None:
    world.answer(Reply(500))

    def look_again() -> None:
        raise world.operation().error(RejectedError, "it changed meanwhile")

    with pytest.raises(RejectedError, match="it changed meanwhile"):
        world.http().send(world.operation(), "PUT", "/ips", look_again=look_again)
    assert len(world.server.sent) == 1


def test_a_rate_limit_that_begins_with_the_look_is_waited_for_and_looked_after(
    world: World,
) -> None:
    http = world.http()
    world.answer(Reply(500), Reply(429, headers={"Retry-After": "5"}), Reply(200))
    looks: list[float] = []

    def look_again() -> None:
        looks.append(world.waited)
        if len(looks) == 1:
            with pytest.raises(RateLimitError):
                http.send(world.operation(limit=1), "GET", "/ips")

    http.send(world.operation(), "PUT", "/ips", look_again=look_again)
    assert looks == [pytest.approx(1, abs=0.01), pytest.approx(6, abs=0.01)]
    assert [sent.method for sent in world.server.sent] == ["PUT", "GET", "PUT"]


# The log, and the secret


def test_each_request_is_a_line_at_debug_without_the_secret(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.answer(Reply(429, headers={"Retry-After": "1"}), Reply("cut"), Reply(200))
    world.http().send(world.operation(), "GET", "/ips", query={"key": TOKEN})
    ours = [one.getMessage() for one in caplog.records if one.name == "pulumi_rdns.backends.host"]
    start = f"{STARTS}GET {world.server.url}/ips?key=***: "
    reasons = ["429", f"{world.server.url} gave no answer: it closed the connection", "200"]
    assert [line.rpartition(" in ")[0] for line in ours] == [start + reason for reason in reasons]
    assert all(line.endswith(" ms") for line in ours)


@pytest.mark.parametrize("status", [401, 422, 429, 500])
def test_a_secret_that_the_api_repeats_is_in_no_message(world: World, status: int) -> None:
    body = {"message": f"{TOKEN} is wrong", "code": f"id {TOKEN}"}
    world.answer(Reply(status, body, {"Retry-After": "1000"}))
    error: BaseException | None = failure(world, BackendError)
    while error is not None:
        assert TOKEN not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    assert TOKEN not in " ".join(world.heard.told)


# The URL


@pytest.mark.parametrize(
    "text", ["https://api.example.net", "http://192.0.2.1:8081/api/", " https://[2001:db8::1]/ "]
)
def test_a_url_is_taken_without_the_slash_at_its_end(text: str) -> None:
    assert check_url("corp", "apiUrl", text) == text.strip().rstrip("/")


@pytest.mark.parametrize(
    "text",
    [
        "api.example.net",
        "ftp://x.example",
        "https://u:p@x.example",
        "",
        "https://x.example:port",
        "https://x.example:0",
        "https://x.example:99999",
        "https://[2001:db8::1",
        "https://two words.example",
        "https://x.example/?a=b",
        "https://x.example/#top",
    ],
)
def test_a_url_that_cannot_be_one_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_url("corp", "apiUrl", text)
    assert str(caught.value) == (
        "rdns:backends.corp.apiUrl: must be https://HOST or http://HOST, perhaps with a port and a "
        "path, and without a user or a password"
    )


def test_a_404_that_is_not_about_a_record_asks_whether_the_url_is_right(world: World) -> None:
    world.answer(Reply(404, {}))
    http = world.http()
    answer = http.send(world.operation(), "GET", "/ips", expected=(404,))
    assert str(http.no_such_path(world.operation(), answer)) == (
        f"{STARTS}the API at {world.server.url} has no GET /ips (status 404); is apiUrl right? If "
        "it is, a newer release of pulumi-rdns may know what became of it (HTTP 404)"
    )


def test_another_transport_is_made_with_the_first_request(world: World) -> None:
    made: list[Transport] = []

    def make(url: str, auth: Auth, timeouts: tuple[float, float]) -> Transport:
        made.append(Transport(url, auth, timeouts, "X-Query-Id"))
        return made[-1]

    http = world.http(make_transport=make)
    assert made == []
    world.answer(Reply(422, {"message": "no"}, {"X-Query-Id": "EU.1"}))
    for _ in range(2):
        with pytest.raises(RejectedError, match=r"no \(HTTP 422, correlation id EU\.1\)"):
            http.send(world.operation(), "GET", "/ips")
    assert len(made) == 1


def test_an_sdk_may_send_and_says_which_of_its_calls_change_nothing(world: World) -> None:
    class Sdk:
        def send(self, method: str, path: str, body: bytes | None) -> Answer | NoAnswer:
            if method == "ShowAll":
                return Answer(200, b"[]", method)
            return NoAnswer(Loss.TIMEOUT, f"{method} gave no answer")

    vendor = VENDOR._replace(reads=("Show",))
    http = world.http(vendor, make_transport=lambda *_: Sdk(), policy=RetryPolicy(window=0))
    assert http.send(world.operation(), "ShowAll", "").read(world.operation(), list[str]) == []
    for method, end in (
        ("ShowPtr", "ShowPtr gave no answer"),
        ("GetRidOfPtr", "whether the change was made is not known, and the next run finds out"),
    ):
        with pytest.raises(UnansweredError) as caught:
            http.send(world.operation(), method, "")
        assert str(caught.value).endswith(end)
