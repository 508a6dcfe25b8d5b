"""What a registration settles is not on the SDK's own list of what it waits for."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pulumi
import pytest
from pulumi.runtime import settings as runtime_settings

from pulumi_rdns.resources.engine.outputs import leave_to_the_registration
from tests.resources.engine.conftest import SDK


def test_an_output_is_taken_off_the_list(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "pulumi_rdns")

    async def make() -> None:
        value: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        waiting = runtime_settings.SETTINGS.outputs
        output: pulumi.Output[Any] = pulumi.Output.from_input(value)
        before = len(waiting)
        assert before > 0
        leave_to_the_registration([output, None])
        if SDK >= (3, 272):
            assert len(waiting) == 0
            assert caplog.text == ""
        elif SDK <= (3, 265):
            assert len(waiting) == before
            assert "no Output._untrack" in caplog.text
        value.set_result("made")
        assert await output.future() == "made"
        waiting.clear()

    asyncio.run(make())
