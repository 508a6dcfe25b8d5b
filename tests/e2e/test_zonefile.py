"""Nothing is lost in zone files."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import MakeProject
from .harness import ptr
from .nothing_is_lost import NothingIsLost
from .worlds import ZoneFileWorld


class TestZoneFile(NothingIsLost):
    @pytest.fixture
    def world(self, tmp_path: Path) -> ZoneFileWorld:
        return ZoneFileWorld("main", tmp_path / "project")

    @pytest.fixture
    def other(self, tmp_path: Path) -> ZoneFileWorld:
        return ZoneFileWorld("second", tmp_path / "project")


def test_a_failed_reload_is_a_warning_and_the_next_up_tries_it_again(
    make_project: MakeProject, tmp_path: Path
) -> None:
    """Also when nothing else changes: the record stays written."""
    world = ZoneFileWorld("main", tmp_path / "project")
    script = tmp_path / "reload.sh"
    script.write_text('echo "$@" >> calls\ntest -e ready || { echo server is down; exit 3; }\n')
    settings = {**world.settings(), "reloadCommand": ["sh", str(script)]}
    project = make_project({"rdns:backend": "main", "rdns:backends": {"main": settings}})
    address = world.addresses[0]
    project.program(ptr("mail", address, "mail.example.com", forward_check="skip"))
    calls = project.folder / "calls"

    result = project.up()
    assert "ended with exit status 3: server is down" in result.text
    assert world.ptr(address) == ["mail.example.com"]
    assert calls.read_text().splitlines() == ["2.0.192.in-addr.arpa"]

    project.preview()
    assert len(calls.read_text().splitlines()) == 1
    result = project.up("--expect-no-changes")
    assert "server is down" in result.text
    (project.folder / "ready").touch()
    assert "server is down" not in project.up("--expect-no-changes").text
    assert calls.read_text().splitlines() == ["2.0.192.in-addr.arpa"] * 3
    project.up("--expect-no-changes")
    assert len(calls.read_text().splitlines()) == 3
