"""Downloading the CLI, or building it, into the user's cache."""

from __future__ import annotations

import concurrent.futures
import os
import stat
from pathlib import Path

import pytest

from tests.tools.conftest import MakeProgram
from tools import build, cache, download, venv
from tools.progress import SetupError

# Answers the three questions that are asked of the go command, and counts the builds.
GO = """
echo "$@" >> "$LOG"
case "$1 $2" in
    "list -deps") echo one; echo two; echo three ;;
    "list -m") echo "$SDK_FOLDER" ;;
    "install -v")
        mkdir -p "$GOBIN"
        case "$PWD" in
            */pulumi-cli) name=pulumi ;;
            *) name=pulumi-language-python ;;
        esac
        echo built > "$GOBIN/$name"
        chmod 755 "$GOBIN/$name" ;;
esac
"""


@pytest.fixture
def environ(tmp_path: Path, make_program: MakeProgram) -> dict[str, str]:
    """A user with a go command that only pretends."""
    make_program(tmp_path / "bin" / "go", GO)
    for script in build.SCRIPTS:
        make_program(tmp_path / "sdk" / script)
    return {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "a cache"),
        "SDK_FOLDER": str(tmp_path / "sdk"),
        "LOG": str(tmp_path / "log"),
    }


def kept(environ: dict[str, str]) -> list[str]:
    return sorted(path.name for path in cache.folder(environ).iterdir() if path.is_dir())


def builds(environ: dict[str, str]) -> int:
    return Path(environ["LOG"]).read_text().count("install -v")


def test_a_build_brings_everything_that_pulumi_needs(environ: dict[str, str]) -> None:
    folder = build.install(environ)
    assert sorted(path.name for path in folder.iterdir()) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
    ]
    assert all(os.access(path, os.X_OK) for path in folder.iterdir())


def test_a_build_is_done_once(environ: dict[str, str]) -> None:
    assert build.install(environ) == build.install(environ) == build.installed(environ)
    assert builds(environ) == 2


def test_two_builds_at_once_are_one(environ: dict[str, str]) -> None:
    with concurrent.futures.ThreadPoolExecutor() as threads:
        folders = {*threads.map(build.install, [environ, environ])}
    assert folders == {build.installed(environ)}
    assert builds(environ) == 2


def test_other_users_may_read_what_was_built(environ: dict[str, str]) -> None:
    mode = build.install(environ).parent.stat().st_mode
    assert stat.S_IMODE(mode) == 0o755


def test_other_pins_are_another_build(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build.install(environ)
    changed = tmp_path / "pulumi-cli"
    changed.mkdir()
    (changed / "go.mod").write_text(f"go 1.25.0\nrequire {build.SDK} v3.260.0\n")
    (changed / "go.sum").write_text("")
    monkeypatch.setattr(build, "CLI", changed)
    second = build.install(environ)
    assert second != first
    assert second.parent.name.startswith("3.260.0-")


def test_a_failed_build_leaves_nothing_and_says_what_failed(
    environ: dict[str, str], tmp_path: Path, make_program: MakeProgram
) -> None:
    make_program(tmp_path / "bin" / "go", "echo it is raining; exit 1")
    with pytest.raises(SetupError, match=r"(?s)could not be built\. Install it.*it is raining"):
        build.install(environ)
    assert kept(environ) == []


def test_what_a_killed_build_left_is_swept_away(environ: dict[str, str]) -> None:
    (cache.folder(environ) / "unfinished-abc" / "bin").mkdir(parents=True)
    built = build.install(environ)
    assert kept(environ) == [built.parent.name]


def test_without_go_it_says_what_to_install(environ: dict[str, str], tmp_path: Path) -> None:
    environ["PATH"] = str(tmp_path / "empty")
    with pytest.raises(SetupError) as caught:
        build.install(environ)
    assert str(caught.value) == (
        "there is no pulumi CLI on this machine, and no Go to build it with: "
        f"install the pulumi CLI, or Go {build._oldest_go()} or newer."
    )


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("go: go.mod requires go >= 1.25.11 (running go 1.24.1; GOTOOLCHAIN=local)", "too old"),
        ("go: errors parsing go.mod:\ngo.mod:3: invalid go version '1.25.11': must match", "old"),
        ("go: errors parsing go.mod:\ngo.mod:5: unknown directive: tool", "too old"),
        ("go: download go1.25.11 for linux/amd64: toolchain not available", "too old"),
        ("dial tcp: lookup proxy.example: no such host", "connect to the network"),
        ("dial tcp 192.0.2.1:443: i/o timeout", "connect to the network"),
        ("go: module lookup disabled", "connect to the network"),
        ("write $WORK/b001/_pkg_.a: no space left on device", "the disk is full"),
        ("internal compiler error", "Install it"),
    ],
)
def test_an_error_of_go_says_what_to_do(output: str, advice: str) -> None:
    assert advice in build.explain(output)


def test_a_cache_that_cannot_be_written_is_one_sentence(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    environ["XDG_CACHE_HOME"] = str(tmp_path / "file")
    with pytest.raises(SetupError, match="set XDG_CACHE_HOME to a folder of yours"):
        build.install(environ)


def test_a_download_is_kept(
    environ: dict[str, str],
    tmp_path: Path,
    make_program: MakeProgram,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = 'mkdir "$3/bin" && echo downloaded > "$3/bin/pulumi"'
    monkeypatch.setattr(venv, "PYTHON", make_program(tmp_path / "python", script))
    folder = download.install(environ)
    assert folder is not None
    assert folder == download.installed(environ)
    assert kept(environ) == [folder.parent.name]


def test_a_download_that_fails_is_quiet_and_leaves_nothing(
    environ: dict[str, str],
    tmp_path: Path,
    make_program: MakeProgram,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    script = 'echo Traceback; mkdir "$3/bin"; exit 1'
    monkeypatch.setattr(venv, "PYTHON", make_program(tmp_path / "python", script))
    assert download.install(environ) is None
    assert kept(environ) == []
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "downloading the pulumi CLI …\n  it cannot be downloaded here\n"


def test_a_download_that_hangs_is_given_up(
    environ: dict[str, str],
    tmp_path: Path,
    make_program: MakeProgram,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(venv, "PYTHON", make_program(tmp_path / "python", "sleep 600 & wait"))
    monkeypatch.setattr(download, "PATIENCE", 0.1)
    monkeypatch.setattr("tools.progress.INTERVAL", 0.1)
    assert download.install(environ) is None
