"""`get_addresses` in a program: the addresses of a VM, in previews too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

import pulumi_rdns as rdns
from pulumi_rdns.errors import (
    AuthenticationError,
    BackendError,
    ConfigError,
    InvalidInputError,
    RdnsError,
)
from tests.fakes.hostinger import Fault, Machine, Scenario, Simulator
from tests.resources.conftest import run_program

MACHINES = [
    Machine(id=2, hostname="srv2.hstgr.cloud", ipv4=["203.0.113.20", "203.0.113.3"]),
    Machine(id=1, hostname="mail.example.com", ipv4=["203.0.113.10"], ipv6=["2001:0db8::0010"]),
]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(Scenario(machines=MACHINES)) as running:
        yield running


def settings(simulator: Simulator, token: str = "") -> dict[str, str]:
    account = {"apiUrl": simulator.url, "apiToken": token or simulator.scenario.token}
    backends = {"hostinger": account, "files": {"type": "zonefile", "directory": "."}}
    return {"rdns:backend": "hostinger", "rdns:backends": json.dumps(backends)}


def looked_up(
    simulator: Simulator, *, preview: bool = False, token: str = "", **arguments: Any
) -> list[str]:
    """Run a program that looks addresses up, and give what it got."""
    found: list[str] = []
    run_program(
        lambda: found.extend(rdns.get_addresses(**arguments)), settings(simulator, token), preview
    )
    return found


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("owner", ["mail.example.com", "Mail.Example.com.", "1"])
def test_a_vm_is_known_by_hostname_and_id_in_previews_too(
    simulator: Simulator, owner: str, preview: bool
) -> None:
    found = looked_up(simulator, owner=owner, preview=preview)
    assert found == ["203.0.113.10", "2001:db8::10"]


def test_without_an_owner_all_addresses_come_sorted(simulator: Simulator) -> None:
    assert looked_up(simulator, backend="hostinger") == [
        "203.0.113.3",
        "203.0.113.10",
        "203.0.113.20",
        "2001:db8::10",
    ]


def test_they_name_the_children_of_a_host(simulator: Simulator) -> None:
    def program() -> None:
        addresses = rdns.get_addresses(owner="1")
        rdns.ForwardConfirmedHost("mail", hostname="mail.example.com", addresses=addresses)

    names = {entry.name for entry in run_program(program, settings(simulator), preview=True)}
    assert {"mail-203.0.113.10", "mail-2001:db8::10"} <= names


def test_several_look_ups_list_the_account_once(simulator: Simulator) -> None:
    def program() -> None:
        for owner in ("1", "2", "mail.example.com"):
            rdns.get_addresses(backend="hostinger", owner=owner)

    run_program(program, settings(simulator))
    assert len(simulator.requests) == 1


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        (
            {"owner": "web.example.com"},
            InvalidInputError,
            "owner: backend hostinger has no owner 'web.example.com'; it has mail.example.com "
            "(id 1), srv2.hstgr.cloud (id 2)",
        ),
        (
            {"backend": "files"},
            ConfigError,
            "backend 'files' keeps zones and has no list of addresses; name the backend of a "
            "hosting company",
        ),
        (
            {"owner": 1},
            InvalidInputError,
            "owner: get_addresses: must be text, not int",
        ),
    ],
)
@pytest.mark.parametrize("preview", [True, False])
def test_a_mistake_ends_the_program_with_one_sentence(
    simulator: Simulator,
    arguments: dict[str, Any],
    kind: type[RdnsError],
    sentence: str,
    preview: bool,
) -> None:
    with pytest.raises(kind) as caught:
        looked_up(simulator, preview=preview, **arguments)
    assert isinstance(caught.value, pulumi.RunError)
    assert str(caught.value) == sentence


def test_two_vms_of_one_hostname_are_told_apart_by_id(simulator: Simulator) -> None:
    simulator.account.add(Machine(id=3, hostname="mail.example.com", ipv4=["203.0.113.30"]))
    with pytest.raises(InvalidInputError, match=r"mail\.example\.com \(id 3\); give the id$"):
        looked_up(simulator, owner="mail.example.com")
    assert looked_up(simulator, owner="3") == ["203.0.113.30"]


def test_a_computed_owner_is_refused_before_anything_is_asked(simulator: Simulator) -> None:
    async def later() -> str:
        return "1"

    def program() -> None:
        owner: Any = pulumi.Output.from_input(later())
        rdns.get_addresses(backend="hostinger", owner=owner)

    with pytest.raises(InvalidInputError, match="owner: get_addresses: is a computed value"):
        run_program(program, settings(simulator))
    assert simulator.requests == []


def test_a_wrong_token_is_said_and_not_shown(simulator: Simulator) -> None:
    with pytest.raises(AuthenticationError, match="the API token is not accepted") as caught:
        looked_up(simulator, token="somebody-elses")
    assert isinstance(caught.value, pulumi.RunError)
    assert "somebody-elses" not in str(caught.value)


def test_an_api_that_is_away_is_one_sentence(simulator: Simulator) -> None:
    simulator.inject(Fault(kind="status", status=404, body={"message": "Route is not found"}))
    with pytest.raises(BackendError, match="hostinger: list all addresses: the API at") as caught:
        looked_up(simulator)
    assert isinstance(caught.value, pulumi.RunError)


def test_without_a_backend_the_error_says_how_to_choose_one() -> None:
    with pytest.raises(ConfigError, match="no backend is chosen: pass backend="):
        run_program(lambda: print(rdns.get_addresses()), {})
