"""A create or update that fails and has done something all the same.

Seen in SDK 3.220 to 3.272: what the engine stores of it is an `ErrorResourceInitFailed` among the
details of the call's status. The SDK has an exception for it in a native provider alone
(`pulumi.provider.experimental`), not for dynamic ones. When it cannot be told, the state stays as
it was, which is logged; the next `pulumi up` adopts what was written.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2

from pulumi_rdns.model.terminal_text import escaped_lines
from pulumi_rdns.resources.engine import moved
from pulumi_rdns.resources.engine.calls import served_call
from pulumi_rdns.resources.engine.status import set_status

_log = logging.getLogger(__name__)
_PROVIDER = "__provider"


def report_partial_success(
    id_: str, outputs: Mapping[str, Any], inputs: Mapping[str, Any], reason: str
) -> None:
    """Let the engine store what there is though this create or update is about to fail.

    It also plans the update again in the next `pulumi up`. To be called before the error is raised.
    """
    reason = escaped_lines(reason)
    consequence = "the state does not know what was written before an error"
    call = served_call(consequence)
    if call is None:
        return
    given = getattr(call.request, "news", None) or getattr(call.request, "properties", {})
    if _PROVIDER not in given:
        moved.warn("the provider in the request", consequence)
        return
    key = {_PROVIDER: given[_PROVIDER]}
    failed = provider_pb2.ErrorResourceInitFailed(
        id=id_,
        properties=_struct({**outputs, **key}),
        inputs=_struct({**inputs, **key}),
        reasons=[reason],
    )
    if not set_status(call.context, reason, failed):
        _log.warning("%s is too large to be told to the engine, so %s", id_, consequence)


def _struct(properties: Mapping[str, Any]) -> Any:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(rpc.serialize_properties(properties, {}))
    finally:
        loop.close()
