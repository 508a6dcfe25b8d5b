"""The demonstrations: they run to their end, and they end when told to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.project import ROOT, stack_file


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    if shutil.which("pulumi") is None:
        if os.environ.get("CI"):
            pytest.fail("pulumi is not on PATH; `make test` puts it there")
        pytest.skip("pulumi is not on PATH; `make test` puts it there")
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def start(temporary: Path, name: str = "host", *arguments: str) -> subprocess.Popen[str]:
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.Popen(
        [sys.executable, "-m", f"tools.demo_{name}", *arguments],
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


def answers(text: str) -> list[str]:
    """Give the records that `dig` printed, sorted: a server gives those of a name in any order."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return sorted(line for line in lines if " IN " in line)


OF_AN_ADDRESS = "203.0.113.10 PTR {}.example.com"
IN_A_ZONE = "zone 2.0.192.in-addr.arpa 10 PTR {}.example.com"
#: host -> what is there before the up, and what after it with which hostname
SHOWN: dict[str, tuple[str, list[str]]] = {
    "aws": ("PTR nothing", [OF_AN_ADDRESS]),
    "cloudflare": ("no record of an address", [IN_A_ZONE]),
    "hetzner": (
        "PTR static.10.113.0.203.clients.your-server.de",
        [OF_AN_ADDRESS, "2001:db8:1::1 PTR {}.example.com"],
    ),
    "hostinger": (
        "PTR srv17923.hstgr.cloud",
        [OF_AN_ADDRESS, "2001:db8::10 PTR {}.example.com", "zone example.com {} AAAA 2001:db8::10"],
    ),
    "linode": (
        "PTR 203-0-113-10.ip.linodeusercontent.com",
        [OF_AN_ADDRESS, "2001:db8::10 PTR {}.example.com", "zone example.com {} AAAA 2001:db8::10"],
    ),
    "octodns": ("no record of an address", [IN_A_ZONE]),
    "ovh": ("PTR nothing", [OF_AN_ADDRESS]),
}


@pytest.mark.parametrize("host", SHOWN)
def test_the_demo_shows_the_account_after_each_step_and_leaves_nothing(
    temporary: Path, host: str
) -> None:
    before, records = SHOWN[host]
    out, err = start(temporary, "host", host).communicate(timeout=150)
    steps = [" ".join(step.split()) for step in out.split("In the account now:")]
    *_, untouched, up, reset, changed, destroyed = steps
    address = "192.0.2.10" if IN_A_ZONE in records else "203.0.113.10"
    for text, hostname in ((up, "mail"), (changed, "smtp")):
        for record in [*records, f"zone example.com {{}} A {address}"]:
            assert record.format(hostname) in text
    assert before in untouched
    assert records[0].format("mail") not in reset
    for gone in ("PTR mail", "PTR smtp", "A 203", "A 192", "AAAA 2001"):
        assert gone not in untouched + destroyed
    assert "warning" not in out + err
    assert left_by_the_demo(temporary) == []


def test_a_demo_of_a_host_that_is_not_there_says_which_are(temporary: Path) -> None:
    process = start(temporary, "host", "nowhere")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err == (f"error: there is no demonstration of 'nowhere'; choose {', '.join(SHOWN)}.\n")


def test_the_demo_at_bind_shows_what_dig_answers_and_takes_only_that_back(temporary: Path) -> None:
    if shutil.which("named") is None or shutil.which("dig") is None:
        if os.environ.get("CI"):
            pytest.fail("named or dig is not installed; `make servers`")
        pytest.skip("named or dig is not installed; `make servers`")
    file = stack_file("staging")
    committed = file.read_bytes()
    assert list(yaml.safe_load(committed)) == ["config"], "no encryptionsalt"
    out, err = start(temporary, "bind").communicate(timeout=100)
    before, up, destroyed = (answers(part) for part in out.split("\n=== ")[1:])
    stranger = "200.2.0.192.in-addr.arpa. 300 IN PTR legacy.example.com."
    assert before == destroyed == [stranger]
    assert up == [
        "10.2.0.192.in-addr.arpa. 300 IN PTR mail.example.com.",
        "11.2.0.192.in-addr.arpa. 60 IN PTR www.example.com.",
        "12.2.0.192.in-addr.arpa. 60 IN PTR www.example.com.",
        stranger,
        "mail.example.com. 300 IN A 192.0.2.10",
        "www.example.com. 60 IN A 192.0.2.11",
        "www.example.com. 60 IN A 192.0.2.12",
    ]
    assert "warning" not in out + err
    assert file.read_bytes() == committed
    assert left_by_the_demo(temporary) == []


def test_ctrl_c_in_the_middle_of_the_up_ends_it_and_leaves_nothing(temporary: Path) -> None:
    process = start(temporary, "host", "hostinger")
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
