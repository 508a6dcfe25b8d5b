"""Which stack the CLI is asked for, and what is known where it does not answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.records.holdings import StoredHoldings
from pulumi_rdns.records.session import Session
from pulumi_rdns.resources import stored_state
from pulumi_rdns.resources.stored_state import read_holdings, read_records_to_count

RESOURCE = {
    "type": "pulumi-python:dynamic/rdns:PtrRecord",
    "urn": "urn:pulumi:dev::test::pulumi-python:dynamic/rdns:PtrRecord::mail",
    "id": "corp/192.0.2.10",
    "outputs": {"writtenHostname": "mail.example.com"},
}


NOTHING = StoredHoldings((), is_whole=False)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(read_settings({}), tmp_path, {})


def answering(monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Any]) -> list[str]:
    """Answer in the place of the CLI; return which stacks it is asked for."""
    stacks: list[str] = []

    def export(stack: str, *, program: str | None, timeout: float) -> Any:
        stacks.append(stack)
        return answer()

    monkeypatch.setattr(stored_state, "export_state", export)
    return stacks


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return answering(monkeypatch, lambda: {"resources": [RESOURCE]})


@pytest.mark.parametrize(
    ("organization", "stack"), [("organization", "dev"), ("acme", "acme/test/dev")]
)
def test_the_stack_of_the_organization_is_read(
    session: Session, asked: list[str], organization: str, stack: str
) -> None:
    told, is_whole = read_holdings(session, organization, "test", "dev")
    ((resource, holding),) = told
    assert is_whole
    assert (resource, holding.values) == (RESOURCE["urn"], {"192.0.2.10": "mail.example.com"})
    assert asked == [stack]


def test_a_state_that_is_written_at_the_end_of_the_run_is_not_the_whole(
    session: Session, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_SKIP_CHECKPOINTS", "true")
    told, is_whole = read_holdings(session, "organization", "test", "dev")
    assert (len(told), is_whole) == (1, False)


def test_where_nobody_says_whose_stack_it_is_none_is_read(
    session: Session, asked: list[str]
) -> None:
    assert read_holdings(session, None, "test", "dev") == NOTHING
    assert asked == []


def test_a_cli_that_does_not_answer_is_logged_and_nothing_is_known(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> Any:
        raise ConfigError("pulumi stack export: no answer within 30 s")

    asked = answering(monkeypatch, fail)
    with caplog.at_level(logging.INFO, "pulumi_rdns"):
        assert read_holdings(session, "organization", "test", "dev") == NOTHING
    assert asked == ["dev"]
    assert "is not known: pulumi stack export: no answer within 30 s" in caplog.text


@pytest.mark.parametrize(
    ("organization", "stack"), [(None, "dev"), ("organization", "dev"), ("acme", "acme/test/dev")]
)
def test_what_is_only_counted_is_read_of_whatever_stack_the_cli_takes(
    session: Session, asked: list[str], organization: str | None, stack: str
) -> None:
    found = read_records_to_count(session, organization, "test", "dev")
    assert found is not None
    assert [one.urn for one in found] == [RESOURCE["urn"]]
    assert asked == [stack]
