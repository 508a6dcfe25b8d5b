"""The zone files that a stack writes to: the first copy of the samples, and what a run changed."""

from __future__ import annotations

import difflib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tools.progress import say
from tools.project import ROOT, SAMPLE_ZONES, ZONES

Snapshot = Mapping[Path, str]


def copy_samples() -> None:
    """Give the stack dev its zone files, once: afterwards they are the user's."""
    if ZONES.exists():
        return
    unfinished = Path(tempfile.mkdtemp(prefix=f".{ZONES.name}-", dir=ZONES.parent))
    try:
        shutil.copytree(SAMPLE_ZONES, unfinished, dirs_exist_ok=True)
        unfinished.chmod(0o755)
        unfinished.rename(ZONES)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    say(f"copied the sample zones to {ZONES.name}/")


def folders(configuration: str) -> list[Path]:
    """The folders of zone files in the answer of `pulumi config --json`."""
    backends = json.loads(configuration).get("rdns:backends", {}).get("objectValue", {})
    named = (backend.get("directory") for backend in backends.values() if isinstance(backend, dict))
    return [ROOT / Path(folder).expanduser() for folder in named if isinstance(folder, str)]


def snapshot(folders: Iterable[Path]) -> Snapshot:
    return {path: _read(path) for folder in folders for path in _zone_files(folder)}


def changes(before: Snapshot, after: Snapshot) -> Iterator[str]:
    """The lines that differ, as a unified diff without context."""
    for path in sorted({*before, *after}):
        name = os.path.relpath(path, ROOT)
        old, new = before.get(path, ""), after.get(path, "")
        lines = difflib.unified_diff(
            old.split("\n"), new.split("\n"), f"a/{name}", f"b/{name}", n=0, lineterm=""
        )
        yield from map(_escaped, lines)


def _escaped(line: str) -> str:
    """Show what a terminal would obey; the package, which does so too, is not there yet."""
    return "".join(
        one if one.isprintable() or one == "\t" else one.encode("unicode_escape").decode()
        for one in line
    )


def _zone_files(folder: Path) -> list[Path]:
    return [path for pattern in ("*.zone", "db.*") for path in folder.glob(pattern)]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="backslashreplace")
