"""The ledger of all processes of a run: a file to which each appends what it knows.

The engine starts a process for the program and one for each provider reference, and none of them
is told of the others. The file is named after the project, the stack and the run, is readable for
its user alone, and holds no secret value: a digest stands for each.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple, TypeAlias
from urllib.parse import quote

import msgspec

from pulumi_rdns.errors import ConfigError

#: how the name of a file ends; the format of its lines is permanent
_SUFFIX = ".v1.jsonl"
#: lines that tell who wrote a file, and what came of its operations
_BRIEF = re.compile(rb'\d+ \{"type":"(?:open|start|doubt|resolve|close)"')
#: seconds
_DAY = 86400


class Cli(NamedTuple):
    """The process of the CLI."""

    pid: int
    #: when it was started, in seconds since 1970
    started: float


class Run(NamedTuple):
    """One command of the CLI, as all its processes see it."""

    project: str
    stack: str
    #: the same for all processes of the run, and for those of no other
    key: str
    #: None where it cannot be found
    cli: Cli | None = None


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the file."""


class Began(Event, frozen=True, tag="run"):
    """What the program says of the run."""

    #: operations that the engine runs side by side
    parallel: int | None = None
    #: whose stack it is; None where nobody says
    organization: str | None = None


class Opens(Event, frozen=True, tag="open"):
    """A process takes part."""

    cli: Cli | None = None


class Expects(Event, frozen=True, tag="expect"):
    """The program has made a resource."""

    line: int
    name: str
    kinds: tuple[str, ...]
    #: subject -> value; None where a subject is computed
    records: dict[str, str | None] | None = None


class Declares(Event, frozen=True, tag="declare"):
    """The engine has told of a resource of the program."""

    resource: str
    kind: str
    instance: str
    identity: str
    records: dict[str, str | None]
    zone: str | None = None
    line: int | None = None


