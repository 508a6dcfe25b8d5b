"""The properties of a PtrRecord."""

from __future__ import annotations

import pytest

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.states import Previous
from pulumi_rdns.properties.ptr import PTR, ptr_state

STATE = {"address": "192.0.2.10", "hostname": "mail.example.com", "backend": "corp"}


def test_a_state_without_address_or_backend_has_them_from_the_id() -> None:
    assert ptr_state(STATE, "other/192.0.2.99") == PTR.state(STATE)
    assert ptr_state({"hostname": "mail.example.com"}, "corp/192.0.2.10") == PTR.state(STATE)
    with pytest.raises(InvalidInputError):
        ptr_state({"address": "192.0.2.10"}, "corp")


@pytest.mark.parametrize("key", ["onConflict", "onDelete", "forwardCheck"])
def test_a_policy_that_this_release_does_not_know_counts_as_absent(key: str) -> None:
    assert PTR.state({**STATE, key: "later"}) == PTR.state(STATE)


def test_several_hostnames_of_a_refresh_are_all_read() -> None:
    state = PTR.state({**STATE, "hostname": "a.example.com, b.example.com"})
    assert state.hostnames == ("a.example.com", "b.example.com")
    assert PTR.state({**STATE, "hostname": ""}).hostnames == ()


def test_what_was_there_before_is_read_however_little_of_it_there_is() -> None:
    assert PTR.state({**STATE, "previous": {}}).previous == Previous()
    whole = PTR.state({**STATE, "previous": {"known": True, "hostnames": ["a.b"], "ttl": 60.0}})
    assert PTR.state_outputs(whole)["previous"] == {"known": True, "hostnames": ["a.b"], "ttl": 60}
