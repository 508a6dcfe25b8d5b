"""What is said of records that a run of before may have written, and no state has."""

from __future__ import annotations

import pytest

from pulumi_rdns.records.holdings import hidden
from pulumi_rdns.records.ledger_file import Starts
from pulumi_rdns.records.left_records import is_elsewhere, is_undeclared

URN = "urn:pulumi:dev::test::pulumi-python:dynamic/rdns:PtrRecord::mail"
X, MAIL = "192.0.2.10", "mail.example.com"
BEGUN = Starts(URN, "create", "PTR", "here", {X: MAIL})


def test_a_run_that_was_killed_is_told_from_a_replacement_that_failed() -> None:
    assert is_undeclared(BEGUN) == (
        "a killed run was creating 'mail', the PTR record of 192.0.2.10, which this program no "
        "longer declares: what it has written is in no state, so no run will remove it; declare it "
        "again, or remove it by hand"
    )
    handed_over = Starts(URN, "create", "PTR", "here", {X: MAIL}, handed_over=True)
    assert is_undeclared(handed_over) == (
        "'mail' was deleted to be recreated, but the create did not succeed; it left the PTR "
        "record of 192.0.2.10, which this program no longer declares: it is in no state, so no run "
        "will remove it; declare it again, or remove it by hand"
    )


def test_a_resource_that_is_elsewhere_now_is_declared() -> None:
    assert is_elsewhere(BEGUN).endswith(
        "in a different place than it is now: what it has written is in no state, so no run will "
        "remove it; remove it by hand"
    )


@pytest.mark.parametrize(
    ("count", "names"),
    [(5, "198.51.100.4,"), (7, "198.51.100.4 and 2 more,")],
)
def test_some_of_many_are_named(count: int, names: str) -> None:
    many = Starts(URN, "create", "PTR", "here", {f"198.51.100.{one}": MAIL for one in range(count)})
    assert names in is_undeclared(many)


def test_a_secret_address_is_not_named() -> None:
    secret = Starts(URN, "create", "PTR", "here", {hidden(X): None})
    assert "the PTR record, which" in is_undeclared(secret)
