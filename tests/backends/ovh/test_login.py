"""Which login an instance has, and what happens when it is not accepted."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pulumi_rdns.backends.kit.answers import UnansweredError
from pulumi_rdns.backends.ovh.login import read_login
from pulumi_rdns.backends.ovh.types import ENVIRONMENT
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import AuthenticationError, BackendError, ConfigError, RateLimitError
from tests.fakes.ovh import Fault

from .world import MAIL, TEN, Login, world

APPLICATION = {"applicationKey": "key", "applicationSecret": "secret", "consumerKey": "consumer"}
OAUTH2 = {"clientId": "client", "clientSecret": "client-secret"}
TOKEN = "/auth/oauth2/token"


def login(settings: dict[str, object], **variables: str) -> dict[str, str]:
    """Make an instance, and return the settings that it logs in with."""
    backend = Backends({"main": {"type": "ovh", **settings}}, Path(), variables).get("main")
    return dict(read_login("main", backend.settings).values)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize("settings", [APPLICATION, OAUTH2])
def test_either_login_is_enough(settings: dict[str, object]) -> None:
    assert login(settings) == settings


def test_what_is_missing_is_said_at_once_with_the_commands() -> None:
    with pytest.raises(ConfigError) as caught:
        login({"applicationKey": "key"})
    assert str(caught.value).splitlines() == [
        "rdns:backends.main.applicationSecret: is missing; set it with: pulumi config set --path "
        "--secret 'rdns:backends.main.applicationSecret' VALUE (or set OVH_APPLICATION_SECRET)",
        "rdns:backends.main.consumerKey: is missing; set it with: pulumi config set --path "
        "--secret 'rdns:backends.main.consumerKey' VALUE (or set OVH_CONSUMER_KEY)",
    ]
    with pytest.raises(ConfigError, match=r"clientSecret: is missing"):
        login({"clientId": "client"})
    with pytest.raises(ConfigError, match=r"main\.applicationKey: is missing.*\n.*\n.*consumerKey"):
        login({})


def test_both_logins_are_one_too_many() -> None:
    with pytest.raises(ConfigError) as caught:
        login({**APPLICATION, **OAUTH2})
    assert str(caught.value) == (
        "rdns:backends.main: has an application's key and an OAuth2 client; leave either "
        "applicationKey, applicationSecret, consumerKey or clientId and clientSecret out"
    )


@pytest.mark.parametrize(("own", "shared"), [(APPLICATION, OAUTH2), (OAUTH2, APPLICATION)])
def test_a_login_of_the_stack_beats_the_variables_that_all_instances_share(
    monkeypatch: pytest.MonkeyPatch, own: dict[str, str], shared: dict[str, str]
) -> None:
    variables = {ENVIRONMENT[key]: value for key, value in shared.items()}
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert login({**own}, **variables) == own
    assert login({}, **variables) == shared


def test_a_part_may_come_from_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_CONSUMER_KEY", "consumer")
    parts = {key: value for key, value in APPLICATION.items() if key != "consumerKey"}
    assert login({**parts}, OVH_CONSUMER_KEY="consumer") == APPLICATION


def test_an_endpoint_without_oauth2_clients_is_told() -> None:
    with pytest.raises(ConfigError) as caught:
        login({**OAUTH2, "endpoint": "kimsufi-eu"})
    assert str(caught.value) == (
        "rdns:backends.main.endpoint: kimsufi-eu has no OAuth2 clients; use an application's key, "
        "or one of ovh-eu, ovh-ca, ovh-us"
    )
    assert login({**OAUTH2, "endpoint": "kimsufi-eu", "apiUrl": "https://api.example"}) == OAUTH2
    with pytest.raises(ConfigError, match="ovh-moon"):
        login({**APPLICATION, "endpoint": "ovh-moon"})


def test_an_endpoint_is_one_place_whatever_the_login() -> None:
    made = Backends(
        {
            "a": {"type": "ovh", **APPLICATION},
            "b": {"type": "ovh", **OAUTH2},
            "c": {"type": "ovh", **OAUTH2, "endpoint": "ovh-ca"},
        },
        Path(),
        {},
    )
    assert made.get("a").identity == made.get("b").identity == "ovh https://eu.api.ovh.com"
    assert made.get("c").identity == "ovh https://ca.api.ovh.com"
    assert "secret" not in repr(made.get("a").settings)
    assert "secret" not in repr(vars(made.get("b")))


@pytest.mark.parametrize(
    ("kind", "wrong", "says"),
    [
        ("application", {"application_key": "mistyped"}, "This application key is invalid"),
        ("application", {"application_secret": "mistyped"}, "Invalid signature"),
        ("application", {"consumer_key": "mistyped"}, "This credential does not exist"),
        ("oauth2", {"client_secret": "mistyped"}, "unknown client"),
    ],
)
def test_a_login_that_is_not_accepted_says_where_it_comes_from(
    kind: Login, wrong: dict[str, str], says: str
) -> None:
    with world(kind) as account:
        with pytest.raises(AuthenticationError) as caught:
            account.make(**wrong).get_ptr(TEN)
        text = str(caught.value)
        assert text.startswith(
            f"ovh: read the PTR of 203.0.113.10: the login is not accepted: {says}. It comes from "
            "rdns:backends.ovh."
        )
        assert "correlation id EU.ext-1." in text or kind == "oauth2"
        assert not any(secret in text for secret in account.secrets.values())


@pytest.mark.parametrize("kind", ["application", "oauth2"])
def test_a_login_that_may_only_read_is_told_at_the_write(kind: Login) -> None:
    reads = ["ip:apiovh:get", "ip:apiovh:reverse/get"]
    with world(kind, rules=["GET /*"], actions=reads) as account:
        assert account.backend.get_ptr(TEN) is None
        with pytest.raises(AuthenticationError, match=r"the login may not do this: .*granted"):
            account.backend.set_ptr(TEN, MAIL)


def test_the_server_s_time_is_asked_for_once() -> None:
    with world(clock_ahead=-7200) as account:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(account.backend.get_ptr, [TEN] * 8))
        assert len(account.simulator.sent("GET", "/auth/time")) == 1
        assert {sent.status for sent in account.simulator.sent("", "/ip/")} == {404}


def test_one_token_serves_all_threads_and_is_renewed_before_its_end() -> None:
    with world("oauth2", token_lifetime=100) as account:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(account.backend.get_ptr, [TEN] * 8))
        assert len(account.simulator.sent("POST", TOKEN)) == 1
        account.time.sleep(80)
        account.backend.get_ptr(TEN)
        assert len(account.simulator.sent("POST", TOKEN)) == 2
        assert {sent.status for sent in account.simulator.sent("", "/ip/")} == {404}


def test_a_token_that_is_revoked_is_an_error() -> None:
    with world("oauth2") as account:
        account.backend.get_ptr(TEN)
        account.simulator.tokens.clear()
        with pytest.raises(AuthenticationError, match="This credential is not valid"):
            account.backend.get_ptr(TEN)


def test_a_token_s_host_that_is_busy_or_away_is_waited_for() -> None:
    with world("oauth2") as account:
        account.simulator.inject(
            Fault(kind="status", path=TOKEN, status=429, retry_after="9"),
            Fault(kind="status", path=TOKEN, status=503),
            Fault(kind="cut", path=TOKEN),
        )
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr(str(TEN)) == "mail.example.com"
        assert len(account.simulator.sent("POST", TOKEN)) == 4
        account.simulator.tokens.clear()
        account.simulator.inject(Fault(kind="status", path=TOKEN, status=429, retry_after="9999"))
        with pytest.raises(RateLimitError):
            account.make(timeout=60).get_ptr(TEN)
    with pytest.raises(UnansweredError) as caught:
        account.make(timeout=1).get_ptr(TEN)
    assert f"{account.simulator.url} cannot be reached" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"token_type": "Bearer"}, "missing required field `access_token`"),
        ("<html>", "not JSON"),
        ([], "Expected `object`"),
    ],
)
def test_an_answer_that_is_no_token_is_an_error(body: object, says: str) -> None:
    with world("oauth2") as account:
        account.simulator.inject(Fault(kind="answer", path=TOKEN, body=body))
        with pytest.raises(BackendError, match=says) as caught:
            account.backend.get_ptr(TEN)
        assert "the answer to POST /auth/oauth2/token is not" in str(caught.value)


def test_a_token_for_another_scope_is_used_all_the_same() -> None:
    with world("oauth2") as account:
        account.simulator.tokens["narrow"] = float("inf")
        body = {"access_token": "narrow", "token_type": "Bearer", "scope": "some"}
        account.simulator.inject(Fault(kind="answer", path=TOKEN, body=body))
        assert account.backend.get_ptr(TEN) is None


def test_a_token_is_in_no_message_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with world("oauth2") as account, caplog.at_level(logging.DEBUG):
        account.backend.get_ptr(TEN)
        (token,) = account.simulator.tokens
        body = {"message": f"what is {token}? {account.scenario.client_secret}?"}
        account.simulator.inject(Fault(kind="status", path="/ip/", status=400, body=body))
        with pytest.raises(BackendError, match=r"what is \*\*\*\? \*\*\*\?") as caught:
            account.backend.get_ptr(TEN)
    assert caplog.records
    for secret in (token, account.scenario.client_secret):
        assert secret not in str(caught.value)
        assert secret not in repr(vars(account.backend))
        for record in caplog.records:
            assert secret not in record.getMessage()


@pytest.mark.parametrize("kind", ["application", "oauth2"])
def test_a_netrc_does_not_take_the_place_of_the_login(
    kind: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with world(kind) as account:
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr(str(TEN)) == "mail.example.com"


def test_a_login_takes_no_longer_than_the_operation() -> None:
    with world("oauth2") as account:
        backend = account.make(timeout=0.05)
        with (
            backend._client._logging_in,
            pytest.raises(BackendError, match="the login was busy with other changes"),
        ):
            backend.get_ptr(TEN)
