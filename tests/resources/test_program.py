"""What a program gets told before anything is sent to a backend, and what comes after what."""

from __future__ import annotations

import gc
import json
from typing import Any

import pulumi
import pytest

import pulumi_rdns as rdns
from pulumi_rdns.errors import ConfigError, DuplicateAddressError, InvalidInputError
from tests.resources.conftest import SETTINGS, Registered, order, ptr, run_program

PTR = "pulumi-python:dynamic/rdns:PtrRecord"
FORWARD = "pulumi-python:dynamic/rdns:ForwardRecord"


@pytest.mark.parametrize("other", ["192.0.2.10", "::ffff:192.0.2.10", " 192.0.2.10 "])
@pytest.mark.parametrize("preview", [True, False])
def test_two_resources_for_one_address_end_the_program_and_both_are_named(
    other: str, preview: bool
) -> None:
    def program() -> None:
        ptr("one", "192.0.2.10")
        ptr("two", other)

    with pytest.raises(DuplicateAddressError) as caught:
        run_program(program, preview=preview)
    assert isinstance(caught.value, pulumi.RunError)
    assert "'two' and 'one' both set the PTR record of 192.0.2.10" in str(caught.value)


def test_one_address_at_two_backends_is_no_duplicate() -> None:
    def program() -> None:
        ptr("one", "192.0.2.10")
        ptr("two", "192.0.2.10", backend="other")

    assert len(run_program(program)) == 2


def test_a_computed_duplicate_fails_when_it_is_known_and_the_first_stands() -> None:
    stood: list[Registered] = []

    def program() -> None:
        first = ptr("one", "192.0.2.10")
        ptr("two", first.hostname.apply(lambda _: "::ffff:192.0.2.10"))
        first.id.apply(lambda id_: stood.append(Registered("", id_, {})))

    with pytest.raises(DuplicateAddressError, match="'two' and 'one'"):
        run_program(program)
    assert order(stood) == ["one-id"]


def test_two_ttls_for_one_rrset_end_the_program() -> None:
    def program() -> None:
        for name, address, ttl in (("one", "192.0.2.10", 300), ("two", "192.0.2.11", 600)):
            rdns.ForwardRecord(name, hostname="mail.example.com", address=address, ttl=ttl)

    with pytest.raises(InvalidInputError, match=r"RFC 2181 section 5\.2"):
        run_program(program)


def test_a_and_aaaa_may_have_their_own_ttl_and_no_opinion_is_none() -> None:
    def program() -> None:
        for name, address, ttl in (
            ("one", "192.0.2.10", 300),
            ("two", "2001:db8::10", 600),
            ("three", "192.0.2.11", None),
        ):
            rdns.ForwardRecord(name, hostname="mail.example.com", address=address, ttl=ttl)

    assert len(run_program(program)) == 3


def test_without_a_backend_the_program_ends_with_the_command_that_sets_one() -> None:
    with pytest.raises(ConfigError, match="pulumi config set rdns:backend NAME"):
        run_program(lambda: ptr("one", "192.0.2.10"), {})  # type: ignore[arg-type]


def test_a_mistake_in_the_configuration_ends_the_program_with_a_sentence() -> None:
    with pytest.raises(ConfigError, match="rdns:onConflict: ") as caught:
        run_program(lambda: ptr("one", "192.0.2.10"), {"rdns:onConflict": "x"})  # type: ignore[arg-type]
    assert isinstance(caught.value, pulumi.RunError)


