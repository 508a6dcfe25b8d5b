"""The vendor's SDK: the connection of ours goes in where it is known, and the SDK is a witness."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import hcloud
import pytest
from hcloud.zones import Zone, ZoneRecord, ZoneRRSet

from pulumi_rdns.backends.hetzner import HetznerBackend, HetznerSettings
from pulumi_rdns.backends.hetzner.sdk import PARTS
from pulumi_rdns.errors import BackendError, ConfigError
from tests.fakes.hetzner import Fault

from .world import FLOATING, KINDS, MAIL, TEN, ZONE, World, change, held, world

ONE, TWO, THREE = "203.0.113.1", "203.0.113.2", "203.0.113.3"


@pytest.fixture
def account() -> Iterator[World]:
    with world(**KINDS, zones={"example.com": [held("mail", ONE)]}) as made:
        yield made


def vendor(account: World) -> hcloud.Client:
    """Return the SDK as its users have it, with a connection of its own."""
    token, url = account.scenario.token, f"{account.simulator.url}/v1"
    return hcloud.Client(token=token, api_endpoint=url, poll_interval=0.001, timeout=5)


# Canaries: where hcloud moves its inside, these fail


def test_each_part_of_the_sdk_has_a_connection_that_can_be_replaced() -> None:
    client = hcloud.Client(token="")
    for part in PARTS:
        assert getattr(client, part)._client is client._client


def test_no_request_goes_past_our_connection(
    account: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> Any:
        raise AssertionError("hcloud sent a request by itself")

    monkeypatch.setattr("hcloud._client.ClientBase.request", refuse)
    backend = account.backend
    backend.set_ptr(TEN, MAIL)
    backend.addresses()
    for before, after, ttl in (
        ([ONE], [ONE, TWO], 300),
        ([ONE, TWO], [TWO], 300),
        ([TWO], [THREE], 60),
        ([THREE], [], 60),
        ([], [ONE], 60),
    ):
        backend.apply(ZONE, [change("mail.example.com", before, after, ttl)])
    assert {one.status for one in account.simulator.sent()} == {200, 201}


@pytest.mark.parametrize("is_gone", [True, False])
def test_an_sdk_whose_inside_is_another_is_a_sentence_with_the_pip_line(
    account: World, monkeypatch: pytest.MonkeyPatch, is_gone: bool
) -> None:
    class Moved(hcloud.Client):
        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            if is_gone:
                del self.zones
            else:
                del self.zones._client

    monkeypatch.setattr("hcloud.Client", Moved)
    with pytest.raises(ConfigError) as caught:
        account.backend.get_ptr(TEN)
    assert str(caught.value).startswith(f"rdns:backends.hetzner: hcloud {hcloud.__version__} is")
    assert "pip install 'hcloud>=2.10,<" in str(caught.value)
    assert account.calls() == []


def test_without_the_sdk_the_instance_is_a_sentence_with_the_pip_line(tmp_path: Any) -> None:
    script = (
        "import sys, pathlib\n"
        "sys.modules['hcloud'] = None\n"
        "from pulumi_rdns.backends.hetzner import HetznerBackend, HetznerSettings\n"
        "HetznerBackend('main', HetznerSettings(api_token='token'), pathlib.Path())\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "rdns:backends.main: " in ran.stderr
    assert "pip install 'pulumi-rdns[hetzner]'" in ran.stderr
    assert "ConfigError" in ran.stderr


def test_the_sdk_is_imported_with_the_first_request() -> None:
    script = (
        "import sys, pathlib\n"
        "from pulumi_rdns.backends.hetzner import HetznerBackend, HetznerSettings\n"
        "settings = HetznerSettings(api_token='token', api_url='http://127.0.0.1:1', timeout=0.1)\n"
        "backend = HetznerBackend('main', settings, pathlib.Path())\n"
        "print(sorted({'hcloud', 'requests'} & set(sys.modules)))\n"
        "try: backend.addresses()\n"
        "except Exception as error: print(error)\n"
        "print(sorted({'hcloud', 'requests'} & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    before, error, after = ran.stdout.splitlines()
    assert (before, after) == ("[]", "['hcloud', 'requests']")
    assert error.startswith("main: list all addresses: http://127.0.0.1:1/v1 cannot be reached")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"primary_ips": None},
        {"primary_ips": [{}]},
        {"primary_ips": [{"id": 1, "ip": "nonsense", "dns_ptr": []}]},
        {"primary_ips": [{"id": 1, "ip": str(TEN), "dns_ptr": [{"ip": str(TEN)}]}]},
        {"primary_ips": [{"id": 1, "ip": str(TEN), "dns_ptr": [{"ip": "x", "dns_ptr": "a.b"}]}]},
        {"primary_ips": [{"id": 1, "ip": str(TEN), "dns_ptr": [{"ip": "x", "dns_ptr": "a..b"}]}]},
        {"primary_ips": [{"id": "x", "ip": str(TEN), "dns_ptr": []}]},
        [],
        "<html>",
    ],
)
def test_an_answer_that_is_not_as_described_is_a_sentence(account: World, body: Any) -> None:
    account.simulator.inject(Fault(kind="answer", path="/primary_ips", times=9, body=body))
    with pytest.raises(BackendError) as caught:
        account.backend.get_ptr(TEN)
    assert str(caught.value).startswith("hetzner: read the PTR of 203.0.113.10: ")
    assert "\n" not in str(caught.value)


# The SDK as a witness: it reads every answer of the simulator, and sends what we send


def test_the_vendors_client_reads_every_answer(account: World) -> None:
    account.scenario.action_delay = 0.5
    client = vendor(account)
    (server,) = client.servers.get_all()
    assert server.name == "web1"
    assert server.public_net is not None
    assert server.public_net.ipv4 is not None
    assert server.public_net.ipv4.dns_ptr == "static.10.113.0.203.clients.your-server.de"
    (found,) = client.primary_ips.get_list(ip=str(TEN)).primary_ips
    assert (found.assignee_id, found.type) == (42, "ipv4")
    action = client.primary_ips.change_dns_ptr(found, str(TEN), "mail.example.com")
    assert action.status == "running"
    account.time.sleep(1)
    action.wait_until_finished()
    assert client.primary_ips.get_list(ip=str(TEN)).primary_ips[0].dns_ptr == [
        {"ip": str(TEN), "dns_ptr": "mail.example.com"}
    ]
    assert [one.name for one in client.floating_ips.get_all()] == ["floating", "floating6"]
    first, inside = client.load_balancers.get_all()
    assert first.public_net is not None
    assert first.public_net.ipv6.ip == "2001:db8:5::1"
    assert inside.public_net is not None
    assert inside.public_net.ipv4.ip is None

    zone = client.zones.get_all()[0]
    assert (zone.name, zone.ttl, zone.mode) == ("example.com", 3600, "primary")
    made = zone.create_rrset(name="www", type="A", ttl=60, records=[ZoneRecord(ONE, "why")])
    account.time.sleep(1)
    made.action.wait_until_finished()
    made.rrset.add_rrset_records([ZoneRecord(TWO)])
    account.time.sleep(1)
    read = zone.get_rrset("www", "A")
    assert read.records == [ZoneRecord(ONE, "why"), ZoneRecord(TWO)]
    assert (read.ttl, read.protection) == (60, {"change": False})
    read.delete_rrset()
    account.time.sleep(1)
    assert zone.get_rrset_all(name="www") == []


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda client: client.servers.get_by_id(1), "not_found"),
        (lambda client: client.actions.get_by_id(1), "not_found"),
        (lambda client: client.zones.get_rrset(Zone(name="example.com"), "a", "A"), "not_found"),
        (lambda client: client.zones.get_rrset(Zone(name="example.net"), "a", "A"), "not_found"),
        (
            lambda client: client.zones.create_rrset(
                Zone(name="example.com"), name="mail", type="A", records=[ZoneRecord(TWO)]
            ),
            "uniqueness_error",
        ),
        (
            lambda client: client.zones.remove_rrset_records(
                ZoneRRSet("mail", "A", zone=Zone(name="example.com")), [ZoneRecord(TWO)]
            ),
            "invalid_input",
        ),
        (
            lambda client: client.servers.change_dns_ptr(
                client.servers.get_by_id(42), str(FLOATING), "a.example.com"
            ),
            "forbidden",
        ),
    ],
)
def test_the_simulator_refuses_with_a_code_and_a_correlation_id(
    account: World, call: Any, code: str
) -> None:
    with pytest.raises(hcloud.APIException) as caught:
        call(vendor(account))
    assert caught.value.code == code
    assert caught.value.correlation_id


def test_the_simulator_refuses_a_wrong_token(account: World) -> None:
    account.scenario.token = "another"
    with pytest.raises(hcloud.APIException) as caught:
        hcloud.Client(token="wrong", api_endpoint=f"{account.simulator.url}/v1").servers.get_all()
    assert caught.value.code == "unauthorized"


def test_a_backend_of_settings_says_no_token() -> None:
    settings = HetznerSettings(api_token="s3cret-token")
    assert "s3cret-token" not in repr(settings)
    assert HetznerBackend.settings_type is HetznerSettings
