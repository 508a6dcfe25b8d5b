"""An error about a key says where the stack's configuration has another one by now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_rdns.errors import AuthenticationError, ConflictError
from pulumi_rdns.model.settings import StackSettings
from pulumi_rdns.records.session import Session
from pulumi_rdns.resources import rotated_keys
from pulumi_rdns.resources.rotated_keys import told_of_rotated_keys

URN = "urn:pulumi:dev::project::pulumi-python:dynamic/rdns:PtrRecord::mail"
GIVEN: dict[str, Any] = {
    "corp": {"type": "powerdns", "apiUrl": "http://127.0.0.1:1", "apiKey": "the-old-one"}
}
REFUSED = "corp: read the PTR of 192.0.2.10: the API key is not accepted (HTTP 401)"


class FakeCli:
    """A `pulumi` on PATH that answers with a configuration, and counts how often it is asked."""

    def __init__(self, folder: Path) -> None:
        (folder / "Pulumi.yaml").write_text("name: project\n")
        self._answer = folder / "answer"
        self._asked = folder / "asked"
        self._asked.write_text("")
        script = f"#!/bin/sh\necho \"$@\" >> '{self._asked}'\ncat '{self._answer}'\n"
        program = folder / "pulumi"
        program.write_text(script)
        program.chmod(0o755)

    def configure(self, **corp: str) -> None:
        backends = {"corp": {**GIVEN["corp"], **corp}}
        entry = {"value": "", "objectValue": backends, "secret": True}
        self.answer(json.dumps({"rdns:backends": entry, "rdns:backend": {"value": "corp"}}))

    def answer(self, text: str) -> None:
        self._answer.write_text(text)

    @property
    def asked(self) -> list[str]:
        return self._asked.read_text().splitlines()


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCli:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(rotated_keys, "_now", {})
    return FakeCli(tmp_path)


def session(backends: dict[str, Any]) -> Session:
    return Session(StackSettings(backends=backends), Path(), {})


def told(backends: dict[str, Any] = GIVEN) -> str:
    """Let a call fail for its key. Return the error's message."""
    given = session(backends)
    with pytest.raises(AuthenticationError) as caught, told_of_rotated_keys(URN, given):
        raise AuthenticationError(
            "corp", "read the PTR of", "192.0.2.10", "the API key is not accepted", "HTTP 401"
        )
    return str(caught.value)


def test_what_was_changed_since_the_last_update_is_named_with_what_overrides_it(
    cli: FakeCli,
) -> None:
    cli.configure(apiKey="the-new-one", apiUrl="http://127.0.0.1:2")
    text = told()
    assert text == (
        f"{REFUSED}. `pulumi refresh` and `pulumi destroy` use the configuration of the last "
        "update, and rdns:backends.corp.apiKey and rdns:backends.corp.apiUrl were changed since: "
        "run `pulumi up` first, or set RDNS_CORP_APIKEY and RDNS_CORP_APIURL to what is configured "
        "now"
    )
    assert told() == text
    assert cli.asked == [
        "config --show-secrets --json --non-interactive --color never --stack dev"
    ], "it is asked once"


def test_nothing_is_added_where_neither_key_nor_server_was_changed(cli: FakeCli) -> None:
    cli.configure(timeout="60")
    assert told() == REFUSED


def test_nothing_is_added_where_a_variable_beats_the_configuration_anyhow(
    cli: FakeCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RDNS_CORP_APIKEY", "mistyped")
    cli.configure(apiKey="the-new-one")
    assert told() == REFUSED


@pytest.mark.parametrize(
    "answer",
    ["", "[]", '{"rdns:colour": {"value": "green"}}', '{"rdns:backends": {"value": "{}"}}'],
)
def test_nothing_is_added_where_the_cli_does_not_say(cli: FakeCli, answer: str) -> None:
    cli.answer(answer)
    assert told() == REFUSED
    assert len(cli.asked) == 1


def test_nothing_is_added_where_the_instance_was_configured_nowhere(cli: FakeCli) -> None:
    cli.configure(apiKey="the-new-one")
    assert told({}) == REFUSED


def test_any_other_error_asks_nobody(cli: FakeCli) -> None:
    given = session(GIVEN)
    with pytest.raises(ConflictError, match="is there"), told_of_rotated_keys(URN, given):
        raise ConflictError("corp", "set the PTR of", "192.0.2.10", "another one is there")
    assert cli.asked == []
