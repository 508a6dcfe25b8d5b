"""Run Pulumi on a stack: set up what is missing, select or create the stack, show what changed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from tools import cli, environment, venv, zones
from tools.progress import SetupError, say
from tools.project import DEV, ROOT, STATE, stack_file

ASKING = ("up", "refresh", "destroy")
"""Operations that show what they will do and ask. For the stack dev the answer is yes."""


def prepare(stack: str) -> dict[str, str]:
    """Set up what is missing, and return the variables that `pulumi` needs."""
    venv.ensure()
    variables = environment.exports(stack, cli.ensure())
    STATE.mkdir(exist_ok=True)
    if stack == DEV:
        zones.copy_samples()
    return variables


def operate(operation: str, stack: str, arguments: Sequence[str]) -> int:
    """`pulumi up`, `preview`, `refresh` or `destroy`; returns its exit code."""
    file = stack_file(stack)
    if not file.is_file():
        raise SetupError(
            f"there is no {file.relative_to(ROOT)}: write it after the model of "
            f"{stack_file(DEV).relative_to(ROOT)}, without its encryptionsalt."
        )
    env = {**os.environ, **prepare(stack)}
    _select(stack, env, create=operation in ("up", "preview"))
    folders = _zone_folders(stack, env) if operation in ("up", "destroy") else []
    before = zones.snapshot(folders)
    approval = ["--yes"] if stack == DEV and operation in ASKING else []
    code = run_pulumi([operation, "--stack", stack, *approval, *arguments], env)
    if folders:
        _show(before, zones.snapshot(folders))
    if code and (hint := _about_passphrase(stack, env)):
        say(hint)
    return code


def _select(stack: str, env: Mapping[str, str], *, create: bool) -> None:
    command = ["stack", "select", stack]
    if create:
        command.append("--create")
        if stack == DEV:
            # The file of this stack holds a salt: any other provider would take it out.
            command.append("--secrets-provider=passphrase")
    answer = _ask(command, env)
    if answer.returncode:
        reason = answer.stderr.strip().rpartition("error: ")[2]
        raise SetupError(f"{reason}. {_about_passphrase(stack, env)}".strip())


def _about_passphrase(stack: str, env: Mapping[str, str]) -> str:
    """What may be wrong where a user's own passphrase is used for the stack of the samples."""
    if stack != DEV or not environment.has_own_passphrase(env):
        return ""
    return (
        f'The stack {DEV} opens with the passphrase "{environment.SAMPLE_PASSPHRASE}". Yours is '
        "set and was used: if that is what failed, unset PULUMI_CONFIG_PASSPHRASE."
    )


def _zone_folders(stack: str, env: Mapping[str, str]) -> list[Path]:
    answer = _ask(["config", "--json", "--stack", stack], env)
    return [] if answer.returncode else zones.folders(answer.stdout)


def _show(before: zones.Snapshot, after: zones.Snapshot) -> None:
    lines = list(zones.changes(before, after))
    heading = "Changed in the zone files:" if lines else "No zone file was changed."
    print(heading, *lines, sep="\n", flush=True)


def _ask(arguments: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["pulumi", "--non-interactive", *arguments]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)


def run_pulumi(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """Run it on this terminal. It handles Ctrl-C itself, and we wait until it has."""
    child: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, frame: FrameType | None) -> None:
        if child is not None and number != signal.SIGINT:
            child.send_signal(number)

    # A handler, not SIG_IGN, which the child would inherit.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    child = subprocess.Popen(["pulumi", *arguments], env=env, cwd=ROOT)
    code = child.wait()
    return code if code >= 0 else 128 - code
