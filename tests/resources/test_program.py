"""What a program gets told before anything is sent to a backend, and what comes after what."""

from __future__ import annotations

import gc
import json
from typing import Any

import pulumi
import pytest

import pulumi_rdns as rdns
from pulumi_rdns.errors import ConfigError, DuplicateAddressError, InvalidInputError
from tests.resources.conftest import SETTINGS, Registered, run_program

PTR = "pulumi-python:dynamic/rdns:PtrRecord"
FORWARD = "pulumi-python:dynamic/rdns:ForwardRecord"


def ptr(name: str, address: Any, **more: Any) -> rdns.PtrRecord:
    return rdns.PtrRecord(name, address=address, hostname=f"{name}.example.com", **more)


def order(registered: list[Registered]) -> list[str]:
    return [entry.name for entry in registered]


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


@pytest.mark.parametrize("manages", [True, False])
def test_a_host_says_it_of_each_of_its_ptr_records(manages: bool) -> None:
    def program() -> None:
        rdns.ForwardConfirmedHost(
            "host",
            hostname="mail.example.com",
            addresses=["192.0.2.10"],
            forward_backend="dns",
            manage_forward=manages,
        )

    found = [entry.inputs for entry in run_program(program) if entry.token == PTR]
    assert [inputs["forwardBackend"] for inputs in found] == ["dns"]


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


def test_children_of_a_host_are_named_by_address_in_any_order_and_spelling() -> None:
    def program(addresses: list[str]) -> None:
        rdns.ForwardConfirmedHost("host", hostname="mail.example.com", addresses=addresses)

    one = run_program(lambda: program(["192.0.2.10", "2001:DB8::10"]))
    two = run_program(lambda: program(["2001:db8:0::10", "::ffff:192.0.2.10"]))
    assert sorted(order(one)) == sorted(order(two))
    assert "host-2001:db8::10" in order(one)


def test_computed_addresses_come_as_a_dict_whose_keys_name_the_children() -> None:
    def program() -> None:
        address = pulumi.Output.from_input("192.0.2.10")
        rdns.ForwardConfirmedHost(
            "host", hostname="mail.example.com", addresses={"public": address}
        )

    assert order(run_program(program))[1:] == ["host-public", "host-public"]


def test_a_host_whose_forward_record_somebody_else_keeps_has_ptr_records_only() -> None:
    def program() -> None:
        rdns.ForwardConfirmedHost(
            "host", hostname="mail.example.com", addresses=["192.0.2.10"], manage_forward=False
        )

    assert [entry.token for entry in run_program(program)][1:] == [PTR]


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        ([], "is empty"),
        ("192.0.2.10", "must be a list of addresses"),
        (["192.0.2.10", "::ffff:192.0.2.10"], "192.0.2.10 is there twice"),
        (["192.0.2.300"], "0 to 255"),
        (["computed"], "give a dict instead"),
    ],
)
def test_addresses_that_cannot_be_are_one_sentence(addresses: Any, reason: str) -> None:
    def program() -> None:
        given = addresses
        if given == ["computed"]:
            given = [pulumi.Output.from_input("192.0.2.10")]
        rdns.ForwardConfirmedHost("host", hostname="mail.example.com", addresses=given)

    with pytest.raises(InvalidInputError, match=reason) as caught:
        run_program(program)
    assert isinstance(caught.value, pulumi.RunError)


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


# Sets of records

SET = "pulumi-python:dynamic/rdns:PtrRecordSet"


def of(registered: list[Registered], name: str) -> dict[str, Any]:
    return next(entry.inputs for entry in registered if entry.name == name)


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
