"""The call of the engine that is being served.

Seen in SDK 3.220 to 3.272: `python -m pulumi.dynamic` serves each call in a method `Check`, `Diff`,
`Create`, `Read`, `Update` or `Delete` of its servicer, with the locals `request` and `context`. A
dynamic provider is given neither, and upstream has no other way to them; a native provider
(`pulumi.provider.experimental`) has. When it moves, a warning is logged, and what needs the call
does without: messages have no resource, errors are as the SDK has them, a changed `zone` may be
overlooked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from pulumi.runtime import rpc

from pulumi_rdns.resources.engine import moved

_METHODS = frozenset({"Check", "Diff", "Create", "Read", "Update", "Delete"})


class Call(NamedTuple):
    """A request of the engine, and the gRPC context that answers it."""

    request: Any
    context: Any

    @property
    def urn(self) -> str:
        """The URN of the resource; empty where the request has none."""
        return str(getattr(self.request, "urn", ""))


_pinned: ContextVar[Call | None] = ContextVar("engine_call", default=None)


def current_call() -> Call | None:
    """Return the call that is being served; None outside of a provider host."""
    return _pinned.get() or _call_of_this_thread()


@contextmanager
def pinned_call() -> Iterator[Call | None]:
    """Make the call that this thread serves known to threads that are given its context."""
    call = current_call()
    token = _pinned.set(call)
    try:
        yield call
    finally:
        _pinned.reset(token)


def _call_of_this_thread() -> Call | None:
    frame = sys._getframe(1) if hasattr(sys, "_getframe") else None
    while frame is not None:
        if frame.f_code.co_name in _METHODS:
            names = frame.f_locals
            if "request" in names and "context" in names:
                return Call(names["request"], names["context"])
        frame = frame.f_back
    return None


def is_provider_host() -> bool:
    """Whether this process is one that the engine started for dynamic providers."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and str(spec.name).startswith("pulumi.dynamic")


def served_call(consequence: str) -> Call | None:
    """Return the call that is being served; a provider host without one logs the consequence."""
    call = current_call()
    if call is None and is_provider_host():
        moved.warn("the call in progress", consequence)
    return call


def old_inputs() -> dict[str, Any] | None:
    """Return the inputs that the state holds, in a Read or Diff; None where they are not there.

    The SDK hands a provider the old outputs alone.
    """
    call = served_call("a changed `zone` may be overlooked")
    if call is None:
        return None
    field = "old_inputs" if hasattr(call.request, "old_inputs") else "inputs"
    try:
        return dict(rpc.deserialize_properties(getattr(call.request, field)))
    except (AttributeError, TypeError, ValueError) as error:
        moved.warn(f"the field of the old inputs ({error})", "a changed `zone` may be overlooked")
        return None
