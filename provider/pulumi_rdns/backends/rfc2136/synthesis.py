"""Answers that no record stands behind: those of a wildcard, a LUA record, or a module.

Whether an RRset is really there, a prerequisite tells (RFC 2136 section 2.4.1). It is another
question, so it is only asked where the answer may be synthesized.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import dns.exception
import dns.name
import dns.reversename
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.errors import UnavailableError, ZoneNotFoundError

if TYPE_CHECKING:
    from .client import Client

#: reads an RRset as the server answers it
Query: TypeAlias = Callable[[dns.name.Name, RdataType], dns.rrset.RRset | None]
#: a label that no address and no host has
_NOBODY = b"_rdns"


class Synthesis:
    """What a server synthesizes. Shared by several threads."""

    def __init__(self, client: Client) -> None:
        self._client = client
        #: what a wildcard answers right below a name; True where that is another for each name
        self._wildcards: dict[tuple[dns.name.Name, RdataType], dns.rrset.RRset | bool | None] = {}

    def is_synthesized(
        self, operation: Operation, zone: dns.name.Name, found: dns.rrset.RRset, query: Query
    ) -> bool:
        """Whether the server made the answer for the name, and nothing stands at the name itself.

        What something at the very name makes (PowerDNS: a LUA or ALIAS record) counts as there.
        """
        if found.name == zone or found.name.is_wild():
            return False
        if not self._may_be_wildcard(found, query) and not _shows_its_address(found):
            return False
        rdtype = RdataType(found.rdtype)
        if self._client.is_present(operation, zone, found.name, rdtype):
            return False
        # A name that is in use is covered by no wildcard (RFC 4592 section 2.2.1).
        return not self._client.is_present(operation, zone, found.name)

    def _may_be_wildcard(self, found: dns.rrset.RRset, query: Query) -> bool:
        parent, rdtype = found.name.parent(), RdataType(found.rdtype)
        if (parent, rdtype) not in self._wildcards:
            self._wildcards[parent, rdtype] = _wildcard(parent, rdtype, query)
        wildcard = self._wildcards[parent, rdtype]
        if isinstance(wildcard, dns.rrset.RRset):
            return set(wildcard) == set(found)
        # A CNAME that is another for each name is made of a DNAME (RFC 6672), and leads on.
        return bool(wildcard) and rdtype != RdataType.CNAME


def _wildcard(
    parent: dns.name.Name, rdtype: RdataType, query: Query
) -> dns.rrset.RRset | bool | None:
    try:
        wildcard = query(dns.name.Name((b"*", *parent.labels)), rdtype)
        if wildcard is None:
            return None
        other = query(dns.name.Name((_NOBODY, *parent.labels)), rdtype)
    except ZoneNotFoundError:
        return None  # all that is not there is delegated
    except UnavailableError as error:
        if error.code != "SERVFAIL":
            raise
        return True  # a program makes the answers, and cannot for this name
    return wildcard if other is not None and set(other) == set(wildcard) else True


def _shows_its_address(found: dns.rrset.RRset) -> bool:
    """Whether hostname and address are made of each other, as Knot's mod-synthrecord does.

    >>> name = "25.2.0.192.in-addr.arpa."
    >>> made = dns.rrset.from_text(name, 60, "IN", "PTR", "dyn-192-0-2-25.example.net.")
    >>> chosen = dns.rrset.from_text(name, 60, "IN", "PTR", "mail.example.net.")
    >>> _shows_its_address(made), _shows_its_address(chosen)
    (True, False)
    """
    if len(found) != 1:
        return False
    if found.rdtype == RdataType.PTR:
        hostname = found[0].target
        try:
            text = dns.reversename.to_address(found.name)
        except dns.exception.DNSException:
            return False
    elif found.rdtype in (RdataType.A, RdataType.AAAA):
        hostname, text = found.name, str(found[0].address)
    else:
        return False
    address = ipaddress.ip_address(text)
    label: str = hostname.labels[0].decode("ascii", "replace").lower()
    shown = (address.compressed, address.exploded)
    return label.endswith(tuple(one.replace(".", "-").replace(":", "-") for one in shown))
