"""One MiniStack for the tests of this folder; each simulated account is one of its accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import TypeAlias

import botocore.loaders
import botocore.session
import pytest

from tests.backends.aws.world import REVERSE, World, world
from tests.servers.ministack import MiniStack

#: starts a simulated account; the arguments are the scenario's fields
MakeWorld: TypeAlias = Callable[..., AbstractContextManager[World]]


@pytest.fixture(scope="session", autouse=True)
def models() -> Iterator[None]:
    """Let all sessions share botocore's models: EC2's alone takes half a second to read."""
    loader = botocore.loaders.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda *_: loader)
        yield


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStack]:
    server = MiniStack(tmp_path_factory.mktemp("ministack")).start()
    yield server
    server.stop()


@pytest.fixture
def make_world(ministack: MiniStack) -> MakeWorld:
    return partial(world, ministack)


@pytest.fixture
def account(make_world: MakeWorld) -> Iterator[World]:
    with make_world() as made:
        yield made


@pytest.fixture
def zone_id(account: World) -> str:
    return account.zone_id("example.com")


@pytest.fixture
def reverse(make_world: MakeWorld) -> Iterator[World]:
    """Start an account that has a reverse zone alone."""
    with make_world(zones=[REVERSE]) as made:
        yield made
