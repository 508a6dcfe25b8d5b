"""What a call says does not show what is secret: messages, errors, findings and log lines."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.base import report_progress, warn
from pulumi_rdns.errors import Finding, InvalidInputError, RdnsError
from pulumi_rdns.lifecycle import ptr
from pulumi_rdns.lifecycle.call import Call, PartlyDoneError, Stored
from pulumi_rdns.lifecycle.messages import hidden, hiding, messages_of
from pulumi_rdns.logs import show_logs
from pulumi_rdns.properties.forward import FORWARD
from pulumi_rdns.properties.ptr import PTR
from pulumi_rdns.properties.ptr_set import PTR_SET
from pulumi_rdns.properties.schema import SECRET_INPUTS, Schema
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.lifecycle.conftest import call_of, counted

LOGGER = logging.getLogger("pulumi_rdns.backends.of_a_test")
SECRET = {"hostname": "hidden.example.com", SECRET_INPUTS: ["hostname"]}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Show log lines as `RDNS_LOG=debug` does, and return where they are shown."""
    logger = logging.getLogger("pulumi_rdns")
    handlers, level = list(logger.handlers), logger.level
    logger.handlers[:] = []
    shown = io.StringIO()
    show_logs(logging.StreamHandler(shown), {"RDNS_LOG": "debug"})
    yield shown
    logger.handlers[:] = handlers
    logger.setLevel(level)


def shown(schema: Schema[Any, Any], properties: dict[str, Any], sentence: str) -> str:
    hide = hiding(schema, properties)
    assert hide is not None
    return hide(sentence)


def test_where_nothing_is_secret_nothing_is_hidden(call: Call, heard: Heard) -> None:
    props = {"hostname": "open.example.com"}
    assert hiding(PTR, props) is None
    found = [Finding("hostname", "'open.example.com' is wrong")]
    assert hidden(found, PTR, props) == found
    with messages_of(call, PTR, props) as report:
        report.warning("open.example.com is there")
    assert heard.warnings == ["open.example.com is there"]
    failed = pytest.raises(RdnsError, match=r"^open\.example\.com failed$")
    with failed, messages_of(call, PTR, props):
        raise RdnsError("open.example.com failed")


@pytest.mark.parametrize(
    "spelling", ["hidden.example.com", "Hidden.Example.COM", "hidden.example.com."]
)
def test_a_secret_hostname_is_hidden_in_any_spelling(spelling: str) -> None:
    props = {"hostname": spelling, SECRET_INPUTS: ["hostname"]}
    assert shown(PTR, props, "hidden.example.com and HIDDEN.example.com") == "[secret] and [secret]"


@pytest.mark.parametrize(
    ("address", "sentence", "left"),
    [
        ("192.0.2.10", "192.0.2.10 at 10.2.0.192.in-addr.arpa", "[secret] at [secret]"),
        ("192.0.2.10", "the zone 0/25.2.0.192.in-addr.arpa.", "the zone [secret]."),
        ("::ffff:192.0.2.10", "192.0.2.10", "[secret]"),
        ("2001:DB8:0::10", "2001:db8::10", "[secret]"),
        (
            "2001:db8::10",
            "find the zone of 0.1.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
            "find the zone of [secret]",
        ),
    ],
)
def test_a_secret_address_is_hidden_in_any_spelling_and_as_a_name(
    address: str, sentence: str, left: str
) -> None:
    props = {"address": address, SECRET_INPUTS: ["address"]}
    assert shown(PTR, props, sentence) == left


def test_the_names_that_a_secret_fill_makes_are_hidden() -> None:
    props = {"network": "192.0.2.0/30", "fill": "hidden-{d}.example.com", SECRET_INPUTS: ["fill"]}
    sentence = "192.0.2.1: hidden-1.example.com, and not a.example.com"
    assert shown(PTR_SET, props, sentence) == "192.0.2.1: [secret], and not a.example.com"


def test_a_secret_fill_itself_is_hidden() -> None:
    props = {"network": "192.0.2.0/30", "fill": "hidden-{d}.example.com", SECRET_INPUTS: ["fill"]}
    assert shown(PTR_SET, props, "fill hidden-{d}.example.com") == "fill [secret]"


