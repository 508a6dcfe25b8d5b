"""The properties of a ForwardRecord."""

from __future__ import annotations

import pytest

from pulumi_rdns.properties.forward import FORWARD

STATE = {"hostname": "mail.example.com", "address": "192.0.2.10", "backend": "corp"}


@pytest.mark.parametrize(("address", "kind"), [("192.0.2.10", "A"), ("2001:db8::10", "AAAA")])
def test_the_record_type_follows_the_address(address: str, kind: str) -> None:
    outputs = FORWARD.state_outputs(FORWARD.state({**STATE, "address": address}))
    assert outputs["recordType"] == kind


def test_a_policy_that_this_release_does_not_know_counts_as_absent() -> None:
    assert FORWARD.state({**STATE, "onConflict": "merge"}) == FORWARD.state(STATE)
