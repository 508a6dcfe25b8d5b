"""Who declares a record: what is still to be written, and what the program calls it."""

from __future__ import annotations

import pytest

from pulumi_rdns.records.claims import Claim
from pulumi_rdns.records.holdings import Written

WRITTEN = Written("mail.example.com", "2.0.192.in-addr.arpa", "10.2.0.192.in-addr.arpa")


@pytest.mark.parametrize(
    ("claim", "is_pending"),
    [
        (Claim("urn"), True),
        (Claim("urn", written=WRITTEN), False),
        (Claim("urn", has_failed=True), False),
    ],
)
def test_a_record_is_to_come_until_it_is_written_or_has_failed(
    claim: Claim, is_pending: bool
) -> None:
    assert claim.is_pending is is_pending


def test_a_resource_is_called_what_the_program_calls_it() -> None:
    assert Claim("urn:pulumi:dev::test::pulumi-python:dynamic/rdns:PtrRecord::mail").name == "mail"
    assert Claim("mail").name == "mail"
