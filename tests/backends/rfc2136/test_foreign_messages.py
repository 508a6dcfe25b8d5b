"""Whatever a server sends: nothing but an error of ours leaves the client."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import dns.message
import dns.name
import dns.rrset
import dns.tsig
import pytest
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.batch import PtrChange
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.requestlog import RequestLog
from pulumi_rdns.backends.rfc2136 import Rfc2136Backend, batches
from pulumi_rdns.backends.rfc2136 import backend as backends
from pulumi_rdns.backends.rfc2136.connections import Connections, DnsRequest, R, WireAnswer
from pulumi_rdns.errors import RdnsError
from tests.backends.rfc2136.tools import backend_at
from tests.fakes import dns_messages
from tests.fakes.dns_messages import mutated
from tests.servers.dynamic import FULL, Key

NAME, ZONE = (dns.name.from_text(one) for one in (dns_messages.NAME, dns_messages.ZONE))
OWNER = NAME.to_text(True)


class Saying(Connections):
    """Answers all that is asked with the same bytes, below the id of the question."""

    def __init__(self, wire: bytes) -> None:
        super().__init__([], 1.0, RequestLog("rfc2136"))
        self._wire = wire

    def exchange(self, request: DnsRequest, more: float = 0.0) -> WireAnswer:
        return WireAnswer(request.wire[:2] + self._wire[2:])

    def exchange_all(
        self, requests: Iterable[DnsRequest], more: float = 0.0, *, ahead: int
    ) -> Iterator[WireAnswer]:
        return map(self.exchange, requests)

    def receive_all(self, request: DnsRequest, begin: Callable[[], R]) -> R:
        reader = begin()
        for _ in range(3):
            if reader.add(self.exchange(request).wire):
                break
        return reader


def backend_that_hears(wire: bytes, key: Key | None) -> Rfc2136Backend:
    backend = backend_at("127.0.0.1:9", key=key)
    backend._client._connections = Saying(wire)
    return backend


def calls(backend: Rfc2136Backend) -> Iterator[Callable[[], object]]:
    rrset = dns.rrset.from_text(NAME, 300, "IN", "PTR", "mail.example.com.")
    yield lambda: backend.find_zone(NAME)
    yield lambda: backend.find_site(NAME)
    yield lambda: backend.prefetch_zones([NAME, ZONE])
    for rdtype in (RdataType.PTR, RdataType.CNAME, RdataType.A):
        yield partial(backend.get_rrset, ZONE, NAME, rdtype)
    yield lambda: backend.read_ptrs(ZONE, [OWNER, f"1.{OWNER}"])
    yield lambda: backend.read_ptrs(ZONE, [f"{at}.{OWNER}" for at in range(40)])
    yield lambda: backend.apply(ZONE, [Change(NAME, RdataType.PTR, None, rrset)])
    change = PtrChange(OWNER, (), ("mail.example.com",), 300)
    yield lambda: backend.apply_ptrs(ZONE, [change], lambda _: None)
    yield lambda: backend._client.version(Operation("corp", "read PTR of", OWNER))


def hear(wire: bytes, key: Key | None) -> None:
    backend = backend_that_hears(wire, key)
    for call in calls(backend):
        with contextlib.suppress(RdnsError):
            call()


@pytest.fixture(autouse=True, scope="module")
def no_pauses() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (backends, batches):
            patch.setattr(module, "_PAUSES", (0.0,))
        yield


@given(mutated(), st.sampled_from([None, FULL]))
def test_nothing_but_an_error_of_ours_leaves_the_client(wire: bytes, key: Key | None) -> None:
    hear(wire, key)


def signed() -> list[bytes]:
    """Give replies with a signature, which is that of another request."""
    made = []
    for wire in dns_messages.REPLIES[:6]:
        message = dns.message.from_wire(wire)
        message.use_tsig(dns.tsig.Key(FULL.name, FULL.secret, FULL.algorithm))
        made.append(message.to_wire())
    return made


@given(mutated(signed()))
def test_no_signature_breaks_the_client(wire: bytes) -> None:
    hear(wire, FULL)


@given(st.binary(max_size=80), st.sampled_from([None, FULL]))
def test_bytes_that_are_nothing_at_all_do_not_either(wire: bytes, key: Key | None) -> None:
    hear(wire, key)