def test_the_stacks_defaults_are_inputs_and_the_products_own_are_not() -> None:
    settings = {
        **SETTINGS,
        "rdns:onConflict": "overwrite",
        "rdns:onDelete": "restore",
        "rdns:forwardCheck": "warn",
        "rdns:forwardTimeout": "5",
        "rdns:ttl": "300",
        "rdns:maxDeletePercent": "50",
        "rdns:backends": json.dumps(
            {"corp": {"type": "memory"}, "files": {"type": "zonefile", "directory": "zones"}}
        ),
    }

    def program() -> None:
        ptr("addresses", "192.0.2.10")
        ptr("zones", "192.0.2.11", backend="files", on_conflict="fail")
        ptr("computed", "192.0.2.12", backend=pulumi.Output.from_input("files"))
        rdns.ForwardRecord("forward", hostname="mail.example.com", address="192.0.2.10")
        rdns.PtrRecordSet("many", records={"192.0.2.13": "a.example.com"})
        rdns.PtrRecordSet("own", records={"192.0.2.14": "b.example.com"}, max_delete_percent=0)

    found = {entry.name: entry.inputs for entry in run_program(program, settings)}
    assert found["many"]["maxDeletePercent"] == 50
    assert found["own"]["maxDeletePercent"] == 0
    assert "maxDeletePercent" not in found["addresses"]
    assert found["addresses"]["onConflict"] == "overwrite"
    assert found["addresses"]["onDelete"] == "restore"
    assert found["addresses"]["forwardCheck"] == "warn"
    assert found["addresses"]["forwardTimeout"] == 5
    assert "ttl" not in found["addresses"]
    assert found["zones"]["ttl"] == found["computed"]["ttl"] == 300
    assert found["zones"]["onConflict"] == "fail"
    assert found["forward"]["ttl"] == 300
    assert "onConflict" not in found["forward"]
    plain = {
        entry.name: entry.inputs
        for entry in run_program(
            lambda: program(), SETTINGS | {"rdns:backends": settings["rdns:backends"]}
        )
    }
    assert set(plain["addresses"]) == {"address", "hostname", "backend", "__provider"}


def test_a_ptr_record_comes_after_the_forward_record_that_it_names() -> None:
    def program() -> None:
        record = rdns.ForwardRecord("forward", hostname="mail.example.com", address="192.0.2.10")
        rdns.PtrRecord("ptr", forward=record)

    found = run_program(program)
    assert order(found) == ["forward", "ptr"]
    assert found[1].inputs["address"] == "192.0.2.10"
    assert found[1].inputs["hostname"] == "mail.example.com"
    assert "forwardBackend" not in found[1].inputs


@pytest.mark.parametrize(
    ("given", "asked"),
    [({}, "zones"), ({"forward_backend": "dns"}, "dns"), ({"backend": "zones"}, None)],
)
def test_a_ptr_record_says_which_other_instance_has_its_forward_record(
    given: dict[str, str], asked: str | None
) -> None:
    def program() -> None:
        record = rdns.ForwardRecord(
            "forward", hostname="mail.example.com", address="192.0.2.10", backend="zones"
        )
        rdns.PtrRecord("ptr", forward=record, **given)  # type: ignore[arg-type]

    assert run_program(program)[1].inputs.get("forwardBackend") == asked


@pytest.mark.parametrize("forward", ["mail.example.com", ["mail.example.com"], 3])
def test_what_comes_first_is_a_resource_and_no_name(forward: Any) -> None:
    def program() -> None:
        ptr("ptr", "192.0.2.10", forward=forward)

    with pytest.raises(InvalidInputError, match="'ptr': must be a Pulumi resource") as caught:
        run_program(program)
    assert isinstance(caught.value, pulumi.RunError)


def test_a_forward_record_of_the_same_hostname_comes_first_without_being_named() -> None:
    def program() -> None:
        rdns.PtrRecord("ptr", address="192.0.2.10", hostname="MAIL.example.com.")
        rdns.ForwardRecord("forward", hostname="mail.example.com", address="192.0.2.10")

    assert order(run_program(program)) == ["forward", "ptr"]


def test_a_forward_record_that_waits_for_the_ptr_record_makes_no_circle() -> None:
    def program() -> None:
        first = rdns.PtrRecord("ptr", address="192.0.2.10", hostname="mail.example.com")
        rdns.ForwardRecord("forward", hostname="mail.example.com", address=first.address)

    assert order(run_program(program)) == ["ptr", "forward"]


