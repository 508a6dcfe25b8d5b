"""Programs run against mocks, and providers configured as the engine does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pulumi
import pytest
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.runtime import settings as runtime_settings
from pulumi.runtime.stack import run_pulumi_func

import pulumi_rdns as rdns
from pulumi_rdns.resources.ptr_record import PtrRecordProvider

SETTINGS = {
    "rdns:backend": "corp",
    "rdns:backends": json.dumps({"corp": {"type": "memory"}, "other": {"type": "memory"}}),
}


class Registered(NamedTuple):
    """A resource as the engine gets it."""

    token: str
    name: str
    inputs: dict[str, Any]


class _Mocks(pulumi.runtime.Mocks):
    def __init__(self, outputs: dict[str, Any]) -> None:
        self.registered: list[Registered] = []
        self._outputs = outputs

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.registered.append(Registered(args.typ, args.name, args.inputs))
        return f"{args.name}-id", args.inputs | self._outputs

    def call(
        self, args: pulumi.runtime.MockCallArgs
    ) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None


def run_program(
    program: Callable[[], None],
    settings: dict[str, str] | None = None,
    preview: bool = False,
    outputs: dict[str, Any] | None = None,
) -> list[Registered]:
    """Run a program; give what it registered, in order. Raises what ends the program.

    ``outputs`` is what the provider gives for each resource beside its inputs.
    """
    mocks = _Mocks(outputs or {})
    loops: list[asyncio.AbstractEventLoop] = []

    def own_loop() -> None:
        """Give the thread a loop that is closed in the end: the SDK's mocks would leave theirs."""
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    own_loop()
    loop = loops[0]
    executor = ThreadPoolExecutor(4, initializer=own_loop)
    loop.set_default_executor(executor)
    try:
        pulumi.runtime.set_mocks(mocks, preview=preview)
        pulumi.runtime.set_all_config(SETTINGS if settings is None else settings)
        loop.run_until_complete(run_pulumi_func(program))
    finally:
        executor.shutdown()
        # A program that was ended leaves tasks of its loop behind, which the next one would await.
        runtime_settings.SETTINGS.rpc_manager.clear()
        runtime_settings.SETTINGS.outputs.clear()
        asyncio.set_event_loop(None)
        for made in loops:
            made.close()
    return mocks.registered


def ptr(name: str, address: Any, **more: Any) -> rdns.PtrRecord:
    """Declare a record whose hostname is that of the resource."""
    return rdns.PtrRecord(name, address=address, hostname=f"{name}.example.com", **more)


def order(registered: list[Registered]) -> list[str]:
    """Give the names of resources, in the order in which they were registered."""
    return [entry.name for entry in registered]


def of(registered: list[Registered], name: str) -> dict[str, Any]:
    """Give the inputs of a resource."""
    return next(entry.inputs for entry in registered if entry.name == name)


@pytest.fixture
def configured() -> None:
    """Configure the providers of this process as the engine does."""
    PtrRecordProvider().configure(ConfigureRequest(Config(dict(SETTINGS), "project")))
