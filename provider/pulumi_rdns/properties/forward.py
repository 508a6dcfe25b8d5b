"""The properties of a ForwardRecord, as they stand in the state: permanent."""

from __future__ import annotations

import contextlib

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import Address, parse_address, record_type
from pulumi_rdns.model.specs import ForwardSpec, OnForwardConflict
from pulumi_rdns.model.states import ForwardState
from pulumi_rdns.properties.schema import Properties, Property, Schema
from pulumi_rdns.properties.values import ADDRESS, BACKEND, FLAG, HOSTNAME, TEXT, TTL, ZONE, one_of

#: an input that check hears and never passes on, so that it is in no state: the addresses that the
#: program declares for the same hostname. A check of its own would come too late for them: the
#: engine makes none while all that it runs side by side waits for a sibling to be heard of.
SIBLINGS = "__siblings"


def _record_type(state: ForwardState) -> str:
    return record_type(state.address)


FORWARD = Schema(
    "ForwardRecord",
    ForwardSpec,
    ForwardState,
    (
        Property("hostname", "hostname", HOSTNAME, required=True, replaces=True),
        Property("address", "address", ADDRESS, required=True),
        Property("backend", "backend", BACKEND, required=True, replaces=True),
        Property("zone", "zone", ZONE, replaces=True, shows=("hostname",)),
        Property("ttl", "ttl", TTL),
        Property("onConflict", "on_conflict", one_of(OnForwardConflict)),
    ),
    (
        Property("recordType", None, TEXT, _record_type),
        Property("writtenAddress", "written", ADDRESS, shows=("address",)),
        Property("adopted", "adopted", FLAG),
    ),
)


def siblings(props: Properties) -> list[Address]:
    """Read which other addresses the program declares for the hostname, without wrong ones."""
    found = []
    for text in props.get(SIBLINGS) or ():
        if text == props.get("address"):
            continue
        with contextlib.suppress(InvalidInputError):
            found.append(parse_address(text))
    return found