@pytest.mark.parametrize("how", ["provider", "providers", "parent"])
def test_a_record_may_have_a_provider_host_of_its_own(how: str) -> None:
    """The processes of a run share what they know, so that none deletes what another keeps."""

    def program() -> None:
        own = pulumi.ProviderResource("pulumi-python", "own", {})
        parent = pulumi.ComponentResource(
            "test:index:Group", "group", None, pulumi.ResourceOptions(providers=[own])
        )
        options = {
            "provider": pulumi.ResourceOptions(provider=own),
            "providers": pulumi.ResourceOptions(providers=[own]),
            "parent": pulumi.ResourceOptions(parent=parent),
        }
        ptr("one", "192.0.2.10", opts=options[how])

    assert "one" in order(run_program(program))


def test_a_provider_of_another_package_is_no_obstacle() -> None:
    def program() -> None:
        other = pulumi.ProviderResource("random", "other", {})
        parent = pulumi.ComponentResource(
            "test:index:Group", "group", None, pulumi.ResourceOptions(providers=[other])
        )
        ptr("one", "192.0.2.10", opts=pulumi.ResourceOptions(parent=parent))

    assert "one" in order(run_program(program))


@pytest.mark.parametrize(
    ("before", "after"),
    [((700, 10, 10), (50_000, 10, 10)), ((90_000, 5, 5), (90_000, 5, 5)), ((0, 10, 10), None)],
)
def test_a_program_lets_the_collector_rest_and_keeps_what_it_has_set_itself(
    before: tuple[int, int, int], after: tuple[int, int, int] | None
) -> None:
    def program() -> None:
        ptr("one", "192.0.2.10")

    was = gc.get_threshold()
    gc.set_threshold(*before)
    try:
        run_program(program)
        assert gc.get_threshold() == (after or before)
    finally:
        gc.set_threshold(*was)


def test_what_a_program_makes_of_an_output_is_awaited_though_the_output_is_not() -> None:
    made: list[str] = []

    def program() -> None:
        ptr("one", "192.0.2.10").hostname.apply(made.append)

    run_program(program)
    assert made == ["one.example.com"]


def test_whole_numbers_are_whole_in_a_program_though_the_engine_has_none() -> None:
    seen: list[Any] = []

    def program() -> None:
        many = rdns.PtrRecordSet("many", records={"192.0.2.10": "a.example.com"}, ttl=300)
        for output in (many.count, many.forward_confirmed_count, many.ttl):
            output.apply(seen.append)
        ptr("one", "192.0.2.11", ttl=300).ttl.apply(seen.append)

    run_program(program, outputs={"count": 1.0, "forwardConfirmedCount": 1.0, "ttl": 300.0})
    assert sorted(map(repr, seen)) == ["1", "1", "300", "300"]


def test_what_a_record_remembers_is_a_dict_whose_ttl_is_whole() -> None:
    seen: list[Any] = []
    before = {"known": True, "hostnames": ["old.example.com"], "ttl": 300.0}

    def program() -> None:
        ptr("one", "192.0.2.10").previous.apply(seen.append)

    for previous in (before, {"known": False, "hostnames": []}):
        run_program(program, outputs={"previous": previous})
    first, second = seen
    assert first == before
    assert json.dumps(first) == '{"known": true, "hostnames": ["old.example.com"], "ttl": 300}'
    assert repr(first["ttl"]) == "300"
    assert second == {"known": False, "hostnames": []}
    assert (second.get("ttl"), "ttl" in second) == (None, False)


def test_a_transformation_may_leave_out_what_has_no_value() -> None:
    def without_none(
        args: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult:
        assert isinstance(args.props, dict)
        props = {key: value for key, value in args.props.items() if value is not None}
        return pulumi.ResourceTransformationResult(props, args.opts)

    def program() -> None:
        ptr("one", "192.0.2.10", opts=pulumi.ResourceOptions(transformations=[without_none]))

    assert order(run_program(program)) == ["one"]
