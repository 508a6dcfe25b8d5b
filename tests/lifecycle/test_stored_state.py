"""What an exported state says that each resource has written."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_rdns.lifecycle import forward, ptr, ptr_set
from pulumi_rdns.lifecycle.call import Call, Stored
from pulumi_rdns.lifecycle.stored_state import stored_holdings, stored_records
from pulumi_rdns.model.states import Previous, PtrState
from pulumi_rdns.records.holdings import UNREADABLE, Holding, Memory
from pulumi_rdns.records.session import Session

X, MAIL = "192.0.2.10", "mail.example.com"
#: what the CLI exports in the place of a secret
SECRET = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    "ciphertext": "v1",
}
PTR, SET, FORWARD = (
    f"pulumi-python:dynamic/rdns:{kind}" for kind in ("PtrRecord", "PtrRecordSet", "ForwardRecord")
)
MEMORY = Memory(adopted=False, previous=Previous(known=True))


def exported(token: str, made: Stored, **hidden: Any) -> dict[str, Any]:
    """Return a resource as the CLI exports it, with what is ``hidden`` in place of its outputs."""
    return {
        "type": token,
        "urn": f"urn:pulumi:dev::test::{token}::it",
        "id": made.id,
        "outputs": {**made.outputs, **hidden},
    }


def holdings(session: Session, *resources: dict[str, Any]) -> list[Holding]:
    return [one.holding for one in stored_records(session, {"resources": [*resources]})]


@pytest.fixture
def single(session: Session, call: Call) -> Stored:
    inputs = {"address": X, "hostname": MAIL, "backend": "files", "forwardCheck": "skip"}
    return ptr.create(session, call, inputs)


@pytest.fixture
def many(session: Session, call: Call) -> Stored:
    return ptr_set.create(session, call, {"backend": "files", "records": f"{X} {MAIL}\n"})


@pytest.fixture
def address(session: Session, call: Call) -> Stored:
    return forward.create(session, call, {"backend": "files", "hostname": MAIL, "address": X})


def test_a_single_record_is_read_with_what_it_remembers(session: Session, single: Stored) -> None:
    (found,) = stored_records(session, {"resources": [exported(PTR, single)]})
    assert (found.urn, found.is_replaced) == (f"urn:pulumi:dev::test::{PTR}::it", False)
    assert isinstance(found.state, PtrState)
    assert found.state.hostnames == (MAIL,)
    holding = found.holding
    assert (holding.kind, holding.identity) == ("PTR", session.backends.identity("files"))
    assert (holding.values, holding.memory) == ({X: MAIL}, MEMORY)


def test_a_set_and_a_forward_record_are_read(
    session: Session, many: Stored, address: Stored
) -> None:
    of_set, of_forward = holdings(session, exported(SET, many), exported(FORWARD, address))
    assert (of_set.kind, of_set.values, of_set.memory) == ("PTR", {X: MAIL}, None)
    assert (of_forward.kind, of_forward.values) == ("A", {MAIL: X})


def test_a_secret_hostname_is_a_value_that_cannot_be_read(session: Session, single: Stored) -> None:
    resource = exported(PTR, single, hostname=SECRET, writtenHostname=SECRET)
    (found,) = holdings(session, resource)
    assert (found.values, found.memory) == ({X: UNREADABLE}, MEMORY)


def test_a_secret_address_is_read_from_the_id(session: Session, single: Stored) -> None:
    (found,) = holdings(session, exported(PTR, single, address=SECRET))
    assert found.values == {X: MAIL}


def test_a_record_that_is_only_read_has_written_nothing(session: Session) -> None:
    made = Stored(f"files/{X}", {"hostname": MAIL}, {}, frozenset())
    (found,) = holdings(session, exported(PTR, made))
    assert found.values == {}


def test_what_has_other_secrets_is_left_out(
    session: Session, many: Stored, address: Stored
) -> None:
    assert holdings(session, exported(SET, many, writtenRecords=SECRET)) == []
    assert holdings(session, exported(FORWARD, address, hostname=SECRET)) == []


def test_what_is_none_of_ours_or_cannot_be_read_is_left_out(
    session: Session, single: Stored
) -> None:
    stack = {"type": "pulumi:pulumi:Stack", "urn": "urn:pulumi:dev::test::stack"}
    broken = {"type": PTR, "urn": "urn", "id": "no id of ours", "outputs": {}}
    assert len(holdings(session, stack, broken, exported(PTR, single))) == 1
    assert [*stored_records(session, {})] == []


def test_nothing_is_known_where_there_are_several_providers(
    session: Session, single: Stored
) -> None:
    provider = {"type": "pulumi:providers:pulumi-python", "urn": "urn"}
    assert len(holdings(session, provider, exported(PTR, single))) == 1
    assert holdings(session, provider, provider, exported(PTR, single)) == []


def test_what_was_replaced_and_is_still_to_be_deleted_is_told_apart(
    session: Session, single: Stored
) -> None:
    plain = exported(PTR, single)
    resources = [plain, {**plain, "delete": True}, {**plain, "retainOnDelete": True}]
    found = stored_records(session, {"resources": resources})
    assert [(one.is_replaced, one.is_retained) for one in found] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def is_whole(session: Session, *resources: dict[str, Any]) -> bool:
    return stored_holdings(session, {"resources": [*resources]}).is_whole


def test_the_whole_is_known_where_all_of_ours_can_be_read(
    session: Session, single: Stored, many: Stored, address: Stored
) -> None:
    stack = {"type": "pulumi:pulumi:Stack", "urn": "urn:pulumi:dev::test::stack"}
    ours = [exported(PTR, single), exported(SET, many), exported(FORWARD, address)]
    assert is_whole(session)
    assert is_whole(session, stack, *ours)
    told = stored_holdings(session, {"resources": ours}).holdings
    assert [holding.kind for _, holding in told] == ["PTR", "PTR", "A"]


def test_the_whole_is_not_known_where_something_is_secret_or_broken(
    session: Session, single: Stored, many: Stored, address: Stored
) -> None:
    assert not is_whole(session, exported(PTR, single, writtenHostname=SECRET))
    assert not is_whole(session, exported(SET, many, writtenRecords=SECRET))
    assert not is_whole(session, exported(FORWARD, address, address=SECRET))
    assert not is_whole(session, {"type": PTR, "urn": "urn", "id": "no id of ours"})


def test_the_whole_is_not_known_where_there_are_several_providers(
    session: Session, single: Stored
) -> None:
    provider = {"type": "pulumi:providers:pulumi-python", "urn": "urn"}
    assert is_whole(session, provider, exported(PTR, single))
    assert not is_whole(session, provider, provider, exported(PTR, single))
