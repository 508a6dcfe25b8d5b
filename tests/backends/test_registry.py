"""From a name in the configuration to a backend, and what is said when that fails."""

from __future__ import annotations

from pathlib import Path

import dns.name
import pytest

from pulumi_rdns.backends.memory import MemoryBackend
from pulumi_rdns.backends.registry import Backends, types_in
from pulumi_rdns.errors import ConfigError


def backends(configured: dict[str, object], **environ: str) -> Backends:
    return Backends(configured, Path("/nowhere"), environ)


def test_an_instance_is_of_the_type_of_its_name_unless_it_says_another() -> None:
    there = backends({"memory": {}, "shelf": {"type": "memory"}})
    assert isinstance(there.get("memory"), MemoryBackend)
    assert isinstance(there.get("shelf"), MemoryBackend)
    assert there.get("shelf") is there.get("shelf")
    assert there.get("shelf") is not there.get("memory")


def test_a_type_needs_no_entry_when_it_needs_no_setting() -> None:
    assert isinstance(backends({}).get("memory"), MemoryBackend)


@pytest.mark.parametrize(
    ("configured", "name", "reason"),
    [
        ({"corp": {"type": "memory"}}, "crop", "not configured under rdns:backends .there: corp"),
        ({"corp": {"type": "memry"}}, "corp", "rdns:backends.corp.type: 'memry' is not a type"),
        ({"corp": {"type": ["memory"]}}, "corp", r"backends.corp.type: \['memory'\] is not a type"),
        ({"corp": 3}, "corp", "rdns:backends.corp: must be a map"),
        ({"memory": {"zones": ["a..b"]}}, "memory", r"zones\[0\]: 'a..b' has an empty label"),
        ({"memory": {"networks": ["x"]}}, "memory", r"networks\[0\]: 'x' is not a network"),
        (
            {"zonefile": {"directory": "zones", "lockTimeout": -1}},
            "zonefile",
            "backends.zonefile.lockTimeout: must be a number >= 0",
        ),
        ({"memory": {"pth": "x"}}, "memory", "backends.memory.pth: unknown key; did you mean path"),
        ({"memory": {"zones": "x"}}, "memory", "backends.memory.zones: must be a list, not text"),
    ],
)
def test_a_mistake_is_said_with_its_path(
    configured: dict[str, object], name: str, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        backends(configured).get(name)


def test_a_missing_setting_comes_with_the_command_that_sets_it() -> None:
    with pytest.raises(ConfigError) as caught:
        backends({}).get("zonefile")
    assert str(caught.value) == (
        "rdns:backends.zonefile.directory: is missing; set it with: "
        "pulumi config set --path 'rdns:backends.zonefile.directory' VALUE"
    )


def test_only_the_instance_that_is_used_is_validated() -> None:
    there = backends({"memory": {}, "broken": {"type": "zonefile", "no": 1}})
    assert isinstance(there.get("memory"), MemoryBackend)


def test_the_override_variable_beats_the_stack() -> None:
    there = backends(
        {"shelf": {"type": "memory", "zones": ["example.com"]}},
        RDNS_SHELF_ZONES='["example.net"]',
    )
    shelf = there.get("shelf")
    assert isinstance(shelf, MemoryBackend)
    name = dns.name.from_text("example.net")
    assert shelf.find_zone(name) == name


# Where settings come from


def test_each_setting_is_told_with_its_origin() -> None:
    there = backends(
        {"files": {"type": "zonefile", "directory": "zones", "lockTimeout": 3}},
        RDNS_FILES_LOCKTIMEOUT="4",
        RDNS_FILES_RELOADCOMMAND='["true"]',
    )
    assert [tuple(one) for one in there.settings_of("files")] == [
        ("directory", "zones", False, True, ""),
        ("zones", None, False, False, ""),
        ("namedConf", None, False, False, ""),
        ("reloadCommand", None, True, True, "RDNS_FILES_RELOADCOMMAND"),
        ("lockTimeout", "4", False, True, "RDNS_FILES_LOCKTIMEOUT"),
    ]


def test_no_secret_is_among_the_settings() -> None:
    for there in (
        backends({"hetzner": {"apiToken": "s3cret"}}),
        backends({}, HCLOUD_TOKEN="s3cret"),
        backends({}, RDNS_HETZNER_APITOKEN="s3cret"),
    ):
        found = {one.key: one for one in there.settings_of("hetzner")}
        assert (found["apiToken"].value, found["apiToken"].is_hidden) == (None, True)
        assert found["apiToken"].is_given
        assert not found["timeout"].is_given
        assert found["timeout"].value == 300.0


def test_the_types_of_the_environment_are_those_of_which_it_has_a_setting() -> None:
    assert types_in({}) == []
    assert types_in({"HCLOUD_TOKEN": "x", "RDNS_MEMORY_PATH": "y", "RFC2136_NAMESERVER": ""}) == [
        "hetzner",
        "memory",
    ]
