"""Asks every authoritative server of a name, and follows aliases into the zones they lead to."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence

import dns.name
from dns.rdatatype import RdataType

from pulumi_rdns.resolve.asking import Asker, Place
from pulumi_rdns.resolve.discovery import Discovery, Server
from pulumi_rdns.resolve.endpoints import Endpoint
from pulumi_rdns.resolve.outcomes import Alias, Failed, ServerAnswer, read_outcome
from pulumi_rdns.resolve.verdicts import MAX_ALIASES, Trail

#: names on all alias chains together that are asked for
MAX_NAMES = 32


class Authorities:
    """The servers whose word counts. Runs in one event loop."""

    def __init__(
        self, asker: Asker, discovery: Discovery, given: Sequence[Endpoint], *, limit: float
    ) -> None:
        """``given`` replaces the servers of each zone; ``limit`` is seconds for one trail."""
        self._asker = asker
        self._discovery = discovery
        self._given = tuple(given)
        self._limit = limit

    async def trail(self, name: dns.name.Name, rdtype: RdataType) -> Trail:
        """Ask for the name, and for all that it is an alias of."""
        try:
            async with asyncio.timeout(self._limit):
                return await self._follow(name, rdtype)
        except TimeoutError:
            late = Failed(f"came to no end within {self._limit:g} s")
            return {name: [ServerAnswer("the look-up", "", name, rdtype, late)]}

    async def _follow(self, first: dns.name.Name, rdtype: RdataType) -> Trail:
        trail = {first: await self._answers(first, rdtype, self._given)}
        for _ in range(MAX_ALIASES):
            outcomes = (answer.outcome for answers in trail.values() for answer in answers)
            targets = {outcome.target for outcome in outcomes if isinstance(outcome, Alias)}
            names = sorted(targets - trail.keys())[: MAX_NAMES - len(trail)]
            if not names:
                break
            found = await asyncio.gather(*(self._of_target(name, rdtype) for name in names))
            trail.update(zip(names, found, strict=True))
        return trail

    async def _of_target(self, name: dns.name.Name, rdtype: RdataType) -> list[ServerAnswer]:
        """Ask the given servers, and those of the target's own zone where these do not serve it."""
        if self._given:
            answers = await self._answers(name, rdtype, self._given)
            if not all(isinstance(answer.outcome, Failed) for answer in answers):
                return answers
        return await self._answers(name, rdtype, ())

    async def _answers(
        self, name: dns.name.Name, rdtype: RdataType, given: Sequence[Endpoint]
    ) -> list[ServerAnswer]:
        servers = await self._servers(name, given)
        if servers is None:
            return await self._without_zone(name, rdtype)
        asked = [
            self._answer(server, place, name, rdtype)
            for server in servers
            for place in server.places or [None]
        ]
        return await asyncio.gather(*asked)

    async def _servers(
        self, name: dns.name.Name, given: Sequence[Endpoint]
    ) -> Sequence[Server] | None:
        if given:
            return await asyncio.gather(*(self._discovery.server_at(one) for one in given))
        zone = await self._discovery.zone_of(name)
        return zone.servers if zone else None

    async def _answer(
        self, server: Server, place: Place | None, name: dns.name.Name, rdtype: RdataType
    ) -> ServerAnswer:
        if place is None:
            return ServerAnswer(server.name, "", name, rdtype, Failed("has no known address"))
        outcome = read_outcome(await self._asker.ask(place, name, rdtype), name, rdtype)
        return ServerAnswer(server.name, place[0], name, rdtype, outcome)

    async def _without_zone(self, name: dns.name.Name, rdtype: RdataType) -> list[ServerAnswer]:
        """Say why nobody can be asked about the name."""
        if not self._discovery.resolvers:
            none = Failed("has no DNS resolver configured")
            return [ServerAnswer("this machine", "", name, rdtype, none)]
        lost = Failed(f"names no nameservers for {name}")
        return [
            ServerAnswer(f"the resolver {_shown(place)}", place[0], name, rdtype, failed or lost)
            for place in self._discovery.resolvers
            for failed in [self._asker.resting(place)]
        ]


def _shown(place: Place) -> str:
    host, port = place
    return str(Endpoint(ipaddress.ip_address(host), port))
