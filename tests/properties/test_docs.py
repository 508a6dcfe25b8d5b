"""The tables of docs/resources.md say what the schemas do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pulumi_rdns.properties.forward import FORWARD
from pulumi_rdns.properties.ptr import PTR
from pulumi_rdns.properties.ptr_set import PTR_SET
from pulumi_rdns.properties.schema import SECRET_INPUTS, Schema

DOCS = Path(__file__).parents[2] / "docs" / "resources.md"
SCHEMAS: list[Schema[Any, Any]] = [PTR, FORWARD, PTR_SET]

each_schema = pytest.mark.parametrize("schema", SCHEMAS, ids=lambda one: one.name)


def section(title: str) -> str:
    """Return the text below a heading."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", DOCS.read_text(), re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def rows(text: str) -> dict[str, str]:
    """Return the arguments of the table of arguments, and what a change of each does."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0].startswith("`"):
            found[cells[0].strip("`")] = cells[3]
    return found


def snake(key: str) -> str:
    """Return a key as Python has it."""
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", key)


@each_schema
def test_each_input_has_its_row_and_no_other_has(schema: Schema[Any, Any]) -> None:
    only_in_the_program = {"forward"} if schema is PTR else set()
    documented = set(rows(section(schema.name)))
    assert documented - only_in_the_program == {*map(snake, schema.input_keys)}
    assert only_in_the_program <= documented


@each_schema
def test_a_row_says_that_a_change_replaces_where_it_does(schema: Schema[Any, Any]) -> None:
    documented = rows(section(schema.name))
    for key in schema.input_keys:
        replaces = documented[snake(key)].startswith("replaces")
        assert replaces is bool(schema.replacing([key])), key
    if schema is FORWARD:
        assert documented["address"] == "updates; from IPv4 to IPv6 or back it replaces"


@each_schema
def test_each_output_is_mentioned(schema: Schema[Any, Any]) -> None:
    outputs = section(schema.name).partition("Outputs: ")[2]
    assert outputs
    for key in schema.output_keys:
        assert f"`{snake(key)}`" in outputs, key


@each_schema
def test_the_section_on_secrets_names_each_output_that_shows_an_input(
    schema: Schema[Any, Any],
) -> None:
    text = section("Secrets")
    documented = {
        (name.strip("` "), shown)
        for line in text.splitlines()
        if line.startswith(f"| `{schema.name}`")
        for name in line.split("|")[2].split(",")
        for shown in re.findall(r"`(\w+)`", line.split("|")[3])
    }
    shows = {
        (snake(key), snake(output))
        for key in schema.input_keys
        for output in schema.secret_outputs({SECRET_INPUTS: [key]})
    }
    assert documented == shows
