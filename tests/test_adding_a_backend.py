"""A backend with a required secret needs its own files and one line in three, and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
#: the whole text of a backend, as CONTRIBUTING.md shows it
MINIMAL = ROOT / "tests" / "minimal_backend.md"
#: file -> the text before which the new line comes; in any other file, it comes last
BEFORE = {
    "README.md": "| `memory` |",
    "provider/pulumi_rdns/backends/registry.py": '    "hostinger": BackendType(',
}
#: what a backend is made of -> what is said where that is missing
TOUCHES = {
    "provider/pulumi_rdns/backends/example": "No module named 'pulumi_rdns.backends.example'",
    "provider/pulumi_rdns/backends/registry.py": "backends and the registry differ in example",
    "tests/backends/example": "tests/backends and the registry differ in example",
    "README.md": "README.md has no row for example in its table of backends",
    "docs/example.md": "README.md: docs/example.md is missing",
    "CHANGELOG.md": "CHANGELOG.md has no example",
}
#: what is left out of the copy
MADE = (".git", ".venv", ".state", ".*_cache", ".hypothesis", "__pycache__", "dist")
#: each test starts a test run of its own
pytestmark = pytest.mark.timeout(300)


class Touch(NamedTuple):
    """A file that is added, or that gets a line."""

    path: str
    text: str

    def apply(self, root: Path) -> None:
        """Make the file, or add the line."""
        file = root / self.path
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self.text)
            return
        before, anchor, after = file.read_text().partition(BEFORE.get(self.path, "\0"))
        file.write_text(before + self.text + anchor + after)


def touches() -> list[Touch]:
    """Read the files and lines of the backend out of its text."""
    found = re.findall(
        r"^`([^`]+)`[^\n]*:\n\n(`{3,})\w+\n(.*?)^\2$", MINIMAL.read_text(), re.M | re.S
    )
    return [Touch(path, text) for path, _, text in found]


def place(touch: Touch) -> str:
    """Return which of TOUCHES a file belongs to."""
    return next(place for place in TOUCHES if touch.path.startswith(place))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the repository."""
    root = tmp_path / "copy"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*MADE))
    return root


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a Python module in the copy, with the copy's own package."""
    environ = {**os.environ, "PYTHONPATH": str(root / "provider"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        timeout=250,
    )


def run_tests(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the layer test and, where they are there, the backend's own tests."""
    own = [path for path in ["tests/backends/example"] if (root / path).is_dir()]
    # A folder of its own: by default a run closes the one of all runs, which this one is in too.
    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={root.parent / 'made'}"]
    return run(root, "pytest", *options, "tests/test_layers.py", *own, *arguments)


def test_its_files_and_lines_are_all_that_it_takes(copy: Path) -> None:
    for touch in touches():
        touch.apply(copy)
    assert set(map(place, touches())) == set(TOUCHES)
    ran = run_tests(copy)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^\d+ passed in", ran.stdout, re.M)
    for command in (["ruff", "check", "."], ["ruff", "format", "--check", "."]):
        ran = run(copy, *command)
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("missing", TOUCHES)
def test_without_any_one_of_them_a_test_fails(copy: Path, missing: str) -> None:
    for touch in touches():
        if place(touch) != missing:
            touch.apply(copy)
    ran = run_tests(copy, "-k", "backend")
    assert ran.returncode in (1, 2)
    assert TOUCHES[missing] in ran.stdout


def test_contributing_shows_the_whole_text() -> None:
    assert MINIMAL.read_text().strip() in (ROOT / "CONTRIBUTING.md").read_text()
