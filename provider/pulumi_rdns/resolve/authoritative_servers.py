"""Finds the zone that contains a name, and the authoritative servers of that zone.

The recursive resolver is asked only what is there: the NS RRset of a zone and the addresses of its
servers. It is never asked for the name itself: a name that is still to be made would be answered
with NXDOMAIN, which the resolver keeps (RFC 2308 section 5) and gives to everybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import dns.name
import dns.rdata
from dns.rdatatype import RdataType

from pulumi_rdns.model.endpoints import Endpoint
from pulumi_rdns.model.names import from_dns, to_dns
from pulumi_rdns.resolve.async_cache import AsyncCache
from pulumi_rdns.resolve.outcomes import (
    QueryFailure,
    Reply,
    ZoneCut,
    cname_target,
    find_rrset,
    is_about_name,
    nameservers_in,
    read_zone_cut,
    tells_zone,
)
from pulumi_rdns.resolve.query import DnsClient, ServerAddress


@dataclass(frozen=True)
class Nameserver:
    """A server by the name that a reader knows it by, with the addresses that are known."""

    name: str
    addresses: tuple[ServerAddress, ...]


@dataclass(frozen=True)
class DelegatedZone:
    """A zone and its authoritative servers, sorted."""

    name: dns.name.Name
    servers: tuple[Nameserver, ...]

    @property
    def addresses(self) -> list[ServerAddress]:
        """All addresses of all servers, the first one of each first."""
        by_turn = sorted(
            (turn, address)
            for server in self.servers
            for turn, address in enumerate(server.addresses)
        )
        return [address for _, address in by_turn]


class AuthorityFinder:
    """Finds zones and their servers, each once. Runs in one event loop."""

    def __init__(self, client: DnsClient, resolvers: Sequence[ServerAddress]) -> None:
        self._client = client
        self.resolvers = tuple(resolvers)
        self._zones = AsyncCache[dns.name.Name, DelegatedZone | None]()
        self._addresses = AsyncCache[dns.name.Name, tuple[str, ...]]()

    async def zone_of(self, name: dns.name.Name) -> DelegatedZone | None:
        """Find the zone that contains the name, which need not be there yet.

        None where no server of any zone above the name could be found.
        """
        zone = await self._closest_known(name)
        while zone and (cut := await self._cut_below(zone, name)):
            zone = await self._enter(cut, zone)
        return zone

    async def server_at(self, endpoint: Endpoint) -> Nameserver:
        """Find the addresses of a server that a setting names."""
        if not isinstance(endpoint.host, str):
            return Nameserver(str(endpoint), ((str(endpoint.host), endpoint.port),))
        addresses = await self._addresses_of(to_dns(endpoint.host))
        return Nameserver(str(endpoint), tuple((one, endpoint.port) for one in addresses))

    async def ask_resolver(self, name: dns.name.Name, rdtype: RdataType) -> Reply:
        """Ask the recursive resolvers, the next one where one fails."""
        return await self._client.query_first(
            self.resolvers, name, rdtype, is_about_name, recursive=True
        )

    async def _closest_known(self, name: dns.name.Name) -> DelegatedZone | None:
        """Find the closest zone above the name (or at it) that takes no question about the name.

        Two labels are asked for first, because that is where most zones begin; then the top-level
        domain. What is below is for a network whose resolver knows private zones only, and maybe
        the root, of which it has a list but which it cannot reach. The root itself is in no other.
        """
        depth = len(name) - 1
        for labels in range(depth, 1, -1):
            if zone := self._zones.peek(_ancestor(name, labels)):
                return zone
        for labels in [2, 1, *range(3, depth), 0]:
            if labels < max(depth, 1) and (zone := await self._zone(_ancestor(name, labels))):
                return zone
        return None

    async def _cut_below(self, zone: DelegatedZone, name: dns.name.Name) -> ZoneCut | None:
        def is_usable(reply: Reply) -> bool:
            return tells_zone(reply, zone.name, name)

        reply = await self._client.query_first(zone.addresses, name, RdataType.SOA, is_usable)
        if isinstance(reply, QueryFailure) or not is_usable(reply):
            return None
        if name != zone.name and cname_target(reply, name) is not None:
            # No zone begins at a CNAME (RFC 1034 section 3.6.2), and its SOA may be the target's.
            return await self._cut_below(zone, name.parent())
        return read_zone_cut(reply, zone.name, name)

    async def _enter(self, cut: ZoneCut, parent: DelegatedZone) -> DelegatedZone:
        """Return the zone below, as the resolver knows it or else as the parent does."""
        if zone := await self._zone(cut.zone):
            return zone
        glue = dict(cut.glue)
        servers = [await self._server(host, glue.get(host, ())) for host in cut.hosts]
        return DelegatedZone(cut.zone, tuple(servers) or parent.servers)

    async def _zone(self, name: dns.name.Name) -> DelegatedZone | None:
        return await self._zones.get(name, lambda: self._find_zone(name))

    async def _find_zone(self, name: dns.name.Name) -> DelegatedZone | None:
        rrset = find_rrset(await self.ask_resolver(name, RdataType.NS), name, RdataType.NS)
        if rrset is None:
            return None
        servers = await asyncio.gather(*(self._server(host) for host in nameservers_in(rrset)))
        return DelegatedZone(name, tuple(servers))

    async def _server(self, host: dns.name.Name, glue: tuple[str, ...] = ()) -> Nameserver:
        addresses = glue or await self._addresses_of(host)
        return Nameserver(from_dns(host), tuple((address, 53) for address in addresses))

    async def _addresses_of(self, host: dns.name.Name) -> tuple[str, ...]:
        return await self._addresses.get(host, lambda: self._find_addresses(host))

    async def _find_addresses(self, host: dns.name.Name) -> tuple[str, ...]:
        types = (RdataType.A, RdataType.AAAA)
        replies = await asyncio.gather(*(self.ask_resolver(host, rdtype) for rdtype in types))
        return tuple(
            str(rdata)
            for reply, rdtype in zip(replies, types, strict=True)
            for rdata in answers_in(reply, rdtype)
        )


def answers_in(reply: Reply, rdtype: RdataType) -> list[dns.rdata.Rdata]:
    """Return what a recursive resolver found at the end of the chain of CNAMEs, sorted."""
    if isinstance(reply, QueryFailure):
        return []
    found = (rrset for rrset in reply.answer if rrset.rdtype == rdtype)
    return sorted(rdata for rrset in found for rdata in rrset)


def _ancestor(name: dns.name.Name, labels: int) -> dns.name.Name:
    return name.split(labels + 1)[1]
