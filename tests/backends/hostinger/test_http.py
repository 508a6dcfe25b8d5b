"""Retries, the rate limit, and errors: what a user reads when the API does not do as it should."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from pulumi_rdns.backends.hostinger import HostingerBackend, HostingerSettings
from pulumi_rdns.backends.kit.operation import Clock
from pulumi_rdns.errors import (
    AuthenticationError,
    BackendError,
    ConfigError,
    RateLimitError,
    RejectedError,
    UnavailableError,
)
from tests.fakes.hostinger import Fault, Scenario, Simulator

from .world import MAIL, TEN, TWENTY, World, addresses, fleet, world

FIRST_ID = "(correlation id 00000000-0000-4000-8000-000000000001)"


def failure(account: World, kind: type[BackendError], **settings: Any) -> str:
    """Let a read fail and give what the user reads."""
    with pytest.raises(kind) as caught:
        account.make(**settings).get_ptr(TEN)
    return str(caught.value)


# The rate limit


@pytest.mark.parametrize("retry_after", ["7", None])
def test_a_429_is_waited_for_and_the_request_repeated(retry_after: str | None) -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="status", status=429, retry_after=retry_after))
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr("203.0.113.10") == "mail.example.com"
        assert len(account.simulator.sent("POST")) == 1
        waited = account.time.now() - 1000
        assert waited == pytest.approx(7, abs=0.1) if retry_after else 1.5 <= waited <= 2.1
        assert account.notes.progressed[0].startswith("too many requests; pausing for ")


def test_a_429_to_a_write_does_not_write_twice() -> None:
    with world() as account:
        account.simulator.inject(
            Fault(kind="status", status=429, method="POST", times=3, retry_after="2")
        )
        account.backend.set_ptr(TEN, MAIL)
        assert [sent.status for sent in account.simulator.sent("POST")] == [429, 429, 429, 200]


def test_the_pause_is_shared_by_all_threads() -> None:
    with world(machines=fleet(40), rate_limit=10, rate_window=60.0) as account:
        # The clock adds up the pauses of four threads, so the limit is far away.
        backend = account.make(timeout=3600)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda at: backend.set_ptr(at, MAIL), addresses(10)))
        refused = [sent for sent in account.simulator.sent() if sent.status == 429]
        # At most one per thread and pause: nobody tries while the others wait.
        assert len(refused) <= 4 * 4


def test_a_limit_below_the_number_of_threads_lets_everything_through() -> None:
    # Threads must really wait side by side: real time, but twenty times as fast.
    clock = Clock(lambda: time.monotonic() * 20, lambda seconds: time.sleep(seconds / 20))
    scenario = Scenario(machines=fleet(8), rate_limit=6, rate_window=6.0, latency=0.02)
    with Simulator(scenario, now=clock.now) as simulator:
        settings = HostingerSettings(api_token=scenario.token, api_url=simulator.url, timeout=2000)
        backend = HostingerBackend("hostinger", settings, Path(), clock)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda at: backend.set_ptr(at, MAIL), addresses(8)))
        hostnames = {simulator.account.ptr(str(address)) for address in addresses(8)}
        assert hostnames == {"mail.example.com"}


def test_a_rate_limit_that_never_ends_is_given_up_with_the_time_that_was_tried() -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="status", status=429, times=1000))
        text = failure(account, RateLimitError, timeout=100)
        assert text.startswith(
            "hostinger: read the PTR of 203.0.113.10: too many requests (Simulated failure): tried "
        )
        assert "run it again later, or raise `timeout` (correlation id " in text
        assert account.time.now() - 1000 <= 100


def test_a_pause_beyond_the_limit_is_not_begun() -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="status", status=429, retry_after="3600"))
        assert failure(account, RateLimitError) == (
            "hostinger: read the PTR of 203.0.113.10: too many requests (Simulated failure): tried "
            "for 0 s, and a pause of another 3600 s is due; run it again later, or raise `timeout` "
            + FIRST_ID
        )


def test_a_pause_of_no_seconds_is_a_pause_all_the_same() -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="status", status=429, retry_after="0", times=1000))
        failure(account, RateLimitError, timeout=20)
        assert len(account.simulator.sent()) <= 20


def test_a_retry_after_that_is_a_date_or_nonsense_is_understood() -> None:
    with world(rate_limit=2, rate_window=5.0, retry_after="date") as account:
        account.simulator.inject(Fault(kind="status", status=429, retry_after="soon"))
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr("203.0.113.10") == "mail.example.com"


# Failures that pass


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502, "body": "<html>Bad gateway</html>"},
        {"kind": "status", "status": 503, "retry_after": "3"},
        {"kind": "cut"},
        {"kind": "cut_after"},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}",
)
def test_what_may_pass_is_tried_again(method: str, fault: dict[str, Any]) -> None:
    with world(action_delay=3.0) as account:
        account.simulator.inject(Fault(method=method, times=3, **fault))
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr("203.0.113.10") == "mail.example.com"
        assert account.notes.warnings == []


@pytest.mark.parametrize("status", [429, 500])
def test_after_a_storm_everything_is_set_and_nothing_twice(status: int) -> None:
    with world(machines=fleet(40), action_delay=2.0) as account:
        account.simulator.inject(Fault(kind="status", status=status, times=8, after=50))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda at: account.backend.set_ptr(at, MAIL), addresses(40)))
        hostnames = {account.account.ptr(str(address)) for address in addresses(40)}
        assert hostnames == {"mail.example.com"}
        accepted = [sent.path for sent in account.simulator.sent("POST") if sent.status == 200]
        assert len(accepted) == len(set(accepted)) == 40


def test_a_server_error_that_stays_is_told_with_its_reason() -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="status", status=500, times=100))
        assert failure(account, UnavailableError) == (
            "hostinger: read the PTR of 203.0.113.10: the API answered 500: Simulated failure, "
            "tried 11 times (correlation id 00000000-0000-4000-8000-000000000011)"
        )
        assert account.time.now() - 1000 <= 60
        assert "the API answered 500: Simulated failure; trying again" in account.notes.progressed


def test_a_failure_without_a_body_shows_the_status() -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="status", status=502, times=100, body="<html>"))
        text = failure(account, UnavailableError)
        assert text.endswith("the API answered 502, tried 11 times (HTTP 502)")


def test_a_connection_that_is_always_cut_is_told() -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="cut", times=100))
        text = failure(account, UnavailableError)
        assert f"{account.simulator.url} gave no answer: it closed the connection, tried 11" in text


def test_nobody_listening_is_told() -> None:
    with socket.socket() as closed, world() as account:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        text = failure(account, UnavailableError, api_url=url)
        assert f"{url} cannot be reached: connection refused, tried 11 times" in text


def test_an_answer_that_takes_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_rdns.backends.hostinger.client.TIMEOUTS", (0.05, 0.05))
    with world() as account:
        account.simulator.inject(Fault(kind="slow", seconds=0.15, times=100))
        assert "gave no answer: timed out, tried 11 times" in failure(account, UnavailableError)


def test_no_tls_is_told() -> None:
    with world() as account:
        url = account.simulator.url.replace("http:", "https:")
        text = failure(account, UnavailableError, api_url=url)
        assert f"{url} cannot be reached securely: " in text
        assert text.endswith("tried 11 times")


def test_a_certificate_that_is_not_trusted_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        reason = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed"
        raise requests.exceptions.SSLError(ssl.SSLCertVerificationError(1, reason))

    monkeypatch.setattr(requests.Session, "request", refuse)
    with world() as account:
        text = failure(account, UnavailableError)
        assert "certificate verify failed: self-signed" in text
        assert account.time.now() == 1000


# Refusals


@pytest.mark.parametrize(
    ("variables", "origin"),
    [
        (
            {},
            "rdns:backends.hostinger.apiToken in the stack's configuration (refresh and destroy "
            "are given the one of the last update; RDNS_HOSTINGER_APITOKEN beats it)",
        ),
        ({"HOSTINGER_API_TOKEN": "wrong"}, "the environment variable HOSTINGER_API_TOKEN"),
        (
            {"HOSTINGER_API_TOKEN": "wrong", "RDNS_HOSTINGER_APITOKEN": "wrong"},
            "the environment variable RDNS_HOSTINGER_APITOKEN",
        ),
    ],
)
def test_a_wrong_token_names_the_setting_it_comes_from(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], origin: str
) -> None:
    monkeypatch.delenv("HOSTINGER_API_TOKEN", raising=False)
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    with world() as account:
        assert failure(account, AuthenticationError, api_token="wrong") == (
            "hostinger: read the PTR of 203.0.113.10: the API token is not accepted: "
            f"Unauthenticated. It comes from {origin}; tokens are made in hPanel, under Account, "
            f"API {FIRST_ID}"
        )
        assert len(account.simulator.sent()) == 1


def test_a_token_that_may_not_is_another_sentence() -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="status", status=403))
        text = failure(account, AuthenticationError)
        assert "the API token may not do this: Simulated failure. It comes from rdns:back" in text


def test_a_route_that_is_missing_is_not_a_vm_that_is_gone() -> None:
    with world() as account:
        url = account.simulator.url
        assert failure(account, RejectedError, api_url=f"{url}/v2/") == (
            f"hostinger: read the PTR of 203.0.113.10: the API at {url}/v2 has no GET "
            "/api/vps/v1/virtual-machines ([VPS:2002] Route is not found); is apiUrl right? If it "
            f"is, a newer release of pulumi-rdns may know what became of it {FIRST_ID}"
        )


def test_a_404_that_is_not_the_apis_own_says_nothing_about_a_vm() -> None:
    with world() as account:
        account.backend.get_ptr(TEN)
        account.time.sleep(6)
        account.simulator.inject(Fault(kind="status", status=404, body="<html>Not found</html>"))
        with pytest.raises(RejectedError) as caught:
            account.backend.unset_ptr(TEN)
        assert f"the API at {account.simulator.url} has no GET /api/vps/v1/vir" in str(caught.value)


def test_a_redirect_is_not_followed() -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="status", status=301))
        text = failure(account, RejectedError)
        assert f"the API answers with a redirect; correct apiUrl {FIRST_ID}" in text


def test_the_messages_of_all_fields_are_shown() -> None:
    body = {
        "message": "The domain field is required. (and 1 more error)",
        "errors": {"domain": ["Is required.", "Must be text."], "other": "Is odd."},
        "correlation_id": "c-1",
    }
    with world() as account:
        account.simulator.inject(Fault(kind="status", status=422, body=body))
        text = failure(account, RejectedError)
        expected = (
            "refused it: domain: Is required. Must be text.; other: Is odd. (correlation id c-1"
        )
        assert expected in text


def test_a_refusal_without_a_word_shows_the_status() -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="status", status=418, body={}))
        assert failure(account, RejectedError).endswith("refused it: status 418 (HTTP 418)")


def test_a_refusal_whose_text_is_called_error_is_shown() -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="status", status=400, body={"error": "No."}))
        assert failure(account, RejectedError).endswith("refused it: No. (HTTP 400)")


# Answers

IP = {"id": 7, "address": "203.0.113.10", "ptr": None}
VM: dict[str, Any] = {"id": 1, "hostname": "srv1.hstgr.cloud", "ipv4": [IP], "ipv6": None}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([{**VM, "id": "one"}], "Expected `int`, got `str` - at `$[0].id`"),
        ([{"id": 1, "hostname": "x", "ipv4": []}], "missing required field `ipv6` - at `$[0]`"),
        (
            [{**VM, "ipv4": [{"id": 7, "address": "203.0.113.10"}]}],
            "missing required field `ptr` - at `$[0].ipv4[0]`",
        ),
        (
            [{**VM, "ipv4": [{**IP, "address": "213.331.273.15"}]}],
            "'213.331.273.15' does not appear to be an IPv4 or IPv6 interface - at "
            "`$[0].ipv4[0].address`",
        ),
        (
            [{**VM, "ipv6": [IP]}],
            "'203.0.113.10' is not an address of this family - at `$[0].ipv6[0].address`",
        ),
        ([{**VM, "ipv4": [{**IP, "address": 7}]}], "Expected text, got int"),
        ([{**VM, "ipv4": [{**IP, "ptr": "a..b"}]}], "'a..b' is not a name"),
        ({"data": [VM]}, "Expected `array`, got `object`"),
    ],
)
def test_an_answer_of_another_form_names_the_path(answer: Any, reason: str) -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="answer", body=answer))
        text = failure(account, BackendError)
        assert "the answer to GET /api/vps/v1/virtual-machines is not as the API describes" in text
        assert reason in text
        assert text.endswith("; a newer release of pulumi-rdns may help")


def test_an_answer_that_is_a_web_page_is_told() -> None:
    with world() as account:
        account.simulator.inject(Fault(kind="answer", body="<html>Welcome</html>"))
        assert failure(account, BackendError).endswith(
            "is not JSON; is apiUrl the address of the API?"
        )


def test_fields_and_states_that_nobody_knows_are_passed_over() -> None:
    vm = {**VM, "colour": "blue", "state": "dreaming", "actions_lock": "half"}
    with world() as account:
        account.simulator.inject(Fault(kind="answer", body=[vm]), Fault(kind="answer", body=vm))
        assert account.backend.get_ptr(TEN) is None


# The token and the settings


def test_every_request_names_product_and_version() -> None:
    with world() as account:
        account.backend.set_ptr(TEN, MAIL)
        agents = {sent.user_agent for sent in account.simulator.sent()}
        assert len(agents) == 1
        assert agents.pop().startswith("pulumi-rdns/")


def test_a_netrc_does_not_take_the_tokens_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with world() as account:
        assert account.backend.get_ptr(TEN) is not None


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 401, "body": {"message": "TOKEN is wrong"}},
        {"kind": "status", "status": 500, "body": {"message": "TOKEN broke me"}, "times": 100},
        {"kind": "status", "status": 400, "body": {"errors": {"a": ["TOKEN"]}}},
        {"kind": "cut", "times": 100},
        {"kind": "answer", "body": "TOKEN"},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}",
)
def test_the_token_is_in_no_message_log_or_exception(
    fault: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with world() as account:
        token = account.scenario.token
        spoken = {key: _with_token(value, token) for key, value in fault.items()}
        account.simulator.inject(Fault(**spoken))
        with pytest.raises(BackendError) as caught:
            account.backend.get_ptr(TEN)
        seen: BaseException | None = caught.value
        while seen is not None:
            assert token not in f"{seen} {seen!r} {vars(seen)}"
            assert isinstance(seen, BackendError)
            seen = seen.__cause__ or seen.__context__
        assert token not in caplog.text
        assert token not in " ".join(account.notes.progressed)


def _with_token(value: Any, token: str) -> Any:
    if isinstance(value, dict):
        return {key: _with_token(inner, token) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_token(inner, token) for inner in value]
    return value.replace("TOKEN", token) if isinstance(value, str) else value


def test_the_token_is_in_no_repr() -> None:
    settings = HostingerSettings(api_token="not-a-real-token")
    assert repr(settings) == (
        "HostingerSettings(api_url='https://developers.hostinger.com', timeout=300.0)"
    )


@pytest.mark.parametrize("token", ["", "  ", "two words", "line\nbreak", "tökén"])
def test_a_token_that_cannot_be_one_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        HostingerBackend("hostinger", HostingerSettings(api_token=token), Path())
    assert str(caught.value) == (
        "rdns:backends.hostinger.apiToken: is empty or has characters that it cannot have"
    )


def test_a_line_break_around_the_token_is_taken_off() -> None:
    with world() as account:
        backend = account.make(api_token=f" {account.scenario.token}\n")
        assert backend.get_ptr(TWENTY) is not None


@pytest.mark.parametrize(
    "url",
    [
        "developers.example.com",
        "ftp://x.example",
        "https://u:p@x",
        "",
        "https://x.example:port",
        "https://x.example:99999",
        "https://[2001:db8::1",
        "https://two words.example",
        "https://x.example/?a=b",
        "https://x.example/#top",
    ],
)
def test_an_api_url_that_cannot_be_one_is_refused(url: str) -> None:
    settings = HostingerSettings(api_token="not-a-real-token", api_url=url)
    with pytest.raises(ConfigError) as caught:
        HostingerBackend("hostinger", settings, Path())
    assert str(caught.value) == (
        "rdns:backends.hostinger.apiUrl: must be https://HOST or http://HOST, perhaps with a port "
        "and a path, and without a user or a password"
    )
