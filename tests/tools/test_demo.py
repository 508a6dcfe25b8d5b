"""The demonstrations: they run to their end, and they end when told to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools.project import ROOT


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    if shutil.which("pulumi") is None:
        if os.environ.get("CI"):
            pytest.fail("pulumi is not on PATH; `make test` puts it there")
        pytest.skip("pulumi is not on PATH; `make test` puts it there")
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def start(temporary: Path, demo: str = "hostinger") -> subprocess.Popen[str]:
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.Popen(
        [sys.executable, "-m", f"tools.demo_{demo}"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary), "PATH": search},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def left_by_the_demo(temporary: Path) -> list[str]:
    return [path.name for path in temporary.iterdir() if path.name.startswith("rdns-demo-")]


def test_the_demo_shows_the_account_after_each_step_and_leaves_nothing(temporary: Path) -> None:
    out, err = start(temporary).communicate(timeout=100)
    *_, untouched, up, reset, changed, destroyed = out.split("In the account now:")
    assert "PTR srv17923.hstgr.cloud" in untouched
    for text, hostname in ((up, "mail"), (changed, "smtp")):
        assert f"203.0.113.10   PTR {hostname}.example.com" in text
        assert f"2001:db8::10   PTR {hostname}.example.com" in text
        assert f"{hostname}  A    203.0.113.10" in text
    assert "PTR srv17923.hstgr.cloud" in reset
    assert "PTR nothing" in destroyed
    assert "warning" not in out + err
    assert left_by_the_demo(temporary) == []


def test_ctrl_c_in_the_middle_of_the_up_ends_it_and_leaves_nothing(temporary: Path) -> None:
    process = start(temporary)
    assert process.stdout is not None
    for line in process.stdout:
        if "waiting for action" in line:
            break
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, out + err
    assert "error: pulumi up ended with" in err
    assert "Traceback" not in out + err
    assert left_by_the_demo(temporary) == []


def test_the_demo_on_bind_shows_what_dig_answers_and_leaves_nothing(temporary: Path) -> None:
    for program, package in (("named", "bind9"), ("dig", "bind9-dnsutils")):
        if shutil.which(program) is None:
            if os.environ.get("CI"):
                pytest.fail(f"{program} is not installed (Debian package {package})")
            pytest.skip(f"{program} is not installed (Debian package {package})")
    process = start(temporary, "bind")
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, out + err
    _, before, up, destroyed = out.split("\n=== ")
    ours = {
        "mail.example.com": "192.0.2.10",
        "www.example.com": "192.0.2.11, 192.0.2.12",
        "10.2.0.192.in-addr.arpa": "mail.example.com.",
        "11.2.0.192.in-addr.arpa": "www.example.com.",
        "12.2.0.192.in-addr.arpa": "www.example.com.",
    }
    peoples = {"1.2.0.192.in-addr.arpa": "ns1.example.com."}
    assert answers(up) == {**peoples, **ours}
    assert answers(before) == answers(destroyed) == {**peoples, **dict.fromkeys(ours, "nothing")}
    assert "warning" not in out + err
    assert left_by_the_demo(temporary) == []


def answers(text: str) -> dict[str, str]:
    """Read what `dig` answered in one chapter."""
    lines = [line.split() for line in text.splitlines() if line.startswith("$ dig")]
    return {words[3]: " ".join(words[5:]).removeprefix("-> ") for words in lines}
