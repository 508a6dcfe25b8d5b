"""The state format is permanent: tokens, property names, ids, what replaces and what updates."""

from __future__ import annotations

import base64
import sys
from typing import Any

import dill  # type: ignore[import-untyped]
import pulumi
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_rdns.properties.forward import FORWARD
from pulumi_rdns.properties.ids import ptr_id
from pulumi_rdns.properties.ptr import PTR, ptr_state
from pulumi_rdns.properties.ptr_set import PTR_SET
from pulumi_rdns.properties.schema import NEXT_PTRS
from pulumi_rdns.resources.engine.pickles import PROVIDERS
from pulumi_rdns.resources.forward_record import ForwardRecordProvider
from pulumi_rdns.resources.ptr_record import PtrRecordProvider
from pulumi_rdns.resources.ptr_record_set import PtrRecordSetProvider
from tests.resources.conftest import run_program

CLASSES = {
    "PtrRecord": PtrRecordProvider,
    "ForwardRecord": ForwardRecordProvider,
    "PtrRecordSet": PtrRecordSetProvider,
}

PTR_STATE = {
    "address": "192.0.2.10",
    "hostname": "mail.example.com",
    "backend": "corp",
    "zone": "2.0.192.in-addr.arpa",
    "ttl": 300,
    "onConflict": "overwrite",
    "onDelete": "restore",
    "forwardCheck": "strict",
    "forwardBackend": "dns",
    "forwardTimeout": 5.0,
    "ptrTimeout": 6.0,
    "reverseName": "10.2.0.192.in-addr.arpa",
    "ownerName": "10.2.0.192.in-addr.arpa",
    "writtenHostname": "mail.example.com",
    "adopted": False,
    "previous": {"known": True, "hostnames": ["old.example.com"], "ttl": 86400},
    "forwardConfirmed": True,
    "forwardDetail": "ns1.example.com. has 192.0.2.10",
}
FORWARD_STATE = {
    "hostname": "mail.example.com",
    "address": "2001:db8::10",
    "backend": "corp",
    "zone": "example.com",
    "ttl": 300,
    "onConflict": "add",
    "onDelete": "remove",
    "recordType": "AAAA",
    "writtenAddress": "2001:db8::10",
    "adopted": True,
}


SET_STATE = {
    "records": "192.0.2.10 mail.example.com\n",
    "network": "192.0.2.8/29",
    "fill": "{a}-{b}-{c}-{d}.dyn.example.net",
    "exclude": "192.0.2.8/31\n192.0.2.15\n",
    "backend": "corp",
    "zone": "2.0.192.in-addr.arpa",
    "ttl": 300,
    "onConflict": "overwrite",
    "forwardCheck": "warn",
    "forwardTimeout": 5.0,
    "onDelete": "restore",
    "maxDeletePercent": 50,
    "count": 4,
    "writtenRecords": (
        "192.0.2.10 mail.example.com\n192.0.2.12 192-0-2-12.dyn.example.net\n"
        "192.0.2.13 192-0-2-13.dyn.example.net\n192.0.2.14 192-0-2-14.dyn.example.net\n"
    ),
    "adoptedRecords": "192.0.2.12 192-0-2-12.dyn.example.net\n",
    "previousRecords": "192.0.2.13 300 old.example.com, older.example.com\n",
    "zones": ["2.0.192.in-addr.arpa"],
    "ownerNames": "192.0.2.10 10.0/25.2.0.192.in-addr.arpa\n",
    "forwardConfirmedCount": 3,
    "unconfirmed": ["192.0.2.14"],
}


@pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="pickles differ from Python 3.14 on; theirs stay readable"
)
@pytest.mark.parametrize("kind", CLASSES)
def test_the_provider_is_pickled_to_the_constant(kind: str) -> None:
    assert serialize_provider(CLASSES[kind]()) == PROVIDERS[kind]


def test_the_constants_of_old_states_give_our_classes() -> None:
    old = {
        "PtrRecord": "gASVPQAAAAAAAACMIHB1bHVtaV9yZG5zLnJlc291cmNlcy5wdHJfcmVjb3JklIwRUHRyUmVjb3Jk"
        "UHJvdmlkZXKUk5QpgZQu",
        "ForwardRecord": "gASVRQAAAAAAAACMJHB1bHVtaV9yZG5zLnJlc291cmNlcy5mb3J3YXJkX3JlY29yZJSMFUZv"
        "cndhcmRSZWNvcmRQcm92aWRlcpSTlCmBlC4=",
        "PtrRecordSet": "gASVRAAAAAAAAACMJHB1bHVtaV9yZG5zLnJlc291cmNlcy5wdHJfcmVjb3JkX3NldJSMFFB0"
        "clJlY29yZFNldFByb3ZpZGVylJOUKYGULg==",
    }
    assert old == PROVIDERS
    for kind, text in old.items():
        assert type(dill.loads(base64.b64decode(text))) is CLASSES[kind]


