"""What the resource types share."""

from __future__ import annotations

import pytest

from pulumi_rdns.lifecycle.common import check_backend, check_place, is_zone_changed, stored
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import stored_name
from pulumi_rdns.model.states import ForwardState
from pulumi_rdns.properties.forward import FORWARD
from pulumi_rdns.properties.schema import SECRET_INPUTS
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.lifecycle.conftest import UNKNOWN, call_of

ADDRESS = "192.0.2.10"


def test_a_backend_that_is_not_configured_is_a_finding(session: Session) -> None:
    (found,) = check_backend(session, {"backend": "elsewhere"})
    assert found.property == "backend"
    assert "elsewhere" in found.reason


def test_each_mistake_in_a_backends_settings_is_a_finding(session: Session) -> None:
    found = check_backend(session, {"backend": "wrong"})
    assert [one.property for one in found] == ["backend"] * len(found)
    assert "rdns:backends.wrong.networks[0]" in "".join(one.reason for one in found)
    assert not any("\n" in one.reason for one in found)


@pytest.mark.parametrize("values", [{}, {"backend": "files"}])
def test_a_backend_that_is_right_or_unknown_is_none(
    session: Session, values: dict[str, str]
) -> None:
    assert check_backend(session, values) == []


def test_a_backend_of_addresses_takes_neither_zone_nor_ttl(session: Session) -> None:
    given = {"zone": "2.0.192.in-addr.arpa", "ttl": 300}
    found = check_place(session, {"backend": "vps", **given}, given, [])
    reason = "backend 'vps' sets the PTR of an address and has no such option; leave it out"
    assert found == [("zone", reason), ("ttl", reason)]


def test_an_unknown_zone_is_one_that_the_program_names(session: Session) -> None:
    found = check_place(session, {"backend": "vps"}, {"zone": UNKNOWN}, [])
    assert [one.property for one in found] == ["zone"]


def test_a_backend_with_zones_takes_both(session: Session) -> None:
    given = {"zone": "2.0.192.in-addr.arpa", "ttl": 300}
    assert check_place(session, {"backend": "files", **given}, given, [ADDRESS]) == []


@pytest.mark.parametrize(
    ("zone", "address"),
    [
        ("2.0.193.in-addr.arpa", ADDRESS),
        ("0/25.2.0.193.in-addr.arpa", ADDRESS),
        ("8.b.d.0.1.0.0.2.ip6.arpa", ADDRESS),
        ("9.b.d.0.1.0.0.2.ip6.arpa", "2001:db8::10"),
        ("2.0.192.in-addr.arpa", "2001:db8::10"),
    ],
)
def test_a_reverse_zone_of_another_network_is_refused(
    session: Session, zone: str, address: str
) -> None:
    """A typo would take the records away where they are, and find no place for them."""
    given = {"backend": "files", "zone": stored_name(zone)}
    (found,) = check_place(session, given, given, [address])
    assert found.property == "zone"
    assert f"{zone} is the reverse zone of another network" in found.reason


@pytest.mark.parametrize(
    ("zone", "address"),
    [
        ("2.0.192.in-addr.arpa", ADDRESS),
        ("192.in-addr.arpa", ADDRESS),
        ("10.2.0.192.in-addr.arpa", ADDRESS),
        ("0/25.2.0.192.in-addr.arpa", ADDRESS),
        ("0-127.2.0.192.in-addr.arpa", ADDRESS),
        ("customer.example.net", ADDRESS),
        ("8.b.d.0.1.0.0.2.ip6.arpa", "2001:db8::10"),
    ],
)
def test_a_zone_that_may_hold_the_record_is_left_to_the_server(
    session: Session, zone: str, address: str
) -> None:
    """Others than reverse zones can be the target of an alias (RFC 2317)."""
    given = {"backend": "files", "zone": stored_name(zone)}
    assert check_place(session, given, given, [address]) == []


def test_one_address_of_many_outside_of_the_zone_is_enough(session: Session) -> None:
    given = {"backend": "files", "zone": stored_name("2.0.192.in-addr.arpa")}
    many = [f"192.0.2.{last}" for last in range(256)]
    (found,) = check_place(session, given, given, [*many, "198.51.100.1", *many])
    assert "it cannot hold 1.100.51.198.in-addr.arpa" in found.reason


def test_of_a_wrong_backend_only_the_backend_is_told(session: Session) -> None:
    found = check_place(session, {"backend": "elsewhere"}, {"zone": "example.com"}, [])
    assert [one.property for one in found] == ["backend"]


def test_without_a_backend_nothing_is_known_of_the_place(session: Session) -> None:
    assert check_place(session, {}, {"zone": "example.com"}, [ADDRESS]) == []


@pytest.mark.parametrize(
    ("old_inputs", "written", "named", "is_changed"),
    [
        ({}, "a.example", None, False),
        (None, "a.example", None, False),
        ({"zone": "a.example"}, "a.example", None, False),
        ({"zone": "a.example"}, "a.example", "a.example", False),
        ({}, "a.example", "a.example", False),
        ({}, "a.example", "b.example", True),
        (None, "a.example", "a.example", False),
        (None, "a.example", "b.example", True),
        # Through a CNAME it was written to another zone than the one that the program names.
        ({"zone": "a.example"}, "b.example", "a.example", False),
        ({"zone": "a.example"}, "b.example", "b.example", True),
        ({"zone": "a.example"}, "a.example", UNKNOWN, True),
        ({}, "a.example", UNKNOWN, True),
    ],
)
def test_another_zone_is_a_change_and_no_zone_is_no_opinion(
    heard: Heard,
    old_inputs: dict[str, str] | None,
    written: str,
    named: str | None,
    is_changed: bool,
) -> None:
    news = {} if named is None else {"zone": named}
    call = call_of(heard, old_inputs=old_inputs)
    assert is_zone_changed(call, {"zone": written}, news) is is_changed


STATE = ForwardState(
    backend="memory",
    hostname=stored_name("mail.example.com"),
    address=parse_address("192.0.2.10"),
    zone=stored_name("example.com"),
    written=parse_address("192.0.2.10"),
)


def test_what_is_stored_names_the_outputs_that_show_a_secret() -> None:
    found = stored(FORWARD, "id", STATE, {SECRET_INPUTS: ["address"]})
    assert found.id == "id"
    assert found.secrets == {"writtenAddress"}
    assert found.outputs[SECRET_INPUTS] == found.inputs[SECRET_INPUTS] == ["address"]


@pytest.mark.parametrize("known", [{}, {SECRET_INPUTS: []}])
def test_without_a_secret_nothing_is_said_of_secrets(known: dict[str, list[str]]) -> None:
    found = stored(FORWARD, "id", STATE, known)
    assert found.secrets == set()
    assert SECRET_INPUTS not in found.outputs
    assert SECRET_INPUTS not in found.inputs


def test_a_zone_that_the_program_did_not_name_is_an_output_alone() -> None:
    found = stored(FORWARD, "id", STATE, {}, is_zone_given=False)
    assert found.outputs["zone"] == "example.com"
    assert "zone" not in found.inputs
    assert stored(FORWARD, "id", STATE, {}).inputs["zone"] == "example.com"
