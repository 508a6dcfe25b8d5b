"""What one reply of one server means. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.model.names import from_dns

Reply: TypeAlias = "dns.message.Message | QueryFailure"


@dataclass(frozen=True)
class Records:
    """The RRset that was asked for."""

    rdatas: frozenset[dns.rdata.Rdata]


@dataclass(frozen=True)
class NxDomain:
    """There is no such name (NXDOMAIN, RFC 2308 section 2.1)."""


@dataclass(frozen=True)
class NoData:
    """The name is there, without a record of this type (NODATA, RFC 2308 section 2.2)."""


@dataclass(frozen=True)
class Cname:
    """The name has a CNAME record, also one made of a DNAME."""

    target: dns.name.Name


@dataclass(frozen=True)
class BrokenChain:
    """A chain of CNAMEs that never ends: as definite a "no" as NXDOMAIN."""

    reason: str
    #: whether it comes back to itself; else it is too long
    is_loop: bool = False


@dataclass(frozen=True)
class QueryFailure:
    """No answer, or one that says nothing about the name."""

    reason: str


QueryOutcome: TypeAlias = Records | NxDomain | NoData | Cname | BrokenChain | QueryFailure


@dataclass(frozen=True)
class ServerAnswer:
    """What one address of one server says about one name."""

    #: how a reader knows the server: ``ns1.example.net``
    server: str
    #: the IP address that was asked; empty where the server has none
    address: str
    name: dns.name.Name
    rdtype: RdataType
    outcome: QueryOutcome
    #: the zone as a server of which it was asked; None for a server that a setting names
    zone: dns.name.Name | None = None

    @property
    def is_definite(self) -> bool:
        """Whether it is an answer about the name, and not about the server's health."""
        return not isinstance(self.outcome, QueryFailure | Cname)


@dataclass(frozen=True)
class ZoneCut:
    """A zone below the one that was asked, with what the parent knows of its servers."""

    zone: dns.name.Name
    hosts: tuple[dns.name.Name, ...] = ()
    #: host -> its addresses as text
    glue: tuple[tuple[dns.name.Name, tuple[str, ...]], ...] = ()


def read_outcome(reply: Reply, name: dns.name.Name, rdtype: RdataType) -> QueryOutcome:
    """Read what an authoritative server answers when asked for ``rdtype`` of ``name``.

    Only an authoritative answer counts: what a server has in a cache may be old.
    """
    if isinstance(reply, QueryFailure):
        return reply
    rcode, authoritative = reply.rcode(), reply.flags & dns.flags.AA
    # Where a CNAME leads to nowhere, the rcode is about its target (RFC 6604 section 3); of a loop
    # some servers make SERVFAIL.
    if authoritative and rdtype != RdataType.CNAME and (target := cname_target(reply, name)):
        return Cname(target)
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return QueryFailure(f"answered {dns.rcode.to_text(rcode)}")
    if not authoritative:
        return QueryFailure(f"is not authoritative for {from_dns(name)}")
    if rcode == dns.rcode.NXDOMAIN:
        return NxDomain()
    rrset = _find(reply.answer, name, rdtype)
    return Records(frozenset(rrset)) if rrset else NoData()


def cname_target(reply: dns.message.Message, name: dns.name.Name) -> dns.name.Name | None:
    """Return the target of the CNAME of ``name`` in the answer, in lower case."""
    rrset = _find(reply.answer, name, RdataType.CNAME)
    return rrset[0].target.canonicalize() if rrset else None


def tells_zone(reply: Reply, zone: dns.name.Name, name: dns.name.Name) -> bool:
    """Whether this reply, to a question for the SOA of ``name``, says anything about its zone."""
    if isinstance(reply, QueryFailure):
        return False
    if cname_target(reply, name) is None and not is_about_name(reply):
        return False
    return bool(reply.flags & dns.flags.AA or read_zone_cut(reply, zone, name))


def is_about_name(reply: Reply) -> bool:
    """Whether it is a reply about the name, and not about a failure."""
    good = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
    return not isinstance(reply, QueryFailure) and reply.rcode() in good


def read_zone_cut(
    reply: dns.message.Message, zone: dns.name.Name, name: dns.name.Name
) -> ZoneCut | None:
    """Read from a reply of a server of ``zone`` where below it a zone with ``name`` begins.

    The reply is either a referral (RFC 1034 section 4.3.2 step 3b) or, from a server of both zones,
    the SOA. None: the name belongs to ``zone`` itself, as far as this server knows.
    """
    authoritative = reply.flags & dns.flags.AA
    wanted = RdataType.SOA if authoritative else RdataType.NS
    sections = reply.answer + reply.authority if authoritative else reply.authority
    for rrset in sections:
        if rrset.rdtype == wanted and _is_between(zone, rrset.name, name):
            hosts = () if authoritative else nameservers_in(rrset)
            return ZoneCut(rrset.name.canonicalize(), hosts, tuple(_glue(reply, hosts)))
    return None


def nameservers_in(rrset: dns.rrset.RRset) -> tuple[dns.name.Name, ...]:
    """Return the hosts of an NS RRset, sorted."""
    return tuple(sorted(rdata.target.canonicalize() for rdata in rrset))


def find_rrset(reply: Reply, name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset | None:
    """Return the RRset of the answer section, None where it is not there."""
    return None if isinstance(reply, QueryFailure) else _find(reply.answer, name, rdtype)


def _is_between(zone: dns.name.Name, cut: dns.name.Name, name: dns.name.Name) -> bool:
    return cut != zone and cut.is_subdomain(zone) and name.is_subdomain(cut)


def _glue(
    reply: dns.message.Message, hosts: tuple[dns.name.Name, ...]
) -> list[tuple[dns.name.Name, tuple[str, ...]]]:
    types = (RdataType.A, RdataType.AAAA)
    return [
        (
            host,
            tuple(
                str(rdata.address)
                for rrset in reply.additional
                if rrset.name == host and rrset.rdtype in types
                for rdata in rrset
            ),
        )
        for host in hosts
    ]


def _find(
    section: list[dns.rrset.RRset], name: dns.name.Name, rdtype: RdataType
) -> dns.rrset.RRset | None:
    for rrset in section:
        if rrset.name == name and rrset.rdtype == rdtype:
            return rrset
    return None
