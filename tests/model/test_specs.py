"""What a program asks for: the words of its policies, and what "no opinion" is."""

from __future__ import annotations

from enum import StrEnum

import msgspec
import pytest

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import parse_hostname
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import (
    ForwardPolicy,
    ForwardSpec,
    OnConflict,
    OnDelete,
    OnForwardConflict,
    OnForwardDelete,
    PtrPolicies,
    PtrSetSpec,
    PtrSpec,
)

ADDRESS = parse_address("192.0.2.10")
HOSTNAME = parse_hostname("mail.example.com")


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        (OnConflict, ["fail", "overwrite"]),
        (OnForwardConflict, ["fail", "add", "overwrite"]),
        (OnDelete, ["remove-written", "remove", "restore"]),
        (OnForwardDelete, ["remove-written", "remove"]),
        (ForwardPolicy, ["verify", "strict", "warn", "skip"]),
    ],
)
def test_the_words_of_a_policy_are_those_of_programs_and_states(
    choices: type[StrEnum], words: list[str]
) -> None:
    assert [str(choice) for choice in choices] == words


@pytest.mark.parametrize(
    "spec",
    [
        PtrSpec(backend="corp", address=ADDRESS, hostname=HOSTNAME),
        ForwardSpec(backend="corp", address=ADDRESS, hostname=HOSTNAME),
        PtrSetSpec(backend="corp", records=PtrSetRecords()),
    ],
)
def test_what_a_program_leaves_out_is_no_opinion(
    spec: PtrSpec | ForwardSpec | PtrSetSpec,
) -> None:
    assert spec.zone is None
    assert spec.ttl is None
    opinions = spec if isinstance(spec, ForwardSpec) else spec.policies
    given = msgspec.structs.asdict(opinions)
    assert {
        key: value
        for key, value in given.items()
        if value is not None and key not in ("backend", "address", "hostname")
    } == {}


def test_two_programs_that_ask_for_the_same_have_the_same_specification() -> None:
    one = PtrSpec(backend="corp", address=ADDRESS, hostname=HOSTNAME)
    other = PtrSpec(
        backend="corp",
        address=parse_address("::ffff:192.0.2.10"),
        hostname=parse_hostname("Mail.Example.com."),
        policies=PtrPolicies(),
    )
    assert one == other
    assert hash(one) == hash(other)
