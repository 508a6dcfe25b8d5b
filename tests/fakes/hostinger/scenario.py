"""What the simulated account has, and how it behaves where the API's document is silent."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from tests.fakes.api import Behaviour, Fault

__all__ = ["FAKE_TOKEN", "Behaviour", "Fault", "Machine", "Scenario"]

FAKE_TOKEN = "sample-token-that-is-not-real"


class Machine(msgspec.Struct, kw_only=True):
    """A VPS. ``None`` for a family is the API's null."""

    id: int
    hostname: str
    ipv4: list[str] | None = None
    ipv6: list[str] | None = None
    state: str = "running"
    #: seconds from the start
    locked_for: float = 0.0


class Scenario(Behaviour, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be chosen. All times are in seconds."""

    token: str = FAKE_TOKEN
    #: another token of the same account
    second_token: str | None = None
    machines: list[Machine] = msgspec.field(
        default_factory=lambda: [
            Machine(
                id=17923,
                hostname="srv17923.hstgr.cloud",
                ipv4=["203.0.113.10"],
                ipv6=["2001:db8::10"],
            ),
            Machine(id=17924, hostname="srv17924.hstgr.cloud", ipv4=["203.0.113.20"]),
        ]
    )
    #: zone -> RRsets as the API shows them
    zones: dict[str, list[dict[str, Any]]] = msgspec.field(
        default_factory=lambda: {"example.com": []}
    )
    #: domains that are registered in the account; None for one per zone
    domains: list[str] | None = None

    # What the document does not say
    initial_ptr: Literal["default", "nothing"] = "default"
    delete_leaves: Literal["default", "nothing"] = "nothing"
    #: Hostinger refuses a PTR whose name has no such address in the account's zones
    requires_forward: bool = False
    locked_refuses: bool = True
    #: a VM is locked while one of its actions runs
    acting_locks: bool = True
    #: from the action's success until the VM shows it
    ptr_lag: float = 0.0
    #: and from there until the list of VMs shows it
    list_lag: float = 0.0
    #: from a change of a zone until the zone shows it
    zone_lag: float = 0.0
    zone_absent: Literal["403", "404", "422", "empty"] = "404"

    action_delay: float = 0.0
    #: shown one after the other while an action runs
    action_states: list[str] = msgspec.field(default_factory=lambda: ["created", "sent"])
    action_result: Literal["success", "error"] = "success"
