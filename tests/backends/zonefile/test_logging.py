"""Each file that is read or written, and each reload, is one line at DEBUG."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path

import pytest

from pulumi_rdns.backends.zonefile import storage
from pulumi_rdns.errors import UnavailableError

from .tools import ELEVEN, REVERSE, SAMPLE, Zones, change, name

LOGGER = "pulumi_rdns.backends.zonefile"
B = "b.example.com"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """List what was logged, without the milliseconds that end each line."""
    records = [record for record in caplog.records if record.name == LOGGER]
    assert {record.levelno for record in records} <= {logging.DEBUG}
    texts = [record.getMessage() for record in records]
    assert all(re.search(r" in \d+ ms$", text) for text in texts)
    assert not any("\n" in text for text in texts)
    return [re.sub(r" in \d+ ms$", "", text) for text in texts]


def test_a_file_is_read_once_and_written_once(
    sample: Zones, caplog: pytest.LogCaptureFixture
) -> None:
    path = sample.folder / "db.192.0.2"
    caplog.set_level(logging.DEBUG, LOGGER)
    backend = sample.backend()
    backend.find_zone(name(ELEVEN))
    assert lines(caplog)[0] == f"zones: read db.192.0.2: READ {path}: {len(SAMPLE)} bytes"
    caplog.clear()
    backend.apply(name(REVERSE), [change(ELEVEN, "PTR", [], [B])])
    written = f"zones: write {ELEVEN}: WRITE {path}: {len(path.read_bytes())} bytes"
    assert [line for line in lines(caplog) if "READ" not in line] == [written]


def test_a_file_that_changed_under_our_hands_is_said_not_to_be_written(
    sample: Zones, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(storage, "replace", lambda *_: False)
    caplog.set_level(logging.DEBUG, LOGGER)
    with pytest.raises(UnavailableError):
        sample.set(ELEVEN, [], [B])
    path = sample.folder / "db.192.0.2"
    written = f"zones: write {ELEVEN}: WRITE {path}: not written, it was changed meanwhile"
    assert lines(caplog).count(written) == 5


@pytest.mark.parametrize(
    ("code", "status"), [(0, "exit status 0"), (3, "ended with exit status 3")]
)
def test_a_reload_is_a_line_without_the_arguments_and_the_output_of_the_command(
    sample: Zones, tmp_path: Path, caplog: pytest.LogCaptureFixture, code: int, status: str
) -> None:
    command = [sys.executable, "-c", f"print('output: s3cret'); exit({code})", "s3cret"]
    caplog.set_level(logging.DEBUG, LOGGER)
    backend = sample.backend(reloadCommand=command)
    backend.apply(name(REVERSE), [change(ELEVEN, "PTR", [], [B])])
    last = lines(caplog)[-1]
    assert last.startswith(f"zones: reload {REVERSE}: RUN {sys.executable}: ")
    assert last.endswith(status)
    assert "s3cret" not in caplog.text
