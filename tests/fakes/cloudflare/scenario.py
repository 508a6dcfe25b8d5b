"""What the simulated account has, and how it behaves where the API's document is silent."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from tests.fakes.api import Behaviour

FAKE_TOKEN = "sample-token-that-is-not-real"


class ZoneSpec(msgspec.Struct, kw_only=True):
    """A zone, with records as the API takes them: ``{"type": "A", "name": …, "content": …}``."""

    name: str
    status: Literal["active", "pending", "initializing", "moved"] = "active"
    type: Literal["full", "partial", "secondary", "internal"] = "full"
    records: list[dict[str, Any]] = []


class Scenario(Behaviour, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be chosen. All times are in seconds."""

    token: str = FAKE_TOKEN
    #: another token of the same account
    second_token: str | None = None
    #: what the tokens may do
    permissions: list[Literal["zone:read", "dns:read", "dns:edit"]] = msgspec.field(
        default_factory=lambda: ["zone:read", "dns:edit"]
    )
    zones: list[ZoneSpec] = msgspec.field(
        default_factory=lambda: [
            ZoneSpec(name="example.com"),
            ZoneSpec(name="2.0.192.in-addr.arpa"),
        ]
    )
    #: the most that the API puts on a page of records
    largest_page: int = 5000
    #: records in a batch: 200 in the smallest plan
    batch_limit: int = 200

    # What the document does not say
    #: from a change until it can be read
    lag: float = 0.0
    #: how a zone is answered that the account does not have
    zone_absent: Literal["403", "404", "400"] = "404"
    #: what a malformed token is answered with, or one that is wrong or out of date
    bad_token: Literal["400", "401", "403"] = "403"
