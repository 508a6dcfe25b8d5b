"""The vendor's own client as a witness: of the simulator's answers, and of our requests."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from .world import MAIL, TEN, ZONE, World, change, held, world

ONE, TWO = "203.0.113.1", "203.0.113.2"
SETS = [held("mail", ONE), held("www", "mail.example.com.", kind="CNAME")]


@functools.cache
def vendor() -> Any:
    """Import the client: it takes seconds, and its types say that everything may be absent."""
    return importlib.import_module("hostinger_api")


class Client:
    """The calls of the vendor's client that matter here."""

    def __init__(self, url: str, token: str) -> None:
        api = vendor().ApiClient(vendor().Configuration(host=url, access_token=token))
        self.machines = vendor().VPSVirtualMachineApi(api)
        self.ptrs = vendor().VPSPTRRecordsApi(api)
        self.actions = vendor().VPSActionsApi(api)
        self.zones = vendor().DNSZoneApi(api)
        self.domains = vendor().DomainsPortfolioApi(api)


@pytest.fixture
def account() -> Iterator[World]:
    with world(zones={"example.com": SETS}, action_delay=3.0) as made:
        yield made


@pytest.fixture
def client(account: World) -> Client:
    return Client(account.simulator.url, account.scenario.token)


def put(overwrite: bool, *contents: str) -> Any:
    """Make the body of a PUT as the vendor's client does."""
    records = [
        vendor().DNSV1ZoneUpdateRequestZoneInnerRecordsInner(content=content)
        for content in contents
    ]
    entry = vendor().DNSV1ZoneUpdateRequestZoneInner(
        name="mail", type="A", ttl=3600, records=records
    )
    return vendor().DNSV1ZoneUpdateRequest(overwrite=overwrite, zone=[entry])


def delete(owner: str, kind: str) -> Any:
    """Make the body of a DELETE as the vendor's client does."""
    entry = vendor().DNSV1ZoneDestroyRequestFiltersInner(name=owner, type=kind)
    return vendor().DNSV1ZoneDestroyRequest(filters=[entry])


def ptr(domain: str) -> Any:
    """Make the body that sets a PTR as the vendor's client does."""
    return vendor().VPSV1VirtualMachinePTRStoreRequest(domain=domain)


def _reset() -> Any:
    return vendor().DNSV1ZoneResetRequest()


def test_the_vendors_client_reads_every_answer(account: World, client: Client) -> None:
    machines = client.machines.get_virtual_machines_v1()
    assert [machine.hostname for machine in machines] == [
        "srv17923.hstgr.cloud",
        "srv17924.hstgr.cloud",
    ]
    assert machines[1].ipv6 is None
    ip = machines[0].ipv4[0]
    action = client.ptrs.create_ptr_record_v1(17923, ip.id, ptr("mail.example.com"))
    assert action.state == "created"
    account.time.sleep(2)
    assert client.actions.get_action_details_v1(17923, action.id).state == "sent"
    account.time.sleep(2)
    assert client.actions.get_action_details_v1(17923, action.id).state == "success"
    assert client.machines.get_virtual_machine_details_v1(17923).ipv4[0].ptr == "mail.example.com"
    client.machines.reset_hostname_v1(17923)
    account.time.sleep(4)
    read = client.machines.get_virtual_machine_details_v1(17923)
    assert read.ipv4[0].ptr == "srv17923.hstgr.cloud"
    client.ptrs.delete_ptr_record_v1(17923, ip.id)
    account.time.sleep(4)
    assert account.account.ptr("203.0.113.10") is None

    assert client.zones.get_dns_records_v1("example.com")[0].records[0].content == ONE
    assert client.zones.update_dns_records_v1("example.com", put(False, TWO)).message
    assert len(client.zones.get_dns_records_v1("example.com")[0].records) == 2
    assert client.zones.delete_dns_records_v1("example.com", delete("mail", "A")).message
    assert client.domains.get_domain_list_v1()[0].domain == "example.com"


def test_a_hostname_that_is_set_leaves_the_ptr(account: World, client: Client) -> None:
    body = vendor().VPSV1VirtualMachineHostnameUpdateRequest(hostname="mail.example.com")
    client.machines.set_hostname_v1(17923, body)
    account.time.sleep(4)
    read = client.machines.get_virtual_machine_details_v1(17923)
    assert (read.hostname, read.ipv4[0].ptr) == ("mail.example.com", "srv17923.hstgr.cloud")


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (lambda client: client.machines.get_virtual_machine_details_v1(1), 404),
        (lambda client: client.actions.get_action_details_v1(17923, 1), 404),
        (lambda client: client.ptrs.create_ptr_record_v1(17923, 1, ptr("a.example.com")), 404),
        (lambda client: client.ptrs.create_ptr_record_v1(17923, 52347, ptr("")), 422),
        (lambda client: client.zones.get_dns_records_v1("example.net"), 404),
        (lambda client: client.zones.update_dns_records_v1("example.com", put(True, "x")), 422),
        (lambda client: client.zones.reset_dns_records_v1("example.com", _reset()), 404),
    ],
)
def test_the_simulator_refuses_with_a_message_and_a_correlation_id(
    client: Client, call: Any, status: int
) -> None:
    with pytest.raises(vendor().ApiException) as caught:
        call(client)
    assert caught.value.status == status
    assert '"message"' in caught.value.body
    assert '"correlation_id"' in caught.value.body


def test_the_simulator_refuses_a_wrong_token(account: World) -> None:
    with pytest.raises(vendor().ApiException) as caught:
        Client(account.simulator.url, "wrong").machines.get_virtual_machines_v1()
    assert caught.value.status == 401


def _ours(account: World) -> None:
    backend = account.backend
    backend.set_ptr(TEN, MAIL)
    backend.unset_ptr(TEN)
    backend.find_zone(MAIL)
    backend.apply(ZONE, [change("mail.example.com", [ONE], [ONE, TWO])])
    backend.apply(ZONE, [change("mail.example.com", [ONE, TWO], [TWO])])
    backend.apply(ZONE, [change("mail.example.com", [TWO], [])])


def _theirs(client: Client) -> None:
    client.machines.get_virtual_machines_v1()
    client.machines.get_virtual_machine_details_v1(17923)
    client.ptrs.create_ptr_record_v1(17923, 52347, ptr("mail.example.com"))
    client.actions.get_action_details_v1(17923, 8123712)
    client.ptrs.delete_ptr_record_v1(17923, 52347)
    client.actions.get_action_details_v1(17923, 8123713)
    client.domains.get_domain_list_v1()
    client.zones.get_dns_records_v1("example.com")
    client.zones.update_dns_records_v1("example.com", put(False, TWO))
    client.zones.update_dns_records_v1("example.com", put(True, TWO))
    client.zones.delete_dns_records_v1("example.com", delete("mail", "A"))


def test_every_request_of_ours_is_one_that_the_vendors_client_sends() -> None:
    scenario: dict[str, Any] = {
        "zones": {"example.com": SETS},
        "action_delay": 3.0,
        "locked_refuses": False,
    }
    with world(**scenario) as ours, world(**scenario) as theirs:
        _ours(ours)
        _theirs(Client(theirs.simulator.url, theirs.scenario.token))
        sent, expected = (
            {(one.method, one.path, repr(_sorted(one.body))) for one in account.simulator.sent()}
            for account in (ours, theirs)
        )
        assert sent == expected


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(inner) for inner in value] if isinstance(value, list) else value
