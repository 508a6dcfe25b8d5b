"""Names as Route 53 writes them, and the order in which it lists them."""

from __future__ import annotations

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.aws.route53_text import from_octal, runs, sort_key, to_octal
from tests.fakes.aws import route53

ZONE = dns.name.from_text("0-127.2.0.192.in-addr.arpa")
labels = st.binary(min_size=1, max_size=12).map(bytes.lower)
names = st.lists(labels, max_size=4).map(lambda some: dns.name.Name([*some, b""]))


@given(names)
def test_a_name_is_read_as_it_was_written(name: dns.name.Name) -> None:
    assert dns.name.from_text(from_octal(to_octal(name))) == name


@given(names.filter(lambda name: all(max(label, default=0) < 128 for label in name.labels)))
def test_a_name_is_read_as_route_53_escapes_it(name: dns.name.Name) -> None:
    assert dns.name.from_text(from_octal(route53.escaped(to_octal(name)))) == name


def test_route_53_sorts_by_the_reversed_labels_as_text() -> None:
    texts = ["example.com", "a-b.example.com", "a.example.com", "x.a.example.com", "a0.example.com"]
    assert sorted(map(dns.name.from_text, texts), key=sort_key) == [
        dns.name.from_text(text) for text in texts
    ]


@given(
    st.lists(st.sampled_from(["1", "10", "2", "a", "a_b", "a-b", "x.a", "*", "a b"]), unique=True)
)
def test_names_whose_order_is_in_doubt_are_read_alone(some: list[str]) -> None:
    wanted = [dns.name.from_text(text, ZONE) for text in some]
    found = runs(wanted, ZONE)
    assert sorted(one for run in found for one in run) == sorted(wanted)
    alone = {run[0] for run in found if len(run) == 1}
    for text, name in zip(some, wanted, strict=True):
        assert name in alone or text in ("1", "10", "2", "a", "a_b", "x.a")
    for run in found:
        assert run == sorted(run, key=sort_key) == sorted(run)


@pytest.mark.parametrize("text", [".", "example.com."])
def test_a_name_ends_with_a_dot(text: str) -> None:
    assert to_octal(dns.name.from_text(text)) == text
