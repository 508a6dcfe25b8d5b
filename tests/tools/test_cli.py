"""Which pulumi is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.conftest import MakeProgram
from tools import build, cache, cli, download

GOOD = "echo v3.259.0"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": str(tmp_path / "bin"),
        "PULUMI_HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }


@pytest.fixture
def make_cli(make_program: MakeProgram) -> MakeProgram:
    def make(folder: Path, script: str = GOOD) -> Path:
        for part in cli.PARTS:
            make_program(folder / part)
        return make_program(folder / "pulumi", script).parent

    return make


@pytest.mark.parametrize("version", ["v3.220.0", "3.259.0", "v3.300.1-alpha.1", "v4.0.0"])
def test_the_one_on_path_is_used_if_it_is_new_enough(
    environ: dict[str, str], tmp_path: Path, make_cli: MakeProgram, version: str
) -> None:
    folder = make_cli(tmp_path / "bin", f"echo {version}")
    assert cli.ensure(environ) == folder


@pytest.mark.parametrize("script", ["echo v3.219.9", "echo v2.25.2", "echo what", "exit 1"])
def test_the_one_on_path_is_not_used_if_it_is_old_or_broken(
    environ: dict[str, str], tmp_path: Path, make_cli: MakeProgram, script: str
) -> None:
    make_cli(tmp_path / "bin", script)
    assert cli.on_path(environ) is None


@pytest.mark.parametrize("part", cli.PARTS)
def test_the_one_on_path_is_not_used_without_its_python_part(
    environ: dict[str, str], tmp_path: Path, make_cli: MakeProgram, part: str
) -> None:
    (make_cli(tmp_path / "bin") / part).unlink()
    assert cli.on_path(environ) is None


@pytest.mark.parametrize("place", ["home/bin", "home/plugins/language-python-v3.259.0", "other"])
def test_the_python_part_may_be_where_pulumi_looks_for_it(
    environ: dict[str, str],
    tmp_path: Path,
    make_cli: MakeProgram,
    make_program: MakeProgram,
    place: str,
) -> None:
    folder = make_cli(tmp_path / "bin")
    (folder / "pulumi-language-python").unlink()
    make_program(tmp_path / place / "pulumi-language-python")
    environ["PATH"] += f":{tmp_path / 'other'}"
    assert cli.on_path(environ) == folder


def test_the_python_part_may_be_beside_what_a_link_on_path_points_to(
    environ: dict[str, str], tmp_path: Path, make_cli: MakeProgram
) -> None:
    real = make_cli(tmp_path / "opt")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").symlink_to(real / "pulumi")
    assert cli.on_path(environ) == tmp_path / "bin"


def test_one_of_ours_on_path_is_looked_up_anew(
    environ: dict[str, str], make_cli: MakeProgram
) -> None:
    outdated = make_cli(cache.folder(environ) / "3.220.0-outdated" / "bin")
    environ["PATH"] = str(outdated)
    assert cli.on_path(environ) is None


def test_what_was_got_before_is_used_without_a_network(
    environ: dict[str, str], make_cli: MakeProgram
) -> None:
    built = make_cli(build._place(environ) / "bin")
    assert cli.ensure(environ) == built
    released = make_cli(download._place(environ) / "bin")
    assert cli.ensure(environ) == released


def test_it_is_built_where_it_cannot_be_downloaded(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "install", lambda environ: None)
    monkeypatch.setattr(build, "install", lambda environ: Path("/built"))
    assert cli.ensure(environ) == Path("/built")
