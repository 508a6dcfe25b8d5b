"""Updates as bytes, held against what dnspython makes of the same changes."""

from __future__ import annotations

import itertools

import dns.message
import dns.name
import dns.tsig
import dns.update
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.batch import PtrChange, full_change
from pulumi_rdns.backends.rfc2136.packing import pack_updates, sign
from pulumi_rdns.backends.rfc2136.updates import update_of
from pulumi_rdns.model.names import from_dns
from tests.servers.dynamic import FULL

ZONE = dns.name.from_text("2.0.192.in-addr.arpa")
KEY = dns.tsig.Key(FULL.name, FULL.secret, FULL.algorithm)

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
owners = st.lists(labels | st.just(r"0/25") | st.just(r"a\.b"), max_size=3).map(
    lambda found: ".".join([*found, "2.0.192.in-addr.arpa"])
)
hostnames = st.lists(labels, min_size=1, max_size=4).map(".".join) | st.sampled_from(
    [r"a\.b.example.com", "."]
)
values = st.lists(hostnames, max_size=3, unique=True).map(tuple)
changes = st.builds(PtrChange, owners, values, values, st.integers(0, 2**31 - 1))


def expected(part: list[PtrChange], id_: int) -> dns.update.UpdateMessage:
    """Let dnspython write the same message, with the prerequisite of the delegation."""
    message = dns.update.UpdateMessage(ZONE, id=id_)
    for change in part:
        one = update_of(ZONE, [full_change(ZONE, change)])
        for into, rrsets in zip(message.sections, one.sections, strict=True):
            into += rrsets if into is not message.zone else []
        if change.after and change.owner != from_dns(ZONE):
            message.absent(dns.name.from_text(change.owner), "NS")
    return message


def shown(message: dns.message.Message) -> list[set[str]]:
    """Write what each section holds."""
    return [{line for rrset in section for line in _lines(rrset)} for section in message.sections]


def _lines(rrset: object) -> list[str]:
    text = str(rrset)
    deleting = getattr(rrset, "deleting", None)
    return [f"{deleting}: {line}" for line in text.splitlines()] or [f"{deleting}: {text}"]


@given(st.lists(changes, min_size=1, max_size=12, unique_by=lambda change: change.owner))
def test_the_bytes_say_what_dnspython_says(made: list[PtrChange]) -> None:
    (packed,) = pack_updates(ZONE, made)
    assert packed.changes == len(made)
    read = dns.message.from_wire(packed.wire)
    assert isinstance(read, dns.update.UpdateMessage)
    assert shown(read) == shown(dns.message.from_wire(expected(made, packed.id).to_wire()))


@given(st.lists(changes, max_size=40), st.integers(1, 9))
def test_all_changes_are_in_the_messages_in_their_order(made: list[PtrChange], most: int) -> None:
    packed = list(pack_updates(ZONE, made, most))
    sizes = [one.changes for one in packed]
    assert sum(sizes) == len(made)
    assert all(0 < size <= most for size in sizes)
    ids = [one.id for one in packed]
    assert all(later == (one + 1) & 0xFFFF for one, later in itertools.pairwise(ids))


def test_no_message_is_longer_than_tcp_allows() -> None:
    long = ".".join(["x" * 60] * 4)
    owner = ".".join(["y" * 60] * 3)
    made = [PtrChange(f"{at}.{owner}.2.0.192.in-addr.arpa", (), (long,), 60) for at in range(600)]
    packed = list(pack_updates(ZONE, made))
    assert all(len(sign(one, KEY).wire) <= 65535 for one in packed)
    assert sum(one.changes for one in packed) == 600
    assert len(packed) > 2


@pytest.mark.parametrize("algorithm", ["hmac-sha1", "hmac-sha256", "hmac-sha512"])
def test_a_signature_is_one_that_dnspython_accepts(algorithm: str) -> None:
    key = dns.tsig.Key(FULL.name, FULL.secret, algorithm)
    change = PtrChange("1.2.0.192.in-addr.arpa", (), ("a.example.com",), 60)
    (packed,) = pack_updates(ZONE, [change])
    signed = sign(packed, key)
    read = dns.message.from_wire(signed.wire, keyring=key)
    assert read.had_tsig
    assert read.mac == signed.mac
    other = dns.tsig.Key(FULL.name, b"another secret", algorithm)
    with pytest.raises(dns.tsig.BadSignature):
        dns.message.from_wire(signed.wire, keyring=other)
    assert sign(packed, None).wire == packed.wire
