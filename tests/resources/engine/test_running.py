"""A program sees its stack's whole configuration, and is told from the next one of its process."""

from __future__ import annotations

import pulumi
import pytest
from pulumi.runtime import config as runtime_config

from pulumi_rdns.resources.engine import moved, running
from tests.resources.conftest import run_program

GIVEN = {"rdns:backend": "corp", "other:key": "value"}


def test_the_configuration_is_all_that_the_engine_gave() -> None:
    seen: list[dict[str, str]] = []
    run_program(lambda: seen.append(running.stack_config()), GIVEN)
    assert seen == [GIVEN]


def test_a_process_that_was_given_a_configuration_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", '{"rdns:backend": "environment"}')
    seen: list[dict[str, str]] = []
    run_program(lambda: seen.append(running.stack_config()), {})
    run_program(lambda: seen.append(running.stack_config()), GIVEN)
    assert seen == [{"rdns:backend": "environment"}, GIVEN]


def test_where_the_sdk_keeps_it_elsewhere_a_warning_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    moved.warn.cache_clear()
    monkeypatch.delattr(runtime_config, "CONFIG")
    monkeypatch.setenv("PULUMI_CONFIG", '{"rdns:backend": "environment"}')
    assert running.stack_config() == running.stack_config() == {"rdns:backend": "environment"}
    assert caplog.text.count("the configuration was not found, so programs of the Automation") == 1


def test_two_programs_of_one_process_have_two_connections() -> None:
    seen: list[object] = []

    def program() -> None:
        assert running.connection() is running.connection()
        assert running.connection() is pulumi.runtime.settings.get_monitor()
        seen.append(running.connection())

    run_program(program, GIVEN)
    run_program(program, GIVEN)
    assert seen[0] is not seen[1]
