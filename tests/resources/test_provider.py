"""What the provider lets the guard against mass deletion know of the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.settings import StackSettings
from pulumi_rdns.records.session import Session
from pulumi_rdns.resources import provider, rotated_keys

URN = "urn:pulumi:dev::project::pulumi-python:dynamic/rdns:PtrRecord::mail"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(rotated_keys, "_now", {})
    session = Session(StackSettings(), tmp_path, {})
    provider._watch_deletions(session, URN, "project", "dev")
    return session


@pytest.mark.parametrize(
    ("is_destroy", "is_told", "are_meant"),
    [
        (True, True, True),
        (False, False, False),
        (None, False, True),
        (None, True, False),
    ],
)
def test_deletions_are_meant_where_the_command_is_destroy_or_no_program_runs(
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    is_destroy: bool | None,
    is_told: bool,
    are_meant: bool,
) -> None:
    monkeypatch.setattr(provider, "is_destroy", lambda: is_destroy)
    session.ledger.is_told = is_told
    assert session.deletions.are_meant() is are_meant


@pytest.mark.parametrize(
    ("config", "limit"), [({"rdns:maxDeletePercent": "100"}, 100), ({}, None), (None, None)]
)
def test_the_limit_is_read_as_it_is_configured_now(
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    config: dict[str, str] | None,
    limit: int | None,
) -> None:
    asked = []

    def read(stack: str, timeout: float) -> dict[str, str]:
        asked.append(stack)
        if config is None:
            raise ConfigError("pulumi config: no answer")
        return config

    monkeypatch.setattr(rotated_keys, "read_stack_config", read)
    assert session.deletions.read_limit() == limit
    assert session.deletions.read_limit() == limit
    assert asked == ["dev"], "once"


def test_the_state_is_that_of_the_stack(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def read(_: Session, organization: str | None, project: str, stack: str) -> list[object]:
        asked.append((organization, project, stack))
        return []

    monkeypatch.setattr(provider, "read_records_to_count", read)
    session.ledger.organization = "acme"
    assert session.deletions.read_state() == []
    assert asked == [("acme", "project", "dev")]