def test_a_ptr_record_is_read_from_the_state_and_written_as_it_was() -> None:
    assert PTR.state_outputs(PTR.state(PTR_STATE)) == PTR_STATE
    without = {key: value for key, value in PTR_STATE.items() if key != "forwardBackend"}
    assert PTR.state_outputs(PTR.state(without)) == without
    floats = {**PTR_STATE, "ttl": 300.0}
    assert PTR.state_outputs(PTR.state(floats))["ttl"] == 300


def test_a_forward_record_is_read_from_the_state_and_written_as_it_was() -> None:
    assert FORWARD.state_outputs(FORWARD.state(FORWARD_STATE)) == FORWARD_STATE


def test_a_set_is_read_from_the_state_and_written_as_it_was() -> None:
    assert PTR_SET.state_outputs(PTR_SET.state(SET_STATE)) == SET_STATE
    floats = {**SET_STATE, "ttl": 300.0, "forwardConfirmedCount": 3.0}
    assert PTR_SET.state_outputs(PTR_SET.state(floats)) == SET_STATE
    whole = {**SET_STATE, "writtenRecords": "192.0.2.8/29 {a}-{b}-{c}-{d}.dyn.example.net\n"}
    assert len(PTR_SET.state(whole).written) == 8
    assert (
        PTR_SET.state_outputs(PTR_SET.state(whole))["writtenRecords"] == (whole["writtenRecords"])
    )


def test_the_inputs_are_these_and_no_others() -> None:
    assert {*PTR_SET.input_keys} == {*[*SET_STATE][:12]}
    assert {*PTR_SET.output_keys} == {*[*SET_STATE][12:]}
    assert [*PTR.input_keys] == [*PTR_STATE][:11]
    assert [*FORWARD.input_keys] == [*FORWARD_STATE][:7]


def test_a_small_state_holds_no_default_of_the_product() -> None:
    small = {"address": "192.0.2.10", "hostname": "mail.example.com", "backend": "corp"}
    assert PTR.live_inputs(PTR.state(small), without=["zone"]) == small


def test_ids_are_these() -> None:
    state = PTR.state(PTR_STATE)
    assert ptr_id(state.backend, state.address) == "corp/192.0.2.10"
    bare = ptr_state({}, "corp/2001:db8::10")
    assert (bare.backend, str(bare.address)) == ("corp", "2001:db8::10")


def program() -> None:
    import pulumi_rdns as rdns

    rdns.ForwardConfirmedHost(
        "host",
        hostname="mail.example.com",
        addresses=["192.0.2.10"],
        ttl=300,
        on_conflict="overwrite",
        on_forward_conflict="add",
        on_delete="remove",
        forward_check="strict",
        forward_timeout=5,
        ptr_timeout=6,
        forward_backend="other",
        zone="2.0.192.in-addr.arpa",
        forward_zone="example.com",
    )
    rdns.PtrRecordSet(
        "set",
        records={"192.0.2.20": "Mail.example.com."},
        network="192.0.2.16/28",
        fill="{d}.example.net",
        exclude=["192.0.2.17"],
        ttl=300,
        on_conflict="overwrite",
        on_delete="restore",
        forward_check="strict",
        forward_timeout=5,
        max_delete_percent=50,
        zone="2.0.192.in-addr.arpa",
    )


def test_tokens_and_property_names_on_the_wire_are_these() -> None:
    found = {entry.token: entry for entry in run_program(program)}
    ptr = found["pulumi-python:dynamic/rdns:PtrRecord"]
    forward = found["pulumi-python:dynamic/rdns:ForwardRecord"]
    assert "rdns:index:ForwardConfirmedHost" in found
    assert set(ptr.inputs) == {*[*PTR_STATE][:11], "__provider"}
    assert set(forward.inputs) == {*[*FORWARD_STATE][:7], "__provider", NEXT_PTRS}
    assert ptr.inputs["__provider"] == PROVIDERS["PtrRecord"]
    assert ptr.name == forward.name == "host-192.0.2.10"
    many = found["pulumi-python:dynamic/rdns:PtrRecordSet"]
    assert set(many.inputs) == {*PTR_SET.input_keys, "__provider"}
    assert many.inputs["records"] == "192.0.2.20 mail.example.com\n"


