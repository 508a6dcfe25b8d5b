"""The properties of a ForwardRecord, as they stand in the state: permanent."""

from __future__ import annotations

from pulumi_rdns.model.addresses import record_type
from pulumi_rdns.model.specs import ForwardSpec, OnForwardConflict, OnForwardDelete
from pulumi_rdns.model.states import ForwardState
from pulumi_rdns.properties.schema import Property, Schema
from pulumi_rdns.properties.values import ADDRESS, BACKEND, FLAG, HOSTNAME, TEXT, TTL, ZONE, one_of


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
        Property("onDelete", "on_delete", one_of(OnForwardDelete)),
    ),
    (
        Property("recordType", None, TEXT, _record_type),
        Property("writtenAddress", "written", ADDRESS, shows=("address",)),
        Property("adopted", "adopted", FLAG),
    ),
)
