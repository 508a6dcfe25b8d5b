"""Log lines are shown where `RDNS_LOG` asks for them, and only there."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pulumi_rdns import logs
from pulumi_rdns.errors import ConfigError

LOGGER = logging.getLogger("pulumi_rdns.backends.of_a_test")
LINE = r"\d\d:\d\d:\d\d\.\d{3} DEBUG pulumi_rdns\.backends\.of_a_test: GET /zones\n"


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    logger = logging.getLogger("pulumi_rdns")
    handlers, level = list(logger.handlers), logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.mark.parametrize("value", ["debug", "DEBUG"])
def test_debug_shows_every_line_on_standard_error(
    value: str, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.show_logs(environ={"RDNS_LOG": value})
    LOGGER.debug("GET %s", "/zones")
    out, err = capfd.readouterr()
    assert out == ""
    assert re.fullmatch(LINE, err)


def test_no_line_has_anything_that_a_terminal_obeys(capfd: pytest.CaptureFixture[str]) -> None:
    logs.show_logs(environ={"RDNS_LOG": "debug"})
    LOGGER.debug("GET /zones\x1b[2J\u202e")
    assert capfd.readouterr().err.endswith("GET /zones\\x1b[2J\\u202e\n")


def test_info_shows_no_request(capfd: pytest.CaptureFixture[str]) -> None:
    logs.show_logs(environ={"RDNS_LOG": "info"})
    LOGGER.debug("GET /zones")
    LOGGER.info("a summary")
    assert capfd.readouterr().err.endswith(" INFO pulumi_rdns.backends.of_a_test: a summary\n")


@pytest.mark.parametrize("environ", [{}, {"RDNS_LOG": ""}])
def test_without_it_nothing_is_shown_and_no_line_is_made(
    environ: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    logs.show_logs(environ=environ)
    assert not LOGGER.isEnabledFor(logging.DEBUG)
    LOGGER.debug("GET /zones")
    assert capfd.readouterr() == ("", "")


def test_asked_twice_a_line_is_shown_once_at_the_level_of_the_last(
    capfd: pytest.CaptureFixture[str],
) -> None:
    logs.show_logs(environ={"RDNS_LOG": "info"})
    logs.show_logs(environ={"RDNS_LOG": "debug"})
    LOGGER.debug("GET /zones")
    assert capfd.readouterr().err.count("GET /zones") == 1


def test_a_level_that_is_none_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match=r"^RDNS_LOG: 'verbose' is not a valid level; set it to"):
        logs.show_logs(environ={"RDNS_LOG": "verbose"})


def run_rdns(level: str) -> subprocess.CompletedProcess[str]:
    """Run the command, which finds nothing to look at and says so, with a line logged in it."""
    script = (
        "import logging, sys\n"
        "from pulumi_rdns.cli import command\n"
        "parser = command._parser\n"
        "def logged():\n"
        "    logging.getLogger('pulumi_rdns.resolve').debug('asked')\n"
        "    return parser()\n"
        "command._parser = logged\n"
        "sys.exit(command.main(['--version']))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script],
        env={"RDNS_LOG": level},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_command_rdns_shows_lines_on_standard_error() -> None:
    shown = run_rdns("debug")
    assert shown.returncode == 0
    assert shown.stdout.startswith("rdns ")
    assert shown.stderr.endswith(" DEBUG pulumi_rdns.resolve: asked\n")
    assert run_rdns("").stderr == ""


def test_the_command_rdns_says_which_levels_there_are() -> None:
    refused = run_rdns("loud")
    assert refused.returncode == 2
    assert (
        refused.stderr == "rdns: RDNS_LOG: 'loud' is not a valid level; set it to debug or info\n"
    )
