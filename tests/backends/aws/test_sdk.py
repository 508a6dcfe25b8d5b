"""Logging in as AWS's own tools do, and what boto3 raises as sentences."""

from __future__ import annotations

import http.server
import importlib.util
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dns.name
import pytest

from pulumi_rdns.backends.aws import AwsBackend, AwsSettings
from pulumi_rdns.backends.aws.sdk import Login, Sdk
from pulumi_rdns.backends.kit.answers import Answer
from pulumi_rdns.backends.registry import Backends
from pulumi_rdns.errors import (
    AuthenticationError,
    BackendError,
    ConfigError,
    UnavailableError,
)
from tests.fakes.aws import Fault
from tests.servers.process import free_port

from .conftest import MakeWorld
from .world import TEN, ZONE, World

READING = "aws: read the PTR of 203.0.113.10: "
ENVIRON = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
)


@pytest.fixture(autouse=True)
def nothing_to_find(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let boto3 find no credentials on this machine, nor ask for any in the network."""
    for variable in ENVIRON:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def backend_of(account: World, **settings: Any) -> AwsBackend:
    """Make a backend that has the API's address, and no credentials but these."""
    values = {"region": "eu-west-1", "endpoint_url": account.simulator.url, **settings}
    return AwsBackend("aws", AwsSettings(**values), Path(), account.time.clock)


def failure(kind: type[BackendError], backend: AwsBackend) -> str:
    with pytest.raises(kind) as caught:
        backend.get_ptr(TEN)
    return str(caught.value)


# Finding credentials


def test_credentials_and_region_of_the_environment(
    account: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", account.scenario.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", account.scenario.secret_access_key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", account.simulator.url)
    backend = AwsBackend("aws", AwsSettings(), Path(), account.time.clock)
    assert backend.get_ptr(TEN) is None
    assert backend.find_zone(ZONE) == ZONE


def test_aws_region_counts_too(account: World) -> None:
    given = {"main": {"type": "aws", "endpointUrl": account.simulator.url}}
    found = Backends(given, Path(), {"AWS_REGION": "eu-central-1"}).get("main")
    assert isinstance(found.settings, AwsSettings)
    assert found.settings.region == "eu-central-1"


def test_a_profile(account: World, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(
        f"[mail]\naws_access_key_id = {account.scenario.access_key_id}\n"
        f"aws_secret_access_key = {account.scenario.secret_access_key}\n"
    )
    assert backend_of(account, profile="mail").get_ptr(TEN) is None
    with pytest.raises(ConfigError) as caught:
        backend_of(account, profile="web").get_ptr(TEN)
    assert str(caught.value) == ("rdns:backends.aws: The config profile (web) could not be found")


def test_a_session_token(make_world: MakeWorld) -> None:
    with make_world(session_token="a-session-token") as world:
        assert world.backend.get_ptr(TEN) is None
        said = failure(AuthenticationError, world.make(session_token="another-token"))
        assert "another-token" not in said


def test_a_second_key_of_the_account(make_world: MakeWorld) -> None:
    with make_world(second_key=("AKIASECOND", "second-secret")) as world:
        second = world.make(access_key_id="AKIASECOND", secret_access_key="second-secret")
        assert second.get_ptr(TEN) is None
        assert second.identity != world.backend.identity
        assert world.make().identity == world.backend.identity


# What is wrong with them


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"access_key_id": "A"}, "secretAccessKey: is missing; accessKeyId, secretAccessKey and"),
        ({"secret_access_key": "A"}, "accessKeyId: is missing; accessKeyId, secretAccessKey and"),
        ({"session_token": "A"}, "accessKeyId: is missing; accessKeyId, secretAccessKey and"),
        (
            {"access_key_id": "A", "secret_access_key": "B", "profile": "mail"},
            "profile: an access key is set too; drop one",
        ),
        (
            {"access_key_id": "A", "secret_access_key": "two\nlines"},
            "secretAccessKey: is empty or has characters that it cannot have",
        ),
        ({"endpoint_url": "localhost"}, "endpointUrl: must be https://HOST or http://HOST"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        AwsBackend("aws", AwsSettings(**settings), Path())  # type: ignore[arg-type]
    assert str(caught.value).startswith(f"rdns:backends.aws.{said}")
    assert "two" not in str(caught.value)


def test_without_a_region(account: World) -> None:
    backend = account.make(region="")
    calls: list[Callable[[], object]] = [
        lambda: backend.get_ptr(TEN),
        lambda: backend.find_zone(ZONE),
    ]
    for call in calls:
        with pytest.raises(ConfigError) as caught:
            call()
        assert str(caught.value) == (
            "rdns:backends.aws.region: is missing; set it with: pulumi config set --path "
            "'rdns:backends.aws.region' VALUE (or set AWS_REGION)"
        )


def test_the_zones_of_aws_itself_need_no_region() -> None:
    settings = AwsSettings(access_key_id="AKIA", secret_access_key="secret")
    client = Login("aws", settings).client("route53", (1, 1))
    assert client.meta.endpoint_url == "https://route53.amazonaws.com"


def test_without_credentials(account: World) -> None:
    assert failure(AuthenticationError, backend_of(account)) == (
        f"{READING}the AWS identity is not accepted: Unable to locate credentials. It comes from "
        "what boto3 finds (environment, ~/.aws, role of the container or the instance); "
        "docs/aws.md has the policy that it needs (HTTP 401)"
    )


def test_half_a_key_in_a_profile(account: World, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("[mail]\naws_access_key_id = AKIA\n")
    with pytest.raises(ConfigError, match=r"^rdns:backends\.aws: Partial credentials found"):
        backend_of(account, profile="mail").get_ptr(TEN)


def test_a_wrong_secret_of_a_profile(account: World, tmp_path: Path) -> None:
    login = f"aws_access_key_id = {account.scenario.access_key_id}\naws_secret_access_key = wrong"
    (tmp_path / "credentials").write_text(f"[mail]\n{login}\n")
    said = failure(AuthenticationError, backend_of(account, profile="mail"))
    assert "provided. It comes from the profile mail of ~/.aws; docs/aws.md has the" in said


def test_a_profile_whose_program_fails(account: World, tmp_path: Path) -> None:
    program = 'sh -c "echo it is locked >&2; exit 1"'
    (tmp_path / "config").write_text(f"[profile mail]\ncredential_process = {program}\n")
    with pytest.raises(ConfigError, match=r"^rdns:backends\.aws: Error when .*: it is locked"):
        backend_of(account, profile="mail").get_ptr(TEN)


def test_a_wrong_secret(account: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = account.make(secret_access_key="mistyped-secret")
    said = failure(AuthenticationError, wrong)
    assert said.startswith(f"{READING}the AWS identity is not accepted: The request signature we")
    assert "It comes from rdns:backends.aws.secretAccessKey in the stack's configuration" in said
    assert "(AuthFailure, correlation id 0" in said
    assert "mistyped-secret" not in said
    with pytest.raises(AuthenticationError, match="SignatureDoesNotMatch"):
        wrong.find_zone(ZONE)
    monkeypatch.setenv("RDNS_AWS_SECRETACCESSKEY", "mistyped-secret")
    said = failure(AuthenticationError, account.make(secret_access_key="mistyped-secret"))
    assert "It comes from the environment variable RDNS_AWS_SECRETACCESSKEY" in said


def test_what_the_policy_does_not_allow(make_world: MakeWorld) -> None:
    with make_world(denied=["ec2:ModifyAddressAttribute", "route53"]) as world:
        with pytest.raises(AuthenticationError) as caught:
            world.backend.set_ptr(TEN, dns.name.from_text("mail.example.com"))
        assert (
            "the AWS identity may not do this: You are not authorized to perform this operation: "
            "ec2:ModifyAddressAttribute. It comes from"
        ) in str(caught.value)
        with pytest.raises(AuthenticationError, match="AccessDenied, correlation id"):
            world.backend.find_zone(ZONE)


# What is wrong with the way there


def test_a_server_that_cannot_be_reached(account: World) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    said = failure(UnavailableError, account.make(endpoint_url=url, timeout=5))
    assert said.startswith(f"{READING}{url} cannot be reached: connection refused, tried ")


def test_a_host_that_has_no_address(account: World) -> None:
    said = failure(UnavailableError, account.make(endpoint_url="http://nowhere.invalid", timeout=1))
    assert said.startswith(f"{READING}http://nowhere.invalid cannot be reached: ")


def test_a_server_without_tls(account: World) -> None:
    url = account.simulator.url.replace("http:", "https:")
    said = failure(UnavailableError, account.make(endpoint_url=url, timeout=1))
    assert said.startswith(f"{READING}{url} cannot be reached securely: ")


class _Strange(http.server.BaseHTTPRequestHandler):
    """Answers with what is no XML, or not in time."""

    answer = b"welcome"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.answer) + 1))
        self.end_headers()
        self.wfile.write(self.answer)
        if self.answer == b"welcome":
            self.wfile.write(b"!")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def strange() -> Iterator[type[_Strange]]:
    class Handler(_Strange):
        pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        Handler.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Handler
        server.shutdown()
        thread.join()


def test_something_else_than_the_api(account: World, strange: Any) -> None:
    said = failure(UnavailableError, account.make(endpoint_url=strange.url))
    assert said == f"{READING}{strange.url} answered with something else than XML"


def test_an_answer_that_is_cut(account: World, strange: Any) -> None:
    strange.answer = b"<DescribeAddressesResponse"
    said = failure(UnavailableError, account.make(endpoint_url=strange.url, timeout=2))
    assert said.startswith(f"{READING}{strange.url} gave no answer: ")


def test_a_server_that_says_nothing(account: World) -> None:
    account.simulator.inject(Fault(kind="slow", seconds=1.0, times=99))
    said = failure(UnavailableError, account.make(timeout=0.3))
    assert said.startswith(f"{READING}{account.simulator.url} gave no answer: timed out")


def test_a_parameter_that_botocore_refuses_is_a_refusal(account: World) -> None:
    settings = AwsSettings(
        access_key_id="AKIA", secret_access_key="secret", endpoint_url=account.simulator.url
    )
    sdk = Sdk(Login("aws", settings), "route53", (1, 1))
    answer = sdk.send("GetChange", "", b'{"Id": "C1", "Unknown": 3}')
    assert isinstance(answer, Answer)
    assert answer.status == 400
    assert b"Parameter validation failed" in answer.content


# The package


def test_without_boto3_a_sentence_has_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "boto3" else find(name)
    )
    with pytest.raises(ConfigError) as caught:
        AwsBackend("aws", AwsSettings(), Path())
    assert str(caught.value).endswith("pip install 'pulumi-rdns[aws]'")


def test_boto3_is_imported_with_the_first_request() -> None:
    script = (
        "import sys, json, pathlib\n"
        "from pulumi_rdns.backends.registry import Backends\n"
        "backend = Backends({'aws': {}}, pathlib.Path(), {}).get('aws')\n"
        "print(backend.identity != '', json.dumps(sorted(sys.modules)))\n"
    )
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    made, _, modules = ran.stdout.partition(" ")
    assert made == "True"
    assert not {"boto3", "botocore", "requests"}.intersection(json.loads(modules))


def test_botocore_logs_no_headers(account: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        account.backend.get_ptr(TEN)
    assert [one for one in caplog.records if one.name.startswith("botocore")] == []
    lines = [one.getMessage() for one in caplog.records if one.name == "pulumi_rdns.backends.aws"]
    assert lines[0].startswith(f"{READING}DescribeAddresses EC2: 200 in ")


def test_no_secret_is_in_the_repr_of_the_settings() -> None:
    settings = AwsSettings(secret_access_key="secret", session_token="token", region="eu-west-1")
    assert "eu-west-1" in repr(settings)
    assert "secret" not in repr(settings)
    assert "token" not in repr(settings)
