"""Tables and progress, for people; plain text where nobody watches."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pulumi_rdns.backends.base import Report
from pulumi_rdns.model.terminal_text import escaped, escaped_lines

_STYLES = {
    "confirmed": "green",
    "mismatch": "red",
    "propagating": "yellow",
    "unknown": "yellow",
    "ok": "green",
    "failed": "red",
    "misconfigured": "red",
}
#: seconds between two lines of progress
_REFRESH = 0.1


@contextmanager
def until_closed() -> Iterator[None]:
    """Print for a reader that may have seen enough, as in `rdns check … | head`."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], details: Sequence[str] | None = None
) -> None:
    """Print to standard output.

    On a terminal the table has colour, and the details stand below it, each after the address of
    its row; else a row is one line, with its detail at the end.
    """
    rows = [[escaped(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _print_rich(headers, rows, details or ())
        return
    if details is not None:
        headers = [*headers, "detail"]
        rows = [[*row, detail] for row, detail in zip(rows, details, strict=True)]
    lines = [[header.upper() for header in headers], *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(headers))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print(escaped("  ".join(cells).rstrip()))


def _print_rich(
    headers: Sequence[str], rows: Sequence[Sequence[str]], details: Sequence[str]
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        table.add_column(header, overflow="fold", no_wrap=header in ("address", "verdict"))
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    console = Console(file=sys.stdout, highlight=False)
    console.print(table)
    for row, detail in zip(rows, details, strict=False):
        if detail:
            console.print()
            console.print(Text.assemble((_subject(headers, row), "bold"), f": {escaped(detail)}"))


def _subject(headers: Sequence[str], row: Sequence[str]) -> str:
    cells = dict(zip(headers, row, strict=True))
    return next(cells[key] for key in ("address", "hostname", *headers) if cells[key] != "-")


class Progress(Report):
    """One line on standard error that the next replaces; nothing where that is no terminal."""

    def __init__(self) -> None:
        self._watched = sys.stderr.isatty()
        self._next = 0.0
        self._shown = False

    def count(self, text: str) -> None:
        """Show one of many texts in quick succession, or leave it out."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _REFRESH
            self.progress(text)

    def progress(self, text: str, clock: str = "") -> None:
        """Show what is waited for."""
        if self._watched:
            self._shown = True
            sys.stderr.write(f"\r\x1b[K{_fitting(escaped(text + clock))}")
            sys.stderr.flush()

    def warning(self, text: str) -> None:
        """Show a backend's warning, on a line that stays."""
        self.clear()
        print(f"rdns: {escaped_lines(text)}", file=sys.stderr)

    def clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False


def _fitting(text: str) -> str:
    width = shutil.get_terminal_size().columns - 1
    return text if len(text) <= width else f"{text[: width - 1]}…"
