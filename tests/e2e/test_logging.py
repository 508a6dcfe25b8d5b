"""`RDNS_LOG` shows, in the real CLI, what was asked and answered: under the resource, no secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.powerdns import API_KEY

from .conftest import MakeProject
from .harness import Project, forward, ptr
from .served_worlds import ApiWorld
from .test_secrets import texts_of

#: a secret in the environment: in the stack's configuration, the CLI would log it itself
KEY = {"RDNS_MAIN_APIKEY": API_KEY}
DEBUG = {"RDNS_LOG": "debug", **KEY}
A, B = "a.example.com", "b.example.com"
LINE = re.compile(r"\d\d:\d\d:\d\d\.\d{3} DEBUG (pulumi_rdns[\w.]*): (.*)")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ApiWorld]:
    with ApiWorld.running("main", tmp_path) as world:
        yield world


@pytest.fixture
def project(world: ApiWorld, make_project: MakeProject) -> Project:
    settings = {key: value for key, value in world.settings().items() if key != "apiKey"}
    return make_project(
        {
            "rdns:backend": "main",
            "rdns:backends": {"main": settings},
            "rdns:forwardSource": "backend",
        }
    )


def diagnostics(text: str) -> dict[str, list[str]]:
    """Read what stands under each resource at the end of a command, by the resource's name."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.partition("Diagnostics:\n")[2].splitlines():
        if heading := re.fullmatch(r"  \S+ \((.*)\):", line):
            name = heading[1]
        elif line.startswith("    "):
            found.setdefault(name, []).append(line.strip())
    return found


def declared(world: ApiWorld) -> tuple[str, ...]:
    first, second, third, *_ = world.addresses
    records = {second: A, third: B}
    return (
        forward("forward", A, first),
        ptr("one", first, A),
        f"rdns.PtrRecordSet('many', records={records!r}, forward_check='warn')\n",
    )


def test_debug_shows_lines_under_the_resource_and_no_secret(
    project: Project, world: ApiWorld
) -> None:
    project.program(*declared(world))
    shown = project.up(environ=DEBUG)
    under = diagnostics(shown.text)
    lines = [line for line in under["one"] if LINE.search(line)]
    assert any("forward check: a.example.com for 192.0.2.10: confirmed" in line for line in lines)
    assert world.ptr("192.0.2.10") == [A]
    for result in (shown, project.refresh(environ=DEBUG), project.destroy(environ=DEBUG)):
        assert API_KEY not in result.text
    assert [path for path, text in texts_of(project).items() if API_KEY in text] == []


def test_lines_of_threads_of_an_operation_are_under_its_resource(
    project: Project, world: ApiWorld
) -> None:
    project.program(*declared(world))
    under = diagnostics(project.up(environ=DEBUG).text)
    checked = {line for line in under["many"] if "forward check: " in line}
    assert any(f"{A} for 192.0.2.11" in line for line in checked)
    assert any(f"{B} for 192.0.2.12" in line for line in checked)
    assert not any("forward check: " in line for line in under.get("probe-dev", []))


def test_the_program_shows_its_own_lines(project: Project, world: ApiWorld) -> None:
    project.program(
        "import logging\n",
        *declared(world),
        "logging.getLogger('pulumi_rdns.backends').debug('asked by the program')\n",
    )
    under = diagnostics(project.preview(environ=DEBUG).text)
    assert any(line.endswith("asked by the program") for line in under["probe-dev"])


def test_without_it_nothing_is_shown(project: Project, world: ApiWorld) -> None:
    project.program(
        "import logging\n",
        *declared(world),
        "logging.getLogger('pulumi_rdns.backends').debug('asked by the program')\n",
    )
    shown = project.up(environ=KEY)
    assert not LINE.search(shown.text)
    assert "forward check: a.example.com" not in shown.text
    assert "asked by the program" not in shown.text


@pytest.mark.parametrize("command", ["up", "destroy"])
def test_a_level_that_is_none_is_a_sentence(
    project: Project, world: ApiWorld, command: str
) -> None:
    project.program(*declared(world))
    project.up(environ=KEY)
    refused = getattr(project, command)(fails=True, environ={"RDNS_LOG": "loud", **KEY})
    assert "RDNS_LOG: 'loud' is not a valid level; set it to debug or info" in refused.text
    assert "Traceback" not in refused.text
    assert world.ptr("192.0.2.10") == [A]