def test_secret_records_are_hidden_each() -> None:
    records = "192.0.2.1 hidden.example.com\n2001:DB8::2 other.example.com.\n"
    props = {"records": records, SECRET_INPUTS: ["records"]}
    sentence = "192.0.2.1 (hidden.example.com), 2001:db8::2 (other.example.com), 192.0.2.9"
    assert shown(PTR_SET, props, sentence) == "[secret] ([secret]), [secret] ([secret]), 192.0.2.9"


def test_the_addresses_of_a_secret_network_are_hidden_and_no_others() -> None:
    props = {"network": "192.0.2.0/29", "fill": "{d}.example.net", SECRET_INPUTS: ["network"]}
    sentence = "192.0.2.0/29: 192.0.2.1 to 192.0.2.6, 192.0.2.0/30, 3.example.net: not 192.0.2.8"
    assert shown(PTR_SET, props, sentence) == (
        "[secret]: [secret] to [secret], [secret], [secret]: not 192.0.2.8"
    )


def test_a_secret_network_is_hidden_in_any_spelling() -> None:
    props = {"network": "2001:0DB8:0::/120", SECRET_INPUTS: ["network"]}
    sentence = "2001:db8::/120: 2001:db8::1, 2001:db8::: but 2001:db8::1:1 and 1:2 and 192.0.2.1"
    assert shown(PTR_SET, props, sentence) == (
        "[secret]: [secret], [secret]: but 2001:db8::1:1 and 1:2 and 192.0.2.1"
    )


@pytest.mark.parametrize(
    ("value", "sentence", "left"),
    [
        (
            3000000000.0,
            "3000000000 is out of range: 0 to 2147483647",
            "[secret] is out of range: 0 to 2147483647",
        ),
        (
            300,
            "300 of 1300 and 192.0.2.300, not 300.5",
            "[secret] of 1300 and 192.0.2.300, not 300.5",
        ),
        (1.5, "must be whole, not 1.5", "must be whole, not [secret]"),
        (float("inf"), "not inf", "not [secret]"),
    ],
)
def test_a_secret_number_is_hidden_where_it_is_the_number(
    value: float, sentence: str, left: str
) -> None:
    assert shown(PTR, {"ttl": value, SECRET_INPUTS: ["ttl"]}, sentence) == left


@pytest.mark.parametrize("value", [True, None, "", [], "a"])
def test_a_secret_that_has_no_words_hides_nothing(value: object) -> None:
    props = {"hostname": "hidden.example.com", "ttl": value, SECRET_INPUTS: ["hostname", "ttl"]}
    assert shown(PTR, props, "True, a and hidden.example.com") == "True, a and [secret]"


@pytest.mark.parametrize(
    "value",
    [["hidden.example.com"], {"name": "hidden.example.com"}, [{"in": ("hidden.example.com",)}]],
)
def test_a_secret_of_a_wrong_type_is_hidden_too(value: object) -> None:
    props = {"hostname": value, SECRET_INPUTS: ["hostname"]}
    assert shown(PTR, props, "not hidden.example.com") == "not [secret]"


def test_what_either_of_old_and_new_keeps_secret_is_hidden() -> None:
    new = {"hostname": "fresh.example.com", SECRET_INPUTS: ["hostname"]}
    hide = hiding(PTR, {"hostname": "open.example.com"}, new)
    assert hide is not None
    assert hide("open.example.com, fresh.example.com") == "open.example.com, [secret]"
    hide = hiding(PTR, SECRET, new)
    assert hide is not None
    assert hide("hidden.example.com, fresh.example.com") == "[secret], [secret]"


def test_a_finding_of_a_secret_names_its_property_in_the_reason_alone() -> None:
    found = [
        Finding("hostname", "'hidden.example.com' is wrong"),
        Finding("ttl", "is not for hidden.example.com"),
    ]
    assert hidden(found, PTR, SECRET) == [
        ("", "hostname: '[secret]' is wrong"),
        ("ttl", "is not for [secret]"),
    ]


