"""Zone transfers, held against dnspython's reading of the same zone."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import dns.message
import dns.name
import dns.renderer
import dns.rrset
import pytest
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.batch import DONE, PtrChange, full_change
from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.rfc2136.transfers import Transfer, TransferError
from tests.backends.rfc2136.tools import ZONE, at, backend_at, backend_of
from tests.servers.dynamic import FULL, REVERSE, transfer
from tests.servers.process import DnsServer


@pytest.mark.parametrize("key", [FULL, None], ids=["signed", "unsigned"])
def test_a_zone_of_several_messages_is_read_as_dnspython_reads_it(
    server: DnsServer, key: object
) -> None:
    # PowerDNS answers nothing while it writes, which takes long on a busy machine.
    writer = backend = backend_at(at(server), timeout=60)
    made = [
        PtrChange(f"t{at}.axfr.{REVERSE}", (), (f"h{at}.dyn.example.net",), 60)
        for at in range(3000)
    ]
    assert set(backend.apply_ptrs(ZONE, made, lambda _: None)) == {DONE}
    try:
        if key is None and type(server).__name__ == "DynamicBind":
            backend = backend_of(server, key=None)
        asked = {owner.rstrip(".") for owner, _ in transfer(server, REVERSE)}
        read = backend.read_ptrs(ZONE, asked)
        assert read == expected(server)
    finally:
        gone = [one._replace(before=one.after, after=()) for one in made]
        assert set(writer.apply_ptrs(ZONE, gone, lambda _: None)) == {DONE}


def expected(server: DnsServer) -> dict[str, LiveRecord]:
    """Make the same of dnspython's reading."""
    found: dict[str, LiveRecord] = {}
    for (owner, kind), (ttl, values) in transfer(server, REVERSE).items():
        name = owner.rstrip(".")
        there = found.get(name, LiveRecord())
        names = tuple(sorted(value.lower().rstrip(".") or "." for value in values))
        if kind == "PTR":
            found[name] = there._replace(values=names, ttl=ttl)
        elif kind == "CNAME":
            found[name] = there._replace(alias=names[0])
        elif kind == "NS" and name != REVERSE:
            found[name] = there._replace(is_delegated=True)
    return found


def test_without_the_right_to_a_transfer_single_queries_are_asked(server: DnsServer) -> None:
    backend = backend_of(server)
    owners = [owner.rstrip(".") for owner, kind in transfer(server, REVERSE) if kind != "NS"]
    owners += [f"n{at}.nothing.{REVERSE}" for at in range(40)]
    by_transfer = backend.read_ptrs(ZONE, owners)
    refused = backend_of(server)
    refused._reader._untransferable.add(ZONE)
    by_query = refused.read_ptrs(ZONE, owners)
    wild = [owner for owner in owners if owner.startswith("*")]
    for owner in wild:
        by_transfer.pop(owner, None)
        by_query.pop(owner, None)
    assert by_query == by_transfer


