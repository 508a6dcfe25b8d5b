"""One question to one DNS server, and the memory of which servers do not answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from asyncio import FIRST_COMPLETED
from collections.abc import Callable, Sequence
from socket import SOCK_DGRAM
from typing import TypeAlias

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.inet
import dns.message
import dns.name
import dns.rcode
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from pulumi_rdns.model.endpoints import endpoint_text
from pulumi_rdns.model.names import from_dns
from pulumi_rdns.resolve.outcomes import QueryFailure, Reply

#: what goes through every network in one piece (RFC 9715, DNS flag day 2020)
EDNS_PAYLOAD = 1232
#: seconds for which a server that did not answer is not asked again
HOLD_DOWN = 15.0
#: questions under way at once: each is a socket, and a process may have few
MAX_IN_FLIGHT = 100
#: seconds after which the next of several servers is asked too
STAGGER = 0.4

#: the IP address of a server as text, and its port
ServerAddress: TypeAlias = tuple[str, int]

_LOG = logging.getLogger("pulumi_rdns.resolve")
_NONSENSE = QueryFailure("sent what is not an answer to the question")


class DnsClient:
    """Asks servers over UDP, and over TCP when a reply is truncated. Runs in one event loop.

    Replies from elsewhere, with another id or to another question are ignored.
    """

    def __init__(self, timeout: float) -> None:
        """Take the seconds for each question."""
        self._timeout = timeout
        self._in_flight = asyncio.Semaphore(MAX_IN_FLIGHT)
        #: server -> when it last answered, in seconds of `time.monotonic`
        self._answered: dict[ServerAddress, float] = {}
        #: server -> until when it is not asked again, and how it failed
        self._held_down: dict[ServerAddress, tuple[float, QueryFailure]] = {}

    async def query(
        self,
        server: ServerAddress,
        name: dns.name.Name,
        rdtype: RdataType,
        *,
        recursive: bool = False,
        timeout: float | None = None,
    ) -> Reply:
        """Ask one question; a server that gave no answer a moment ago has failed at once."""
        async with self._in_flight:
            if (failure := self.recent_failure(server)) is not None:
                return failure
            query = _make_query(name, rdtype, recursive)
            reply = await self._exchange(server, query, timeout or self._timeout)
            if not isinstance(reply, QueryFailure) and reply.rcode() == dns.rcode.FORMERR:
                query.use_edns(False)  # RFC 6891 section 7
                reply = await self._exchange(server, query, timeout or self._timeout)
            return reply

    async def query_first(
        self,
        servers: Sequence[ServerAddress],
        name: dns.name.Name,
        rdtype: RdataType,
        is_usable: Callable[[Reply], bool],
        *,
        recursive: bool = False,
    ) -> Reply:
        """Ask one server after another until a reply is usable, all within one time-out.

        A server that is slow does not stop the next one from being asked. Where no reply is usable,
        return one of them.
        """
        deadline = time.monotonic() + self._timeout
        waiting, tasks = list(servers), set[asyncio.Task[Reply]]()
        reply: Reply = QueryFailure("was not asked")
        try:
            while waiting or tasks:
                if waiting:
                    server, left = waiting.pop(0), _left(deadline)
                    asked = self.query(server, name, rdtype, recursive=recursive, timeout=left)
                    tasks.add(asyncio.create_task(asked))
                done, tasks = await asyncio.wait(
                    tasks, timeout=STAGGER if waiting else None, return_when=FIRST_COMPLETED
                )
                for task in done:
                    reply = task.result()
                    if is_usable(reply):
                        return reply
            return reply
        finally:
            for task in tasks:
                task.cancel()

    async def _exchange(
        self, server: ServerAddress, query: dns.message.Message, timeout: float
    ) -> Reply:
        started = time.monotonic()
        reply = await self._ask(server, query, timeout)
        if _LOG.isEnabledFor(logging.DEBUG):
            _log(server, query, reply, time.monotonic() - started)
        return reply

    async def _ask(
        self, server: ServerAddress, query: dns.message.Message, timeout: float
    ) -> Reply:
        started = time.monotonic()
        reply: Reply
        try:
            reply = await _udp(server, query, timeout)
        except dns.message.Truncated:
            reply = await _tcp(server, query, _left(started + timeout))
        except (dns.exception.Timeout, TimeoutError):
            failure = QueryFailure("did not answer")
            if timeout < self._timeout / 2 or await self._is_only_slow(server, query):
                return failure
            return self._hold_down(server, started, failure)
        except (OSError, EOFError):
            return self._hold_down(server, started, QueryFailure("could not be reached"))
        except dns.exception.DNSException:
            return _NONSENSE
        self._answered[server] = time.monotonic()
        return _NONSENSE if _is_of_another_class(reply) else reply

    async def _is_only_slow(self, server: ServerAddress, query: dns.message.Message) -> bool:
        """Whether a resolver waits for others: what the root's servers are it knows at once."""
        if not query.flags & dns.flags.RD:
            return False
        ping = _make_query(dns.name.root, RdataType.NS, True)
        with contextlib.suppress(dns.exception.DNSException, OSError):
            await _udp(server, ping, self._timeout / 4)
            return True
        return False

    def _hold_down(
        self, server: ServerAddress, started: float, failure: QueryFailure
    ) -> QueryFailure:
        """Ask the server nothing for a while, unless it answered another question meanwhile."""
        if self._answered.get(server, -1.0) < started:
            self._held_down[server] = time.monotonic() + HOLD_DOWN, failure
        return failure

    def recent_failure(self, server: ServerAddress) -> QueryFailure | None:
        """Return how the server failed, while it is not asked again."""
        until, failure = self._held_down.get(server, (0.0, None))
        return failure if time.monotonic() < until else None