class Remembers(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of a record, beside its value."""

    adopted: bool
    #: whether it is known what was there before
    known: bool = False
    hostnames: tuple[str, ...] = ()
    #: seconds
    ttl: int | None = None


class Has(Event, frozen=True, tag="has"):
    """What a resource has written, by its state or in this run."""

    resource: str
    kind: str
    identity: str
    #: subject -> value
    records: dict[str, str]
    #: the zones of the records
    zones: tuple[str, ...] = ()
    #: subject -> the name that has its record, where that is not the usual one
    owners: dict[str, str] = {}
    #: it is what the resource has now, and not about to be given up
    current: bool = True
    #: subjects that could not be written
    failed: tuple[str, ...] = ()
    memory: Remembers | None = None
    #: subject -> what is remembered of one of many
    memories: dict[str, Remembers] = {}
    #: the engine leaves it as it is in this run
    stays: bool = False


class Failed(Event, frozen=True, tag="failed"):
    """A create or update has written nothing."""

    resource: str
    subject: str


class Starts(Event, frozen=True, tag="start"):
    """An operation begins that writes."""

    resource: str
    operation: str
    kind: str
    identity: str
    #: subject -> value after it; None for no record
    records: dict[str, str | None]
    #: a delete has left these records for the create of its own resource, which has failed
    handed_over: bool = False

    def is_elsewhere(self, identity: str) -> bool:
        """Whether it may have left records where no operation at this place looks after them."""
        return self.operation == "create" and self.identity != identity


class Doubts(Event, frozen=True, tag="doubt"):
    """An operation has failed when a part of it was done, and the state is what it was before."""

    begun: Starts


class Resolves(Event, frozen=True, tag="resolve"):
    """What a killed run has left of an operation has been looked after."""

    resource: str
    #: the place (`Backend.identity`) of who did; what was created at another one is still there
    identity: str | None = None

    def settles(self, begun: Starts) -> bool:
        """Whether an operation that was begun needs no look any longer."""
        if begun.resource != self.resource:
            return False
        return self.identity is None or not begun.is_elsewhere(self.identity)


class Closes(Event, frozen=True, tag="close"):
    """A process ends as the engine wants it: the state knows of all its operations."""


AnyEvent: TypeAlias = (
    Opens | Began | Expects | Declares | Has | Failed | Starts | Doubts | Resolves | Closes
)
_decoder = msgspec.json.Decoder(AnyEvent)


def ledger_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the files: in Pulumi's own, which is the user's."""
    home = environ.get("PULUMI_HOME")
    return (Path(home) if home else Path.home() / ".pulumi") / "rdns"


class LedgerFile:
    """The file of one run. Safe for several threads."""

    def __init__(self, folder: Path, run: Run) -> None:
        """Open the file, and make it where it is not there. Raises ConfigError."""
        self.path = folder / f"{_safe(run.project)}.{_safe(run.stack)}.{run.key}{_SUFFIX}"
        self._writer = f"{os.getpid()} ".encode()
        self._lock = threading.Lock()
        self._offset = 0
        self._rest = b""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
            flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
            self._file = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise self._error(error) from error
        self.append(Opens(run.cli))

    def append(self, event: AnyEvent) -> None:
        """Add a line. Raises ConfigError."""
        # A line of another process may have been cut short by a kill.
        line = b"\n" + self._writer + msgspec.json.encode(event) + b"\n"
        try:
            with self._lock:
                while line:
                    line = line[os.write(self._file, line) :]
        except OSError as error:
            raise self._error(error) from error

    def news(self) -> Iterator[AnyEvent]:
        """Read what others have added since the last call. Raises ConfigError."""
        with self._lock:
            try:
                found = [*self._read()]
            except OSError as error:
                raise self._error(error) from error
            lines = (self._rest + b"".join(found)).split(b"\n")
            self._rest = lines.pop()
        for line in lines:
            if not line.startswith(self._writer):
                yield from _decoded(line)

    def remove_if_all_is_known(self) -> None:
        """Remove the file where the state knows of all operations in it."""
        with contextlib.suppress(OSError):
            if not _summary(self.path)[1]:
                self.path.unlink()

    def _read(self) -> Iterator[bytes]:
        # A write goes to the end all the same (O_APPEND).
        os.lseek(self._file, self._offset, os.SEEK_SET)
        while part := os.read(self._file, 1 << 20):
            self._offset += len(part)
            yield part

    def _error(self, error: OSError) -> ConfigError:
        return ConfigError(
            "what other processes of this run declare cannot be known: "
            f"{self.path}: {error.strerror}"
        )


def _decoded(line: bytes) -> Iterator[AnyEvent]:
    """Read a line; one that a kill has cut short is passed over."""
    with contextlib.suppress(msgspec.DecodeError):
        yield _decoder.decode(line.partition(b" ")[2])


def _safe(name: str) -> str:
    """Write a name without dots and slashes, so that no two are alike."""
    return quote(name, safe="").replace(".", "%2E")


class Leftover(NamedTuple):
    """The file of a run that was killed."""

    path: Path
    #: the operations of which the state may not know, by resource, in their order
    interrupted: dict[str, list[Starts]]

    def resolve(self, resource: str, identity: str | None = None) -> None:
        """Note that what was left of operations has been looked after.

        ``identity``: by an operation at that place; what was created elsewhere is left.
        """
        event = Resolves(resource, identity)
        before = self.interrupted.pop(resource, [])
        if left := [begun for begun in before if not event.settles(begun)]:
            self.interrupted[resource] = left
        if len(left) == len(before):
            return
        with contextlib.suppress(OSError):
            if not self.interrupted:
                self.path.unlink()
                return
            with self.path.open("ab") as file:
                file.write(b"\n0 " + msgspec.json.encode(event) + b"\n")


def leftovers(folder: Path, run: Run, is_alive: Callable[[Cli], bool]) -> list[Leftover]:
    """Return what killed runs of this stack have left; files without anything left are removed."""
    found = []
    pattern = f"{_safe(run.project)}.{_safe(run.stack)}.*{_SUFFIX}"
    for path in sorted(folder.glob(pattern)):
        if f".{run.key}." in path.name:
            continue
        with contextlib.suppress(OSError):
            cli, interrupted = _summary(path)
            if cli is not None and is_alive(cli):
                continue
            if interrupted:
                found.append(Leftover(path, interrupted))
            elif cli is not None or time.time() - path.stat().st_mtime > _DAY:
                path.unlink()
    return found


def _summary(path: Path) -> tuple[Cli | None, dict[str, list[Starts]]]:
    """Return whose file it is, and of which operations the state may not know.

    Raises OSError.
    """
    cli = None
    started: defaultdict[bytes, list[Starts]] = defaultdict(list)
    doubts: list[Starts] = []
    resolved: set[Resolves] = set()
    for line in path.read_bytes().split(b"\n"):
        writer = line.partition(b" ")[0]
        for event in _decoded(line) if _BRIEF.match(line) else ():
            if isinstance(event, Opens):
                cli = event.cli or cli
            elif isinstance(event, Starts):
                started[writer].append(event)
            elif isinstance(event, Doubts):
                doubts.append(event.begun)
            elif isinstance(event, Resolves):
                resolved.add(event)
            elif isinstance(event, Closes):
                started[writer].clear()
    left: defaultdict[str, list[Starts]] = defaultdict(list)
    for begun in chain(*started.values(), doubts):
        if not any(event.settles(begun) for event in resolved):
            left[begun.resource].append(begun)
    return cli, left
