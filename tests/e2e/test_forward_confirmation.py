"""Forward-confirmed through the real CLI: real name servers are asked, and waited for."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.resolve import dig
from tests.resolve.conftest import internet as internet
from tests.servers.bind import Bind
from tests.servers.internet import Internet
from tests.servers.process import zone_text

from .conftest import MakeProject
from .harness import Result, Running, forward, ptr

ZONE = "example.com"
BASE = "@ NS ns1.example.net.\n"
#: a global address in the eyes of the product is any that is not reserved; these are, so they say
VERIFY = {"forward_check": "verify"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Bind]:
    if not Bind.available():
        reason = "named is not installed (Debian package bind9)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with Bind(tmp_path / "named", {ZONE: zone_text(BASE)}) as bind:
        yield bind


def config(server: Bind, **more: object) -> Mapping[str, object]:
    return {
        "rdns:backend": "memory",
        "rdns:backends": {"memory": {"path": "store.json"}},
        "rdns:nameservers": [f"{server.address}:{server.port}"],
        **more,
    }


def stored(folder: Path) -> dict[str, object]:
    file = folder / "store.json"
    return json.loads(file.read_text()) if file.exists() else {}


def warnings(result: Result) -> dict[str, str]:
    """Give the warnings of ``preview --json``, by the resource that they stand at."""
    found: dict[str, list[str]] = {}
    for one in result.json().get("diagnostics", []):
        if one["severity"] == "warning":
            found.setdefault(one["urn"].split("::", 3)[-1], []).append(
                one["message"].strip().removeprefix("warning: ")
            )
    return {name: "; ".join(texts) for name, texts in found.items()}


def read_until(running: Running, text: str) -> str:
    """Read what a command prints until it says something; give what was read."""
    assert running.process.stdout
    heard = ""
    for line in running.process.stdout:
        heard += line
        if text in line:
            return heard
    raise AssertionError(f"never said {text!r}:\n{heard}")


def test_a_name_that_resolves_is_confirmed_by_its_servers(
    make_project: MakeProject, server: Bind
) -> None:
    server.change(ZONE, zone_text(BASE + "mail A 192.0.2.10", serial=2))
    project = make_project(config(server))
    project.program(ptr("mail", "192.0.2.10", "mail.example.com", **VERIFY))
    project.up()
    outputs = project.resources()["mail"].outputs
    assert outputs["forwardConfirmed"] is True
    assert f"127.0.0.1:{server.port} has 192.0.2.10" in outputs["forwardDetail"]


def test_the_domains_own_nameservers_are_found_through_the_resolver(
    make_project: MakeProject, internet: Internet
) -> None:
    project = make_project(
        {
            "rdns:backend": "memory",
            "rdns:backends": {"memory": {"path": "store.json"}},
            "rdns:resolvers": [internet.resolver],
            "rdns:forwardTimeout": 0,
        }
    )
    project.program(
        ptr("mail", "192.0.2.10", "mail.example.com", **VERIFY),
        ptr("lame", "192.0.2.11", "host.lame.example", **VERIFY),
        ptr("wrong", "192.0.2.12", "v4only.example.com", **VERIFY),
    )
    result = project.up("--continue-on-error", fails=True)
    (error,) = result.errors
    assert (
        "v4only.example.com does not resolve to 192.0.2.12: ns1.example.com and ns2.example.com "
        "answered 192.0.2.11; nothing was written"
    ) in error
    assert (
        "warning: host.lame.example could not be checked to resolve to 192.0.2.11: "
        "ns1.example.net answered REFUSED"
    ) in result.text
    outputs = project.resources()["mail"].outputs
    assert outputs["forwardDetail"] == "ns1.example.com and ns2.example.com have 192.0.2.10"
    assert stored(project.folder).keys() == {"192.0.2.10", "192.0.2.11"}


def test_the_gate_waits_and_goes_on_by_itself_when_the_record_appears(
    make_project: MakeProject, server: Bind
) -> None:
    project = make_project(config(server))
    project.program(ptr("mail", "192.0.2.10", "mail.example.com", **VERIFY))
    running = project.start_up()
    heard = read_until(running, "asking again, 0 s of 60 s; Ctrl-C twice to stop")
    assert stored(project.folder) == {}
    server.change(ZONE, zone_text(BASE + "mail A 192.0.2.10", serial=2))
    result = running.wait()
    assert result.code == 0, heard + result.text
    assert "mail.example.com" in str(stored(project.folder))
    assert "warning" not in result.text


def test_the_gate_waits_for_a_secondary_that_lags_and_goes_on_by_itself(
    make_project: MakeProject, server: Bind, tmp_path: Path
) -> None:
    dig.need()
    with Bind(tmp_path / "secondary", {ZONE: zone_text(BASE)}) as secondary:
        both = [(one.address, one.port) for one in (server, secondary)]

        def by_hand() -> str:
            return dig.verdict_at(both, "mail.example.com", "192.0.2.10")

        places = [f"{address}:{port}" for address, port in both]
        project = make_project(config(server, **{"rdns:nameservers": places}))
        project.program(
            ptr("mail", "192.0.2.10", "mail.example.com", forward_timeout=100, **VERIFY)
        )
        running = project.start_up()
        read_until(running, "answered NXDOMAIN for mail.example.com, asking again, 0 s of 100 s")
        assert by_hand() == "mismatch"
        server.change(ZONE, zone_text(BASE + "mail A 192.0.2.10", serial=2))
        read_until(running, f"{places[1]} still answered NXDOMAIN for mail.example.com")
        assert by_hand() == "propagating"
        assert stored(project.folder) == {}
        secondary.change(ZONE, zone_text(BASE + "mail A 192.0.2.10", serial=2))
        result = running.wait()
        assert by_hand() == "confirmed"
    assert result.code == 0
    assert "warning" not in result.text
    assert project.resources()["mail"].outputs["forwardConfirmed"] is True


def test_what_is_waited_for_is_one_line_as_long_as_nothing_changes(
    make_project: MakeProject, server: Bind
) -> None:
    project = make_project(config(server))
    project.program(ptr("mail", "192.0.2.10", "mail.example.com", forward_timeout=4, **VERIFY))
    result = project.up(fails=True)
    assert result.text.count("asking again") == 1


def test_a_terminal_shows_in_the_status_column_how_long_it_has_been_asking(
    make_project: MakeProject, server: Bind
) -> None:
    project = make_project(config(server))
    project.program(ptr("mail", "192.0.2.10", "mail.example.com", **VERIFY))
    reader, writer = pty.openpty()
    termios.tcsetwinsize(writer, (40, 250))
    command = ["pulumi", "up", "--yes", "--skip-preview", "--stack", project.stack]
    environ = {**project.environ, "TERM": "xterm-256color"}
    environ.pop("CI", None)
    with subprocess.Popen(
        command,
        cwd=project.folder,
        env=environ,
        stdin=writer,
        stdout=writer,
        stderr=writer,
        start_new_session=True,
        # As a shell's: the terminal is the one that the command belongs to.
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    ) as process:
        os.close(writer)
        shown, seen = "", set[str]()
        while chunk := read_terminal(reader):
            shown += chunk
            before = len(seen)
            seen |= set(re.findall(r"asking again, (\d+) s of 60 s; Ctrl-C twice to stop", shown))
            if before < 3 <= len(seen):
                server.change(ZONE, zone_text(BASE + "mail A 192.0.2.10", serial=2))
    os.close(reader)
    assert process.returncode == 0, shown
    assert "0" in seen
    assert len(seen) >= 3


def read_terminal(terminal: int) -> str:
    """Read what is there; nothing when the other side is closed."""
    try:
        return os.read(terminal, 65536).decode(errors="replace")
    except OSError:
        return ""


def test_a_setting_that_names_no_server_is_refused_before_anything_is_written(
    make_project: MakeProject, server: Bind
) -> None:
    wrong = {"rdns:nameservers": ["ns1.example.com:dns"], "rdns:resolvers": ["ns.example.com"]}
    project = make_project(config(server, **wrong))
    project.program(
        ptr("mail", "192.0.2.10", "mail.example.com", forward_check="skip", ptr_timeout=1)
    )
    for result in (project.preview(fails=True), project.up(fails=True)):
        assert "rdns:nameservers[0]: 'ns1.example.com:dns': the port must be a" in result.text
        assert "rdns:resolvers[0]: 'ns.example.com' is a name; a resolver is" in result.text
        assert "Traceback" not in result.text
    assert stored(project.folder) == {}


def test_a_definite_no_at_the_deadline_names_the_server_and_its_answer(
    make_project: MakeProject, server: Bind
) -> None:
    server.change(ZONE, zone_text(BASE + "mail A 192.0.2.7", serial=2))
    project = make_project(config(server))
    project.program(
        ptr("mail", "192.0.2.10", "mail.example.com", forward_timeout=1, **VERIFY),
        ptr("other", "192.0.2.11", "missing.example.com", forward_timeout=1, **VERIFY),
    )
    result = project.up(fails=True)
    assert len(result.errors) == 2
    assert "does not resolve to 192.0.2.10" in result.errors[0] + result.errors[1]
    assert "192.0.2.7" in result.text
    assert f"127.0.0.1:{server.port}" in result.text
    assert "Traceback" not in result.text
    assert stored(project.folder) == {}


def test_fifty_wrong_names_share_one_deadline(make_project: MakeProject, server: Bind) -> None:
    project = make_project(config(server, **{"rdns:forwardTimeout": 4}))
    project.program(
        *(ptr(f"h{at}", f"192.0.2.{at}", f"h{at}.example.com", **VERIFY) for at in range(1, 51))
    )
    started = time.monotonic()
    result = project.up("--continue-on-error", fails=True)
    assert len(result.errors) == 50
    assert time.monotonic() - started < 40  # one after the other would take 200 s
    assert stored(project.folder) == {}


def test_no_server_is_a_warning_under_verify_and_an_error_under_strict(
    make_project: MakeProject, server: Bind
) -> None:
    server.stop()
    project = make_project(config(server, **{"rdns:resolvers": ["127.0.0.1:1"]}))
    project.program(ptr("mail", "192.0.2.10", "mail.example.com", **VERIFY))
    result = project.up()
    assert "could not be checked to resolve to 192.0.2.10" in result.text
    assert "forwardConfirmed" not in project.resources()["mail"].outputs
    project.program(
        ptr("strict", "192.0.2.11", "mail.example.com", forward_check="strict", forward_timeout=1),
        ptr("mail", "192.0.2.10", "mail.example.com", **VERIFY),
    )
    result = project.up(fails=True)
    assert "mail.example.com could not be checked to resolve to 192.0.2.11" in result.text


def test_refresh_warns_when_a_confirmed_name_no_longer_resolves(
    make_project: MakeProject, server: Bind
) -> None:
    server.change(ZONE, zone_text(BASE + "mail A 192.0.2.10", serial=2))
    project = make_project(config(server))
    project.program(ptr("mail", "192.0.2.10", "mail.example.com", **VERIFY))
    project.up()
    server.change(ZONE, zone_text(BASE, serial=3))
    result = project.refresh()
    assert "warning: mail.example.com no longer resolves to 192.0.2.10" in result.text
    assert project.resources()["mail"].outputs["forwardConfirmed"] is False
    server.change(ZONE, zone_text(BASE + "mail A 192.0.2.10", serial=4))
    assert "warning" not in project.refresh().text
    assert project.resources()["mail"].outputs["forwardConfirmed"] is True
    server.stop()
    project.refresh()
    assert project.resources()["mail"].outputs["forwardConfirmed"] is True


def test_a_record_that_is_right_already_is_adopted_without_waiting(
    make_project: MakeProject, server: Bind
) -> None:
    project = make_project(config(server))
    (project.folder / "store.json").write_text('{"192.0.2.10": {"ptr": ["mail.example.com."]}}')
    project.program(ptr("mail", "192.0.2.10", "mail.example.com", **VERIFY))
    started = time.monotonic()
    project.up()
    assert time.monotonic() - started < 30
    assert project.resources()["mail"].outputs["forwardConfirmed"] is False


def test_ptr_timeout_that_runs_out_is_a_warning(make_project: MakeProject, server: Bind) -> None:
    project = make_project(config(server))
    project.program(
        ptr("mail", "192.0.2.10", "mail.example.com", forward_check="skip", ptr_timeout=1)
    )
    result = project.up()
    assert "was written, but its servers do not all serve mail.example.com after 1 s" in result.text
    assert "mail.example.com" in str(stored(project.folder))


def test_ptr_timeout_waits_until_the_record_is_served(
    make_project: MakeProject, server: Bind, tmp_path: Path
) -> None:
    reverse = "2.0.192.in-addr.arpa"
    with Bind(tmp_path / "reverse", {reverse: zone_text(BASE)}) as bind:
        project = make_project(config(bind))
        project.program(
            ptr("mail", "192.0.2.10", "mail.example.com", forward_check="skip", ptr_timeout=60)
        )
        running = project.start_up()
        read_until(running, "waiting for the PTR")
        bind.change(reverse, zone_text(BASE + "10 PTR mail.example.com.", serial=2))
        result = running.wait()
    assert result.code == 0
    assert "warning" not in result.text


class TestPreview:
    """What will fail is a warning on that resource, before anything is tried."""

    def test_what_will_be_in_the_way_is_told(self, make_project: MakeProject, server: Bind) -> None:
        records = "elsewhere A 192.0.2.7\nalias CNAME right\nright A 192.0.2.14\n"
        server.change(ZONE, zone_text(BASE + records, serial=2))
        backends = {"memory": {"path": "store.json", "networks": ["192.0.2.0/24"]}}
        project = make_project(config(server, **{"rdns:backends": backends}))
        store = '{"192.0.2.13": {"ptr": ["stranger.example.com."]}}'
        (project.folder / "store.json").write_text(store)
        project.program(
            ptr("missing", "192.0.2.11", "missing.example.com"),
            ptr("elsewhere", "192.0.2.12", "elsewhere.example.com"),
            ptr("held", "192.0.2.13", "right.example.com", forward_check="skip"),
            ptr("alias", "192.0.2.14", "alias.example.com"),
            ptr("foreign", "198.51.100.1", "right.example.com", forward_check="skip"),
            ptr("good", "192.0.2.15", "right.example.com", forward_check="skip"),
        )
        place = f"127.0.0.1:{server.port}"
        told = warnings(project.preview("--json"))
        assert told == {
            "missing": f"missing.example.com does not resolve to 192.0.2.11: {place} answered "
            "NXDOMAIN for missing.example.com",
            "elsewhere": f"elsewhere.example.com does not resolve to 192.0.2.12: {place} answered "
            "192.0.2.7",
            "held": told["held"],
            "alias": "alias.example.com is a CNAME to right.example.com; a PTR record "
            "should point to the name itself (RFC 1912 section 2.4)",
            "foreign": told["foreign"],
        }
        assert "the account does not have this address" in told["foreign"]
        assert (
            "it already points to stranger.example.com, which was not written by this stack"
        ) in told["held"]
        assert stored(project.folder) == json.loads(store)

        project.configure(
            config(server, **{"rdns:backends": backends, "rdns:previewChecks": False})
        )
        assert "warning" not in project.preview().text

    def test_a_forward_record_of_the_same_program_is_expected_and_no_warning(
        self, make_project: MakeProject, server: Bind
    ) -> None:
        backends = {"memory": {"path": "store.json", "zones": [ZONE]}}
        project = make_project(config(server, **{"rdns:backends": backends}))
        project.program(
            "rdns.ForwardConfirmedHost('h', hostname='h.example.com', addresses=['192.0.2.1'])\n"
        )
        assert "warning" not in project.preview().text

    def test_a_forward_record_of_the_same_program_that_leads_elsewhere_is_told(
        self, make_project: MakeProject, server: Bind
    ) -> None:
        server.change(ZONE, zone_text(BASE + "h A 192.0.2.1", serial=2))
        backends = {"memory": {"path": "store.json", "zones": [ZONE]}}
        project = make_project(config(server, **{"rdns:backends": backends}))
        computed = "rdns.ForwardRecord('c', hostname='c.example.com', address=f.address)\n"
        project.program(
            "f = ",
            forward("h", "h.example.com", "192.0.2.1"),
            computed,
            ptr("other", "192.0.2.2", "h.example.com"),
            ptr("same", "192.0.2.1", "h.example.com"),
            ptr("computed", "192.0.2.3", "c.example.com"),
        )
        told = warnings(project.preview("--json"))
        assert told.keys() == {"other"}
        assert "h.example.com does not resolve to 192.0.2.2" in told["other"]

    def test_an_up_does_not_look_a_second_time(
        self, make_project: MakeProject, server: Bind
    ) -> None:
        records = "alias CNAME right\nright A 192.0.2.14\n"
        server.change(ZONE, zone_text(BASE + records, serial=2))
        project = make_project(config(server))
        project.program(ptr("alias", "192.0.2.14", "alias.example.com", **VERIFY))
        result = project.run("up", "--yes", "--non-interactive", "--stack", project.stack)
        before, _, after = result.text.partition("Updating (dev)")
        assert "alias.example.com is a CNAME to right.example.com" in before
        assert after
        assert "an alias" not in after
        assert "alias" in project.resources()

    def test_an_unchanged_record_is_not_looked_at_and_a_changed_one_is(
        self, make_project: MakeProject, server: Bind
    ) -> None:
        project = make_project(config(server))
        program = ptr("mail", "192.0.2.10", "mail.example.com", forward_check="warn")
        project.program(program)
        project.up()
        assert "warning" not in project.preview().text
        project.program(program.replace("mail.example", "www.example"))
        assert "warning: www.example.com does not resolve" in project.preview().text

    def test_what_the_budget_did_not_reach_is_said_in_one_line(
        self, make_project: MakeProject, server: Bind
    ) -> None:
        server.stop()
        backends = {
            "memory": {"path": "store.json"},
            "stuck": {"type": "memory", "path": "fifo", "delays": {"get": 30}},
        }
        project = make_project(config(server, **{"rdns:backends": backends}))
        project.program(
            """
            import asyncio
            async def later(address):
                await asyncio.sleep(7)
                return address
            """,
            *(
                ptr(f"h{at}", f"192.0.2.{at}", f"h{at}.example.com", backend="stuck")
                for at in (1, 2)
            ),
            *(
                f"rdns.PtrRecord('h{at}', address=later('192.0.2.{at}'), "
                f"hostname='h{at}.example.com', backend='stuck')\n"
                for at in (3, 4)
            ),
        )
        told = [one["message"] for one in project.preview("--json").json()["diagnostics"]]
        missed = [text for text in told if "not looked at" in text]
        assert missed == [
            "warning: 4 new or changed records were not looked at in the 5 s that a preview takes "
            "for it\n"
        ]
