"""How a call fails with a message and details of its own.

gRPC's richer error model (google.rpc.Status) goes into the trailing metadata, where the engine's
gRPC prefers it to the text that the servicer sends. Seen in SDK 3.220 to 3.272, which do the same
for the input errors of a component (`pulumi.provider.server`), and nothing for dynamic providers.
"""

from __future__ import annotations

from typing import Any

import grpc
from pulumi.runtime.proto import status_pb2

_KEY = "grpc-status-details-bin"
#: bytes that the engine takes beside an error; a set of 65,536 records needs half of them
_MOST_BYTES = 15 * 2**20


def set_status(context: Any, message: str, *details: Any) -> bool:
    """Set what the engine is told when the call fails. Return whether it fits."""
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
    for detail in details:
        status.details.add().Pack(detail)
    content = status.SerializeToString()
    if len(content) >= _MOST_BYTES:
        return False
    context.set_trailing_metadata(((_KEY, content),))
    return True


def has_status(context: Any) -> bool:
    """Whether `set_status` was called for this call."""
    return any(key == _KEY for key, _ in context.trailing_metadata() or ())
