"""The stack's configuration is read whole, and every mistake in it is said at once."""

from __future__ import annotations

import json

import pytest

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.model.hosts import read_hosts
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import ForwardPolicy


def test_settings_are_read_as_the_engine_hands_them_over() -> None:
    settings = read_settings(
        {
            "rdns:backend": "corp",
            "rdns:backends": '{"corp": {"type": "memory"}}',
            "rdns:forwardCheck": "warn",
            "rdns:ttl": "300",
            "rdns:nameservers": "ns1.example.net",
            "rdns:resolvers": '["192.0.2.53"]',
            "rdns:previewChecks": "false",
            "other:key": "of somebody else",
        }
    )
    assert settings.backends == {"corp": {"type": "memory"}}
    assert settings.forward_check is ForwardPolicy.WARN
    assert settings.ttl == 300
    assert settings.nameservers == ["ns1.example.net"]
    assert settings.resolvers == ["192.0.2.53"]
    assert settings.preview_checks is False


def test_every_wrong_setting_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings(
            {"rdns:backend": "a", "rdns:onConflict": "maybe", "rdns:tll": "1", "rdns:backends": "x"}
        )
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert "rdns:tll: unknown key; did you mean ttl?" in lines
    assert "rdns:onConflict: 'maybe' is not one of fail, overwrite" in lines
    assert "rdns:backends: must be a map, not text" in lines


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