def test_sets_of_one_zone_share_a_transfer_until_something_is_written(
    server: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = backend_of(server)
    reader = backend._reader
    transfers = []

    def counted(zone: dns.name.Name) -> object:
        transfers.append(zone)
        return type(reader)._transfer(reader, zone)

    monkeypatch.setattr(reader, "_transfer", counted)
    owners = [f"{at}.{REVERSE}" for at in range(40, 80)]
    read = partial(backend.read_ptrs, ZONE, is_shared=True)
    before = read(owners)
    assert read(owners[::-1]) == before
    assert len(transfers) == 1
    change = PtrChange(owners[0], (), ("shared.example.com",), 300)
    assert backend.apply_ptrs(ZONE, [change], lambda more: None) == [DONE]
    assert read(owners)[owners[0]].values == ("shared.example.com",)
    backend.apply(ZONE, [full_change(ZONE, PtrChange(owners[0], change.after, (), 300))])
    assert read(owners) == before
    assert len(transfers) == 3


def test_what_somebody_else_writes_is_seen_by_those_who_do_not_share(server: DnsServer) -> None:
    one, other = backend_of(server), backend_of(server)
    owners = [f"{at}.{REVERSE}" for at in range(100, 140)]
    before = one.read_ptrs(ZONE, owners, is_shared=True)
    change = PtrChange(owners[0], (), ("theirs.example.com",), 300)
    assert other.apply_ptrs(ZONE, [change], lambda more: None) == [DONE]
    assert one.read_ptrs(ZONE, owners)[owners[0]].values == change.after
    gone = change._replace(before=change.after, after=())
    assert other.apply_ptrs(ZONE, [gone], lambda more: None) == [DONE]
    assert one.read_ptrs(ZONE, owners) == before


@pytest.mark.parametrize("is_given", [True, False])
def test_readers_that_wait_for_a_transfer_ask_for_no_other(
    bind: DnsServer, monkeypatch: pytest.MonkeyPatch, is_given: bool
) -> None:
    """Also where there is none, and where one takes longer than it is shared."""
    monkeypatch.setattr("pulumi_rdns.backends.rfc2136.reader._SHARED_FOR", 0.2)
    reader = backend_of(bind)._reader
    goes_on = threading.Event()
    transfers = []

    def slow(zone: dns.name.Name) -> object:
        transfers.append(zone)
        assert goes_on.wait(10)
        there = type(reader)._transfer(reader, zone)
        if not is_given:
            reader._untransferable.add(zone)
        return there if is_given else None

    monkeypatch.setattr(reader, "_transfer", slow)
    owners = [f"{at}.{REVERSE}" for at in range(40)]
    with ThreadPoolExecutor(8) as pool:
        reads = [pool.submit(reader.ptrs, ZONE, owners, is_shared=True) for _ in range(8)]
        time.sleep(0.5)
        goes_on.set()
        expected = reader.ptrs(ZONE, owners[:30])
        assert [read.result(20) for read in reads] == [expected] * 8
    assert len(transfers) == 1


@contextmanager
def saying(*wires: bytes) -> Iterator[str]:
    """A server that answers each question with these messages, and hangs up."""

    class Saying(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            id_ = self.request.recv(65535)[2:4]
            for wire in wires:
                self.request.sendall(len(wire).to_bytes(2) + id_ + wire[2:])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Saying) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_half_a_transfer_of_one_server_is_no_part_of_that_of_the_next() -> None:
    """Two openings would look like a beginning and an end."""
    ours = [(f"{at}.example.com.", 60, "PTR", f"h{at}.example.net.") for at in range(40)]
    half = [answer(SOA, RECORDS[0])]
    whole = [answer(SOA, RECORDS[4]), answer(*ours[:20]), answer(*ours[20:], SOA)]
    with saying(*half) as first, saying(*whole) as second:
        backend = backend_at(first, second, key=None)
        owners = [f"{at}.example.com" for at in range(40)]
        read = backend.read_ptrs(dns.name.from_text("example.com"), owners)
    assert read == {
        f"{at}.example.com": LiveRecord((f"h{at}.example.net",), 60) for at in range(40)
    }


def answer(*records: tuple[str, int, str, str], id_: int = 7) -> bytes:
    """Write one message of a transfer."""
    message = dns.message.make_response(dns.message.make_query("example.com", "AXFR", id=id_))
    for owner, ttl, kind, value in records:
        message.answer.append(dns.rrset.from_text(owner, ttl, "IN", kind, value))
    return message.to_wire()


SOA = ("example.com.", 60, "SOA", "ns. host. 1 2 3 4 5")
RECORDS = (
    ("1.example.com.", 60, "PTR", "A.example.net."),
    ("2.example.com.", 60, "CNAME", "a.2.example.com."),
    ("3.example.com.", 60, "NS", "ns.example.net."),
    ("example.com.", 60, "NS", "ns.example.net."),
    (r"a\.b.example.com.", 60, "PTR", r"x\.y.example.net."),
    ("5.example.com.", 60, "PTR", "."),
    ("4.example.com.", 60, "TXT", '"nothing that counts"'),
)
#: what of it counts
PLAIN = {
    "1.example.com": LiveRecord(("a.example.net",), 60),
    "2.example.com": LiveRecord(alias="a.2.example.com"),
    "3.example.com": LiveRecord(is_delegated=True),
    "5.example.com": LiveRecord((".",), 60),
    r"a\.b.example.com": LiveRecord((r"x\.y.example.net",), 60),
}
WHOLE = answer(SOA, *RECORDS, SOA)


def test_what_counts_is_read_and_nothing_else() -> None:
    zone = Transfer(7, None, b"")
    assert zone.add(answer(SOA, *RECORDS[:2])) is False
    assert zone.add(answer(*RECORDS[2:], SOA)) is True
    assert zone.found() == PLAIN


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"\0" * 12,
        answer(SOA, SOA, id_=8),
        answer(*RECORDS),
        answer(),
        dns.message.make_query("example.com", RdataType.AXFR, id=7).to_wire(),
        # A name that points to itself.
        WHOLE[:12] + b"\xc0\x0c" + WHOLE[14:],
    ],
)
def test_what_is_no_transfer_is_refused(wire: bytes) -> None:
    with pytest.raises(TransferError):
        Transfer(7, None, b"").add(wire)


