"""The sample zones, and what is shown of a run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import zones
from tools.project import SAMPLE_ZONES

BEFORE = "$TTL 300\n@ SOA ns1 hostmaster (\n    7 ; serial\n    1 2 3 4 )\n@ NS ns1\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(zones, "ROOT", tmp_path)
    monkeypatch.setattr(zones, "ZONES", tmp_path / "zones")
    return tmp_path / "zones"


def test_only_what_changed_is_shown(folder: Path) -> None:
    folder.mkdir()
    (folder / "example.com.zone").write_text(BEFORE)
    (folder / "db.192.0.2").write_text(BEFORE)
    before = zones.snapshot([folder])
    (folder / "example.com.zone").write_text(
        BEFORE.replace("7 ; serial", "8 ; serial") + "mail A 192.0.2.10\n"
    )
    assert list(zones.changes(before, zones.snapshot([folder]))) == [
        "--- a/zones/example.com.zone",
        "+++ b/zones/example.com.zone",
        "@@ -3 +3 @@",
        "-    7 ; serial",
        "+    8 ; serial",
        "@@ -5,0 +6 @@",
        "+mail A 192.0.2.10",
    ]


def test_nothing_changed_is_no_diff(folder: Path) -> None:
    zones.copy_samples()
    before = zones.snapshot([folder])
    assert len(before) == 3
    assert list(zones.changes(before, zones.snapshot([folder]))) == []


def test_a_byte_that_is_no_text_does_not_stop_it(folder: Path) -> None:
    folder.mkdir()
    (folder / "db.192.0.2").write_bytes(b"; caf\xe9\r\n")
    assert list(zones.changes({}, zones.snapshot([folder])))[-1] == "+; caf\\xe9"


def test_what_a_terminal_would_obey_is_shown_and_not_obeyed(folder: Path) -> None:
    folder.mkdir()
    (folder / "db.\x1b[2J").write_text("a\tTXT \x1b]0;owned\x07\u202e")
    shown = list(zones.changes({}, zones.snapshot([folder])))
    assert shown[1] == r"+++ b/zones/db.\x1b[2J"
    assert shown[-1] == "+a\tTXT \\x1b]0;owned\\x07\\u202e"


def test_the_folders_are_those_of_the_stacks_backends(folder: Path) -> None:
    answer = """{
        "rdns:backends": {
            "value": "…",
            "objectValue": {
                "zonefile": {"directory": "zones"},
                "inside": {"type": "zonefile", "directory": "/var/lib/zones"},
                "hostinger": {"apiToken": null}
            }
        }
    }"""
    assert zones.folders(answer) == [folder, Path("/var/lib/zones")]
    assert zones.folders("{}") == []


def test_the_samples_are_copied_once_and_are_the_users_then(folder: Path) -> None:
    zones.copy_samples()
    (folder / "db.192.0.2").write_text("; mine\n")
    zones.copy_samples()
    assert (folder / "db.192.0.2").read_text() == "; mine\n"
    assert {path.name for path in folder.iterdir()} == {p.name for p in SAMPLE_ZONES.iterdir()}
    assert [path.name for path in folder.parent.iterdir()] == ["zones"]


@pytest.mark.parametrize(
    ("zone", "file"),
    [
        ("example.com", "example.com.zone"),
        ("2.0.192.in-addr.arpa", "db.192.0.2"),
        ("8.b.d.0.1.0.0.2.ip6.arpa", "db.2001.db8"),
    ],
)
def test_bind_accepts_the_samples(zone: str, file: str) -> None:
    checker = shutil.which("named-checkzone")
    if checker is None:
        if os.environ.get("CI"):
            pytest.fail("named-checkzone is missing; `make servers` installs it")
        pytest.skip("named-checkzone is missing (Debian package bind9-utils)")
    answer = subprocess.run(
        [checker, zone, file], cwd=SAMPLE_ZONES, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout
