"""Programs that only pretend, in folders of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

MakeProgram = Callable[..., Path]


@pytest.fixture
def make_program() -> MakeProgram:
    """Write an executable shell script."""

    def make(path: Path, script: str = "exit 0") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return make
