"""The words of policies: a typo is told by a type checker, and by `check`."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, get_args

import pytest

import pulumi_rdns as rdns
from pulumi_rdns.model import specs
from pulumi_rdns.resources import policies


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        (policies.OnConflict, specs.OnConflict),
        (policies.OnForwardConflict, specs.OnForwardConflict),
        (policies.OnDelete, specs.OnDelete),
        (policies.OnForwardDelete, specs.OnForwardDelete),
        (policies.ForwardPolicy, specs.ForwardPolicy),
    ],
)
def test_a_type_checker_knows_every_word(words: Any, choices: type[StrEnum]) -> None:
    assert get_args(words) == tuple(choice.value for choice in choices)


def misspelled(host: str, address: str) -> None:
    """`make check` fails where a typo here is none to mypy: it then has an ignore too many."""
    rdns.PtrRecord("p", on_conflict="overwite")  # type: ignore[arg-type]
    rdns.PtrRecord("p", on_delete="delete")  # type: ignore[arg-type]
    rdns.PtrRecord("p", forward_check="verfy")  # type: ignore[arg-type]
    rdns.PtrRecordSet("s", on_conflict="add")  # type: ignore[arg-type]
    rdns.PtrRecordSet("s", forward_check="none")  # type: ignore[arg-type]
    rdns.ForwardRecord("f", hostname=host, address=address, on_conflict="append")  # type: ignore[arg-type]
    rdns.ForwardConfirmedHost(
        "h",
        hostname=host,
        addresses=[address],
        on_forward_conflict="overwite",  # type: ignore[arg-type]
    )
