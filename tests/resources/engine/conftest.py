"""The SDK's own host of dynamic providers, and an engine that it talks to."""

from __future__ import annotations

import base64
import importlib.metadata
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from tests.resources.engine.probe import Probe

ROOT = Path(__file__).parents[3]
URN = "urn:pulumi:dev::project::pulumi-python:dynamic/test:Probe::one"
#: the version of the SDK that the canaries run with
SDK = tuple(int(part) for part in importlib.metadata.version("pulumi").split(".")[:2])
PROVIDER = base64.b64encode(pickle.dumps(Probe(), protocol=4)).decode()


def struct(**properties: Any) -> struct_pb2.Struct:
    """Write properties as the engine does, with the provider."""
    written = struct_pb2.Struct()
    written.update({"__provider": PROVIDER, **properties})
    return written


def status_of(error: Any) -> Any:
    """Read the status of a failed call as the engine's gRPC does; None where it has no details."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            return status_pb2.Status.FromString(value)
    return None


class Engine(engine_pb2_grpc.EngineServicer):
    """Takes the messages of a host."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self._server = grpc.server(ThreadPoolExecutor(2))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.messages.append(request)
        return empty_pb2.Empty()

    def stop(self) -> None:
        self._server.stop(None).wait()

    def told(self, urn: str = URN) -> list[str]:
        """Return the texts of the messages about a resource."""
        return [message.message for message in self.messages if message.urn == urn]

    def is_ephemeral(self, text: str) -> bool:
        return any(one.ephemeral for one in self.messages if one.message == text)

    def severity(self, text: str) -> str:
        found = next(one.severity for one in self.messages if one.message == text)
        return str(engine_pb2.LogSeverity.Name(found))


class Host:
    """The process that the engine starts for dynamic providers, and its calls."""

    def __init__(self, engine: str, environ: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic", engine],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        port = self.process.stdout.readline().strip()
        self._channel = grpc.insecure_channel(
            f"127.0.0.1:{port}", options=[("grpc.max_metadata_size", 2**20)]
        )
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        try:
            self.stub.Configure(provider_pb2.ConfigureRequest(), timeout=30)
        except grpc.RpcError:
            self.end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> str:
        """End the process. Return what it printed to standard error."""
        self._channel.close()
        self.process.terminate()
        return self.process.communicate(timeout=30)[1]

    def create(self, what: str) -> Any:
        """Let the probe do something in a create."""
        request = provider_pb2.CreateRequest(urn=URN, properties=struct(do=what))
        return self.stub.Create(request, timeout=30)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.stop()


@pytest.fixture
def host(engine: Engine) -> Iterator[Host]:
    with Host(engine.address, {}) as host:
        yield host
