"""What a program asks for: the words of policies, which stand in states, and no opinion."""

from __future__ import annotations

from enum import StrEnum

import pytest

from pulumi_rdns.model import specs
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import parse_hostname


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (specs.OnConflict, "fail overwrite"),
        (specs.OnForwardConflict, "fail add overwrite"),
        (specs.OnDelete, "remove restore"),
        (specs.ForwardPolicy, "verify strict warn skip"),
    ],
)
def test_the_words_of_a_policy_are_permanent(kind: type[StrEnum], words: str) -> None:
    assert [str(choice) for choice in kind] == words.split()


def test_what_a_program_has_no_opinion_on_is_none_and_not_the_products_default() -> None:
    spec = specs.PtrSpec(
        backend="corp",
        address=parse_address("192.0.2.10"),
        hostname=parse_hostname("mail.example.com"),
    )
    assert (spec.zone, spec.ttl) == (None, None)
    policies = spec.policies
    assert {getattr(policies, field) for field in policies.__struct_fields__} == {None}


def test_a_ttl_has_31_bits() -> None:
    """RFC 2181 section 8."""
    assert specs.MAX_TTL == 2_147_483_647
