"""The hosts of a stack are read whole, and every mistake in them is said at once."""

from __future__ import annotations

import json

import pytest

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.hosts import read_hosts


def test_hosts_are_read_from_data_and_from_text() -> None:
    listed = [{"hostname": "mail.example.com", "addresses": ["192.0.2.10"], "onDelete": "restore"}]
    (host,) = read_hosts(listed, "stack.yaml")
    assert read_hosts(json.dumps(listed), "stack.yaml") == [host]
    assert host.options()["on_delete"] == "restore"


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


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(None, "hosts: is missing"), ("mail", "hosts: must be a list"), ({}, "hosts: must be a list")],
)
def test_hosts_that_are_no_list_are_one_sentence(raw: object, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        read_hosts(raw, "stack.yaml")


def test_two_entries_of_one_hostname_and_what_has_none_are_told_apart() -> None:
    with pytest.raises(ConfigError) as caught:
        read_hosts(
            [
                {"hostname": "bad_name.example.com", "addresses": ["192.0.2.1"]},
                {"hostname": "mail.example.com", "addresses": ["192.0.2.2"]},
                {"hostname": "Mail.Example.com.", "addresses": []},
            ],
            "stack.yaml",
        )
    first, second, third = str(caught.value).splitlines()
    assert first.startswith("stack.yaml: hosts[0].hostname: ")
    assert second == "stack.yaml: hosts[2].addresses: is empty; a host has at least one address"
    assert third == (
        "stack.yaml: hosts[2].hostname: mail.example.com is hosts[1] already; list all its "
        "addresses there"
    )