def _log(server: ServerAddress, query: dns.message.Message, reply: Reply, seconds: float) -> None:
    asked = query.question[0]
    recursive = " (recursive)" if query.flags & dns.flags.RD else ""
    _LOG.debug(
        "QUERY %s %s%s at %s: %s in %.0f ms",
        RdataType(asked.rdtype).name,
        from_dns(asked.name),
        recursive,
        endpoint_text(*server),
        reply.reason if isinstance(reply, QueryFailure) else dns.rcode.to_text(reply.rcode()),
        seconds * 1000,
    )


def _make_query(name: dns.name.Name, rdtype: RdataType, recursive: bool) -> dns.message.Message:
    flags = dns.flags.RD if recursive else dns.flags.Flag(0)
    return dns.message.make_query(name, rdtype, use_edns=0, payload=EDNS_PAYLOAD, flags=flags)


def _is_of_another_class(reply: Reply) -> bool:
    """Whether any record is not of class IN, as the question is: its rdata has another form."""
    if isinstance(reply, QueryFailure):
        return False
    rrsets = (*reply.answer, *reply.authority, *reply.additional)
    return any(rrset.rdclass != RdataClass.IN for rrset in rrsets)


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)


async def _tcp(server: ServerAddress, query: dns.message.Message, timeout: float) -> Reply:
    host, port = server
    try:
        reply = await dns.asyncquery.tcp(query, host, timeout=timeout, port=port)
    except (dns.exception.Timeout, OSError, EOFError):
        return QueryFailure("truncated the answer and did not give it over TCP")
    except dns.exception.DNSException:
        return _NONSENSE
    if reply.flags & dns.flags.TC:
        return QueryFailure("truncated the answer over TCP too")
    return reply


async def _udp(
    server: ServerAddress, query: dns.message.Message, timeout: float
) -> dns.message.Message:
    """Send the query, and once more when half of the time is over: packets get lost.

    The socket is connected, so that a closed port is known at once.
    """
    host, port = server
    backend = dns.asyncbackend.get_default_backend()
    family = dns.inet.af_for_address(host)
    made = backend.make_socket(  # type: ignore[no-untyped-call]
        family, SOCK_DGRAM, 0, None, server
    )
    async with await made as socket:
        for last in (False, True):
            try:
                return await dns.asyncquery.udp(
                    query,
                    host,
                    timeout=timeout / 2,
                    port=port,
                    ignore_unexpected=True,
                    raise_on_truncation=True,
                    sock=socket,
                    ignore_errors=True,
                )
            except dns.exception.Timeout:
                if last:
                    raise
    raise AssertionError("unreachable")
