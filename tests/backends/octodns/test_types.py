"""What is known of provider classes, and how options are hidden."""

from __future__ import annotations

import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st
from octodns.provider.base import BaseProvider
from octodns.provider.yaml import YamlProvider
from octodns_bind import Rfc2136Provider, ZoneFileProvider
from octodns_powerdns import PowerDnsProvider
from octodns_route53 import Route53Provider

from pulumi_rdns.backends.octodns.types import OctoDnsSettings, Writing, hider, writing_of
from tests.backends.octodns.providers import StepwiseProvider


class Mine(PowerDnsProvider):  # type: ignore[misc]
    """A user's own class, which writes as its base does."""


class MineOtherwise(PowerDnsProvider):  # type: ignore[misc]
    """One that writes as it likes."""

    def _apply(self, plan: object) -> None:
        pass


@pytest.mark.parametrize(
    ("provider", "writing"),
    [
        (Route53Provider, Writing.COMPARED),
        (PowerDnsProvider, Writing.REPLACED),
        (Mine, Writing.REPLACED),
        (MineOtherwise, Writing.IN_STEPS),
        (Rfc2136Provider, Writing.IN_STEPS),
        (StepwiseProvider, Writing.IN_STEPS),
        (ZoneFileProvider, Writing.WHOLE_ZONE),
        (YamlProvider, Writing.WHOLE_ZONE),
        (BaseProvider, Writing.WHOLE_ZONE),
        (object, Writing.IN_STEPS),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_how_a_class_writes_is_known_by_where_it_does_it(provider: type, writing: Writing) -> None:
    assert writing_of(provider) is writing


@given(
    st.recursive(
        st.text(min_size=6) | st.integers(10**6, 10**12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    )
)
def test_no_value_of_an_option_is_left_in_a_text(options: object) -> None:
    def values(of: object) -> list[str]:
        if isinstance(of, dict):
            return [one for value in of.values() for one in values(value)]
        if isinstance(of, list):
            return [one for value in of for one in values(value)]
        return [str(of).strip()]

    texts = [text for text in values(options) if text]
    hide = hider(options)
    for text in texts:
        for form in (text, urllib.parse.quote(text, safe=""), repr(text)[1:-1]):
            assert hide(f"<{form}>") == "<***>"


def test_each_line_of_a_private_key_is_hidden() -> None:
    hide = hider({"key": "-----BEGIN KEY-----\nYWJjZGVm\n-----END KEY-----\n"})
    assert hide("cannot read 'YWJjZGVm' or -----BEGIN KEY-----") == "cannot read '***' or ***"


def test_a_short_value_is_hidden_as_a_word_and_true_and_nothing_are_not() -> None:
    hide = hider({"a": "key", "b": 80, "c": True, "d": None, "e": "", "f": [443.5]})
    assert hide("the key of 80 keys, 8080, 443.5, True, None") == (
        "the *** of *** keys, 8080, ***, True, None"
    )


def test_the_settings_show_no_options() -> None:
    settings = OctoDnsSettings(provider="a.B", options={"token": "secret"}, zones=["example.com"])
    assert repr(settings) == "OctoDnsSettings(provider='a.B', zones=['example.com'])"
