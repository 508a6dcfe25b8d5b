"""PTR records whose forward record is written in this run: what was said of it before is over.

A refresh finds that the forward record is gone, so that the PTR record is not forward-confirmed any
longer; the next up writes the forward record again and has nothing to do for the PTR record.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from pulumi_rdns.backends.base import Report
from pulumi_rdns.model.addresses import record_type
from pulumi_rdns.model.confirmation import Confirmation
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import ForwardPolicy, PtrSpec
from pulumi_rdns.model.states import PtrSetState, PtrState
from pulumi_rdns.records.claims import Claim
from pulumi_rdns.records.forward_check import policy_of
from pulumi_rdns.records.holdings import is_same
from pulumi_rdns.records.ledger import Ledger
from pulumi_rdns.records.ptr_set_messages import shown
from pulumi_rdns.records.session import Session
from pulumi_rdns.workers import Workers

#: look-ups at a time
_SIDE_BY_SIDE = 32


def is_to_confirm(ledger: Ledger, state: PtrState) -> bool:
    """Whether a record was not confirmed, and its forward record is written in this run."""
    spec = state.spec
    if spec is None or state.forward_confirmed or policy_of(spec) is ForwardPolicy.SKIP:
        return False
    return bool(_being_written(ledger, {str(spec.address): spec.hostname}))


def to_confirm(ledger: Ledger, state: PtrSetState) -> list[str]:
    """Return the addresses of a set of which that is so."""
    if state.policies.forward_check in (None, ForwardPolicy.SKIP):
        return []
    doubtful = [key for key in state.unconfirmed if key in state.written]
    return _being_written(ledger, {key: state.written[key] for key in doubtful})


def confirmed_again(session: Session, state: PtrState, report: Report) -> PtrState:
    """Look at the forward record of a record, as its policy says; keep what nobody can say."""
    spec = state.spec
    answer = None if spec is None else _look(session, spec, report)
    if answer is None or answer.confirmed is None:
        return state
    if not answer.confirmed:
        report.warning(f"still not forward-confirmed: {answer.detail}")
    return replace(state, forward_confirmed=answer.confirmed, forward_detail=answer.detail)


def set_confirmed_again(
    session: Session, state: PtrSetState, addresses: Iterable[str], report: Report
) -> PtrSetState:
    """Look at the forward records of these addresses of a set, side by side."""

    def look(address: str) -> bool:
        spec = PtrSpec(
            backend=state.backend,
            address=ipaddress.ip_address(address),
            hostname=state.written[address],
            policies=state.policies,
        )
        answer = _look(session, spec, report)
        return answer is not None and answer.confirmed is True

    addresses = [*addresses]
    with Workers(_SIDE_BY_SIDE) as pool:
        answers = dict(zip(addresses, pool.map(look, addresses), strict=True))
    if left := [address for address, is_confirmed in answers.items() if not is_confirmed]:
        report.warning(f"still not forward-confirmed: {shown(left)}")
    unconfirmed = tuple(key for key in state.unconfirmed if not answers.get(key))
    confirmed = len(state.written) - len(unconfirmed)
    return replace(state, confirmed=confirmed, unconfirmed=unconfirmed)


def _look(session: Session, spec: PtrSpec, report: Report) -> Confirmation | None:
    return session.gate.confirm(session.backends.get(spec.forward_backend), spec, report)


def _being_written(ledger: Ledger, hostnames: Mapping[str, DnsName]) -> list[str]:
    """Return the addresses that this run writes as forward records of their hostnames."""
    kinds = {address: record_type(ipaddress.ip_address(address)) for address in hostnames}
    claims = {
        kind: ledger.claims_of(
            kind, {hostname for key, hostname in hostnames.items() if kinds[key] == kind}
        )
        for kind in {*kinds.values()}
    }
    return [
        address
        for address, hostname in hostnames.items()
        if any(_writes(one, address) for one in claims[kinds[address]].get(hostname, ()))
    ]


def _writes(claim: Claim, address: str) -> bool:
    is_told = claim.place is not None
    return is_told and not claim.stays and not claim.has_failed and is_same(claim.wanted, address)
