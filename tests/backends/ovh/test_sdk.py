"""The vendor's SDK: it drives the simulator, and what is leaned on in it is as it was."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_rdns.backends.ovh import OvhBackend, OvhSettings
from pulumi_rdns.backends.ovh.login import read_login
from pulumi_rdns.backends.ovh.transport import OAuth2Transport, SigningTransport
from pulumi_rdns.backends.ovh.types import ENVIRONMENT, HOSTS, TOKEN_HOSTS
from pulumi_rdns.errors import ConfigError

from .world import IN_BLOCK, MAIL, TEN, TEN6, Login, World, world

sdk = importlib.import_module("ovh")
client = importlib.import_module("ovh.client")

LOGINS: list[Login] = ["application", "oauth2"]


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(params=LOGINS)
def account(request: pytest.FixtureRequest, no_variables: None) -> Iterator[World]:
    with world(request.param) as made:
        yield made


def theirs(account: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a client of the SDK as its users do, for the simulator."""
    scenario, url = account.scenario, account.simulator.url
    monkeypatch.setitem(client.ENDPOINTS, "ovh-eu", f"{url}/1.0")
    monkeypatch.setitem(client.OAUTH2_TOKEN_URLS, "ovh-eu", f"{url}/auth/oauth2/token")
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    if account.login == "oauth2":
        login = {"client_id": scenario.client_id, "client_secret": scenario.client_secret}
    else:
        keys = ("application_key", "application_secret", "consumer_key")
        login = {key: getattr(scenario, key) for key in keys}
    return sdk.Client(endpoint="ovh-eu", **login)


def test_the_sdk_reads_lists_sets_and_deletes(
    account: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = theirs(account, monkeypatch)
    assert api.get("/ip")[0] == "203.0.113.10/32"
    assert api.get("/ip", ip="203.0.113.10") == ["203.0.113.10/32"]
    assert api.get("/ip/203.0.113.10%2F32")["routedTo"]["serviceName"].startswith("ns3012345.")
    reverse = "/ip/203.0.113.10%2F32/reverse"
    made = api.post(reverse, ipReverse="203.0.113.10", reverse="Mail.example.com")
    assert made == {"ipReverse": "203.0.113.10", "reverse": "mail.example.com."}
    assert api.get(reverse) == ["203.0.113.10"]
    assert api.get(f"{reverse}/203.0.113.10") == made
    assert api.delete(f"{reverse}/203.0.113.10") is None
    with pytest.raises(sdk.ResourceNotFoundError, match="The requested object") as caught:
        api.get(f"{reverse}/203.0.113.10")
    assert caught.value.query_id.startswith("EU.ext-1.")


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("GET", "/ip/192.0.2.1%2F32", None, "This service does not exist"),
        ("GET", "/ip/203.0.113.10/32", None, r"Got an invalid \(or empty\) URL"),
        ("GET", "/ip/203.0.113.10%2F32/reverse/192.0.2.1", None, "does not belong to"),
        ("GET", "/ip/203.0.113.10%2F32/reverse/x", None, "not valid for type ip"),
        ("POST", "/ip/203.0.113.10%2F32/reverse", {"ipReverse": "203.0.113.10"}, "not valid"),
    ],
)
def test_the_simulator_refuses_as_the_api_does(
    account: World,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    body: object,
    error: str,
) -> None:
    with pytest.raises(sdk.APIError, match=error):
        theirs(account, monkeypatch).call(method, path, body)


@pytest.mark.parametrize(
    ("login", "wrong", "error"),
    [
        ("application", "application_key", "InvalidKey"),
        ("application", "application_secret", "BadParametersError"),
        ("application", "consumer_key", "InvalidCredential"),
        ("oauth2", "client_secret", "OAuth2FailureError"),
    ],
)
def test_the_simulator_refuses_a_login_that_is_wrong(
    no_variables: None, monkeypatch: pytest.MonkeyPatch, login: Login, wrong: str, error: str
) -> None:
    with world(login) as account:
        api = theirs(account, monkeypatch)
        setattr(account.scenario, wrong, "another")
        with pytest.raises(sdk.APIError) as caught:
            api.get("/ip")
        assert type(caught.value).__name__ == error