def test_messages_of_the_operation_and_of_its_backends_are_told_without_secrets(
    call: Call, heard: Heard
) -> None:
    with messages_of(call, FORWARD, SECRET) as report:
        report.warning("hidden.example.com is there")
        report.progress("asking for hidden.example.com", ", 1 s of 5 s")
        warn("the backend has hidden.example.com")
        report_progress("waiting for hidden.example.com")
    warn("nobody hears this")
    assert heard.warnings == ["[secret] is there", "the backend has [secret]"]
    assert heard.told == ["asking for [secret], 1 s of 5 s", "waiting for [secret]"]


def test_it_is_the_call_that_pauses(heard: Heard) -> None:
    cancelled = threading.Event()
    with messages_of(call_of(heard, cancelled=cancelled), PTR, {}) as report:
        assert report.pause(0.0)
        cancelled.set()
        assert not report.pause(60.0)


def test_an_error_does_not_show_a_secret(call: Call) -> None:
    wrong = pytest.raises(InvalidInputError, match=r"^hostname: \[secret\] is wrong$")
    with wrong, messages_of(call, PTR, SECRET):
        raise InvalidInputError("hidden.example.com is wrong", "hostname")


def test_a_failure_in_part_does_not_show_a_secret(call: Call) -> None:
    stored = Stored("id", {}, {}, frozenset())
    with pytest.raises(PartlyDoneError) as caught, messages_of(call, PTR, SECRET):
        raise PartlyDoneError(RdnsError("hidden.example.com failed"), stored)
    assert str(caught.value.error) == "[secret] failed"
    assert str(caught.value) == "[secret] failed"
    assert caught.value.stored is stored


def test_a_log_line_shows_no_secret_while_the_call_runs(call: Call, lines: io.StringIO) -> None:
    with messages_of(call, PTR, SECRET):
        LOGGER.debug("GET /records/%s", "hidden.example.com")
    LOGGER.debug("GET /records/%s", "of-another-call.example.com")
    text = lines.getvalue()
    assert "GET /records/[secret]\n" in text
    assert "GET /records/of-another-call.example.com\n" in text


@pytest.mark.parametrize(
    "hostname",
    [
        "hidden!x.example.com",
        "-hidden.example.com",
        "hidden\\_x.example.com",
        "hidden'x_.example.com",
        "hidden\N{SNOWMAN}x.example.com",
        f"{'hidden' * 20}.example.com",
        "hidden..example.com",
        "hidden host",
        "h",
    ],
)
def test_a_finding_shows_no_part_of_a_secret_either(
    session: Session, call: Call, hostname: str
) -> None:
    secret = {
        "address": "192.0.2.10",
        "hostname": hostname,
        "backend": "files",
        SECRET_INPUTS: ["hostname"],
    }
    (found,) = ptr.check(session, call, secret).findings
    assert found.property == ""
    assert found.reason.startswith("hostname: ")
    assert "[secret]" in found.reason
    assert "hidden" not in found.reason
    assert "'h'" not in found.reason


@given(st.text(st.characters(codec="utf-8"), max_size=100))
def test_whatever_is_wrong_with_a_secret_name_is_said_without_it(junk: str) -> None:
    props = {"hostname": f"hidden{junk}", "zone": f"{junk}hidden."}
    secret = {**props, SECRET_INPUTS: [*props]}
    findings = PTR.check(secret, lambda _: False).findings
    assert not any("hidden" in one.reason for one in hidden(findings, PTR, secret))


def test_what_is_quoted_of_an_open_property_stays() -> None:
    found = [Finding("zone", "'open..example.com' has an empty label")]
    assert hidden(found, PTR, {**SECRET, "zone": "open..example.com"}) == found


def test_secrets_cost_nothing_while_nothing_is_said(call: Call) -> None:
    secret = {"address": "192.0.2.10", "hostname": "a.example.com", SECRET_INPUTS: ["address"]}
    with counted() as parsed:
        assert hidden([], PTR, secret) == []
        with messages_of(call, PTR, secret) as report:
            pass
    assert parsed == []
    report.warning("192.0.2.10 is there")
    assert isinstance(call.report, Heard)
    assert call.report.warnings == ["[secret] is there"]
