"""Forward-confirmed through the real CLI: real name servers are asked, and waited for."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.servers.bind import Bind
from tests.servers.process import zone_text

from .conftest import MakeProject
from .harness import Running, ptr

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


def test_the_gate_waits_and_goes_on_by_itself_when_the_record_appears(
    make_project: MakeProject, server: Bind
) -> None:
    project = make_project(config(server))
    project.program(ptr("mail", "192.0.2.10", "mail.example.com", **VERIFY))
    running = project.start_up()
    heard = read_until(running, "asking again for 60 s")
    assert stored(project.folder) == {}
    server.change(ZONE, zone_text(BASE + "mail A 192.0.2.10", serial=2))
    result = running.wait()
    assert result.code == 0, heard + result.text
    assert "mail.example.com" in str(stored(project.folder))
    assert "warning" not in result.text


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
    assert "mail.example.com could not be asked for 192.0.2.11" in result.text


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
        text = project.preview().text
        for sentence in (
            "missing.example.com does not resolve to 192.0.2.11",
            "elsewhere.example.com does not resolve to 192.0.2.12",
            "the PTR of 192.0.2.13 already points to stranger.example.com",
            "alias.example.com is an alias (CNAME) of right.example.com",
            "the account does not have this address",
        ):
            assert f"warning: {sentence}" in text or f": {sentence}" in text
        assert "(good)" not in text
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
            *(
                ptr(f"h{at}", f"192.0.2.{at}", f"h{at}.example.com", backend="stuck")
                for at in (1, 2)
            )
        )
        result = project.preview()
        assert "2 new or changed PTR records were not looked at in the 5 s" in result.text
