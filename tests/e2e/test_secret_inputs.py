"""Secret inputs: what is made of them is secret too, in the state and in what is printed.

Ids, which hold addresses and the hostnames of forward records, are permanent and stay in clear.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import MakeProject
from .harness import Project, Resource, Result

#: what is secret is under a passphrase, as most users have it
pytestmark = pytest.mark.usefixtures("passphrase")

SOA = "$TTL 3600\n@ SOA ns1 root 1 7200 900 1209600 300\n@ NS ns1.example.com.\n"
SIGNATURE = "4dabf18193072939515e22adb298388d"


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    backends = {"files": {"type": "zonefile", "directory": "zones"}}
    project = make_project({"rdns:backend": "files", "rdns:backends": backends})
    zones = project.folder / "zones"
    zones.mkdir()
    (zones / "example.com.zone").write_text(f"{SOA}ns1 A 192.0.2.53\n")
    (zones / "2.0.192.in-addr.arpa.zone").write_text(f"{SOA}12 PTR hidden-two.example.com.\n")
    return project


def secret_keys(resource: Resource) -> set[str]:
    """Return the outputs that the state has as secrets."""
    return {
        key
        for key, value in resource.outputs.items()
        if isinstance(value, dict) and SIGNATURE in value
    }


def outputs_in_clear(project: Project) -> str:
    """Return all that the state says of the records, without their ids and names."""
    found: dict[str, Any] = {}
    for name, resource in project.resources().items():
        found[name] = [resource.inputs, resource.outputs]
    return json.dumps(list(found.values()))


def assert_hidden(project: Project, *results: Result) -> None:
    seen = outputs_in_clear(project) + "".join(result.text for result in results)
    assert "hidden" not in seen.replace("hidden-id", "")


PROGRAM = """
secret = pulumi.Output.secret
rdns.PtrRecord("name", address="192.0.2.11", hostname=secret("hidden-one.example.com"))
rdns.PtrRecord("adopted", address="192.0.2.12", hostname=secret("hidden-two.example.com"))
rdns.PtrRecord(
    "address", address=secret("192.0.2.13"), hostname="open.example.com", forward_check="warn"
)
rdns.ForwardRecord("forward", hostname="f.example.com", address=secret("192.0.2.99"))
rdns.PtrRecordSet("set", records=secret({"192.0.2.21": "hidden-three.example.com"}))
rdns.PtrRecordSet("fill", network="192.0.2.32/30", fill=secret("hidden-{d}.example.com"))
rdns.PtrRecord("open", address="192.0.2.14", hostname="open.example.com")
"""


def test_what_is_made_of_a_secret_is_secret(project: Project) -> None:
    project.program(PROGRAM)
    up = project.up("--diff")
    state = project.resources()
    assert_hidden(project, up, project.preview("--diff"), project.refresh("--diff"))
    assert "it is adopted" in up.text
    assert "[secret] does not resolve to 192.0.2.11" in up.text
    assert secret_keys(state["name"]) == {"hostname", "writtenHostname", "forwardDetail"}
    assert secret_keys(state["address"]) == {
        "address",
        "reverseName",
        "ownerName",
        "zone",
        "forwardDetail",
    }
    assert "13.2.0.192" not in up.text + outputs_in_clear(project)
    assert "open.example.com does not resolve to [secret]" in up.text
    assert {"address", "writtenAddress"} <= secret_keys(state["forward"])
    assert {"records", "writtenRecords", "zones"} <= secret_keys(state["set"])
    assert {"fill", "writtenRecords"} <= secret_keys(state["fill"])
    assert secret_keys(state["open"]) == set()
    assert "secretInputs" not in state["open"].outputs

    after = project.resources()
    assert {name: secret_keys(one) for name, one in after.items()} == {
        name: secret_keys(one) for name, one in state.items()
    }
    assert "8 unchanged" in project.up("--expect-no-changes").text


def test_changes_errors_and_refreshes_do_not_show_it_either(project: Project) -> None:
    project.program(PROGRAM)
    project.up()
    file = project.folder / "zones" / "2.0.192.in-addr.arpa.zone"
    file.write_text(file.read_text().replace("hidden-one.example.com.", "foreign.example.com."))
    refreshed = project.refresh("--diff")
    project.program(
        PROGRAM.replace("hidden-one", "hidden-other").replace("hidden-{d}", "hidden-x{d}")
    )
    up = project.up("--diff")
    assert "hidden-other.example.com." in file.read_text()
    file.write_text(file.read_text().replace("hidden-two.example.com.", "foreign.example.com."))
    project.program(PROGRAM.replace("hidden-two", "hidden-wrong"))
    failed = project.up("--diff", fails=True)
    assert "foreign.example.com" in failed.text
    file.write_text(file.read_text().replace("hidden-other.example.com.", "foreign.example.com."))
    destroyed = project.destroy()
    assert "foreign.example.com" in destroyed.text
    assert_hidden(project, refreshed, up, failed, destroyed)


def test_a_value_that_becomes_secret_is_hidden_without_a_write(project: Project) -> None:
    line = 'rdns.PtrRecord("one", address="192.0.2.11", hostname={}, forward_check="skip")'
    project.program(line.format('"hidden-one.example.com"'))
    project.up()
    file = project.folder / "zones" / "2.0.192.in-addr.arpa.zone"
    before = file.read_text()
    project.program(line.format('pulumi.Output.secret("hidden-one.example.com")'))
    assert "1 updated" in project.up().text
    assert_hidden(project)
    assert file.read_text() == before


def test_a_secret_that_cannot_be_right_is_refused_without_showing_it(project: Project) -> None:
    project.program(
        'rdns.PtrRecord("one", address="192.0.2.11", hostname=pulumi.Output.secret("hidden host"))'
    )
    failed = project.up(fails=True)
    assert "has a space in it" in failed.text
    assert "hidden" not in failed.text
