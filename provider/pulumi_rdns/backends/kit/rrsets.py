"""RRsets out of what an API says of them, which may be anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import dns.exception
import dns.name
import dns.rdata
import dns.rrset
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from pulumi_rdns.errors import BackendError
from pulumi_rdns.model.names import from_dns
from pulumi_rdns.model.specs import MAX_TTL

from .operation import Operation

#: what dnspython raises for text that it cannot read
_UNREADABLE = (dns.exception.DNSException, ValueError)
_SHOWN_CHARACTERS = 80


class UnreadableRecordError(ValueError):
    """A record of an API has a name, a value or a TTL that no record can have."""


def name_of(text: str, zone: dns.name.Name = dns.name.root) -> dns.name.Name:
    """Return a name, in lower case; a relative one is in the zone. Raises UnreadableRecordError.

    >>> str(name_of("Mail", dns.name.from_text("example.com")))
    'mail.example.com.'
    """
    try:
        return dns.name.from_text(text, zone).canonicalize()
    except _UNREADABLE:
        raise UnreadableRecordError(f"{_shown(text)} is not a valid name") from None


def rrset_of(
    name: dns.name.Name,
    rdtype: RdataType,
    ttl: int,
    values: Iterable[str],
    origin: dns.name.Name = dns.name.root,
) -> dns.rrset.RRset:
    """Return an RRset. Raises UnreadableRecordError.

    Names in its values that have no dot at their end are below ``origin``.

    >>> name = dns.name.from_text("10.2.0.192.in-addr.arpa")
    >>> rrset_of(name, RdataType.PTR, 60, ["mail.example.com"]).to_text()
    '10.2.0.192.in-addr.arpa. 60 IN PTR mail.example.com.'
    """
    what = f"the {rdtype.name} record of {from_dns(name)}"
    if not 0 <= ttl <= MAX_TTL:
        reason = f"{what} has the TTL {ttl}, which is not between 0 and {MAX_TTL}"
        raise UnreadableRecordError(f"{reason} (RFC 2181 section 8)")
    rrset = dns.rrset.RRset(name, RdataClass.IN, rdtype)
    for value in values:
        try:
            if not value.isprintable():  # dnspython reads the first line alone
                raise ValueError
            rdata = dns.rdata.from_text(RdataClass.IN, rdtype, value, origin, False)
        except _UNREADABLE:
            raise UnreadableRecordError(
                f"{what} has the value {_shown(value)}, which no {rdtype.name} record can have; "
                "correct it where it was made"
            ) from None
        rrset.add(rdata, ttl)
    return rrset


@contextmanager
def readable(operation: Operation) -> Iterator[None]:
    """Turn a name or a value that cannot be read into an error of this operation."""
    try:
        yield
    except UnreadableRecordError as error:
        raise operation.error(BackendError, f"a record cannot be read: {error}") from None


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…")
