"""Errors that a user sees as one sentence, without a traceback.

In the provider host: seen in SDK 3.260 to 3.272, the servicer sends the traceback of whatever a
provider raises; in 3.220 to 3.250, gRPC sends the message without the class, prefixed. Upstream
offers nothing for an expected error. When the call is not found, it is as the SDK has it.

In a program: `pulumi.RunError`, which is public, is shown without a traceback.
"""

from __future__ import annotations

import functools
import os
import traceback
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import grpc
import pulumi

from pulumi_rdns import errors
from pulumi_rdns.errors import RdnsError
from pulumi_rdns.model.terminal_text import escaped_lines
from pulumi_rdns.resources.engine.calls import served_call
from pulumi_rdns.resources.engine.status import has_status, set_status

E = TypeVar("E", bound=RdnsError)
P = ParamSpec("P")
R = TypeVar("R")


def plain_errors(method: Callable[P, R]) -> Callable[P, R]:
    """Fail the call with the error's class and message alone; RDNS_DEBUG=1 adds a traceback."""

    @functools.wraps(method)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except RdnsError as error:
            call = served_call("errors are shown as the SDK shows them")
            if call is None:
                raise
            is_debug = os.environ.get("RDNS_DEBUG") == "1"
            text = traceback.format_exc() if is_debug else f"{_public_name(error)}: {error}"
            text = escaped_lines(text)
        if not has_status(call.context):
            set_status(call.context, text)
        call.context.abort(grpc.StatusCode.UNKNOWN, text)
        raise AssertionError("abort always raises")

    return wrapper


def _public_name(error: RdnsError) -> str:
    """Return the name of the error's class among those of `pulumi_rdns.errors`."""
    public = (kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    return next(public).__name__


def as_run_error(error: E) -> E:
    """Return the error as one that ends a program with its message alone.

    It is still of its own class, for a program that catches it.
    """
    error.args = tuple(escaped_lines(arg) if isinstance(arg, str) else arg for arg in error.args)
    if not isinstance(error, pulumi.RunError):
        kind: type = type(error)
        error.__class__ = _run_error_class(kind)
    return error


@functools.cache
def _run_error_class(kind: type) -> type:
    return type(kind.__name__, (kind, pulumi.RunError), {"__doc__": kind.__doc__})
