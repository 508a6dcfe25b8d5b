"""Asks the authoritative servers themselves: forward look-ups, PTR, mail exchangers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import dns.exception
import dns.name
import dns.resolver
from dns.rdatatype import RdataType

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import Address, record_type, reverse_name
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.endpoints import Endpoint
from pulumi_rdns.model.names import DnsName, to_dns
from pulumi_rdns.resolve import background, verdicts
from pulumi_rdns.resolve.authoritative_servers import AuthorityFinder, answers_in
from pulumi_rdns.resolve.delegation import DelegationAnswer, read_delegation
from pulumi_rdns.resolve.lookup import AuthoritativeLookup
from pulumi_rdns.resolve.query import DnsClient, ServerAddress
from pulumi_rdns.resolve.verdicts import AliasChain, Look, Status

A = TypeVar("A")
T = TypeVar("T")

#: names that are looked up at a time
MAX_PARALLEL = 64


@dataclass(frozen=True)
class _Found:
    status: Status
    #: one sentence: each server and its answer
    detail: str
    #: the names that the name is a CNAME to, in order; empty otherwise
    aliases: tuple[DnsName, ...]


@dataclass(frozen=True)
class PtrAnswer(_Found):
    """What the servers of the reverse zone answer; where they disagree, all of it."""

    #: where the PTR records point: lower case, sorted. More than one is allowed and rarely wanted
    hostnames: tuple[DnsName, ...]


@dataclass(frozen=True)
class AddressesAnswer(_Found):
    """All addresses of a hostname; where the servers disagree, those of all of them."""

    #: IPv4 first, sorted
    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class ExchangersAnswer(_Found):
    """The mail exchangers of a domain, the preferred one first.

    With status NONE mail goes to the domain's own addresses (RFC 5321 section 5.1). With status
    FOUND and no hosts the domain takes no mail (the null MX, RFC 7505).
    """

    hosts: tuple[DnsName, ...]


class DnsSource:
    """Looks names up at their authoritative servers.

    No method raises for trouble of the network, and none waits for more than a few time-outs.
    An instance is shared by several threads; it remembers zones, servers and which of them do not
    answer, so that a hundred names of one zone cost one discovery and one time-out.
    """

    def __init__(
        self,
        *,
        nameservers: Sequence[Endpoint] = (),
        resolvers: Sequence[Endpoint] = (),
        timeout: float = 2.0,
    ) -> None:
        """Make a source.

        ``nameservers`` are asked instead of the authoritative servers of each name; ``resolvers``
        instead of the resolvers of this machine; ``timeout`` is seconds, for each question. Raises
        InvalidInputError where a resolver is not given by its address.
        """
        #: whether the domains' own name servers are asked, and not some that a setting names
        self.is_public = not nameservers
        addresses = [_address(endpoint) for endpoint in resolvers] or _system_resolvers()
        client = DnsClient(timeout)
        self._finder = AuthorityFinder(client, addresses)
        self._lookup = AuthoritativeLookup(client, self._finder, nameservers, limit=5 * timeout)

    def look(self, hostname: DnsName, address: Address, *, ask_resolver: bool = False) -> Look:
        """Look once whether the hostname has the address.

        With ``ask_resolver`` the recursive resolver is asked before the verdict is "unknown", and
        only its "yes" counts. That may leave a "no" in the resolver's cache: for a last look only.
        """
        return background.run(self._look(hostname, address, ask_resolver))

    def look_many(
        self, pairs: Sequence[tuple[DnsName, Address]], budget: float
    ) -> list[Look | None]:
        """Look at many pairs in parallel, for ``budget`` seconds at most.

        The results stand in the order of the pairs; None is what the budget did not reach.
        """
        return background.run(_in_parallel(lambda pair: self._look(*pair, False), pairs, budget))

    def ptr(self, address: Address) -> PtrAnswer:
        """Look up where the PTR of the address points, also through the CNAMEs of RFC 2317."""
        return background.run(self._ptr(address))

    def ptr_many(self, addresses: Sequence[Address], budget: float) -> list[PtrAnswer | None]:
        """Do `ptr` for many addresses in parallel, as `look_many` does."""
        return background.run(_in_parallel(self._ptr, addresses, budget))

    def addresses_of(self, hostname: DnsName) -> AddressesAnswer:
        """Look up all A and AAAA records of the hostname."""
        return background.run(self._addresses_of(hostname))

    def mail_exchangers(self, domain: DnsName) -> ExchangersAnswer:
        """Look up the MX records of the domain."""
        return background.run(self._mail_exchangers(domain))

    def delegations(self, zones: Sequence[DnsName], budget: float) -> list[DelegationAnswer | None]:
        """Look up which servers zones are delegated to, and whether they serve them.

        In parallel, as `look_many` does.
        """
        return background.run(_in_parallel(self._delegation, zones, budget))

    async def _look(self, hostname: DnsName, address: Address, ask_resolver: bool) -> Look:
        name, rdtype = to_dns(hostname), RdataType.from_text(record_type(address))
        look = verdicts.confirm(await self._lookup.chain(name, rdtype), address)
        if look.verdict is not Verdict.UNKNOWN or not ask_resolver:
            return look
        reply = await self._finder.ask_resolver(name, rdtype)
        if address not in verdicts.addresses_in(answers_in(reply, rdtype)):
            return look
        detail = f"the resolver has {address}, but no nameserver could be asked: {look.detail}"
        return Look(Verdict.CONFIRMED, detail, look.answers, look.aliases)

    async def _ptr(self, address: Address) -> PtrAnswer:
        chain = await self._lookup.chain(to_dns(reverse_name(address)), RdataType.PTR)
        return PtrAnswer(*_found(chain), verdicts.hostnames_in(verdicts.rdatas(chain)))

    async def _addresses_of(self, hostname: DnsName) -> AddressesAnswer:
        types = (RdataType.A, RdataType.AAAA)
        name = to_dns(hostname)
        chains = await asyncio.gather(*(self._lookup.chain(name, rdtype) for rdtype in types))
        found = [verdicts.rdatas(chain) for chain in chains]
        return AddressesAnswer(
            verdicts.joined([verdicts.status(chain) for chain in chains]),
            "; ".join(dict.fromkeys(verdicts.describe(chain) for chain in chains)),
            verdicts.aliases(chains[0]),
            tuple(verdicts.addresses_in(frozenset().union(*found))),
        )

    async def _delegation(self, zone: DnsName) -> DelegationAnswer:
        apex = to_dns(zone)
        answers = (await self._lookup.chain(apex, RdataType.SOA))[apex]
        return read_delegation(apex, answers)

    async def _mail_exchangers(self, domain: DnsName) -> ExchangersAnswer:
        chain = await self._lookup.chain(to_dns(domain), RdataType.MX)
        return ExchangersAnswer(*_found(chain), verdicts.exchangers_in(verdicts.rdatas(chain)))


def _found(chain: AliasChain) -> tuple[Status, str, tuple[DnsName, ...]]:
    return verdicts.status(chain), verdicts.describe(chain), verdicts.aliases(chain)


async def _in_parallel(
    look_up: Callable[[A], Coroutine[Any, Any, T]], items: Sequence[A], budget: float
) -> list[T | None]:
    free = asyncio.Semaphore(MAX_PARALLEL)

    async def one(item: A) -> T:
        async with free:
            return await look_up(item)

    tasks = [asyncio.create_task(one(item)) for item in items]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=budget)
        for task in late:
            task.cancel()
    return [task.result() if task.done() else None for task in tasks]


def _address(endpoint: Endpoint) -> ServerAddress:
    if isinstance(endpoint.host, str):
        raise InvalidInputError(f"{endpoint} is a name; a resolver is given by its address")
    return str(endpoint.host), endpoint.port


def _system_resolvers() -> list[ServerAddress]:
    try:
        system = dns.resolver.Resolver()
    except dns.exception.DNSException:
        return []
    return [(str(address), system.port) for address in system.nameservers]
