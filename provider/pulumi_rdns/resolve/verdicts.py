"""What the answers of all servers mean together, and the sentence that says so. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import groupby, islice
from typing import TypeAlias

import dns.name
import dns.rdata
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.PTR import PTR

from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.names import canonical
from pulumi_rdns.resolve.outcomes import (
    Alias,
    DeadEnd,
    Failed,
    NoName,
    NoRecord,
    Outcome,
    Records,
    ServerAnswer,
)

#: aliases after one another that are followed
MAX_ALIASES = 8
#: ends of alias chains that are looked at: servers can lay a web of more paths than can be gone
MAX_LEAVES = 1000
#: records of one server that a sentence shows
MAX_SHOWN = 6

#: each name that was asked on the way, with what its servers said; the first is where it began
Trail: TypeAlias = Mapping[dns.name.Name, Sequence[ServerAnswer]]


class Status(StrEnum):
    """Is there an RRset, whatever it holds?"""

    #: every server that answered has the same one
    FOUND = "found"
    #: every server that answered has none
    NONE = "none"
    #: the servers disagree
    DISAGREE = "disagree"
    #: nobody could be asked
    UNKNOWN = "unknown"


class Look(Confirmation, frozen=True):
    """A `Confirmation` with what it was made of."""

    #: by server; those that said only "this is an alias" are replaced by what the target's say
    answers: tuple[ServerAnswer, ...] = ()
    #: where the hostname leads when it is an alias (CNAME), in order; empty otherwise
    aliases: tuple[dns.name.Name, ...] = ()


def leaves(trail: Trail) -> tuple[ServerAnswer, ...]:
    """Give what the servers at the ends of all alias chains say, sorted.

    A chain that comes back to itself, or is longer than `MAX_ALIASES`, ends in a `DeadEnd`.
    """
    found = islice(_walk(trail, next(iter(trail)), ()), MAX_LEAVES)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.server, one.asked, one.name)))


def _walk(
    trail: Trail, name: dns.name.Name, path: tuple[dns.name.Name, ...]
) -> Iterator[ServerAnswer]:
    path = (*path, name)
    for answer in trail[name]:
        if not isinstance(answer.outcome, Alias):
            yield answer
        elif (target := answer.outcome.target) in path:
            yield _dead_end(answer, f"has an alias loop: {_chain((*path, target))}")
        elif target not in trail or len(path) > MAX_ALIASES:
            yield _dead_end(answer, f"has a chain of more than {MAX_ALIASES} aliases")
        else:
            yield from _walk(trail, target, path)


def _dead_end(answer: ServerAnswer, reason: str) -> ServerAnswer:
    return ServerAnswer(answer.server, answer.asked, answer.name, answer.rdtype, DeadEnd(reason))


def _chain(names: Iterable[dns.name.Name]) -> str:
    return " -> ".join(map(str, names))


def aliases(trail: Trail) -> tuple[dns.name.Name, ...]:
    """Give the names that the first one leads to through aliases, in the order they were found."""
    return tuple(dict.fromkeys(target for _, target in _steps(trail)))


def confirm(trail: Trail, address: Address) -> Look:
    """Say whether the servers have the address among their answers."""
    answers = leaves(trail)
    return Look(
        judge([one.outcome for one in answers if one.definite], address),
        describe(trail, address),
        answers,
        aliases(trail),
    )


def judge(definite: Sequence[Outcome], address: Address) -> Verdict:
    """Give the verdict of the outcomes that say something about the name.

    Servers none of which has the address agree on what counts, whatever else they answer.
    """
    if not definite:
        return Verdict.UNKNOWN
    holders = sum(has(outcome, address) for outcome in definite)
    if holders == len(definite):
        return Verdict.CONFIRMED
    return Verdict.PROPAGATING if holders else Verdict.MISMATCH


def has(outcome: Outcome, address: Address) -> bool:
    """Is the address one of those in the answer?"""
    return isinstance(outcome, Records) and address in addresses_in(outcome.rdatas)


def addresses_in(rdatas: Iterable[dns.rdata.Rdata]) -> list[Address]:
    """Give the addresses of A and AAAA rdata, IPv4 first, sorted."""
    found = {ipaddress.ip_address(str(rdata)) for rdata in rdatas}
    return sorted(found, key=lambda address: (address.version, int(address)))


def status(trail: Trail) -> Status:
    """Say whether the servers have the RRset that was asked for, and the same one."""
    found = {_rdatas(answer.outcome) for answer in leaves(trail) if answer.definite}
    if not found:
        return Status.UNKNOWN
    if len(found) > 1:
        return Status.DISAGREE
    return Status.FOUND if found.pop() else Status.NONE


def joined(statuses: Iterable[Status]) -> Status:
    """Give the status of several RRsets of one name together: what is least certain wins."""
    found = set(statuses)
    order = (Status.DISAGREE, Status.UNKNOWN, Status.FOUND, Status.NONE)
    return next(status for status in order if status in found)


def rdatas(trail: Trail) -> frozenset[dns.rdata.Rdata]:
    """Give all rdata that any server answers."""
    return frozenset().union(*(_rdatas(answer.outcome) for answer in leaves(trail)))


def _rdatas(outcome: Outcome) -> frozenset[dns.rdata.Rdata]:
    return outcome.rdatas if isinstance(outcome, Records) else frozenset()


def describe(trail: Trail, address: Address | None = None) -> str:
    """Write one sentence that names each server and its answer.

    It is the same for the same answers: sorted, without times. Of a server with several addresses,
    those that fail are left out when another one answers.
    """
    answers = leaves(trail)
    lagging = address is not None and any(has(one.outcome, address) for one in answers)
    said = [
        part
        for server, group in groupby(answers, key=lambda one: one.server)
        for part in _of_server(server, list(group), address, lagging)
    ]
    steps = [f"{name} is an alias of {target}" for name, target in _steps(trail)]
    return (f"{', '.join(steps)}: " if steps else "") + "; ".join(said)


def _steps(trail: Trail) -> list[tuple[dns.name.Name, dns.name.Name]]:
    outcomes = [(name, answer.outcome) for name, group in trail.items() for answer in group]
    found = [(name, one.target) for name, one in outcomes if isinstance(one, Alias)]
    return list(dict.fromkeys(found))


def _of_server(
    server: str, answers: list[ServerAnswer], address: Address | None, lagging: bool
) -> list[str]:
    counted = [one for one in answers if one.definite] or answers
    said = {one: _phrase(one, address, lagging) for one in counted}
    if len(set(said.values())) == 1:
        return [f"{server} {said[counted[0]]}"]
    return [f"{server} ({one.asked}) {phrase}" for one, phrase in said.items()]


def _phrase(answer: ServerAnswer, address: Address | None, lagging: bool) -> str:
    outcome = answer.outcome
    still = "still " if lagging else ""
    match outcome:
        case Records() if address is not None and has(outcome, address):
            return f"has {address}"
        case Records(rdatas=rdatas):
            return f"{still}answers {', '.join(_texts(rdatas))}"
        case NoName():
            return f"{still}has no name {answer.name}"
        case NoRecord():
            return f"{still}has no {answer.rdtype.name} record for {answer.name}"
        case DeadEnd(reason) | Failed(reason):
            return reason
        case Alias(target):
            return f"has an alias to {target}"


def _texts(rdatas: Iterable[dns.rdata.Rdata]) -> list[str]:
    ordered = sorted(rdatas, key=lambda rdata: rdata.to_digestable(dns.name.root))
    texts = [str(rdata).lower() for rdata in ordered]
    more = len(texts) - MAX_SHOWN
    return texts if more <= 0 else [*texts[:MAX_SHOWN], f"and {more} more"]


def hostnames_in(rdatas: Iterable[dns.rdata.Rdata]) -> tuple[dns.name.Name, ...]:
    """Give the targets of PTR rdata, in lower case, sorted."""
    found = {canonical(rdata.target) for rdata in rdatas if isinstance(rdata, PTR)}
    return tuple(sorted(found))


def exchangers_in(rdatas: Iterable[dns.rdata.Rdata]) -> tuple[dns.name.Name, ...]:
    """Give the hosts of MX rdata, the preferred one first, without the null MX of RFC 7505."""
    found = {
        (rdata.preference, canonical(rdata.exchange))
        for rdata in rdatas
        if isinstance(rdata, MX) and rdata.exchange != dns.name.root
    }
    return tuple(dict.fromkeys(host for _, host in sorted(found)))
