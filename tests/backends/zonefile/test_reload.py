from __future__ import annotations

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pulumi_rdns.backends.base import reporting_to
from pulumi_rdns.backends.zonefile import ZoneFileBackend, reload
from pulumi_rdns.errors import ConflictError
from tests.backends.heard import Heard

from .tools import ELEVEN, REVERSE, SAMPLE, Zones, change, name, run_child

B = "b.example.com"
#: writes its arguments down, and fails as long as a file "broken" is there
SCRIPT = """\
import pathlib, sys
here = pathlib.Path(sys.argv[1])
with open(here / "calls", "a") as calls:
    print(*sys.argv[2:], file=calls)
if (here / "broken").exists():
    print("first line\\nserver is down")
    sys.exit(3)
"""


@pytest.fixture
def reloading(sample: Zones, tmp_path: Path) -> ZoneFileBackend:
    (tmp_path / "reload.py").write_text(SCRIPT)
    return backend_of(sample)


def backend_of(zones: Zones) -> ZoneFileBackend:
    here = str(zones.folder.parent)
    return zones.backend(reloadCommand=[sys.executable, f"{here}/reload.py", here])


def calls(zones: Zones) -> list[str]:
    path = zones.folder.parent / "calls"
    return path.read_text().splitlines() if path.exists() else []


def warnings_of(backend: ZoneFileBackend) -> list[str]:
    """Write one record; give the warnings that its operation heard."""
    heard = Heard()
    with reporting_to(heard):
        backend.apply(name(REVERSE), [change(ELEVEN, "PTR", [], [B])])
    return heard.warnings


def test_the_command_gets_the_names_of_the_zones_that_changed(
    sample: Zones, reloading: ZoneFileBackend
) -> None:
    assert warnings_of(reloading) == []
    assert calls(sample) == [REVERSE]
    assert sample.listing() == ["db.192.0.2"]


def test_nothing_written_is_nothing_reloaded(sample: Zones, reloading: ZoneFileBackend) -> None:
    reloading.apply(name(REVERSE), [change(ELEVEN, "PTR", [], [])])
    with pytest.raises(ConflictError):
        reloading.apply(name(REVERSE), [change(ELEVEN, "PTR", ["c.example.com"], [B])])
    assert calls(sample) == []
    assert reloading.finish_pending() is None


def test_writes_at_the_same_time_are_one_reload(sample: Zones, reloading: ZoneFileBackend) -> None:
    sample.write("example.com.zone", SAMPLE)
    barrier = threading.Barrier(4)

    def write(number: int) -> None:
        zone = (REVERSE, "example.com")[number % 2]
        barrier.wait()
        backend = reloading if number < 2 else backend_of(sample)
        backend.apply(name(zone), [change(f"2{number}.{zone}", "PTR", [], [B])])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert calls(sample) == [f"{REVERSE} example.com"]


def test_a_failure_is_a_warning_of_the_operation_that_wrote_and_the_record_stays(
    sample: Zones, reloading: ZoneFileBackend, tmp_path: Path
) -> None:
    (tmp_path / "broken").touch()
    (warning,) = warnings_of(reloading)
    assert warning == (
        "zones: the zone file was written, but the server was not reloaded: "
        f"{sys.executable} ended with exit status 3: first line / server is down "
        "(the next run tries the reload again)"
    )
    assert sample.values(ELEVEN) == [f"{B}."]


def test_the_next_run_tries_a_failed_reload_again_until_it_succeeds(
    sample: Zones, reloading: ZoneFileBackend, tmp_path: Path
) -> None:
    (tmp_path / "broken").touch()
    reloading.apply(name(REVERSE), [change(ELEVEN, "PTR", [], [B])])
    warning = backend_of(sample).finish_pending()
    assert warning
    assert "server is down" in warning
    (tmp_path / "broken").unlink()
    assert backend_of(sample).finish_pending() is None
    assert backend_of(sample).finish_pending() is None
    assert calls(sample) == [REVERSE] * 3
    assert sample.listing() == ["db.192.0.2"]


def test_a_later_write_reloads_what_failed_before_too(
    sample: Zones, reloading: ZoneFileBackend, tmp_path: Path
) -> None:
    sample.write("example.com.zone", SAMPLE)
    (tmp_path / "broken").touch()
    reloading.apply(name(REVERSE), [change(ELEVEN, "PTR", [], [B])])
    (tmp_path / "broken").unlink()
    reloading.apply(name("example.com"), [change("x.example.com", "PTR", [], [B])])
    assert calls(sample) == [REVERSE, f"{REVERSE} example.com"]


def test_a_write_that_was_killed_before_its_reload_is_made_up_for(
    sample: Zones, tmp_path: Path
) -> None:
    (tmp_path / "reload.py").write_text(SCRIPT)
    code = """
reload.Reload.settle = lambda *_: os._exit(9)
zones.backend(reloadCommand=["true"]).apply(name(REVERSE), [change(ELEVEN, "PTR", [], [B])])
"""
    child = run_child(sample, code.replace("[B]", f"['{B}']"))
    child.communicate(timeout=60)
    assert child.returncode == 9
    assert calls(sample) == []
    assert sample.values(ELEVEN) == [f"{B}."]
    assert backend_of(sample).finish_pending() is None
    assert calls(sample) == [REVERSE]


def test_a_command_that_is_not_there_is_told(sample: Zones) -> None:
    backend = sample.backend(reloadCommand=["no-such-command", "reload"])
    (warning,) = warnings_of(backend)
    assert "no-such-command cannot be started: No such file or directory" in warning


def test_a_command_that_hangs_is_ended(sample: Zones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "TIMEOUT", 0.3)
    backend = sample.backend(reloadCommand=["sh", "-c", "echo waiting; sleep 60", "x"])
    (warning,) = warnings_of(backend)
    assert "sh did not end within 0.3 s: waiting" in warning


def test_arguments_reach_the_command_without_a_shell(sample: Zones, tmp_path: Path) -> None:
    (tmp_path / "reload.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "reload.py"), str(tmp_path), "a b; $(c)"]
    sample.backend(reloadCommand=command).apply(name(REVERSE), [change(ELEVEN, "PTR", [], [B])])
    assert calls(sample) == [f"a b; $(c) {REVERSE}"]


def test_the_command_gets_what_it_needs_of_the_environment_and_no_secret(
    sample: Zones, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = ("PULUMI_CONFIG_PASSPHRASE", "RDNS_ZONES_KEY", "HOSTINGER_API_TOKEN", "MY_TOKEN")
    for variable in secrets:
        monkeypatch.setenv(variable, "secret")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    out = sample.folder.parent / "environment"
    code = f"import json, os; json.dump(dict(os.environ), open({str(out)!r}, 'w'))"
    assert warnings_of(sample.backend(reloadCommand=[sys.executable, "-c", code])) == []
    passed = json.loads(out.read_text())
    assert passed["PATH"] == os.environ["PATH"]
    assert (passed["SSH_AUTH_SOCK"], passed["LC_ALL"]) == ("/run/agent", "C.UTF-8")
    assert "secret" not in passed.values()
