"""RRsets are read out of an API's words, or those words are named."""

from __future__ import annotations

import contextlib

import dns.name
import pytest
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.rrsets import UnreadableRecordError, name_of, readable, rrset_of
from pulumi_rdns.errors import BackendError

NAME = dns.name.from_text("10.2.0.192.in-addr.arpa")


def test_values_are_read_and_their_names_are_absolute() -> None:
    rrset = rrset_of(NAME, RdataType.PTR, 60, ["a.example.com.", "b.example.com"])
    assert rrset.to_text().splitlines() == [
        "10.2.0.192.in-addr.arpa. 60 IN PTR a.example.com.",
        "10.2.0.192.in-addr.arpa. 60 IN PTR b.example.com.",
    ]


def test_a_name_without_a_dot_is_below_the_origin() -> None:
    zone = dns.name.from_text("example.com")
    rrset = rrset_of(NAME, RdataType.PTR, 60, ["mail", "mail.example.net.", "@"], zone)
    assert sorted(str(rdata) for rdata in rrset) == [
        "example.com.",
        "mail.example.com.",
        "mail.example.net.",
    ]


@pytest.mark.parametrize(
    "value",
    [
        "a..b.",
        "foo bar baz",
        "",
        f"{'a' * 64}.example.com.",
        r"\999.example.com.",
        "a.\nb.",
        "ü..a.",
    ],
)
def test_a_value_that_is_none_is_named(value: str) -> None:
    with pytest.raises(UnreadableRecordError) as caught:
        rrset_of(NAME, RdataType.PTR, 60, ["a.example.com.", value])
    assert str(caught.value) == (
        f"the PTR record of 10.2.0.192.in-addr.arpa has the value {value!r}, which no PTR record "
        "can have; correct it where it was made"
    )


def test_a_long_value_is_cut_short() -> None:
    with pytest.raises(UnreadableRecordError, match=r" has the value 'x{80}…', which "):
        rrset_of(NAME, RdataType.PTR, 60, ["x" * 10**6])


@pytest.mark.parametrize("ttl", [-1, 2**31, 99999999999])
def test_a_ttl_that_is_none_is_named(ttl: int) -> None:
    with pytest.raises(UnreadableRecordError) as caught:
        rrset_of(NAME, RdataType.PTR, ttl, ["a.example.com."])
    assert str(caught.value) == (
        f"the PTR record of 10.2.0.192.in-addr.arpa has the TTL {ttl}, which is not between 0 and "
        "2147483647 (RFC 2181 section 8)"
    )


@pytest.mark.parametrize("ttl", [0, 2**31 - 1])
def test_the_ttls_at_the_ends_are_read(ttl: int) -> None:
    assert rrset_of(NAME, RdataType.PTR, ttl, ["a.example.com."]).ttl == ttl


def test_what_cannot_be_read_is_an_error_of_the_operation() -> None:
    operation = Operation("pdns", "read PTR of", "10.2.0.192.in-addr.arpa")
    with pytest.raises(BackendError) as caught, readable(operation):
        name_of("a..b")
    assert str(caught.value) == (
        "pdns: read PTR of 10.2.0.192.in-addr.arpa: a record cannot be read: 'a..b' is not a valid "
        "name"
    )


KINDS = st.sampled_from([RdataType.PTR, RdataType.CNAME, RdataType.NS, RdataType.A, RdataType.AAAA])


@given(KINDS, st.integers(), st.text() | st.sampled_from([r"\# 1 00", "( a. )", "a. ; b", "1.2"]))
def test_no_text_raises_anything_else(kind: RdataType, ttl: int, text: str) -> None:
    with contextlib.suppress(UnreadableRecordError):
        rrset_of(NAME, kind, ttl, [text])
    with contextlib.suppress(UnreadableRecordError):
        name_of(text)