def test_pointers_to_pointers_are_followed_only_as_far_as_a_name_goes() -> None:
    """Each is two bytes and points to the one before: 64 KiB of them are no name."""
    head = bytearray(answer(SOA))
    start = len(head) + 12
    chain = b"\xc0\x0c" + b"".join((0xC000 | at).to_bytes(2) for at in range(start, 0x3FFE, 2))
    text = b"\xc0\x0c\x00\x10\x00\x01" + bytes(4) + len(chain).to_bytes(2) + chain
    assert len(head + text) == start + len(chain)
    last = (0xC000 | (start + len(chain) - 2)).to_bytes(2)
    pointer = b"\xc0\x0c\x00\x0c\x00\x01" + bytes(4) + b"\x00\x02" + last
    head[6:8] = (3).to_bytes(2)
    with pytest.raises(TransferError):
        Transfer(7, None, b"").add(bytes(head) + text + pointer)


def test_a_name_does_not_grow_without_an_end() -> None:
    """Each record's name is a label before the name of the one before it."""
    head = bytearray(answer(SOA))
    records, at = b"", 12
    for _ in range(2000):
        start = len(head) + len(records)
        records += b"\x01a" + (0xC000 | at).to_bytes(2) + b"\x00\x10\x00\x01" + bytes(6)
        at = start
    head[6:8] = (2001).to_bytes(2)
    with pytest.raises(TransferError):
        Transfer(7, None, b"").add(bytes(head) + records)


@given(st.integers(0, len(WHOLE)), st.binary(max_size=6), st.integers(0, 4))
def test_whatever_comes_is_read_or_refused(at: int, noise: bytes, cut: int) -> None:
    wire = WHOLE[:at] + noise + WHOLE[at + cut :]
    try:
        Transfer(7, None, b"").add(wire)
    except TransferError:
        return


@given(st.integers(0, len(WHOLE) + 90), st.binary(max_size=6), st.integers(0, 4))
def test_whatever_comes_signed_is_as_it_was_sent_or_refused(
    at: int, noise: bytes, cut: int
) -> None:
    key = backend_key()
    query = dns.message.make_query("example.com", "AXFR", id=7)
    query.use_tsig(key)
    query.to_wire()
    message = dns.message.make_response(query)
    for owner, ttl, kind, value in (SOA, *RECORDS, SOA):
        message.answer.append(dns.rrset.from_text(owner, ttl, "IN", kind, value))
    signed = message.to_wire()
    wire = signed[:at] + noise + signed[at + cut :]
    zone = Transfer(7, key, query.mac or b"")
    try:
        zone.add(wire)
    except TransferError:
        assert wire != signed
    else:
        assert zone.found() == PLAIN


def test_an_unsigned_answer_to_a_signed_question_is_refused() -> None:
    key = backend_key()
    with pytest.raises(TransferError, match="not signed"):
        Transfer(7, key, b"mac").add(WHOLE)


def backend_key() -> dns.tsig.Key:
    return dns.tsig.Key(FULL.name, FULL.secret, FULL.algorithm)
