"""What a program declares, and how the engine is to run it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

PTR, SET, FORWARD = "PtrRecord", "PtrRecordSet", "ForwardRecord"
#: what a resource may depend on that is none of ours: it is there late, or fails
MACHINE = "machine"


class Resource(NamedTuple):
    """What the program says of one resource."""

    kind: str
    inputs: Mapping[str, Any]
    #: the resource that it depends on
    behind: str | None = None
    #: its address, or its records, come of that resource
    is_late: bool = False
    retains: bool = False
    deletes_first: bool = False
    #: the name that it had before
    alias: str | None = None


Program = Mapping[str, Resource]


class Up(NamedTuple):
    """How one `pulumi up` goes."""

    continues: bool = False
    machine_fails: bool = False
    #: the engine is at the next resource only when a step has ended
    is_serial: bool = False
    #: steps that run side by side end in the other order
    is_reversed: bool = False
    #: the engine tells of resources that it is going to skip
    tells_of_skipped: bool = True
    #: the resource that `--replace` names, or that is tainted: nothing is compared
    replaces: str | None = None
    #: the provider can read the state
    reads_state: bool = True
    #: number of the operation in which everything is killed
    killed_in: int | None = None
    #: whether that operation has written before
    killed_late: bool = False
