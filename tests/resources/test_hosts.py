"""The mistakes of a stack file: all at once, each below the line and the hostname of its host."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pulumi
import pytest
import yaml

import pulumi_rdns as rdns
from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.hosts import Host
from tests.resources.conftest import SETTINGS, run_program

FILE = "stacks/Pulumi.dev.yaml"
WRONG = """\
config:
  rdns:backend: corp
  project:hosts:
    - {hostname: mail.example.com, addresses: [192.0.2.300], onConflct: fail}

    # a comment
    - hostname: www.example.com
      addresses:
        - 192.0.2.11
      ttl: -1
      zone: a..b
      forwardTimeout: -5
      backend: nowhere
    - {hostname: ok.example.com, addresses: [192.0.2.12]}
    - {addresses: [192.0.2.11, "192.0.2.12"], onDelete: keep}
    - {hostname: WWW.example.com., addresses: [192.0.2.14]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project's folder, which is the current one."""
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    (tmp_path / "stacks").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(raw: object, settings: dict[str, str] | None = None) -> list[str]:
    """Read hosts in a program. Return the lines of the error."""
    read: list[Host] = []
    with pytest.raises(ConfigError) as caught:
        run_program(lambda: read.extend(rdns.read_hosts(raw, FILE)), settings)
    assert isinstance(caught.value, pulumi.RunError)
    return str(caught.value).splitlines()


def written(folder: Path, text: str) -> Any:
    """Write the stack's file. Return the hosts that it lists."""
    (folder / FILE).write_text(text)
    return yaml.safe_load(text)["config"].get("project:hosts")


def test_each_host_is_named_with_its_line_and_all_that_is_wrong_with_it(folder: Path) -> None:
    lines = refused(written(folder, WRONG))
    assert [line if line[0] != " " else line.split(": ")[0] for line in lines] == [
        f"{FILE}, line 4, mail.example.com:",
        "  onConflct",
        "  addresses[0]",
        f"{FILE}, line 7, www.example.com:",
        "  zone",
        "  ttl",
        "  forwardTimeout",
        "  backend",
        f"{FILE}, line 15:",
        "  hostname",
        "  onDelete",
        "  addresses[1]",
        f"{FILE}, line 16, WWW.example.com.:",
        "  hostname",
    ]
    for line in (
        "  onConflct: unknown key; did you mean onConflict?",
        "  ttl: -1 is out of range: 0 to 2147483647 seconds (RFC 2181 section 8)",
        "  onDelete: 'keep' is not one of remove-written, remove, restore",
        "  addresses[1]: 192.0.2.12 is an address of ok.example.com (line 14) already, "
        "and has one PTR record",
        "  hostname: www.example.com is in line 7 already; list all its addresses there",
    ):
        assert line in lines


def test_a_mistake_of_the_stacks_settings_and_of_a_backend_come_with_those_of_the_hosts(
    folder: Path,
) -> None:
    hosts = written(folder, WRONG)
    lines = refused(hosts, {**SETTINGS, "rdns:colour": "green", "rdns:ttl": "soon"})
    assert lines[0].startswith("rdns:colour: unknown key")
    assert lines[1].startswith("rdns:ttl: ")
    assert lines[2] == f"{FILE}, line 4, mail.example.com:"
    files = json.dumps({"corp": {"type": "zonefile", "folder": "zones"}})
    lines = refused(hosts, {**SETTINGS, "rdns:backends": files})
    assert lines[0].startswith("rdns:backends.corp.folder: unknown key")
    assert lines[1].startswith("rdns:backends.corp.directory: is missing")
    assert lines[2] == f"{FILE}, line 4, mail.example.com:"
    nowhere = "  backend: backend 'nowhere': not configured under rdns:backends (there: corp)"
    assert any(line.startswith(nowhere) for line in lines)


PLACES = """\
config:
  project:hosts:
    - {hostname: a.example.com, addresses: [192.0.2.1], zone: 3.0.192.in-addr.arpa, backend: files}
    - {hostname: b.example.com, addresses: [192.0.2.2], ttl: 300}
    - {hostname: c.example.com, addresses: [192.0.2.3], forwardBackend: nowhere}
    - {hostname: d.example.com, addresses: [192.0.2.4]}
"""


def test_where_records_cannot_be_kept_is_told_of_the_host_too(folder: Path) -> None:
    corp = {"type": "hostinger", "apiToken": "not-a-real-token"}
    files = {"corp": corp, "files": {"type": "zonefile", "directory": "zones"}}
    settings = {**SETTINGS, "rdns:backends": json.dumps(files)}
    lines = refused(written(folder, PLACES), settings)
    assert [line.split(":")[0] for line in lines] == [
        f"{FILE}, line 3, a.example.com",
        "  zone",
        f"{FILE}, line 4, b.example.com",
        "  ttl",
        f"{FILE}, line 5, c.example.com",
        "  forwardBackend",
    ]
    assert "is the reverse zone of another network" in lines[1]
    assert "backend 'corp' sets the PTR of an address and has no such option" in lines[3]


@pytest.mark.parametrize(
    "text",
    [
        "config: {}",
        "config: [",
        "- a list",
        "config: {'project:hosts': [{hostname: b.example.com, addresses: [192.0.2.1]}]}",
        None,
    ],
)
def test_where_the_file_does_not_show_the_host_its_place_in_the_list_is_told(
    folder: Path, text: str | None
) -> None:
    """The hosts may come from Pulumi.yaml, or from the Automation API."""
    if text is not None:
        (folder / FILE).write_text(text)
    good = {"hostname": "a.example.com", "addresses": ["192.0.2.1"]}
    lines = refused([good, {"hostname": "mail.example.com", "addresses": []}])
    assert lines[0] == f"{FILE}, hosts[1], mail.example.com:"
    assert lines[1].startswith("  addresses: is empty")
    assert len(lines) == 2


def test_a_list_that_is_missing_is_one_line_with_its_key(folder: Path) -> None:
    missing = f"{FILE}: project:hosts: is missing; list the stack's hosts there"
    assert refused(None) == [missing]
    wrong = refused(None, {**SETTINGS, "rdns:colour": "green"})
    assert wrong[0] == missing
    assert wrong[1].startswith("rdns:colour: unknown key")


def test_hosts_in_which_nothing_is_wrong_are_read(folder: Path) -> None:
    read: list[Any] = []
    hosts = [{"hostname": "a.example.com", "addresses": ["192.0.2.1"], "backend": "other"}]
    run_program(lambda: read.extend(rdns.read_hosts(hosts, FILE)))
    assert [host.options()["backend"] for host in read] == ["other"]


def test_outside_of_a_program_the_file_alone_is_checked(folder: Path) -> None:
    program = f"import pulumi_rdns; pulumi_rdns.read_hosts([{{'backend': 'nowhere'}}], {FILE!r})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert f"{FILE}, hosts[0]:\n  hostname: is missing\n  addresses: is missing" in done.stderr


def test_the_page_of_a_stack_file_has_every_key_of_a_host() -> None:
    page = (Path(__file__).parents[2] / "docs" / "stack-file.md").read_text()
    keys = [field.encode_name for field in msgspec.structs.fields(Host)]
    assert len(keys) == 14
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == keys