def test_the_simulator_refuses_a_signature_of_yesterday(
    no_variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world() as account:
        api = theirs(account, monkeypatch)
        api._time_delta = -86400
        with pytest.raises(sdk.BadParametersError, match="Query out of time"):
            api.get("/ip")


def test_the_simulator_refuses_what_is_not_granted(
    account: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.scenario.rules = ["GET /ip"]
    account.scenario.actions = ["ip:apiovh:get"]
    api = theirs(account, monkeypatch)
    assert api.get("/ip")
    with pytest.raises(sdk.APIError, match="granted"):
        api.delete("/ip/203.0.113.10%2F32/reverse/203.0.113.10")


def test_every_request_of_ours_is_one_that_the_sdk_sends(
    account: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in (TEN, IN_BLOCK, TEN6):
        account.backend.set_ptr(address, MAIL)
        account.backend.unset_ptr(address)
    ours = {(one.method, one.path, repr(one.body)) for one in account.simulator.sent()}
    account.simulator.requests.clear()
    api = theirs(account, monkeypatch)
    api.get("/ip")
    for block, address in {
        "203.0.113.10%2F32": TEN,
        "198.51.100.16%2F29": IN_BLOCK,
        "2001%3Adb8%3A41d0%3A%3A%2F64": TEN6,
    }.items():
        path = f"/ip/{block}/reverse"
        api.post(path, ipReverse=str(address), reverse="mail.example.com")
        api.get(f"{path}/{address}")
        api.delete(f"{path}/{address}")
    sent = {(one.method, one.path, repr(one.body)) for one in account.simulator.sent()}
    assert ours == sent


def test_the_hosts_are_those_of_the_sdk() -> None:
    assert {name: f"{host}/1.0" for name, host in HOSTS.items()} == client.ENDPOINTS
    tokens = {name: f"{host}/auth/oauth2/token" for name, host in TOKEN_HOSTS.items()}
    assert tokens == client.OAUTH2_TOKEN_URLS


def test_a_client_of_the_sdk_has_the_attributes_that_ours_is_given(
    no_variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The canary of `SigningTransport`: what it sets is all that there is."""
    with world() as account:
        login = read_login("ovh", account.backend.settings)
        ours = SigningTransport(login, f"{account.simulator.url}/1.0", (1, 1))
        ours.request("GET", "/auth/time", None).close()
        of_oauth2 = {"_client_id", "_client_secret"}
        assert vars(ours._sdk).keys() | of_oauth2 == vars(theirs(account, monkeypatch)).keys()


def test_the_users_own_files_and_variables_are_not_read(
    account: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The SDK's constructor would refuse two logins, of which one is another instance's."""
    other = "client" if account.login == "application" else "application"
    (tmp_path / "ovh.conf").write_text(f"[default]\nendpoint=ovh-us\n[ovh-eu]\n{other}_id=x\n")
    monkeypatch.chdir(tmp_path)
    for key in ("CLIENT_ID", "APPLICATION_KEY", "CONSUMER_KEY"):
        monkeypatch.setenv(f"OVH_{key}", "of-another-instance")
    account.make().set_ptr(TEN, MAIL)
    assert account.account.ptr(str(TEN)) == "mail.example.com"


def test_without_the_sdk_a_sentence_has_the_pip_line(
    account: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError) as caught:
        account.make()
    assert str(caught.value).endswith("pip install 'pulumi-rdns[ovh]'")


def test_nothing_of_the_sdk_is_imported_before_the_first_request(account: World) -> None:
    script = (
        "import sys, pathlib\n"
        "from pulumi_rdns.backends.ovh import OvhBackend, OvhSettings\n"
        "settings = OvhSettings(client_id='a', client_secret='b')\n"
        "assert OvhBackend('ovh', settings, pathlib.Path()).identity\n"
        "theirs = {'ovh', 'requests', 'oauthlib', 'requests_oauthlib'}\n"
        "print(sorted(theirs.intersection(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
    assert OvhBackend.settings_type is OvhSettings


def test_an_sdk_that_hands_no_answer_out_is_an_error_of_ours(
    no_variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The canary of `OAuth2Transport`: the answer comes through the SDK's hook."""
    oauth2 = importlib.import_module("ovh.oauth2")
    monkeypatch.setattr(
        oauth2.RefreshOAuth2Session, "register_compliance_hook", lambda *arguments: None
    )
    with world("oauth2") as account, pytest.raises(AssertionError, match="calls no hook"):
        account.backend.get_ptr(TEN)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_token_crosses_the_network_in_clear_only_where_the_user_says_so(
    no_variables: None, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "to be put back")
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT")
    with world("oauth2") as account:
        login = read_login("ovh", account.backend.settings)
    OAuth2Transport(login, f"{scheme}://api.example.com", (1, 1))
    assert ("OAUTHLIB_INSECURE_TRANSPORT" in os.environ) is (scheme == "http")
