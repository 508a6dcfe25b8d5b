"""What a program gets told of its sets of PTR records before anything is sent to a backend."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

import pulumi_rdns as rdns
from pulumi_rdns.errors import ConfigError, DuplicateAddressError, InvalidInputError
from tests.resources.conftest import Registered, of, order, ptr, run_program

PTR = "pulumi-python:dynamic/rdns:PtrRecord"
FORWARD = "pulumi-python:dynamic/rdns:ForwardRecord"
SET = "pulumi-python:dynamic/rdns:PtrRecordSet"


def test_the_records_of_a_set_are_one_sorted_text_in_one_spelling() -> None:
    def program() -> None:
        rdns.PtrRecordSet(
            "office",
            records={"192.0.2.10": "B.example.com.", "::FFFF:192.0.2.9": "bücher.example"},
        )

    inputs = of(run_program(program), "office")
    assert inputs["records"] == ("192.0.2.9 xn--bcher-kva.example\n192.0.2.10 b.example.com\n")


def test_computed_parts_of_a_set_come_out_alike() -> None:
    def program() -> None:
        later = pulumi.Output.from_input
        rdns.PtrRecordSet("value", records={"192.0.2.1": later("A.example.com")})
        rdns.PtrRecordSet("map", records=later({"192.0.2.2": "A.example.com"}))
        rdns.PtrRecordSet(
            "fill",
            network=later("198.51.100.0/24"),
            fill="{d}.example.net",
            exclude=[later("198.51.100.3"), "198.51.100.2"],
        )

    registered = run_program(program)
    assert of(registered, "value")["records"] == "192.0.2.1 a.example.com\n"
    assert of(registered, "map")["records"] == "192.0.2.2 a.example.com\n"
    assert of(registered, "fill")["exclude"] == "198.51.100.2\n198.51.100.3\n"
    assert "records" not in of(registered, "fill")


def test_all_that_is_wrong_with_a_set_ends_the_program_at_once_with_its_name() -> None:
    def program() -> None:
        rdns.PtrRecordSet(
            "office",
            records={
                "198.51.100.1": "a.example.com",
                "192.0.2.1": "b.example.com",
                "::ffff:192.0.2.1": "c.example.com",
                "192.0.2.2": "d_e.example.com",
            },
            network="192.0.2.0/24",
            fill="{e}.example.net",
        )

    with pytest.raises(InvalidInputError) as caught:
        run_program(program)
    assert isinstance(caught.value, pulumi.RunError)
    text = str(caught.value)
    for needed in ("'office'", "198.51.100.1 is not in 192.0.2.0/24", "twice", "underscore", "{e}"):
        assert needed in text
    assert text.count("\n") == 4


def test_a_hostname_with_a_space_and_what_is_no_text_are_told_beside_all_else() -> None:
    def program() -> None:
        records: dict[str, Any] = {
            "192.0.2.1": None,
            "192.0.2.2": "my host.example.com",
            "192.0.2.3": "a.example.com\n192.0.2.4 b.example.com",
            "198.51.100.1": "d_e.example.com",
        }
        more: dict[str, Any] = {"network": "192.0.2.0/24", "fill": "{d}.example.net"}
        more["exclude"] = [3, "ten"]
        rdns.PtrRecordSet("office", records=records, **more)

    with pytest.raises(InvalidInputError) as caught:
        run_program(program)
    lines = str(caught.value).splitlines()
    assert lines[0] == "'office':"
    for line, needed in zip(
        lines[1:],
        [
            "192.0.2.1: must be a hostname as text, not nothing",
            "192.0.2.3: 'a.example.com\\n192.0.2.4 b.example.com' has a space",
            "192.0.2.2: 'my host.example.com' has a space",
            "198.51.100.1: 'd_e.example.com' has an underscore",
            "198.51.100.1 is not in 192.0.2.0/24",
            "exclude: 3 is not an address or a network as text",
            "exclude: 'ten' is not an IPv4 or IPv6 address",
        ],
        strict=True,
    ):
        assert needed in line


def test_a_set_without_records_and_fill_is_an_error() -> None:
    def program() -> None:
        rdns.PtrRecordSet("office", network="192.0.2.0/24")

    with pytest.raises(ConfigError, match="give records, or network and fill"):
        run_program(program)


def whole(name: str, **more: Any) -> rdns.PtrRecordSet:
    return rdns.PtrRecordSet(name, network="192.0.2.0/24", fill="{d}.example.net", **more)


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("set_first", [True, False])
def test_a_record_and_a_set_of_one_address_end_the_program(preview: bool, set_first: bool) -> None:
    def program() -> None:
        if set_first:
            whole("set")
        ptr("one", "::ffff:192.0.2.10")
        if not set_first:
            whole("set")

    with pytest.raises(DuplicateAddressError) as caught:
        run_program(program, preview=preview)
    for needed in ("'set'", "'one'", "192.0.2.10"):
        assert needed in str(caught.value)


def test_two_sets_that_overlap_end_the_program_with_the_first_addresses() -> None:
    def program() -> None:
        whole("one")
        rdns.PtrRecordSet("two", records={f"192.0.2.{at}": "a.example.com" for at in range(9)})

    with pytest.raises(DuplicateAddressError) as caught:
        run_program(program)
    assert "'two' and 'one' both set the PTR record of 192.0.2.0, 192.0.2.1," in str(caught.value)
    assert "192.0.2.4 and 4 more" in str(caught.value)


def test_sets_that_share_nothing_stand_side_by_side() -> None:
    def program() -> None:
        whole("one", exclude=["192.0.2.10", "192.0.2.11"])
        whole("elsewhere", backend="other")
        rdns.PtrRecordSet("two", records={"192.0.2.10": "a.example.com"})
        ptr("three", "192.0.2.11")

    assert len(run_program(program)) == 4


def test_a_computed_set_that_overlaps_fails_and_the_first_stands() -> None:
    stood: list[Registered] = []

    def program() -> None:
        first = ptr("one", "192.0.2.10")
        whole("set", exclude=first.hostname.apply(lambda _: ["192.0.2.9"]))
        first.id.apply(lambda id_: stood.append(Registered("", id_, {})))

    with pytest.raises(DuplicateAddressError, match="'set' and 'one'"):
        run_program(program)
    assert order(stood) == ["one-id"]
