"""Inputs as programs write them, and states as operations leave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from pulumi_rdns.model.names import DnsName, name_order, stored_name
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import (
    MAX_TTL,
    ForwardPolicy,
    OnConflict,
    OnDelete,
    OnForwardConflict,
    OnForwardDelete,
    PtrPolicies,
)
from pulumi_rdns.model.states import ForwardState, Previous, PtrSetState, PtrState
from pulumi_rdns.properties.ptr_set import check_records
from pulumi_rdns.properties.set_text import table_text
from tests.model.strategies import addresses, hostnames, names, spelled

backends = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,9}", fullmatch=True)
ttls = st.integers(0, MAX_TTL)
seconds = st.integers(0, 3600) | st.floats(0, 1e6)
zones = names.filter(lambda name: name != ".")

FILL = {"network": "192.0.2.0/28", "fill": "{d}.dyn.example.net"}
members = st.integers(0, 15).map(lambda last: f"192.0.2.{last}")
tables = st.dictionaries(
    members,
    st.sampled_from(["a.example.com", "b.example.com", "3.dyn.example.net"]).map(stored_name),
    max_size=8,
)


@st.composite
def record_sets(draw: st.DrawFn) -> PtrSetRecords:
    """Make records with or without a fill, some of it left out."""
    records = draw(tables)
    if draw(st.booleans()):
        return check_records({"records": table_text(records)})[0]
    left_out = draw(st.lists(members | st.sampled_from(["192.0.2.0/30", "192.0.2.8/31"])))
    kept = {key: value for key, value in records.items() if key not in left_out}
    made, found = check_records(
        {"records": table_text(kept), "exclude": "\n".join(left_out), **FILL}
    )
    assert found == []
    return made


#: property -> what a program may give for it, in any spelling
_COMMON: Mapping[str, st.SearchStrategy[Any]] = {
    "backend": backends,
    "forwardBackend": backends,
    "zone": zones.flatmap(spelled),
    "ttl": ttls | ttls.map(float),
    "forwardTimeout": seconds,
    "ptrTimeout": seconds,
    "onDelete": st.sampled_from(OnDelete).map(str),
    "forwardCheck": st.sampled_from(ForwardPolicy).map(str),
    "address": addresses.map(str).flatmap(spelled),
    "hostname": hostnames.flatmap(spelled),
}
RIGHT: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] = {
    "PtrRecord": {**_COMMON, "onConflict": st.sampled_from(OnConflict).map(str)},
    "ForwardRecord": {
        **_COMMON,
        "onConflict": st.sampled_from(OnForwardConflict).map(str),
        "onDelete": st.sampled_from(OnForwardDelete).map(str),
    },
    "PtrRecordSet": {
        **_COMMON,
        "onConflict": st.sampled_from(OnConflict).map(str),
        "maxDeletePercent": st.integers(0, 100) | st.integers(0, 100).map(float),
        "records": tables.map(table_text),
        "network": st.just("192.0.2.0/28"),
        "fill": st.just("Host-{d}.Example.net."),
        "exclude": st.lists(st.sampled_from(["192.0.2.14/31", "192.0.2.13"])).map("\n".join),
    },
}

#: what comes out of the engine, of whatever type
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def inputs(name: str, keys: Sequence[str], *, may_be_wrong: bool) -> st.SearchStrategy[Any]:
    """Make inputs of a type, each of which may be left out."""
    values = {key: RIGHT[name][key] | st.none() for key in keys}
    if may_be_wrong:
        values = {key: one | anything for key, one in values.items()}
    return st.fixed_dictionaries({}, optional=values)


policies = st.builds(
    PtrPolicies,
    on_conflict=st.none() | st.sampled_from(OnConflict),
    on_delete=st.none() | st.sampled_from(OnDelete),
    forward_check=st.none() | st.sampled_from(ForwardPolicy),
    forward_backend=st.none() | st.sampled_from(["dns", "corp"]),
    forward_timeout=st.none() | st.floats(0, 1e6),
    ptr_timeout=st.none() | st.floats(0, 1e6),
)


def _sorted(found: list[DnsName]) -> tuple[DnsName, ...]:
    return tuple(sorted(found, key=name_order))


#: the hostnames of a record that is there, as a look gives them
seen = st.lists(zones, max_size=3, unique=True).map(_sorted)

ptr_states = st.builds(
    PtrState,
    backend=backends,
    address=addresses,
    zone=st.none() | names,
    owner=st.none() | names,
    hostnames=seen,
    written=st.none() | hostnames.map(stored_name),
    ttl=st.none() | ttls,
    adopted=st.booleans(),
    previous=st.builds(Previous, known=st.booleans(), hostnames=seen, ttl=st.none() | ttls),
    forward_confirmed=st.none() | st.booleans(),
    forward_detail=st.text(),
    policies=policies,
)
forward_states = st.builds(
    ForwardState,
    backend=backends,
    hostname=hostnames.map(stored_name),
    address=addresses,
    zone=st.none() | names,
    written=st.none() | addresses,
    ttl=st.none() | ttls,
    adopted=st.booleans(),
    on_conflict=st.none() | st.sampled_from(OnForwardConflict),
    on_delete=st.none() | st.sampled_from(OnForwardDelete),
)


#: what a set remembers: only what was something
previous = st.builds(
    Previous,
    known=st.just(True),
    hostnames=st.lists(zones, min_size=1, max_size=3, unique=True).map(_sorted),
    ttl=st.none() | ttls,
)


@st.composite
def ptr_set_states(draw: st.DrawFn) -> PtrSetState:
    """Make the state of a set, in which some addresses have several hostnames."""
    several = st.lists(zones, min_size=2, max_size=3, unique=True).map(_sorted)
    confirmed = draw(st.none() | st.integers(0, 16))
    written = draw(tables)
    return PtrSetState(
        backend=draw(backends),
        zone=draw(st.none() | names),
        records=draw(record_sets()),
        several=draw(st.dictionaries(st.sampled_from(["192.0.2.16", "2001:db8::1"]), several)),
        written=written,
        adopted=frozenset(draw(st.sets(st.sampled_from(sorted(written)))))
        if written
        else frozenset(),
        previous=draw(st.dictionaries(members, previous)),
        zones=draw(seen),
        owners=draw(st.dictionaries(members, names)),
        ttl=draw(st.none() | ttls),
        confirmed=confirmed,
        unconfirmed=() if confirmed is None else tuple(draw(st.lists(members, unique=True))),
        policies=_of_a_set(draw(policies), draw(st.none() | st.integers(0, 100))),
    )


def _of_a_set(policies: PtrPolicies, max_delete_percent: int | None) -> PtrPolicies:
    """Leave out the policies that a set does not have, and add the one that it alone has."""
    return PtrPolicies(
        on_conflict=policies.on_conflict,
        forward_check=policies.forward_check,
        forward_timeout=policies.forward_timeout,
        on_delete=policies.on_delete,
        max_delete_percent=max_delete_percent,
    )
