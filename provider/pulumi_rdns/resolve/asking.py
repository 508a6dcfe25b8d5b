"""One question to one DNS server, and the memory of which servers do not answer."""

from __future__ import annotations

import asyncio
import contextlib
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

from pulumi_rdns.resolve.outcomes import Failed, Reply

#: what goes through every network in one piece (RFC 9715, DNS flag day 2020)
EDNS_PAYLOAD = 1232
#: seconds for which a server that did not answer is not asked again
REST = 15.0
#: questions under way at once: each is a socket, and a process may have few
MAX_UNDER_WAY = 100
#: seconds after which the next of several servers is asked too
STAGGER = 0.4

#: the address of a server as text, and its port
Place: TypeAlias = tuple[str, int]

_NONSENSE = Failed("sends what is not an answer to the question")


class Asker:
    """Asks servers over UDP, and over TCP when a reply is truncated. Runs in one event loop.

    Replies from elsewhere, with another id or to another question are ignored.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._under_way = asyncio.Semaphore(MAX_UNDER_WAY)
        self._answered: dict[Place, float] = {}
        self._resting: dict[Place, tuple[float, Failed]] = {}

    async def ask(
        self,
        place: Place,
        name: dns.name.Name,
        rdtype: RdataType,
        *,
        recursive: bool = False,
        timeout: float | None = None,
    ) -> Reply:
        """Ask one question; a server that gave no answer a moment ago has failed at once."""
        async with self._under_way:
            if (failed := self.resting(place)) is not None:
                return failed
            query = _query(name, rdtype, recursive)
            reply = await self._exchange(place, query, timeout or self._timeout)
            if not isinstance(reply, Failed) and reply.rcode() == dns.rcode.FORMERR:
                query.use_edns(False)  # RFC 6891 section 7
                reply = await self._exchange(place, query, timeout or self._timeout)
            return reply

    async def ask_first(
        self,
        places: Sequence[Place],
        name: dns.name.Name,
        rdtype: RdataType,
        usable: Callable[[Reply], bool],
        *,
        recursive: bool = False,
    ) -> Reply:
        """Ask one server after another until a reply is usable, all within one time-out.

        A server that is slow does not stop the next one from being asked. Where no reply is usable,
        it gives one of them.
        """
        deadline = time.monotonic() + self._timeout
        waiting, tasks = list(places), set[asyncio.Task[Reply]]()
        reply: Reply = Failed("was not asked")
        try:
            while waiting or tasks:
                if waiting:
                    place, left = waiting.pop(0), _left(deadline)
                    asked = self.ask(place, name, rdtype, recursive=recursive, timeout=left)
                    tasks.add(asyncio.create_task(asked))
                done, tasks = await asyncio.wait(
                    tasks, timeout=STAGGER if waiting else None, return_when=FIRST_COMPLETED
                )
                for task in done:
                    reply = task.result()
                    if usable(reply):
                        return reply
            return reply
        finally:
            for task in tasks:
                task.cancel()

    async def _exchange(self, place: Place, query: dns.message.Message, timeout: float) -> Reply:
        started = time.monotonic()
        reply: Reply
        try:
            reply = await _udp(place, query, timeout)
        except dns.message.Truncated:
            reply = await _tcp(place, query, _left(started + timeout))
        except (dns.exception.Timeout, TimeoutError):
            failed = Failed("does not answer")
            if timeout < self._timeout / 2 or await self._is_only_slow(place, query):
                return failed
            return self._rest(place, started, failed)
        except (OSError, EOFError):
            return self._rest(place, started, Failed("cannot be reached"))
        except dns.exception.DNSException:
            return _NONSENSE
        self._answered[place] = time.monotonic()
        return _NONSENSE if _is_of_another_class(reply) else reply

    async def _is_only_slow(self, place: Place, query: dns.message.Message) -> bool:
        """Does a resolver wait for others? What the root's servers are it knows at once."""
        if not query.flags & dns.flags.RD:
            return False
        ping = _query(dns.name.root, RdataType.NS, True)
        with contextlib.suppress(dns.exception.DNSException, OSError):
            await _udp(place, ping, self._timeout / 4)
            return True
        return False

    def _rest(self, place: Place, started: float, failed: Failed) -> Failed:
        """Let the server rest, unless it has answered something else in the meantime."""
        if self._answered.get(place, -1.0) < started:
            self._resting[place] = time.monotonic() + REST, failed
        return failed

    def resting(self, place: Place) -> Failed | None:
        """Say how the server failed, while it is not asked again."""
        until, failed = self._resting.get(place, (0.0, None))
        return failed if time.monotonic() < until else None


def _query(name: dns.name.Name, rdtype: RdataType, recursive: bool) -> dns.message.Message:
    flags = dns.flags.RD if recursive else dns.flags.Flag(0)
    return dns.message.make_query(name, rdtype, use_edns=0, payload=EDNS_PAYLOAD, flags=flags)


def _is_of_another_class(reply: Reply) -> bool:
    """Is any record not of the Internet, as the question is? Its rdata may have another form."""
    if isinstance(reply, Failed):
        return False
    rrsets = (*reply.answer, *reply.authority, *reply.additional)
    return any(rrset.rdclass != RdataClass.IN for rrset in rrsets)


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)


async def _tcp(place: Place, query: dns.message.Message, timeout: float) -> Reply:
    host, port = place
    try:
        return await dns.asyncquery.tcp(query, host, timeout=timeout, port=port)
    except (dns.exception.Timeout, OSError, EOFError):
        return Failed("truncates its answer and does not give it over TCP")
    except dns.exception.DNSException:
        return _NONSENSE


async def _udp(place: Place, query: dns.message.Message, timeout: float) -> dns.message.Message:
    """Send the query, and once more when half of the time is over: packets get lost.

    The socket is connected, so that a closed port is known at once.
    """
    host, port = place
    backend = dns.asyncbackend.get_default_backend()
    family = dns.inet.af_for_address(host)
    made = backend.make_socket(family, SOCK_DGRAM, 0, None, place)  # type: ignore[no-untyped-call]
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
