"""Whether the CLI draws is told from the terminal that it has, as a shell gives it one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.resources.engine.conftest import ROOT

LOOK = (
    "from pulumi_rdns.resources.engine.terminal import has_status_column\n"
    "open({answer!r}, 'w').write(str(has_status_column()))\n"
)
#: what stands for the CLI: a process of its name that starts another one and waits
RUN = "import subprocess; subprocess.run([{python!r}, {look!r}], stdin=-3, stdout=-3)"


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    """Make a `pulumi` whose child notes here what it sees."""
    answer, look = tmp_path / "answer", tmp_path / "look.py"
    look.write_text(LOOK.format(answer=str(answer)))
    (tmp_path / "run.py").write_text(RUN.format(python=sys.executable, look=str(look)))
    (tmp_path / "pulumi").symlink_to(sys.executable)
    return answer


def ask(answer: Path, command: str, *, on_terminal: bool = True) -> str:
    """Run a command line by a shell, on a terminal of its own or on none, and read the answer."""
    folder = answer.parent
    command = command.format(pulumi=f"{folder}/pulumi -I {folder}/run.py", folder=folder)
    given = ["sh", "-c", command]
    if on_terminal:
        given = [sys.executable, "-c", f"import pty; pty.spawn({given!r})"]
    subprocess.run(
        given,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        check=True,
        timeout=60,
    )
    return answer.read_text()


@pytest.mark.parametrize(
    ("command", "draws"),
    [
        ("{pulumi}", "True"),
        ("{pulumi}; true", "True"),
        ("{pulumi} up --non-interactive", "False"),
        ("{pulumi} > {folder}/file", "False"),
        ("{pulumi} | cat", "False"),
    ],
)
def test_it_draws_on_a_terminal_of_its_own(answer: Path, command: str, draws: str) -> None:
    assert ask(answer, command) == draws


def test_it_does_not_draw_without_a_terminal(answer: Path) -> None:
    assert ask(answer, "{pulumi}", on_terminal=False) == "False"


def test_without_a_cli_above_nothing_draws(answer: Path) -> None:
    assert ask(answer, f"{sys.executable} {{folder}}/look.py") == "False"
