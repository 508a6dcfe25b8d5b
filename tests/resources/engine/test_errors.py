"""An error is one sentence, in the host by a status of gRPC, in a program by a class of the SDK."""

from __future__ import annotations

from typing import Any

import grpc
import pulumi
import pytest

from pulumi_rdns.errors import BackendError, ConfigError, InvalidInputError, UnavailableError
from pulumi_rdns.resources.engine.errors import as_run_error
from tests.resources.engine.conftest import SDK, Engine, Host, status_of

SENTENCE = 'ConflictError: probe: create it: two\nlines of "text"\\x1b[2J'


def failed(host: Host, what: str) -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        host.create(what)
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    return caught.value


def test_an_error_of_ours_is_its_class_and_its_sentence(engine: Engine) -> None:
    with Host(engine.address, {}) as host:
        status = status_of(failed(host, "fail"))
        assert (status.code, status.message) == (2, SENTENCE)
        assert not status.details
        # The older SDKs leave errors to gRPC, which prints a traceback of those it is not told of.
        assert host.end() == ""


def test_what_the_sdk_itself_would_show_is_still_worse(host: Host) -> None:
    """Fails when upstream sends a message alone: then plain_errors may go."""
    error = failed(host, "crash")
    assert status_of(error) is None
    if SDK >= (3, 260):
        assert error.details().startswith("Traceback (most recent call last):\n")
        assert error.details().endswith("ValueError: a mistake of ours\n")
    else:
        assert error.details() == "Exception calling application: a mistake of ours"


def test_with_rdns_debug_the_traceback_is_shown(engine: Engine) -> None:
    with Host(engine.address, {"RDNS_DEBUG": "1"}) as host:
        message = status_of(failed(host, "fail")).message
    assert message.startswith("Traceback (most recent call last):\n")
    assert "in fail\n" in message
    assert message.endswith(f"pulumi_rdns.errors.{SENTENCE}\n")


def test_where_the_call_is_not_found_the_error_is_as_the_sdk_has_it(host: Host) -> None:
    error = failed(host, "lose_calls")
    assert status_of(error) is None
    assert "no call was found" in error.details()
    if SDK >= (3, 260):
        assert "in lose_calls\n" in error.details()


def test_an_error_that_ends_a_program_is_of_both_classes_and_says_all_that_it_said() -> None:
    plain = UnavailableError("corp", "read", "192.0.2.1", "no answer", "504")
    error = as_run_error(plain)
    assert isinstance(error, pulumi.RunError)
    assert isinstance(error, UnavailableError)
    assert isinstance(error, BackendError)
    assert not isinstance(error, ConfigError)
    assert str(error) == "corp: read 192.0.2.1: no answer (504)"
    assert (error.backend, error.code) == ("corp", "504")
    assert type(error).__name__ == "UnavailableError"


def test_errors_of_one_class_stay_of_one_class() -> None:
    first, second = (as_run_error(InvalidInputError(text, "ttl")) for text in ("one", "two"))
    assert type(first) is type(second)
    assert as_run_error(first) is first
    assert [finding.property for finding in first.findings] == ["ttl"]
    assert not isinstance(InvalidInputError("three"), pulumi.RunError)


def test_an_error_that_ends_a_program_has_nothing_that_a_terminal_obeys() -> None:
    plain = UnavailableError("corp", "read", "192.0.2.1", "no\x1b[2J\nanswer")
    assert str(as_run_error(plain)) == "corp: read 192.0.2.1: no\\x1b[2J\nanswer"