UNKNOWN: Any = pulumi.output.Unknown()  # type: ignore[no-untyped-call]
DIFFS: list[tuple[str, Any, list[str]]] = [
    ("address", "192.0.2.11", ["address"]),
    ("backend", "other", ["backend"]),
    ("zone", "elsewhere.example.net", ["zone"]),
    ("hostname", "www.example.com", []),
    ("ttl", 60, []),
    ("ttl", None, []),
    ("onConflict", "fail", []),
    ("onDelete", None, []),
    ("forwardCheck", "warn", []),
    ("forwardTimeout", 1, []),
    ("ptrTimeout", 1, []),
    ("address", UNKNOWN, ["address"]),
    ("hostname", UNKNOWN, []),
]


@pytest.mark.parametrize(("key", "value", "replaces"), DIFFS)
def test_what_changes_a_ptr_record_and_how(
    configured: None, key: str, value: Any, replaces: list[str]
) -> None:
    news = {name: PTR_STATE[name] for name in PTR.input_keys}
    result = PtrRecordProvider().diff("corp/192.0.2.10", PTR_STATE, {**news, key: value})
    assert result.changes is True
    assert result.replaces == replaces
    assert result.delete_before_replace is False


def test_nothing_changes_where_nothing_differs(configured: None) -> None:
    news = {name: PTR_STATE[name] for name in PTR.input_keys}
    for same in (news, {key: value for key, value in news.items() if key != "zone"}):
        result = PtrRecordProvider().diff("corp/192.0.2.10", PTR_STATE, same)
        assert result.changes is False
        assert result.replaces == []


SET_INPUTS = {key: SET_STATE[key] for key in PTR_SET.input_keys}


@pytest.mark.parametrize(
    ("key", "value", "replaces"),
    [
        ("records", "192.0.2.10 www.example.com\n", []),
        ("records", None, []),
        ("fill", "{d}.example.net", []),
        ("network", "192.0.2.0/28", []),
        ("exclude", None, []),
        ("backend", "other", ["backend"]),
        ("zone", "elsewhere.example.net", ["zone"]),
        ("ttl", 60, []),
        ("onConflict", None, []),
        ("forwardCheck", "skip", []),
        ("maxDeletePercent", 100, []),
        ("maxDeletePercent", None, []),
        ("records", UNKNOWN, []),
    ],
)
def test_what_changes_a_set_and_how(
    configured: None, key: str, value: Any, replaces: list[str]
) -> None:
    diff = PtrRecordSetProvider().diff("corp/1", SET_STATE, {**SET_INPUTS, key: value})
    assert diff.changes is True
    assert diff.replaces == replaces
    assert diff.delete_before_replace is False


def test_a_set_that_does_not_differ_does_not_change(configured: None) -> None:
    news = {key: value for key, value in SET_INPUTS.items() if key != "zone"}
    for same in (SET_INPUTS, news):
        assert PtrRecordSetProvider().diff("corp/1", SET_STATE, same).changes is False


@pytest.mark.parametrize(
    ("key", "value", "replaces"),
    [
        ("hostname", "www.example.com", ["hostname"]),
        ("backend", "other", ["backend"]),
        ("zone", "example.net", ["zone"]),
        ("address", "192.0.2.10", ["address"]),
        ("address", "2001:db8::11", []),
        ("ttl", 60, []),
        ("onConflict", "fail", []),
    ],
)
def test_what_changes_a_forward_record_and_how(
    configured: None, key: str, value: Any, replaces: list[str]
) -> None:
    news = {name: FORWARD_STATE[name] for name in FORWARD.input_keys}
    result = ForwardRecordProvider().diff("id", FORWARD_STATE, {**news, key: value})
    assert result.changes is True
    assert result.replaces == replaces
    assert result.delete_before_replace is False


#: one record of each type, on a backend without zones
SMALLEST = {
    "PtrRecord": {"address": "192.0.2.10", "hostname": "mail.example.com", "backend": "corp"},
    "ForwardRecord": {"hostname": "mail.example.com", "address": "192.0.2.10", "backend": "corp"},
    "PtrRecordSet": {"records": "192.0.2.10 mail.example.com\n", "backend": "corp"},
}


@pytest.mark.parametrize("kind", CLASSES)
def test_under_which_number_the_program_has_told_of_a_resource_is_heard_and_never_stored(
    configured: None, kind: str
) -> None:
    result = CLASSES[kind]().check({}, {**SMALLEST[kind], "__declaration": 3.0})
    assert result.failures == []
    assert result.inputs == SMALLEST[kind]
