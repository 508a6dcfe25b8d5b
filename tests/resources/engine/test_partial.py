"""What a failed create or update has written is told as the engine reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import provider_pb2

from tests.resources.engine.conftest import PROVIDER, URN, Host, status_of, struct


@pytest.mark.parametrize("operation", ["create", "update"])
def test_the_engine_is_given_the_resource_and_the_reason(host: Host, operation: str) -> None:
    calls: dict[str, Callable[[], Any]] = {
        "create": lambda: host.create("fail_in_part"),
        "update": lambda: host.stub.Update(
            provider_pb2.UpdateRequest(urn=URN, olds=struct(), news=struct(do="fail"))
        ),
    }
    with pytest.raises(grpc.RpcError) as caught:
        calls[operation]()
    status = status_of(caught.value)
    (detail,) = status.details
    failed: Any = provider_pb2.ErrorResourceInitFailed()
    assert detail.Unpack(failed)
    assert (status.code, status.message) == (2, r"half of it\x07")
    assert failed.id == "an id"
    assert list(failed.reasons) == [r"half of it\x07"]
    assert MessageToDict(failed.properties) == {"written": 1, "__provider": PROVIDER}
    assert MessageToDict(failed.inputs) == {"wanted": 2, "__provider": PROVIDER}
