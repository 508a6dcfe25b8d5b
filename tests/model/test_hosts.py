"""The hosts that a stack file lists: read whole, with every mistake found at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.hosts import Host, read_hosts
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, OnDelete, OnForwardConflict


def refused(raw: object) -> list[str]:
    """Return the lines of the error, without the name of the file."""
    with pytest.raises(ConfigError) as caught:
        read_hosts(raw, "stack.yaml")
    lines = str(caught.value).splitlines()
    assert all(line.startswith("stack.yaml: ") for line in lines)
    return [line.removeprefix("stack.yaml: ") for line in lines]


def test_hosts_are_read_from_data_and_from_text() -> None:
    listed = [{"hostname": "mail.example.com", "addresses": ["192.0.2.10"], "onDelete": "restore"}]
    (host,) = read_hosts(listed, "stack.yaml")
    assert read_hosts(json.dumps(listed), "stack.yaml") == [host]
    assert host.options()["on_delete"] == "restore"


def test_every_key_of_a_host_is_an_argument_in_snake_case() -> None:
    raw = {
        "hostname": "mail.example.com",
        "addresses": ["192.0.2.10", "2001:db8::10"],
        "backend": "corp",
        "forwardBackend": "dns",
        "manageForward": False,
        "zone": "2.0.192.in-addr.arpa",
        "forwardZone": "example.com",
        "ttl": 300,
        "onConflict": "overwrite",
        "onForwardConflict": "add",
        "onDelete": "restore",
        "forwardCheck": "strict",
        "forwardTimeout": 5,
        "ptrTimeout": 2.5,
    }
    (host,) = read_hosts([raw], "stack.yaml")
    assert host.options() == {
        "hostname": "mail.example.com",
        "addresses": ["192.0.2.10", "2001:db8::10"],
        "backend": "corp",
        "forward_backend": "dns",
        "manage_forward": False,
        "zone": "2.0.192.in-addr.arpa",
        "forward_zone": "example.com",
        "ttl": 300,
        "on_conflict": OnConflict.OVERWRITE,
        "on_forward_conflict": OnForwardConflict.ADD,
        "on_delete": OnDelete.RESTORE,
        "forward_check": ForwardPolicy.STRICT,
        "forward_timeout": 5.0,
        "ptr_timeout": 2.5,
    }


def test_what_a_host_leaves_out_is_no_opinion() -> None:
    (host,) = read_hosts([{"hostname": "a.example.com", "addresses": ["192.0.2.1"]}], "stack.yaml")
    options = host.options()
    assert options.pop("manage_forward") is True
    assert [key for key, value in options.items() if value is not None] == ["hostname", "addresses"]


def test_all_mistakes_of_a_stack_file_are_said_with_file_and_path() -> None:
    with pytest.raises(ConfigError) as caught:
        read_hosts(
            [
                {"hostname": "mail.example.com", "addresses": ["192.0.2.300"]},
                {"hostname": 3, "addresses": "192.0.2.11", "adress": "x"},
                {"addresses": []},
                "mail",
                {"hostname": "MAIL.example.com.", "addresses": ["192.0.2.12"]},
            ],
            "stacks/Pulumi.dev.yaml",
        )
    lines = str(caught.value).splitlines()
    assert all(line.startswith("stacks/Pulumi.dev.yaml: hosts[") for line in lines)
    paths = [line.split(": ")[1] for line in lines]
    assert paths == [
        "hosts[0].addresses[0]",
        "hosts[1].adress",
        "hosts[1].hostname",
        "hosts[1].addresses",
        "hosts[2].hostname",
        "hosts[3]",
        "hosts[4].hostname",
    ]
    assert "must be a list, not text" in str(caught.value)


def test_wrong_names_and_hosts_without_addresses_are_told_together() -> None:
    lines = refused(
        [
            {"hostname": "mail_1.example.com", "addresses": []},
            {"hostname": "mail_1.example.com", "addresses": ["192.0.2.1", "192.0.2.0/24"]},
        ]
    )
    assert [line.split(": ")[0] for line in lines] == [
        "hosts[0].hostname",
        "hosts[0].addresses",
        "hosts[1].hostname",
        "hosts[1].addresses[1]",
    ]
    assert "underscore" in lines[0]
    assert "a host has at least one address" in lines[1]
    assert "is a network" in lines[3]


def test_a_host_that_is_listed_three_times_is_told_twice_with_the_first_place() -> None:
    same: list[Any] = [
        {"hostname": name, "addresses": ["192.0.2.1"]}
        for name in ("mail.example.com", "Mail.example.com", "mail.example.com.")
    ]
    reason = "mail.example.com is hosts[0] already; list all its addresses there"
    assert refused(same) == [f"hosts[1].hostname: {reason}", f"hosts[2].hostname: {reason}"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(None, "hosts: is missing"), ("mail", "hosts: must be a list"), ({}, "hosts: must be a list")],
)
def test_hosts_that_are_no_list_are_one_sentence(raw: object, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        read_hosts(raw, "stack.yaml")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=4,
)
hosts = st.dictionaries(
    st.sampled_from(["hostname", "addresses", "ttl", "onConflict", "manageForward", "other"]),
    values | st.just("mail.example.com") | st.just(["192.0.2.1"]),
)


@given(st.lists(hosts | values, max_size=3))
def test_any_list_is_hosts_or_a_line_for_each_mistake(raw: list[object]) -> None:
    lines: list[str] = []
    try:
        read = read_hosts(raw, "stack.yaml")
    except ConfigError as error:
        lines = str(error).splitlines()
    else:
        assert all(isinstance(host, Host) for host in read)
        assert len(read) == len(raw)
    assert all(line.startswith("stack.yaml: hosts[") for line in lines)
