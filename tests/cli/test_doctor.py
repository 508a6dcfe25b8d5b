"""``rdns doctor``: what it says of settings, and when it gives up."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from pulumi_rdns.backends.aws import AwsBackend
from pulumi_rdns.backends.base import OwnedAddress, report_progress
from pulumi_rdns.backends.linode import LinodeBackend
from pulumi_rdns.backends.memory import MemoryBackend
from pulumi_rdns.errors import AuthenticationError, UnavailableError

from .conftest import Rdns
from .doctoring import MEMORY, NOBODY, REVERSE, TOKEN, failing, rows
from .stacks import enter_stack

pytestmark = pytest.mark.usefixtures("nothing_set_up")


# Settings


def test_a_setting_is_told_with_where_it_comes_from_and_no_secret(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backends = {"cloud": {"type": "hetzner", "apiUrl": "http://127.0.0.1:9", "timeout": 0.1}}
    enter_stack(tmp_path, monkeypatch, {"rdns:backends": backends, "rdns:resolvers": [NOBODY]})
    monkeypatch.setenv("HCLOUD_TOKEN", TOKEN)
    monkeypatch.setenv("RDNS_CLOUD_TIMEOUT", "0.2")
    ran = rdns("doctor", "--json")
    assert rows(ran, "setting") == [
        ("apiToken", "info", "set, from $HCLOUD_TOKEN"),
        ("apiUrl", "info", "http://127.0.0.1:9 (from the stack's configuration)"),
        ("timeout", "info", "0.2 (from $RDNS_CLOUD_TIMEOUT)"),
    ]
    assert ran.code == 1
    assert TOKEN not in ran.stdout + ran.stderr


def test_what_is_no_secret_and_yet_private_is_not_shown(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RDNS_ZONEFILE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("RDNS_ZONEFILE_RELOADCOMMAND", '["curl", "-u", "me:pass", "reload"]')
    ran = rdns("doctor", "--json")
    assert ("reloadCommand", "info", "set, from $RDNS_ZONEFILE_RELOADCOMMAND") in rows(
        ran, "setting"
    )
    assert ("namedConf", "info", "not set") in rows(ran, "setting")
    assert ("lockTimeout", "info", "10.0 (the default)") in rows(ran, "setting")
    assert "me:pass" not in ran.stdout


def test_where_boto3_looks_is_told_where_no_setting_is_a_login(
    rdns: Rdns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AwsBackend, "addresses", lambda self: [])
    monkeypatch.setattr(AwsBackend, "list_zones", lambda self: [])
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    ran = rdns("doctor", "--json")
    ((_, _, detail),) = rows(ran, "login")
    assert detail.startswith("from what boto3 finds (environment, ~/.aws, ")
    assert ("region", "info", "eu-west-1 (from $AWS_REGION)") in rows(ran, "setting")
    assert ("accessKeyId", "info", "not set") in rows(ran, "setting")
    assert ("endpointUrl", "info", "not set") in rows(ran, "setting")
    monkeypatch.setenv("RDNS_AWS_PROFILE", "of-a-customer")
    ran = rdns("doctor", "--json")
    assert rows(ran, "login") == []
    assert "of-a-customer" not in ran.stdout


def test_the_value_of_a_wrong_setting_is_not_shown(
    rdns: Rdns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HCLOUD_TOKEN", TOKEN)
    monkeypatch.setenv("RDNS_HETZNER_APIURL", "https://me:pass@example.net")
    ran = rdns("doctor", "--json")
    assert ran.code == 2
    assert "pass" not in ran.stdout.replace("password", "")
    ((_, result, detail),) = rows(ran, "configuration")
    assert (result, "without a user or a password" in detail) == ("misconfigured", True)
    assert ("apiUrl", "info", "set, from $RDNS_HETZNER_APIURL") in rows(ran, "setting")


def test_what_is_missing_is_told_with_how_to_set_it_and_the_others_are_looked_at(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backends = {"memory": {"zones": ["example.com"]}, "files": {"type": "zonefile"}}
    enter_stack(tmp_path, monkeypatch, {"rdns:backends": backends, "rdns:backend": "typo"})
    ran = rdns("doctor", "--json")
    assert ran.code == 2
    wrong = {row["instance"]: row["detail"] for row in ran.rows if row["result"] == "misconfigured"}
    assert wrong["files"].startswith("rdns:backends.files.directory: is missing; set it with: ")
    assert wrong["typo"].startswith("backend 'typo': not configured under rdns:backends")
    assert rows(ran, "writable zones") == [("", "ok", "1 zone: example.com")]


def test_an_sdk_that_is_not_installed_is_a_matter_of_the_settings(
    rdns: Rdns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HCLOUD_TOKEN", TOKEN)
    monkeypatch.setitem(__import__("sys").modules, "hcloud", None)
    ran = rdns("doctor", "--json")
    assert ran.code == 2
    assert "pip install" in "".join(row["detail"] for row in ran.rows)


def test_where_nothing_is_set_up_that_is_said(rdns: Rdns) -> None:
    ran = rdns("doctor")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == (
        "rdns: no backend is set up: neither under rdns:backends nor by an environment variable\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a..b"], "'a..b' has an empty label"),
        (["--timeout", "0"], "--timeout: 0 seconds are not enough"),
        (["--timeout", "soon"], "--timeout: 'soon' is not a number of seconds"),
        (["--yes"], "--yes is for --write"),
        (["--write", "a..b", "192.0.2.300"], "--write: 'a..b' has an empty label"),
        (["192.0.2.10", "--write", "a.example", "192.0.2.10"], "and nothing else"),
    ],
)
def test_a_usage_error_is_a_sentence(rdns: Rdns, arguments: list[str], said: str) -> None:
    ran = rdns("doctor", *arguments)
    assert (ran.code, ran.stdout) == (2, "")
    assert said in ran.stderr


# What goes wrong on the way


@pytest.mark.parametrize("method", ["addresses", "list_zones", "get_rrset"])
def test_what_may_not_be_read_is_told_and_the_rest_is_looked_at(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    enter_stack(tmp_path, monkeypatch, {**MEMORY, "rdns:resolvers": [NOBODY]})
    error = AuthenticationError("memory", "read", "it", "the token may not do this", "HTTP 403")
    monkeypatch.setattr(MemoryBackend, method, failing(error))
    ran = rdns("doctor", "--json")
    failed = [row["check"] for row in ran.rows if row["result"] == "failed"]
    assert failed == [{"addresses": "addresses", "list_zones": "zones"}.get(method, "zone")]
    assert ran.code == 1
    assert rows(ran, "writing")


@pytest.mark.parametrize(("subject", "method"), [("192.0.2.10", "get_ptr"), (REVERSE, "find_zone")])
def test_a_single_thing_that_cannot_be_read_is_told(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subject: str, method: str
) -> None:
    enter_stack(tmp_path, monkeypatch, MEMORY)
    error = UnavailableError("memory", "read", "it", "nobody answers")
    monkeypatch.setattr(MemoryBackend, method, failing(error))
    ran = rdns("doctor", subject, "--json")
    assert [row["detail"] for row in ran.rows if row["result"] == "failed"] == [
        "memory: read it: nobody answers"
    ]
    assert ran.code == 1


def test_a_host_that_is_away_is_told_once(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter_stack(tmp_path, monkeypatch, MEMORY)
    error = UnavailableError("memory", "list", "all addresses", "connection refused")
    monkeypatch.setattr(MemoryBackend, "addresses", failing(error))
    ran = rdns("doctor", "--json")
    assert [row["check"] for row in ran.rows if row["result"] != "info"] == ["addresses"]


def test_an_account_without_an_address_does_not_work(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backends = {"linode": {"apiToken": TOKEN}}
    enter_stack(tmp_path, monkeypatch, {"rdns:backends": backends})
    monkeypatch.setattr(LinodeBackend, "addresses", lambda self: [])
    ran = rdns("doctor", "--json")
    none = "none found: there are none, or the login may not see them"
    assert rows(ran, "addresses") == [("", "failed", none)]
    assert ran.code == 1


def test_one_that_hangs_is_left_behind_with_what_it_waits_for(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backends = {"memory": {}, "slow": {"type": "memory"}}
    enter_stack(tmp_path, monkeypatch, {"rdns:backends": backends})
    is_over = threading.Event()

    def addresses(self: MemoryBackend) -> Sequence[OwnedAddress]:
        if self.name == "slow":
            report_progress("connection refused; trying again")
            is_over.wait(60)
        return []

    monkeypatch.setattr(MemoryBackend, "addresses", addresses)
    ran = rdns("doctor", "--timeout", "1", "--json")
    is_over.set()
    late = "it did not finish within 1 s: connection refused; trying again"
    assert rows(ran, "time") == [("", "failed", late)]
    assert [row["instance"] for row in ran.rows if row["check"] == "addresses"] == ["memory"]
    assert ran.code == 1


def test_a_bug_is_not_hidden(rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter_stack(tmp_path, monkeypatch, MEMORY)
    monkeypatch.setattr(MemoryBackend, "addresses", failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        rdns("doctor")


def test_people_get_a_table_with_a_summary(
    rdns: Rdns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter_stack(tmp_path, monkeypatch, {"rdns:backends": {"memory": {"zones": ["example.com"]}}})
    lines = rdns("doctor").stdout.splitlines()
    assert lines[0].split() == ["INSTANCE", "CHECK", "SUBJECT", "RESULT", "DETAIL"]
    (line,) = (line for line in lines if "addresses" in line)
    assert line.endswith("ok      no address; 0 with a PTR other than the vendor's default")
    assert lines[-1] == "2 ok"
