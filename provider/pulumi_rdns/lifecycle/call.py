"""One call of the engine, and what it gets back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pulumi_rdns.backends.base import Report
from pulumi_rdns.errors import Finding, RdnsError


def _never_unknown(_value: Any) -> bool:
    return False


@dataclass(frozen=True)
class Call:
    """What the engine asked for, beside the properties."""

    #: the resource, as messages about it name it; empty where the engine did not say
    urn: str
    #: shows messages under the resource
    report: Report
    is_preview: bool = False
    #: whether a value, or a part of it, is not known yet in a preview
    is_unknown: Callable[[Any], bool] = _never_unknown
    #: the inputs that the state holds, in a diff or read; None where they cannot be had
    old_inputs: Mapping[str, Any] | None = None
    #: when the engine stops waiting, a time of `time.monotonic`; None where it does not say
    deadline: float | None = None
    #: set when the user wants it to end
    cancelled: threading.Event = field(default_factory=threading.Event)

    def pause(self, seconds: float) -> bool:
        """Wait; return whether the call goes on: it is neither cancelled nor past its deadline."""
        allowed = seconds
        if self.deadline is not None:
            allowed = max(0.0, min(seconds, self.deadline - time.monotonic()))
        return not self.cancelled.wait(allowed) and allowed == seconds


class CheckResult(NamedTuple):
    """Inputs as they are stored, and all that is wrong with them."""

    inputs: dict[str, Any]
    findings: list[Finding]


class DiffResult(NamedTuple):
    """What differs."""

    #: keys of inputs
    changes: list[str]
    #: those of them that make another record, and not an update
    replaces: list[str]
    delete_before_replace: bool


class PreviewResult(NamedTuple):
    """What can be said before anything is written."""

    #: the outputs that are known already
    outputs: dict[str, Any]
    #: what will be in the way, a sentence each
    warnings: list[str]


class Stored(NamedTuple):
    """What the engine stores of a resource."""

    id: str
    outputs: dict[str, Any]
    #: the inputs that would declare what is there
    inputs: dict[str, Any]
    #: the keys of outputs that show a secret input, and so are secret themselves
    secrets: frozenset[str]


class PartlyDoneError(Exception):
    """A create or update failed in part; what there is now must be stored all the same."""

    def __init__(self, error: RdnsError, stored: Stored) -> None:
        super().__init__(str(error))
        self.error = error
        self.stored = stored
