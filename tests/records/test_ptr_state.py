"""What a single PTR record asks for, and what is remembered of it."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.specs import OnConflict, OnDelete, PtrPolicies, PtrSpec
from pulumi_rdns.records.location import RecordLocation, find_ptr, no_aliases
from pulumi_rdns.records.ptr_state import (
    fresh_state,
    others,
    own_ptr,
    owner_of,
    refuse_ttl,
    told_of_adoption,
)
from pulumi_rdns.records.session import Session
from tests.records.conftest import name
from tests.records.ptr_records import ADDRESS

DENIED = Confirmation(Verdict.MISMATCH, "ns1 has 192.0.2.7")


def spec(backend: str = "files", **policies: Any) -> PtrSpec:
    return PtrSpec(
        backend=backend,
        address=ADDRESS,
        hostname=name("mail.example.com"),
        ttl=60,
        policies=PtrPolicies(**policies),
    )


def place(session: Session, backend: str) -> RecordLocation:
    return find_ptr(session.backends.get(backend), ADDRESS, None, no_aliases).location


def test_a_ttl_is_refused_at_an_address(session: Session) -> None:
    location = place(session, "vps")
    assert owner_of(location) is None
    with pytest.raises(InvalidInputError, match="without a TTL; leave it out"):
        refuse_ttl(location, spec("vps"))


def test_a_record_in_a_zone_is_remembered_with_its_place(session: Session) -> None:
    location = place(session, "files")
    refuse_ttl(location, spec())
    state = fresh_state(spec(), location, DENIED)
    assert (state.zone, state.owner) == (location.zone, owner_of(location))
    assert (state.forward_confirmed, state.forward_detail) == (False, "ns1 has 192.0.2.7")
    assert fresh_state(spec(), location, None).forward_detail == "not checked"


def test_what_stands_there_beside_the_wanted_hostname() -> None:
    live = LiveRecord(("mail.example.com", "www.example.com"))
    assert others(spec(), live) == ["www.example.com"]


@pytest.mark.parametrize("policy", [None, OnConflict.FAIL, OnConflict.OVERWRITE])
def test_a_record_is_overwritten_only_where_that_is_asked_for(policy: OnConflict | None) -> None:
    assert own_ptr(spec(on_conflict=policy)).overwrites is (policy is OnConflict.OVERWRITE)


@pytest.mark.parametrize(
    ("policy", "fate"),
    [
        (None, "will leave it"),
        (OnDelete.REMOVE_WRITTEN, "will leave it"),
        (OnDelete.REMOVE, "will remove it"),
        (OnDelete.RESTORE, "will leave it (on_delete restore)"),
    ],
)
def test_adoption_is_told_with_what_destroy_does(policy: OnDelete | None, fate: str) -> None:
    text = told_of_adoption(spec(on_delete=policy), None)
    assert text.endswith(f"it is adopted: destroy {fate}")
    assert told_of_adoption(spec(on_delete=policy), DENIED).endswith(": ns1 has 192.0.2.7")
