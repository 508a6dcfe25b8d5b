"""What the answers to a question for the SOA of a zone say of its delegation. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dns.name

from pulumi_rdns.model.names import DnsName
from pulumi_rdns.resolve.outcomes import Records, ServerAnswer
from pulumi_rdns.resolve.verdicts import Status, describe


@dataclass(frozen=True)
class DelegationAnswer:
    """Which servers the DNS asks about a zone, and whether they serve it."""

    #: FOUND where all of them serve it, DISAGREE where some do not, NONE where it is not delegated,
    #: UNKNOWN where none could be asked
    status: Status
    #: one sentence: what the servers answered that do not serve it; empty where all do
    detail: str
    #: the name servers that it is delegated to, sorted; empty where it is not
    servers: tuple[DnsName, ...] = ()


def read_delegation(zone: dns.name.Name, answers: Sequence[ServerAnswer]) -> DelegationAnswer:
    """Read what was answered when the servers of a zone were asked for its SOA record.

    Where there is no such zone, the answers are those of the servers of a zone above it.
    """
    inside = [answer for answer in answers if answer.zone == zone]
    if not inside:
        is_definite = any(answer.is_definite and answer.zone is not None for answer in answers)
        status = Status.NONE if is_definite else Status.UNKNOWN
        return DelegationAnswer(status, describe({zone: answers}))
    servers = sorted({DnsName(answer.server) for answer in inside})
    serving = {answer.server for answer in inside if isinstance(answer.outcome, Records)}
    others = [answer for answer in inside if answer.server not in serving]
    status = Status.UNKNOWN if not serving else Status.DISAGREE if others else Status.FOUND
    return DelegationAnswer(status, describe({zone: others}) if others else "", tuple(servers))
