"""The call in progress is where the door looks for it, in each method of the SDK's servicer."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2

from pulumi_rdns.resources.engine import calls
from tests.resources.engine.conftest import URN, Engine, Host, status_of, struct


def properties(answer: Any, field: str = "properties") -> dict[str, Any]:
    return dict(rpc.deserialize_properties(getattr(answer, field)))


def test_each_call_knows_its_resource(host: Host) -> None:
    stub = host.stub
    checked = stub.Check(provider_pb2.CheckRequest(urn=URN, olds=struct(), news=struct()))
    assert properties(checked, "inputs")["urn"] == URN
    diff = stub.Diff(provider_pb2.DiffRequest(urn=URN, olds=struct(), news=struct()))
    assert URN in diff.replaces
    assert properties(host.create("look"))["urn"] == URN
    read = stub.Read(provider_pb2.ReadRequest(id="1", urn=URN, properties=struct()))
    assert properties(read)["urn"] == URN
    updated = stub.Update(provider_pb2.UpdateRequest(urn=URN, olds=struct(), news=struct(do="")))
    assert properties(updated)["urn"] == URN
    with pytest.raises(grpc.RpcError) as caught:
        stub.Delete(provider_pb2.DeleteRequest(urn=URN, properties=struct()))
    assert status_of(caught.value).message == f"ConflictError: probe: delete {URN}: stays"


def test_a_diff_and_a_read_know_the_inputs_of_the_state(host: Host) -> None:
    request = provider_pb2.DiffRequest(
        urn=URN, olds=struct(), news=struct(), old_inputs=struct(zone="example.com")
    )
    assert list(host.stub.Diff(request).replaces) == [URN, "__provider", "zone"]
    read = provider_pb2.ReadRequest(
        id="1", urn=URN, properties=struct(), inputs=struct(zone="example.com")
    )
    assert properties(host.stub.Read(read))["found"]["zone"] == "example.com"


def test_a_process_knows_whether_it_is_a_provider_host(host: Host) -> None:
    assert properties(host.create("look"))["is_host"] is True
    assert not calls.is_provider_host()


def test_outside_of_a_host_there_is_no_call_and_nothing_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert calls.current_call() is None
    assert calls.old_inputs() is None
    assert caplog.text == ""


def test_a_host_without_the_call_says_what_does_not_work(engine: Engine) -> None:
    with Host(engine.address, {}) as host:
        for _ in range(2):
            with pytest.raises(grpc.RpcError):
                host.create("lose_calls")
        printed = host.end()
    assert printed.count("the call in progress was not found, so errors are shown as the SDK") == 1
