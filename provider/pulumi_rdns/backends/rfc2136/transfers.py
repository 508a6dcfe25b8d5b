"""What counts for PTR records, read out of a zone transfer (RFC 5936) message by message. Pure.

dnspython makes objects of every record, at 0.1 ms each; here only PTR, CNAME and NS records are
looked at, as bytes. The tests hold it against dnspython's own reader.
"""

from __future__ import annotations

import struct
import time
from typing import Any

import dns.exception
import dns.flags
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsig

from pulumi_rdns.backends.changes import LiveRecord

_HEADER = struct.Struct("!HHHHHH")
_FIXED = struct.Struct("!HHIH")
_NS, _CNAME, _SOA, _PTR, _TSIG = 2, 5, 6, 12, 250
#: PowerDNS: ALIAS and LUA, whose answers are made when they are asked for
_COMPUTED = (65401, 65402)
#: pointers in one name: it has no more labels than these (RFC 1035 section 2.3.4)
_MOST_POINTERS = 127
#: characters of a name as text, where each of its 255 octets is escaped
_MOST_TEXT = 4 * 255
#: characters that are kept of a zone: compression makes little of what takes much (section 4.1.4)
_MOST_KEPT = 64 << 20


class TransferError(Exception):
    """The answer is not a whole zone: refused, cut short, not signed, or malformed."""

    #: the server did answer, without an end
    is_endless = False


class ZoneTooLargeError(TransferError):
    """The zone is larger than any that makes sense."""

    is_endless = True


class Transfer:
    """A zone that comes in as messages."""

    def __init__(self, id_: int, key: dns.tsig.Key | None, mac: bytes) -> None:
        """Take id and signature (MAC) of the request."""
        self._id = id_
        self._key = key
        self._mac = mac
        self._context: Any = None
        self._soas = 0
        self._apex = ""
        self._unsigned = 0
        self._kept = 0
        self._ptrs: dict[str, tuple[list[str], int]] = {}
        self._aliases: dict[str, str] = {}
        self._cuts: set[str] = set()
        self._computed: set[str] = set()

    def add(self, wire: bytes) -> bool:
        """Read the next message; True where it is the last one. Raises TransferError."""
        try:
            return self._add(wire)
        except (IndexError, struct.error, dns.tsig.BadAlgorithm) as error:
            raise TransferError(
                f"the answer is not a zone transfer: {type(error).__name__}"
            ) from None
        except dns.exception.DNSException as error:
            raise TransferError(f"the answer is not a zone transfer: {error}") from None

    def found(self) -> dict[str, LiveRecord | None]:
        """Return what stands at each name, once the transfer is whole.

        None where only a query finds it: the server makes the answer when it is asked.
        """
        found = {
            owner: LiveRecord(tuple(sorted(hostnames)), ttl)
            for owner, (hostnames, ttl) in self._ptrs.items()
        }
        for owner, target in self._aliases.items():
            found[owner] = found.get(owner, LiveRecord())._replace(alias=target)
        for owner in self._cuts - {self._apex}:
            found[owner] = found.get(owner, LiveRecord())._replace(is_delegated=True)
        return {**found, **dict.fromkeys(self._computed)}

    def _add(self, wire: bytes) -> bool:
        id_, flags, questions, answers, authorities, more = _HEADER.unpack_from(wire)
        if id_ != self._id or not flags & 0x8000:
            raise TransferError("the server answered another question")
        if flags & 15:
            raise TransferError(dns.rcode.to_text(dns.rcode.Rcode(flags & 15)))
        if flags & dns.flags.TC:
            raise TransferError("the answer is truncated")
        at = _HEADER.size
        names: dict[int, str] = {}
        for _ in range(questions):
            _, at = _name(wire, at, names)
            at += 4
        for _ in range(answers):
            owner, at = _name(wire, at, names)
            kind, _, ttl, size = _FIXED.unpack_from(wire, at)
            at += _FIXED.size
            self._record(wire, at, names, owner, kind, ttl)
            at += size
        self._verify(wire, at, authorities + more, names)
        if not answers:
            raise TransferError("the answer is empty")
        return self._soas > 1

    def _record(
        self, wire: bytes, at: int, names: dict[int, str], owner: str, kind: int, ttl: int
    ) -> None:
        if kind == _PTR:
            target = _name(wire, at, names)[0]
            self._ptrs.setdefault(owner, ([], ttl))[0].append(target)
            self._keep(owner, target)
        elif kind == _CNAME:
            self._aliases[owner] = target = _name(wire, at, names)[0]
            self._keep(owner, target)
        elif kind in _COMPUTED:
            self._computed.add(owner)
            self._keep(owner)
        elif kind == _NS:
            self._cuts.add(owner)
            self._keep(owner)
        elif kind == _SOA:
            self._apex = owner
            self._soas += 1
        if not self._soas:
            raise TransferError("the answer is not a zone transfer: it does not begin with the SOA")

    def _keep(self, *texts: str) -> None:
        self._kept += sum(map(len, texts))
        if self._kept > _MOST_KEPT:
            raise ZoneTooLargeError(f"the names of the zone take more than {_MOST_KEPT >> 20} MiB")

    def _verify(self, wire: bytes, at: int, records: int, names: dict[int, str]) -> None:
        """Check the signature; up to 99 messages in between may have none (RFC 8945 5.3.1)."""
        start = at
        owner = ""
        for _ in range(records):
            start = at
            owner, at = _name(wire, at, names)
            kind, _, _, size = _FIXED.unpack_from(wire, at)
            at += _FIXED.size + size
        is_signed = records > 0 and kind == _TSIG
        if self._key is None:
            return
        if not is_signed:
            self._unsigned += 1
            if self._context is None or self._unsigned > 99 or self._soas > 1:
                raise TransferError("the answer is not signed")
            self._context.update(wire)
            return
        self._unsigned = 0
        name = dns.name.from_text(owner)
        rdata = dns.rdata.from_wire(dns.rdataclass.ANY, dns.rdatatype.TSIG, wire, at - size, size)
        self._context = dns.tsig.validate(  # type: ignore[no-untyped-call]
            wire, self._key, name, rdata, int(time.time()), self._mac, start, self._context, True
        )


def _name(wire: bytes, at: int, names: dict[int, str], depth: int = 0) -> tuple[str, int]:
    """Read a name as canonical text, and where it ends (RFC 1035 section 4.1.4)."""
    start = at
    labels = []
    while size := wire[at]:
        if size >= 0xC0:
            target = (size & 0x3F) << 8 | wire[at + 1]
            if target >= start:
                raise IndexError("a name points forward")
            if depth == _MOST_POINTERS:
                raise IndexError("a name is longer than any")
            rest = names.get(target)
            if rest is None:
                rest = _name(wire, target, names, depth + 1)[0]
            labels += [rest] if rest != "." else []
            at += 1
            break
        label = wire[at + 1 : at + 1 + size]
        if len(label) != size:
            raise IndexError("a name ends early")
        labels.append(_text(label))
        at += 1 + size
    names[start] = text = ".".join(labels) or "."
    if len(text) > _MOST_TEXT:
        raise IndexError("a name is longer than any")
    return text, at + 1


def _text(label: bytes) -> str:
    if label.isalnum():
        return label.decode("ascii").lower()
    return dns.name.Name((label,)).canonicalize().to_text()
