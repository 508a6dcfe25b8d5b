"""The tables of properties: check, diff, reading and writing, of all types alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.properties.forward import FORWARD
from pulumi_rdns.properties.ptr import PTR
from pulumi_rdns.properties.ptr_set import PTR_SET
from pulumi_rdns.properties.schema import PROVIDER, SECRET_INPUTS, Schema, is_changed
from tests.properties.engine import UNKNOWN, given_back, is_unknown
from tests.properties.strategies import forward_states, inputs, ptr_set_states, ptr_states

SCHEMAS: Mapping[str, Schema[Any, Any]] = {one.name: one for one in (PTR, FORWARD, PTR_SET)}
STATES: Mapping[str, st.SearchStrategy[Any]] = {
    "PtrRecord": ptr_states,
    "ForwardRecord": forward_states,
    "PtrRecordSet": ptr_set_states(),
}
SMALLEST: Mapping[str, Mapping[str, Any]] = {
    "PtrRecord": {
        "address": "192.0.2.10",
        "hostname": "mail.example.com",
        "backend": "corp",
    },
    "ForwardRecord": {
        "hostname": "mail.example.com",
        "address": "192.0.2.10",
        "backend": "corp",
    },
    "PtrRecordSet": {"records": "192.0.2.10 mail.example.com\n", "backend": "corp"},
}

each_schema = pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)


@each_schema
@given(data=st.data())
def test_what_check_accepts_the_later_calls_can_read(
    schema: Schema[Any, Any], data: st.DataObject
) -> None:
    given_inputs = data.draw(inputs(schema.name, schema.input_keys, may_be_wrong=True))
    checked = schema.check(given_inputs, is_unknown)
    for finding in checked.findings:
        assert finding.property in schema.input_keys
    if checked.findings:
        return
    stored = given_back(checked.inputs)
    assert schema.spec(stored) == schema.spec(checked.inputs) == schema.specified(checked.values)
    state = schema.state(stored)
    assert schema.live_inputs(state) == checked.inputs
    assert schema.changed(stored, checked.inputs, is_unknown) == []
    again = schema.check(stored, is_unknown)
    assert (again.inputs, again.findings) == (checked.inputs, [])


@each_schema
@given(data=st.data())
def test_right_inputs_are_accepted_and_what_is_missing_is_told(
    schema: Schema[Any, Any], data: st.DataObject
) -> None:
    right = data.draw(inputs(schema.name, schema.input_keys, may_be_wrong=False))
    if schema is PTR_SET and not right.get("network"):
        right = {key: value for key, value in right.items() if key not in ("fill", "exclude")}
    if schema is PTR_SET and (not right.get("fill") or right.get("exclude")):
        right = {key: value for key, value in right.items() if key not in ("records", "exclude")}
    missing = [one.key for one in schema.inputs if one.required and right.get(one.key) is None]
    found = schema.check(right, is_unknown).findings
    assert [(one.property, one.reason) for one in found] == [(key, "is missing") for key in missing]


@each_schema
@given(data=st.data())
def test_a_state_is_read_from_its_outputs_as_it_was(
    schema: Schema[Any, Any], data: st.DataObject
) -> None:
    state = data.draw(STATES[schema.name])
    outputs = schema.state_outputs(state)
    assert None not in outputs.values()
    assert schema.state(outputs) == state
    assert schema.state(given_back(outputs)) == state
    assert schema.state_outputs(schema.state(given_back(outputs))) == outputs


@each_schema
@given(data=st.data())
def test_a_program_that_declares_what_is_there_changes_nothing(
    schema: Schema[Any, Any], data: st.DataObject
) -> None:
    state = data.draw(STATES[schema.name])
    live = schema.live_inputs(state)
    assert schema.changed(given_back(schema.state_outputs(state)), live, is_unknown) == []
    assert "zone" not in schema.live_inputs(state, without=["zone"])


@each_schema
def test_each_property_that_differs_is_told_and_no_other(schema: Schema[Any, Any]) -> None:
    olds = dict(SMALLEST[schema.name])
    for key in schema.input_keys:
        news = {**olds, key: "another"}
        assert schema.changed(olds, news, is_unknown) == [key]
        assert schema.changed(news, olds, is_unknown) == [key]
        assert schema.changed(olds, {**olds, key: UNKNOWN}, is_unknown) == [key]
        assert schema.changed(olds, {**olds, key: None}, is_unknown) == [key] * (key in olds)
    assert not is_changed("ttl", {"ttl": 300.0}, {"ttl": 300}, is_unknown)


@each_schema
def test_only_what_makes_another_record_replaces(schema: Schema[Any, Any]) -> None:
    replaces = {one.key for one in schema.inputs if one.replaces}
    assert schema.replacing(schema.input_keys) == [
        key for key in schema.input_keys if key in replaces
    ]
    assert schema.replacing(["ttl", SECRET_INPUTS]) == []


@each_schema
def test_a_property_that_there_is_not_is_told_unless_it_is_the_sdks(
    schema: Schema[Any, Any],
) -> None:
    props = {**SMALLEST[schema.name], "hostnam": "a", PROVIDER: "gASV", "__heard": [1]}
    checked = schema.check(props, is_unknown, {"__heard"})
    assert [(one.property, one.reason) for one in checked.findings] == [
        ("hostnam", "unknown property")
    ]
    assert checked.inputs == SMALLEST[schema.name]


@each_schema
def test_what_a_preview_does_not_know_stays_unknown(schema: Schema[Any, Any]) -> None:
    for key in schema.input_keys:
        checked = schema.check({**SMALLEST[schema.name], key: UNKNOWN}, is_unknown)
        assert checked.findings == []
        assert checked.inputs[key] is UNKNOWN
    everything = dict.fromkeys(schema.input_keys, UNKNOWN)
    assert schema.check(everything, is_unknown) == (everything, {}, [])


@each_schema
def test_which_inputs_are_secret_is_stored_and_nothing_where_none_is(
    schema: Schema[Any, Any],
) -> None:
    secret = {**SMALLEST[schema.name], SECRET_INPUTS: ["backend"]}
    assert schema.check(secret, is_unknown).inputs == secret
    nothings: list[list[str] | None] = [[], None]
    for nothing in nothings:
        checked = schema.check({**SMALLEST[schema.name], SECRET_INPUTS: nothing}, is_unknown)
        assert checked.inputs == SMALLEST[schema.name]
    assert schema.changed(SMALLEST[schema.name], secret, is_unknown) == [SECRET_INPUTS]


#: the outputs that show which records a set has
OF_RECORDS = {
    "writtenRecords",
    "adoptedRecords",
    "previousRecords",
    "zones",
    "ownerNames",
    "unconfirmed",
}


@pytest.mark.parametrize(
    ("schema", "secret", "outputs"),
    [
        (PTR, "hostname", {"writtenHostname", "forwardDetail"}),
        (PTR, "address", {"zone", "reverseName", "ownerName", "forwardDetail"}),
        (PTR, "zone", {"ownerName"}),
        (PTR, "ttl", set()),
        (FORWARD, "hostname", {"zone"}),
        (FORWARD, "address", {"writtenAddress"}),
        (PTR_SET, "records", OF_RECORDS),
        (PTR_SET, "network", OF_RECORDS),
        (PTR_SET, "fill", OF_RECORDS),
        (PTR_SET, "exclude", OF_RECORDS),
        (PTR_SET, "zone", {"zones", "ownerNames"}),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_an_output_that_shows_a_secret_input_is_secret(
    schema: Schema[Any, Any], secret: str, outputs: set[str]
) -> None:
    assert schema.secret_outputs({SECRET_INPUTS: [secret]}) == outputs
    assert schema.secret_outputs({}) == set()


def test_the_values_that_are_secret_are_those_of_inputs_and_of_what_repeats_them() -> None:
    props = {
        "address": "192.0.2.10",
        "hostname": "mail.example.com",
        "writtenHostname": "old.example.com",
        "forwardDetail": "ns1 answered 192.0.2.7 for mail.example.com",
        SECRET_INPUTS: ["hostname"],
    }
    assert PTR.secret_values(props) == {
        "hostname": "mail.example.com",
        "writtenHostname": "old.example.com",
    }
    assert PTR.secret_values({"hostname": "mail.example.com"}) == {}


def test_the_tokens_are_those_of_every_state() -> None:
    assert [one.token for one in SCHEMAS.values()] == [
        "pulumi-python:dynamic/rdns:PtrRecord",
        "pulumi-python:dynamic/rdns:ForwardRecord",
        "pulumi-python:dynamic/rdns:PtrRecordSet",
    ]
