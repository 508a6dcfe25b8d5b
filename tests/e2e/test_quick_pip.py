"""The pip that the commands of the CLI ask says what the real one says."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .quick_pip import LIST


def output(*command: str, without: str = "") -> bytes:
    environ = {name: value for name, value in os.environ.items() if name != without}
    return subprocess.run(command, env=environ, capture_output=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("command", [LIST, (sys.executable, "-m", "pip", "--version")])
def test_it_says_what_the_real_one_says(command: tuple[str, ...]) -> None:
    assert output(*command) == output(*command, without="PYTHONPATH") != b""


def test_it_is_asked_in_the_place_of_the_real_one() -> None:
    script = (sys.executable, "-c", "import pip; print(pip.__file__)")
    assert b"quick_pip" in output(*script)
    assert b"quick_pip" not in output(*script, without="PYTHONPATH")
