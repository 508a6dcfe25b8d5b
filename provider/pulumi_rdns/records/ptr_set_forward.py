"""The forward records of a set, looked at side by side."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from pulumi_rdns.backends.base import Backend, Report
from pulumi_rdns.errors import RdnsError
from pulumi_rdns.model.specs import ForwardPolicy, PtrSetSpec, PtrSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.model.tables import address_order
from pulumi_rdns.records.forward_check import ForwardGate
from pulumi_rdns.records.ptr_set_messages import SHOWN, shown
from pulumi_rdns.workers import Workers

#: look-ups at a time
_SIDE_BY_SIDE = 32


class Looks(msgspec.Struct):
    """What the forward checks of one operation said."""

    asked: bool
    failures: dict[str, RdnsError] = {}
    confirmed: dict[str, bool] = {}
    doubts: list[str] = []

    def remembered(self, state: PtrSetState, old: PtrSetState) -> PtrSetState:
        """Put together what is known now: of records that did not change, what was known before."""
        rest = [key for key in state.written if key not in self.confirmed]
        if not self.asked or (rest and old.confirmed is None):
            return replace(state, confirmed=None, unconfirmed=())
        known = set(old.unconfirmed)
        doubtful = {key for key, is_confirmed in self.confirmed.items() if not is_confirmed}
        doubtful |= {key for key in rest if key in known}
        unconfirmed = sorted(doubtful.intersection(state.written), key=address_order)
        return replace(
            state,
            confirmed=len(state.written) - len(unconfirmed),
            unconfirmed=tuple(unconfirmed),
        )


def admitted(
    gate: ForwardGate, backend: Backend, spec: PtrSetSpec, addresses: Sequence[str], report: Report
) -> Looks:
    """Look at the forward records, side by side, and wait for them as the policy says."""
    policies = spec.policies
    if policies.forward_check in (None, ForwardPolicy.SKIP):
        return Looks(asked=False)
    looks = Looks(asked=True)

    def admit(address: str) -> None:
        doubts = _Doubts(report)
        one = _spec_of(spec, address)
        try:
            answer = gate.admit(backend, one, doubts)
        except RdnsError as error:
            looks.failures[address] = error
            return
        looks.confirmed[address] = bool(answer and answer.confirmed)
        looks.doubts += doubts.texts

    with Workers(_SIDE_BY_SIDE) as pool:
        list(pool.map(admit, addresses))
    for text in looks.doubts[:SHOWN]:
        report.warning(text)
    if len(looks.doubts) > SHOWN:
        report.warning(f"and {len(looks.doubts) - SHOWN:,} hostnames more, alike")
    return looks


def renewed(gate: ForwardGate, backend: Backend, state: PtrSetState, report: Report) -> PtrSetState:
    """Renew what is known of the forward records of what was written."""
    if state.policies.forward_check in (None, ForwardPolicy.SKIP):
        return state

    def look(address: str) -> bool | None:
        hostname = state.written[address]
        return gate.look(backend, hostname, ipaddress.ip_address(address)).confirmed

    addresses = sorted(state.written, key=address_order)
    with Workers(_SIDE_BY_SIDE) as pool:
        answers = dict(zip(addresses, pool.map(look, addresses), strict=True))
    known = set(state.unconfirmed)
    unconfirmed = [
        key for key in addresses if answers[key] is False or (answers[key] is None and key in known)
    ]
    fresh = [key for key in unconfirmed if key not in known]
    if fresh and state.confirmed is not None:
        report.warning(f"no longer forward-confirmed: {shown(fresh)}")
    return replace(
        state, confirmed=len(addresses) - len(unconfirmed), unconfirmed=tuple(unconfirmed)
    )


class _Doubts(Report):
    """Keeps the warnings of one record, to be shown together with those of the others."""

    def __init__(self, report: Report) -> None:
        self.texts: list[str] = []
        self._report = report

    def warning(self, text: str) -> None:
        self.texts.append(text)

    def progress(self, text: str, clock: str = "") -> None:
        self._report.progress(text, clock)

    def pause(self, seconds: float) -> bool:
        return self._report.pause(seconds)


def _spec_of(spec: PtrSetSpec, address: str) -> PtrSpec:
    return PtrSpec(
        backend=spec.backend,
        address=ipaddress.ip_address(address),
        hostname=spec.records.table[address],
        policies=spec.policies,
    )
