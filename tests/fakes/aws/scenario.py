"""What the simulated account has, and how it behaves where AWS's documents are silent."""

from __future__ import annotations

import itertools
from typing import Literal

import msgspec

from tests.fakes.api import Behaviour
from tests.fakes.api import Fault as Fault

_accounts = itertools.count(100_000_000_000)


class Eip(msgspec.Struct, kw_only=True):
    """An Elastic IP address."""

    public_ip: str
    allocation_id: str
    instance_id: str | None = None
    #: the tag `Name`
    name: str | None = None
    #: a name that somebody has set
    ptr: str | None = None


class Scenario(Behaviour):
    """Everything that can be chosen. All times are in seconds."""

    access_key_id: str = "AKIASAMPLE0NOTREAL00"
    secret_access_key: str = "sample-secret-that-is-not-real"
    session_token: str | None = None
    #: another key of the same account: id and secret
    second_key: tuple[str, str] | None = None
    region: str = "eu-west-1"
    #: what keeps the accounts of one MiniStack apart
    account_id: str = msgspec.field(default_factory=lambda: str(next(_accounts)))
    eips: list[Eip] = msgspec.field(
        default_factory=lambda: [
            Eip(public_ip="203.0.113.10", allocation_id="eipalloc-0a", instance_id="i-0a"),
            Eip(public_ip="203.0.113.20", allocation_id="eipalloc-0b", name="web"),
        ]
    )
    #: public hosted zones that the account begins with
    zones: list[str] = msgspec.field(default_factory=lambda: ["example.com"])
    #: how long a change is PENDING
    update_takes: float = 0.0
    #: how long it takes until a read shows what a write has done
    read_lag: float = 0.0
    #: how DescribeAddressesAttribute shows an address without a PTR
    unset_is: Literal["left out", "empty", "the default name"] = "left out"
    #: whether the forward record is checked, and how a name that does not resolve is refused
    forward_check: Literal["none", "at once", "later"] = "none"
    #: what remains of the update once it is done: nothing, or its value with a status
    update_leaves: Literal["nothing", "its value"] = "nothing"
    #: whether a PTR may be changed while a change is on its way
    pending_refuses: bool = False
    #: addresses in a page of DescribeAddressesAttribute
    page_size: int = 1000
    #: actions of IAM that the key may not do: ``ec2:ModifyAddressAttribute``
    denied: list[str] = msgspec.field(default_factory=list)
