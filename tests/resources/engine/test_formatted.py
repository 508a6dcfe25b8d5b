"""A canary: how the SDK writes an Output that is put into a text."""

from __future__ import annotations

import pulumi
import pytest

from pulumi_rdns.resources.engine.formatted import has_formatted_output
from tests.resources.conftest import run_program


def test_an_output_in_an_f_string_is_recognized() -> None:
    seen: list[bool] = []

    def program() -> None:
        output = pulumi.Output.from_input("192.0.2.10")
        seen.extend(map(has_formatted_output, (f"{output}", "www." + str(output), output)))

    run_program(program)
    assert seen == [True, True, False]


@pytest.mark.parametrize("value", ["192.0.2.10", "", None, 3, pulumi.UNKNOWN])
def test_any_other_value_is_none(value: object) -> None:
    assert not has_formatted_output(value)
