"""What `make env` prints, and what it leaves to the user."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tools import environment
from tools.progress import SetupError

CLI = Path("/opt/the cli/bin")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return tmp_path / "a clone's folder"


@pytest.fixture
def user(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a user who has set nothing, in a clone with a stack prod."""
    monkeypatch.setattr(environment, "VENV", clone / ".venv")
    monkeypatch.setattr(environment, "STATE", clone / ".state")
    monkeypatch.setattr(environment, "stack_file", lambda stack: clone / f"Pulumi.{stack}.yaml")
    monkeypatch.setattr(environment, "_homes", lambda: [tmp_path / ".pulumi"])
    clone.mkdir()
    (clone / "Pulumi.prod.yaml").write_text("config: {}\n")
    return {"PATH": os.environ["PATH"]}


def evaluated(text: str, variable: str, environ: dict[str, str]) -> str:
    script = f'{text}\nprintf %s "${variable}"'
    return subprocess.run(
        ["sh", "-c", script], env=environ, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("variable", ["PATH", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"])
def test_a_shell_reads_the_exports_as_they_are_meant(user: dict[str, str], variable: str) -> None:
    variables = environment.exports("dev", CLI, user)
    assert evaluated(environment.as_shell(variables), variable, user) == variables[variable]


def test_every_line_is_an_export(user: dict[str, str]) -> None:
    lines = environment.as_shell(environment.exports("dev", CLI, user)).splitlines()
    assert all(line.startswith("export ") for line in lines)


def test_the_python_of_the_environment_comes_before_the_cli(
    user: dict[str, str], clone: Path
) -> None:
    first, second, *_ = environment.exports("dev", CLI, user)["PATH"].split(":")
    assert (first, second) == (str(clone / ".venv" / "bin"), str(CLI))


def test_evaluating_twice_changes_nothing(user: dict[str, str]) -> None:
    once = user | environment.exports("dev", CLI, user)
    assert once | environment.exports("dev", CLI, once) == once


def test_the_state_of_a_folder_with_blanks_is_a_url(user: dict[str, str]) -> None:
    url = environment.exports("dev", CLI, user)["PULUMI_BACKEND_URL"]
    assert url.startswith("file:///")
    assert url.endswith("/a%20clone%27s%20folder/.state")


def test_a_backend_of_the_users_own_wins(user: dict[str, str]) -> None:
    user["PULUMI_BACKEND_URL"] = "s3://states"
    assert "PULUMI_BACKEND_URL" not in environment.exports("dev", CLI, user)


def test_an_access_token_of_the_user_wins(user: dict[str, str]) -> None:
    user["PULUMI_ACCESS_TOKEN"] = "pul-example"
    assert "PULUMI_BACKEND_URL" not in environment.exports("dev", CLI, user)


def test_a_login_of_the_user_wins(user: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".pulumi").mkdir()
    (tmp_path / ".pulumi" / "credentials.json").write_text(json.dumps({"current": "file://~"}))
    assert "PULUMI_BACKEND_URL" not in environment.exports("dev", CLI, user)


@pytest.mark.parametrize("credentials", ["", "[]", "{}", '{"current": ""}'])
def test_a_file_of_credentials_without_a_login_is_none(
    user: dict[str, str], tmp_path: Path, credentials: str
) -> None:
    user["PULUMI_HOME"] = str(tmp_path)
    (tmp_path / "credentials.json").write_text(credentials)
    assert "PULUMI_BACKEND_URL" in environment.exports("dev", CLI, user)


def test_the_state_of_another_clone_is_not_the_users_own(
    user: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_other = user | environment.exports("dev", CLI, user)
    monkeypatch.setattr(environment, "STATE", Path("/elsewhere/.state"))
    url = environment.exports("dev", CLI, in_the_other)["PULUMI_BACKEND_URL"]
    assert url == "file:///elsewhere/.state"


def test_a_switch_that_the_user_has_set_stays(user: dict[str, str]) -> None:
    user["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "false"
    variables = environment.exports("dev", CLI, user)
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in variables
    assert variables["PULUMI_SKIP_UPDATE_CHECK"] == "true"


def test_a_home_that_cannot_be_written_is_replaced(
    user: dict[str, str], clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "PULUMI_HOME" not in environment.exports("dev", CLI, user)
    monkeypatch.setattr(environment, "_homes", lambda: [Path("/nonexistent/.pulumi")])
    home = environment.exports("dev", CLI, user)["PULUMI_HOME"]
    assert home == str(clone / ".state" / "home")


@pytest.mark.parametrize("own", ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])
@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_passphrase_of_the_users_own_wins(user: dict[str, str], stack: str, own: str) -> None:
    user[own] = "mine"
    assert "PULUMI_CONFIG_PASSPHRASE" not in environment.exports(stack, CLI, user)


def test_an_empty_passphrase_is_one(user: dict[str, str]) -> None:
    user["PULUMI_CONFIG_PASSPHRASE"] = ""
    assert "PULUMI_CONFIG_PASSPHRASE" not in environment.exports("prod", CLI, user)


def test_another_stack_than_dev_needs_a_passphrase(user: dict[str, str]) -> None:
    with pytest.raises(SetupError) as caught:
        environment.exports("prod", CLI, user)
    assert str(caught.value) == (
        "the stack prod needs a passphrase of its own for its secrets: "
        "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE."
    )


def test_the_sample_passphrase_is_for_dev_alone(user: dict[str, str]) -> None:
    after_dev = user | environment.exports("dev", CLI, user)
    with pytest.raises(SetupError, match="the stack prod needs a passphrase of its own"):
        environment.exports("prod", CLI, after_dev)


def test_pulumi_cloud_needs_no_passphrase(user: dict[str, str]) -> None:
    user["PULUMI_ACCESS_TOKEN"] = "pul-example"
    assert "PULUMI_CONFIG_PASSPHRASE" not in environment.exports("prod", CLI, user)


@pytest.mark.parametrize(
    ("provider", "needed"), [("awskms://alias/dns", False), ("passphrase", True), ("default", True)]
)
def test_a_key_service_needs_no_passphrase(
    user: dict[str, str], clone: Path, provider: str, needed: bool
) -> None:
    (clone / "Pulumi.prod.yaml").write_text(f"secretsprovider: {provider}\nconfig: {{}}\n")
    if needed:
        with pytest.raises(SetupError):
            environment.exports("prod", CLI, user)
    else:
        environment.exports("prod", CLI, user)
