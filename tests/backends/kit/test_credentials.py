"""A secret never shows, and says where it was read from."""

from __future__ import annotations

import pytest
import requests

from pulumi_rdns.backends.kit.credentials import (
    Credential,
    Credentials,
    HeaderAuth,
    read_credential,
    variable_of,
)
from pulumi_rdns.errors import ConfigError

ENVIRONMENT = {"apiToken": "HOST_TOKEN"}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HOST_TOKEN", "RDNS_CORP_APITOKEN"):
        monkeypatch.delenv(variable, raising=False)


def read(value: str, *, may_have_spaces: bool = False) -> Credential:
    return read_credential("corp", "apiToken", value, ENVIRONMENT, may_have_spaces=may_have_spaces)


def test_white_space_around_a_secret_is_taken_off() -> None:
    assert read(" s3cret\n").secret == "s3cret"


@pytest.mark.parametrize("value", ["", " ", "two words", "line\nbreak", "tökén", "tab\there"])
def test_what_no_header_can_have_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(value)
    assert str(caught.value) == (
        "rdns:backends.corp.apiToken: is empty or has characters that it cannot have"
    )


def test_spaces_may_be_allowed_and_line_breaks_never() -> None:
    assert read("two words", may_have_spaces=True).secret == "two words"
    with pytest.raises(ConfigError):
        read("two\nlines", may_have_spaces=True)


def test_the_origin_is_the_setting_unless_a_variable_has_the_same_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read("s3cret").origin == "rdns:backends.corp.apiToken"
    monkeypatch.setenv("HOST_TOKEN", "another")
    assert read("s3cret").origin == "rdns:backends.corp.apiToken"
    monkeypatch.setenv("HOST_TOKEN", "s3cret")
    assert read("s3cret").origin == "the environment variable HOST_TOKEN"
    monkeypatch.setenv("RDNS_CORP_APITOKEN", "s3cret")
    assert read("s3cret").origin == "the environment variable RDNS_CORP_APITOKEN"


def test_the_hint_says_what_surprises_about_the_stack_s_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read("s3cret").hint == (
        "rdns:backends.corp.apiToken in the stack's configuration (refresh and destroy are given "
        "the one of the last update; RDNS_CORP_APITOKEN beats it)"
    )
    monkeypatch.setenv("HOST_TOKEN", "s3cret")
    assert read("s3cret").hint == "the environment variable HOST_TOKEN"


def test_a_setting_without_a_variable_of_the_ecosystem_has_its_own() -> None:
    assert variable_of("corp", "keySecret", "s3cret", ENVIRONMENT) == ""


def test_a_secret_is_hidden_also_as_a_url_has_it() -> None:
    secret = read("s3/cr=t")
    assert secret.hide("GET /?key=s3%2Fcr%3Dt: s3/cr=t is wrong") == "GET /?key=***: *** is wrong"
    assert "s3/cr=t" not in repr(secret)
    assert "s3/cr=t" not in repr(HeaderAuth(secret))


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        (HeaderAuth(read("s3cret")), "Authorization", "Bearer s3cret"),
        (HeaderAuth(read("s3cret"), "X-API-Key", ""), "X-API-Key", "s3cret"),
    ],
)
def test_a_header_is_added_to_each_request(auth: HeaderAuth, name: str, value: str) -> None:
    request = requests.Request("GET", "http://ns1.example.net/", auth=auth).prepare()
    assert request.headers[name] == value


def test_of_several_secrets_each_is_hidden_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_TOKEN", "key")
    environment = {"key": "HOST_TOKEN", "secret": "HOST_SECRET"}
    values = {"key": "key", "secret": "s3cret"}
    login = Credentials(
        tuple(read_credential("corp", key, value, environment) for key, value in values.items())
    )
    assert login.hide("s3cret of key, a token") == "*** of ***, a token"
    login.made.append(Credential("token", ""))
    assert login.hide("s3cret of key, a token") == "*** of ***, a ***"
    assert login.hint.startswith("the environment variable HOST_TOKEN; rdns:backends.corp.secret")
    assert "s3cret" not in repr(login)
