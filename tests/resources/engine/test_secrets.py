"""Canary: how a secret is written on the wire."""

from __future__ import annotations

from pulumi.runtime import rpc

from pulumi_rdns.resources.engine.secrets import as_secret


def test_a_secret_is_written_as_the_sdk_writes_it() -> None:
    assert rpc.is_rpc_secret(as_secret("value"))
    assert rpc.unwrap_rpc_secret(as_secret("value")) == "value"
    assert as_secret("value") == rpc.wrap_rpc_secret("value")
