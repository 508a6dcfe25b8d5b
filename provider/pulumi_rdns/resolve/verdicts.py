"""What the answers of all servers mean together, and the sentence that says so. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import groupby, islice
from typing import TypeAlias

import dns.name
import dns.rdata
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.PTR import PTR

from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.missing_dots import with_dot_hint
from pulumi_rdns.model.names import DnsName, from_dns, name_order
from pulumi_rdns.model.specs import MAX_CNAMES
from pulumi_rdns.resolve.outcomes import (
    BrokenChain,
    Cname,
    NoData,
    NxDomain,
    QueryFailure,
    QueryOutcome,
    Records,
    ServerAnswer,
)

#: ends of chains that are looked at: servers can lay a web of more paths than can be gone
MAX_FINAL_ANSWERS = 1000
#: records of one server that a sentence shows
MAX_SHOWN = 6
_ARPA = dns.name.from_text("arpa")

#: each name that was asked on the way, with what its servers said; the first is where it began
AliasChain: TypeAlias = Mapping[dns.name.Name, Sequence[ServerAnswer]]


class Status(StrEnum):
    """Whether there is an RRset, whatever it contains."""

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

    #: by server; those that answered only a CNAME are replaced by what the target's servers say
    answers: tuple[ServerAnswer, ...] = ()
    #: the names that the hostname is a CNAME to, in order; empty otherwise
    aliases: tuple[DnsName, ...] = ()

    @property
    def denies_name(self) -> bool:
        """Whether all that was answered is NXDOMAIN."""
        definite = [one.outcome for one in self.answers if one.is_definite]
        return bool(definite) and all(isinstance(outcome, NxDomain) for outcome in definite)


def final_answers(chain: AliasChain) -> tuple[ServerAnswer, ...]:
    """Return what the servers at the ends of all chains say, sorted.

    A chain that comes back to itself, or is longer than `MAX_CNAMES`, ends in a `BrokenChain`.
    """
    found = islice(_walk(chain, next(iter(chain)), ()), MAX_FINAL_ANSWERS)
    return tuple(sorted(dict.fromkeys(found), key=_order))


def _walk(
    chain: AliasChain, name: dns.name.Name, path: tuple[dns.name.Name, ...]
) -> Iterator[ServerAnswer]:
    path = (*path, name)
    for answer in chain[name]:
        if not isinstance(answer.outcome, Cname):
            yield answer
        elif (target := answer.outcome.target) in path:
            loop = f"answered with a CNAME loop: {_chain((*path, target))}"
            yield replace(answer, outcome=BrokenChain(loop, is_loop=True))
        elif target not in chain or len(path) > MAX_CNAMES:
            too_long = f"answered with a chain of more than {MAX_CNAMES} CNAMEs"
            yield replace(answer, outcome=BrokenChain(too_long))
        else:
            yield from _walk(chain, target, path)


def _chain(names: Iterable[dns.name.Name]) -> str:
    return " -> ".join(map(from_dns, names))


def aliases(chain: AliasChain) -> tuple[DnsName, ...]:
    """Return the names that the first one is a CNAME to, in the order they were found.

    Where any server answers with a loop there are none: it leads to no other name.
    """
    if any(_is_loop(answer) for answer in final_answers(chain)):
        return ()
    return tuple(dict.fromkeys(from_dns(target) for _, target in _steps(chain)))


def _is_loop(answer: ServerAnswer) -> bool:
    return isinstance(answer.outcome, BrokenChain) and answer.outcome.is_loop


def confirm(chain: AliasChain, address: Address) -> Look:
    """Judge whether the servers have the address among their answers."""
    answers = final_answers(chain)
    return Look(
        judge([one.outcome for one in answers if one.is_definite], address),
        describe(chain, address),
        answers,
        aliases(chain),
    )


def judge(definite: Sequence[QueryOutcome], address: Address) -> Verdict:
    """Return the verdict of the outcomes that say something about the name.

    Servers none of which has the address agree on what counts, whatever else they answer.
    """
    if not definite:
        return Verdict.UNKNOWN
    holders = sum(has(outcome, address) for outcome in definite)
    if holders == len(definite):
        return Verdict.CONFIRMED
    return Verdict.PROPAGATING if holders else Verdict.MISMATCH


def has(outcome: QueryOutcome, address: Address) -> bool:
    """Whether the address is one of those in the answer."""
    return isinstance(outcome, Records) and address in addresses_in(outcome.rdatas)


def addresses_in(rdatas: Iterable[dns.rdata.Rdata]) -> list[Address]:
    """Return the addresses of A and AAAA rdata, IPv4 first, sorted."""
    found = {ipaddress.ip_address(str(rdata)) for rdata in rdatas}
    return sorted(found, key=lambda address: (address.version, int(address)))


def status(chain: AliasChain) -> Status:
    """Judge whether the servers have the RRset that was asked for, and the same one."""
    found = {_rdatas(answer.outcome) for answer in final_answers(chain) if answer.is_definite}
    if not found:
        return Status.UNKNOWN
    if len(found) > 1:
        return Status.DISAGREE
    return Status.FOUND if found.pop() else Status.NONE


def joined(statuses: Iterable[Status]) -> Status:
    """Return the status of several RRsets of one name together: what is least certain wins."""
    found = set(statuses)
    order = (Status.DISAGREE, Status.UNKNOWN, Status.FOUND, Status.NONE)
    return next(status for status in order if status in found)


def rdatas(chain: AliasChain) -> frozenset[dns.rdata.Rdata]:
    """Return all rdata that any server answers."""
    return frozenset().union(*(_rdatas(answer.outcome) for answer in final_answers(chain)))


def _rdatas(outcome: QueryOutcome) -> frozenset[dns.rdata.Rdata]:
    return outcome.rdatas if isinstance(outcome, Records) else frozenset()


def describe(chain: AliasChain, address: Address | None = None) -> str:
    """Return one sentence that names each server and its answer; equal answers are one clause.

    It is the same for the same answers: sorted, without times. Of a server with several addresses,
    those that fail are left out when another one answers.
    """
    answers = _high_servers_as_one(final_answers(chain))
    is_lagging = address is not None and any(has(one.outcome, address) for one in answers)
    clauses: dict[str, list[str]] = {}
    for server, group in groupby(answers, key=lambda one: one.server):
        for subject, predicate in _of_server(server, list(group), address, is_lagging):
            clauses.setdefault(predicate, []).append(subject)
    said = [_clause(subjects, predicate) for predicate, subjects in clauses.items()]
    if all(_is_loop(answer) for answer in answers):
        return "; ".join(said)  # they name each step
    steps = [_step(chain, name, target) for name, target in _steps(chain)]
    return (f"{', '.join(steps)}: " if steps else "") + "; ".join(said)


def _step(chain: AliasChain, name: dns.name.Name, target: dns.name.Name) -> str:
    answers = chain.get(target, ())
    is_missing = any(isinstance(answer.outcome, NxDomain) for answer in answers)
    shown = with_dot_hint(from_dns(target), from_dns(name), is_missing=is_missing)
    return f"{from_dns(name)} is a CNAME to {shown}"


def _high_servers_as_one(answers: Sequence[ServerAnswer]) -> list[ServerAnswer]:
    """Let the servers of the root, or of a top-level domain, that deny a name speak as one.

    They are a dozen, and no reader looks after them: those that fail beside them say nothing.
    """
    denials = {one for one in answers if isinstance(one.outcome, NxDomain) and _is_high(one)}
    zones = {one.zone for one in denials}
    failures = {one for one in answers if one.zone in zones and not one.is_definite}
    found = [one for one in answers if one not in denials | failures]
    found += [replace(one, server=_servers_of(one), address="") for one in denials]
    return sorted(dict.fromkeys(found), key=_order)


def _is_high(answer: ServerAnswer) -> bool:
    """Whether it comes from a server of the root or of a top-level domain of hostnames."""
    zone = answer.zone
    return zone is not None and len(zone) <= len(_ARPA) and zone != _ARPA


def _servers_of(answer: ServerAnswer) -> str:
    if answer.zone is None or answer.zone == dns.name.root:
        return "the root servers"
    return f"the servers of .{from_dns(answer.zone)}"


def _order(answer: ServerAnswer) -> tuple[str, str, dns.name.Name]:
    return answer.server, answer.address, answer.name


def _steps(chain: AliasChain) -> list[tuple[dns.name.Name, dns.name.Name]]:
    outcomes = [(name, answer.outcome) for name, group in chain.items() for answer in group]
    found = [(name, one.target) for name, one in outcomes if isinstance(one, Cname)]
    return list(dict.fromkeys(found))


def _of_server(
    server: str, answers: list[ServerAnswer], address: Address | None, is_lagging: bool
) -> list[tuple[str, str]]:
    """Return subject and predicate of what one server says: of each of its addresses if need be."""
    counted = [one for one in answers if one.is_definite] or answers
    said = {one: _predicate(one, address, is_lagging) for one in counted}
    if len(set(said.values())) == 1:
        return [(server, said[counted[0]])]
    return [
        (f"{server} ({one.address})" if one.address else server, predicate)
        for one, predicate in said.items()
    ]


def _predicate(answer: ServerAnswer, address: Address | None, is_lagging: bool) -> str:
    """Return what a server says, as the end of a clause of which it is the subject."""
    outcome = answer.outcome
    still = "still " if is_lagging else ""
    match outcome:
        case Records() if address is not None and has(outcome, address):
            return f"has {address}"
        case Records(rdatas=rdatas):
            return f"{still}answered {', '.join(_texts(rdatas))}"
        case NxDomain():
            return f"{still}answered NXDOMAIN for {from_dns(answer.name)}{_consequence(answer)}"
        case NoData():
            return f"{still}has no {answer.rdtype.name} record for {from_dns(answer.name)}"
        case BrokenChain(reason) | QueryFailure(reason):
            return reason
        case Cname(target):
            return f"answered a CNAME to {from_dns(target)}"


def _consequence(answer: ServerAnswer) -> str:
    """Return what is known beyond the name where the servers of a high zone deny it."""
    if not _is_high(answer):
        return ""
    if answer.zone == dns.name.root:
        top = dns.name.Name(answer.name.labels[-2:])
        return f", so the top-level domain .{from_dns(top)} does not exist"
    return ", so its domain is not registered or is on hold"


def _clause(subjects: Sequence[str], predicate: str) -> str:
    """Join those who say the same.

    >>> _clause(["ns1", "ns2", "ns3"], "still has no A record for a.example")
    'ns1, ns2 and ns3 still have no A record for a.example'
    """
    if len(subjects) == 1:
        return f"{subjects[0]} {predicate}"
    *others, last = subjects
    plural = _SINGULAR.sub(lambda match: match[1] + _PLURAL[match[2]], predicate)
    return f"{', '.join(others)} and {last} {plural}"


#: the only verbs of predicates that differ when several servers are the subject
_PLURAL = {"has": "have", "is": "are"}
_SINGULAR = re.compile(r"^(still |)(has|is)\b")


def _texts(rdatas: Iterable[dns.rdata.Rdata]) -> list[str]:
    ordered = sorted(rdatas, key=lambda rdata: rdata.to_digestable(dns.name.root))
    texts = [_text(rdata) for rdata in ordered]
    more = len(texts) - MAX_SHOWN
    return texts if more <= 0 else [*texts[:MAX_SHOWN], f"and {more} more"]


def _text(rdata: dns.rdata.Rdata) -> str:
    """Return a value without the final dot of its name, which would end a sentence."""
    match rdata:
        case PTR():
            return from_dns(rdata.target)
        case MX():
            return f"{rdata.preference} {from_dns(rdata.exchange)}"
    return str(rdata).lower()


def hostnames_in(rdatas: Iterable[dns.rdata.Rdata]) -> tuple[DnsName, ...]:
    """Return the targets of PTR rdata, in lower case, sorted."""
    found = {from_dns(rdata.target) for rdata in rdatas if isinstance(rdata, PTR)}
    return tuple(sorted(found, key=name_order))


def exchangers_in(rdatas: Iterable[dns.rdata.Rdata]) -> tuple[DnsName, ...]:
    """Return the hosts of MX rdata, the preferred one first, without the null MX of RFC 7505."""
    found = {
        (rdata.preference, name_order(host), host)
        for rdata in rdatas
        if isinstance(rdata, MX) and rdata.exchange != dns.name.root
        for host in [from_dns(rdata.exchange)]
    }
    return tuple(dict.fromkeys(host for _, _, host in sorted(found)))
