"""The stack's configuration is read whole, and every mistake in it is said at once."""

from __future__ import annotations

import pytest

from pulumi_rdns.errors import ConfigError
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
            "rdns:maxDeletePercent": "50",
            "other:key": "of somebody else",
        }
    )
    assert settings.backends == {"corp": {"type": "memory"}}
    assert settings.forward_check is ForwardPolicy.WARN
    assert settings.ttl == 300
    assert settings.nameservers == ["ns1.example.net"]
    assert settings.resolvers == ["192.0.2.53"]
    assert settings.preview_checks is False
    assert settings.max_delete_percent == 50


@pytest.mark.parametrize(
    ("given", "expected"), [(True, True), ("true", True), ("false", False), ("strict", "strict")]
)
def test_preview_checks_may_be_strict(given: object, expected: object) -> None:
    assert read_settings({"rdns:previewChecks": given}).preview_checks == expected


@pytest.mark.parametrize(
    ("key", "given", "said"),
    [
        ("previewChecks", "stict", "'stict' is not one of true, false, strict"),
        ("previewChecks", 3, "must be one of true, false, strict, not a whole number"),
        ("maxDeletePercent", 101, "must be a whole number <= 100"),
        ("maxDeletePercent", "-1", "must be a whole number >= 0"),
        ("maxDeletePercent", "30%", "must be a whole number, not text"),
    ],
)
def test_a_value_that_cannot_be_right_is_one_sentence(key: str, given: object, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({f"rdns:{key}": given})
    assert str(caught.value) == f"rdns:{key}: {said}"


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
