"""The environment in which plain `pulumi` commands work. What the user has set is left alone."""

from __future__ import annotations

import json
import os
import pwd
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from tools.progress import SetupError
from tools.project import DEV, STATE, VENV, stack_file

SAMPLE_PASSPHRASE = "sample"
"""Opens the stack dev, whose settings hold the salt for it and no secret."""

DEFAULTS = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
}

FAST = {"PULUMI_SKIP_CHECKPOINTS": "true"}
"""Writes the state once, at the end of a command: after a kill it knows nothing of that command."""

OUR_STATE = "PULUMI_RDNS_STATE"
"""Tells a PULUMI_BACKEND_URL set by this project, maybe for another clone, from the user's own."""


def exports(stack: str, cli: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables to set for a stack. Raises SetupError where a passphrase is missing."""
    variables = {"PATH": _search_path(cli, environ)}
    variables |= {name: value for name, value in DEFAULTS.items() if name not in environ}
    backend = _users_backend(environ)
    if backend is None:
        backend = f"file://{quote(str(STATE))}"
        variables |= {"PULUMI_BACKEND_URL": backend, OUR_STATE: backend}
    if "PULUMI_HOME" not in environ and not _is_writable(_homes()[0]):
        variables["PULUMI_HOME"] = str(STATE / "home")
    if not has_own_passphrase(environ):
        if stack == DEV:
            variables["PULUMI_CONFIG_PASSPHRASE"] = SAMPLE_PASSPHRASE
        elif _needs_passphrase(stack, backend):
            raise SetupError(
                f"the stack {stack} needs a passphrase of its own for its secrets: set "
                "PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE."
            )
    return variables


def has_own_passphrase(environ: Mapping[str, str] = os.environ) -> bool:
    own = environ.get("PULUMI_CONFIG_PASSPHRASE", SAMPLE_PASSPHRASE)
    return bool(environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")) or own != SAMPLE_PASSPHRASE


def as_shell(variables: Mapping[str, str]) -> str:
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())


def _search_path(cli: Path, environ: Mapping[str, str]) -> str:
    """The environment's Python comes first: the language host runs the first one it finds."""
    ours = [str(VENV / "bin"), str(cli)]
    others = environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([*ours, *(folder for folder in others if folder not in ours)])


def _users_backend(environ: Mapping[str, str]) -> str | None:
    """Where the user keeps state: set for this shell, or by `pulumi login`."""
    url = environ.get("PULUMI_BACKEND_URL")
    if url and url != environ.get(OUR_STATE):
        return url
    if environ.get("PULUMI_ACCESS_TOKEN"):
        return "https:"
    return _login(environ)


def _login(environ: Mapping[str, str]) -> str | None:
    home = environ.get("PULUMI_HOME")
    for place in [Path(home)] if home else _homes():
        try:
            login = json.loads((place / "credentials.json").read_text()).get("current")
        except (OSError, ValueError, AttributeError):
            continue
        if isinstance(login, str) and login:
            return login
    return None


def _homes() -> list[Path]:
    """Where a pulumi CLI without PULUMI_HOME keeps its things: some ask $HOME first, some last."""
    try:
        registered = [Path(pwd.getpwuid(os.getuid()).pw_dir)]
    except KeyError:
        registered = []
    return [home / ".pulumi" for home in (*registered, Path.home())]


def _is_writable(home: Path) -> bool:
    return os.access(home if home.exists() else home.parent, os.W_OK)


def _needs_passphrase(stack: str, backend: str) -> bool:
    """Pulumi Cloud and the key services that a stack file can name need none."""
    if backend.startswith(("https:", "http:")):
        return False
    file = stack_file(stack)
    settings = file.read_text() if file.is_file() else ""
    provider = re.search(r"^secretsprovider:\s*[\"']?(\w+)", settings, re.MULTILINE)
    return provider is None or provider[1] in ("default", "passphrase")
