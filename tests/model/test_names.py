"""Names are read from any spelling and written in one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.names import parse_hostname, parse_zone

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(
    lambda label: label[2:4] != "--"
)
HOSTNAMES = st.builds(
    lambda labels, last: ".".join([*labels, last]),
    st.lists(LABELS, min_size=1, max_size=5),
    st.from_regex(r"[a-z]{2,10}", fullmatch=True),
)


@given(HOSTNAMES, st.data())
def test_case_and_the_trailing_dot_do_not_matter(hostname: str, data: st.DataObject) -> None:
    upper = data.draw(st.lists(st.booleans(), min_size=len(hostname), max_size=len(hostname)))
    mixed = "".join(
        letter.upper() if up else letter for letter, up in zip(hostname, upper, strict=True)
    )
    dot = data.draw(st.sampled_from(["", "."]))
    assert parse_hostname(mixed + dot) == hostname


@given(HOSTNAMES)
def test_the_stored_form_is_stable(hostname: str) -> None:
    once = parse_hostname(hostname)
    assert parse_hostname(once) == once


@given(st.text(max_size=300))
def test_any_text_is_a_hostname_or_one_clear_sentence(text: str) -> None:
    try:
        name = parse_hostname(text)
    except InvalidInputError as error:
        reasons = [finding.reason for finding in error.findings]
    else:
        reasons = []
        assert not name.endswith(".")
        assert len(name) <= 253
        assert name.isascii()
    assert len(reasons) <= 1


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Mail.Example.COM.", "mail.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example.", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("3com.example", "3com.example"),
        ("0.example.com", "0.example.com"),
        ("  mail.example.com ", "mail.example.com"),
    ],
)
def test_what_is_unusual_but_valid_stays_valid(text: str, stored: str) -> None:
    assert parse_hostname(text) == stored


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is empty"),
        (".", "is empty"),
        ("mail example.com", "has a space"),
        ("mail_1.example.com", "underscore"),
        (f"{'a' * 64}.example.com", "more than 63 characters"),
        (".".join(["abcdefghi"] * 26), "longer than 253 characters"),
        ("192.0.2.10", "is an IP address"),
        ("2001:db8::10", "is an IP address"),
        ("mail", "single label"),
        ("*.example.com", "wildcard"),
        ("mail..example.com", "empty label"),
        ("-mail.example.com", "letters, digits and inner hyphens"),
        ("mail-.example.com", "letters, digits and inner hyphens"),
        ("example.com;drop", "letters, digits and inner hyphens"),
        ("mail.example.123", "ends in a number"),
        (7, "must be a hostname as text, not the number 7"),
        (None, "not nothing"),
    ],
)
def test_what_cannot_be_a_hostname_is_refused_with_the_reason(value: object, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        parse_hostname(value)


@pytest.mark.parametrize("text", ["@", "\uff20", "\u3002"])
def test_what_stands_for_the_origin_is_no_name(text: str) -> None:
    for parse in (parse_hostname, parse_zone):
        with pytest.raises(
            InvalidInputError, match=r"stands for another name|is empty|not a valid"
        ):
            parse(text)


def test_a_zone_may_be_named_as_rfc_2317_does() -> None:
    assert parse_zone("0/25.2.0.192.IN-ADDR.ARPA.") == "0/25.2.0.192.in-addr.arpa"
    assert parse_zone("_tcp.example.com") == "_tcp.example.com"
