"""The constant providers are what the SDK makes, and what its host makes providers of."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2

from pulumi_rdns.resources.engine.pickles import PROVIDERS
from tests.resources.engine.conftest import Host, struct

MODULES = {
    "PtrRecord": "ptr_record",
    "ForwardRecord": "forward_record",
    "PtrRecordSet": "ptr_record_set",
}


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python 3.14 pickles otherwise")
@pytest.mark.parametrize("kind", MODULES)
def test_a_constant_is_what_the_sdk_writes(kind: str) -> None:
    module = importlib.import_module(f"pulumi_rdns.resources.{MODULES[kind]}")
    assert serialize_provider(getattr(module, f"{kind}Provider")()) == PROVIDERS[kind]


@pytest.mark.parametrize("kind", MODULES)
def test_the_host_makes_our_provider_of_a_constant(host: Host, kind: str) -> None:
    news = struct(__provider=PROVIDERS[kind], backend=3)
    answer: Any = host.stub.Check(provider_pb2.CheckRequest(olds=struct(), news=news), timeout=30)
    reasons = {failure.property: failure.reason for failure in answer.failures}
    assert reasons["backend"].startswith("must be the name of a backend")
