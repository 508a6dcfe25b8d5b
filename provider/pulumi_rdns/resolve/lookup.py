"""Asks every authoritative server of a name, and follows CNAMEs into the zones they lead to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import dns.name
from dns.rdatatype import RdataType

from pulumi_rdns.model.endpoints import Endpoint, endpoint_text
from pulumi_rdns.model.missing_dots import dot_hint
from pulumi_rdns.model.names import DnsName, from_dns
from pulumi_rdns.model.specs import MAX_CNAMES
from pulumi_rdns.resolve.authoritative_servers import AuthorityFinder, Nameserver
from pulumi_rdns.resolve.outcomes import Cname, QueryFailure, ServerAnswer, read_outcome
from pulumi_rdns.resolve.query import DnsClient, ServerAddress
from pulumi_rdns.resolve.verdicts import AliasChain

#: names on all chains together that are asked for
MAX_NAMES = 32


class AuthoritativeLookup:
    """Asks the servers whose word counts. Runs in one event loop."""

    def __init__(
        self,
        client: DnsClient,
        finder: AuthorityFinder,
        nameservers: Sequence[Endpoint],
        *,
        limit: float,
    ) -> None:
        """Take what asks and what finds whom to ask.

        ``nameservers`` replace the servers of each zone; ``limit`` is seconds for one chain.
        """
        self._client = client
        self._finder = finder
        self._nameservers = tuple(nameservers)
        self._limit = limit

    async def chain(self, name: dns.name.Name, rdtype: RdataType) -> AliasChain:
        """Ask for the name, and for all that it is a CNAME to."""
        try:
            async with asyncio.timeout(self._limit):
                return await self._follow(name, rdtype)
        except TimeoutError:
            late = QueryFailure(f"did not finish within {self._limit:g} s")
            return {name: [ServerAnswer("the look-up", "", name, rdtype, late)]}

    async def _follow(self, first: dns.name.Name, rdtype: RdataType) -> AliasChain:
        chain = {first: await self._answers(first, rdtype, self._nameservers)}
        for _ in range(MAX_CNAMES):
            outcomes = (answer.outcome for answers in chain.values() for answer in answers)
            targets = {outcome.target for outcome in outcomes if isinstance(outcome, Cname)}
            names = sorted(targets - chain.keys())[: MAX_NAMES - len(chain)]
            if not names:
                break
            found = await asyncio.gather(*(self._of_target(name, rdtype) for name in names))
            chain.update(zip(names, found, strict=True))
        return chain

    async def _of_target(self, name: dns.name.Name, rdtype: RdataType) -> list[ServerAnswer]:
        """Ask the given servers, and those of the target's own zone where these do not serve it."""
        if self._nameservers:
            answers = await self._answers(name, rdtype, self._nameservers)
            if not all(isinstance(answer.outcome, QueryFailure) for answer in answers):
                return answers
        return await self._answers(name, rdtype, ())

    async def _answers(
        self, name: dns.name.Name, rdtype: RdataType, given: Sequence[Endpoint]
    ) -> list[ServerAnswer]:
        if given:
            servers = await asyncio.gather(*(self._finder.server_at(one) for one in given))
            return await self._ask_all(servers, None, name, rdtype)
        zone = await self._finder.zone_of(name)
        if zone is None:
            return await self._without_zone(name, rdtype)
        return await self._ask_all(zone.servers, zone.name, name, rdtype)

    async def _ask_all(
        self,
        servers: Sequence[Nameserver],
        zone: dns.name.Name | None,
        name: dns.name.Name,
        rdtype: RdataType,
    ) -> list[ServerAnswer]:
        asked = [
            self._ask(server, address, zone, name, rdtype)
            for server in servers
            for address in server.addresses or [None]
        ]
        return await asyncio.gather(*asked)

    async def _ask(
        self,
        server: Nameserver,
        address: ServerAddress | None,
        zone: dns.name.Name | None,
        name: dns.name.Name,
        rdtype: RdataType,
    ) -> ServerAnswer:
        if address is None:
            lost = QueryFailure(f"has no known address{_dot_hint(server, zone)}")
            return ServerAnswer(server.name, "", name, rdtype, lost, zone)
        outcome = read_outcome(await self._client.query(address, name, rdtype), name, rdtype)
        return ServerAnswer(server.name, address[0], name, rdtype, outcome, zone)

    async def _without_zone(self, name: dns.name.Name, rdtype: RdataType) -> list[ServerAnswer]:
        """Return why nobody can be asked about the name."""
        if not self._finder.resolvers:
            none = QueryFailure("has no DNS resolver configured")
            return [ServerAnswer("this machine", "", name, rdtype, none)]
        lost = QueryFailure(f"found no nameservers for {from_dns(name)}")
        return [
            ServerAnswer(f"the resolver {endpoint_text(*at)}", at[0], name, rdtype, failure or lost)
            for at in self._finder.resolvers
            for failure in [self._client.recent_failure(at)]
        ]


def _dot_hint(server: Nameserver, zone: dns.name.Name | None) -> str:
    """Return, after a space, what may be wrong with the NS record of a server without address."""
    if zone is None:
        return ""
    hint = dot_hint(DnsName(server.name), from_dns(zone), is_missing=True)
    return f" ({hint})" if hint else ""
