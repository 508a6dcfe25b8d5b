"""The gate before a PTR record is written: does its hostname resolve to the address?"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import Backend, Report, ZoneBackend
from pulumi_rdns.errors import BackendError, ForwardMismatchError, UnavailableError
from pulumi_rdns.model.addresses import Address, record_type
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.missing_dots import with_dot_hint
from pulumi_rdns.model.names import DnsName, below, parent, to_dns
from pulumi_rdns.model.specs import DEFAULT_FORWARD_TIMEOUT, MAX_CNAMES, ForwardPolicy, PtrSpec
from pulumi_rdns.records.location import cname_target, zone_of
from pulumi_rdns.records.pauses import Stopwatch, pauses

_log = logging.getLogger(__name__)

_OWN_ZONE = (
    "where it is in a zone of your own, set rdns:forwardSource to backend, or rdns:nameservers to "
    "servers that have it"
)


class ForwardSource(Protocol):
    """Somebody who can be asked whether a hostname resolves to an address."""

    #: whether it asks the public DNS, at each domain's own name servers
    is_public: bool

    def look(
        self, hostname: DnsName, address: Address, *, ask_resolver: bool = False
    ) -> Confirmation:
        """Ask once. Trouble is an answer (Verdict.UNKNOWN), never an exception.

        ``ask_resolver``: before saying unknown, ask the system's resolver too; only its yes counts.
        """


class _Masked(Confirmation, frozen=True):
    """The zone has the address, and the DNS answers otherwise all the same."""


class BackendSource:
    """Asks the records that the backend itself holds (``rdns:forwardSource: backend``)."""

    is_public = False

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def look(
        self, hostname: DnsName, address: Address, *, ask_resolver: bool = False
    ) -> Confirmation:
        try:
            return self._look(hostname, address)
        except BackendError as error:
            return Confirmation(Verdict.UNKNOWN, f"could not ask: {error}")

    def aliases(self, hostname: DnsName) -> tuple[DnsName, ...]:
        """Return the names that the hostname is a CNAME to, as far as the backend has them.

        A loop leads to no other name, and has none.
        """
        found = [hostname]
        if not isinstance(self._backend, ZoneBackend):
            return ()
        with contextlib.suppress(BackendError):  # `look` says what is the matter
            for _, target in _steps(self._backend, hostname):
                if target in found:
                    return ()
                found += [] if target is None else [target]
        return tuple(found[1:])

    def _look(self, hostname: DnsName, address: Address) -> Confirmation:
        backend = self._backend
        if not isinstance(backend, ZoneBackend):
            return Confirmation(
                Verdict.UNKNOWN, f"could not ask: backend {backend.name} has no forward records"
            )
        kind = record_type(address)
        path = [hostname]
        for step in _steps(backend, hostname):
            zone, target = step
            if target is None:
                break
            mask = backend.masked(to_dns(zone), to_dns(path[-1]), RdataType.CNAME)
            if mask:
                has = f"zone {zone} of backend {backend.name} has {path[-1]} CNAME {target}"
                return _Masked(Verdict.MISMATCH, f"{has}, {mask}")
            path.append(target)
            if target in path[:-1]:
                loop = f"{backend.name} has a CNAME loop: {' -> '.join(path)}"
                return Confirmation(Verdict.MISMATCH, loop)
        else:
            return Confirmation(
                Verdict.MISMATCH,
                f"{backend.name}: {hostname} leads to a chain of more than {MAX_CNAMES} CNAMEs",
            )
        owner = path[-1]
        rrset = backend.get_rrset(to_dns(zone), to_dns(owner), RdataType[kind])
        found = sorted(rdata.address for rdata in rrset) if rrset else []
        at = f"zone {zone} of backend {backend.name}"
        if str(address) in found:
            said = f"{at} has {owner} {kind} {address}"
            mask = backend.masked(to_dns(zone), to_dns(owner), RdataType[kind])
            if mask:
                return _Masked(Verdict.MISMATCH, f"{said}, {mask}")
            return Confirmation(Verdict.CONFIRMED, said)
        if not found and (wildcard := _wildcard(backend, zone, owner, RdataType[kind])):
            said = f"could not ask: {at} has {wildcard}, which may answer for"
            return Confirmation(Verdict.UNKNOWN, f"{said} {owner}")
        there = f"{kind} {', '.join(found)}" if found else f"no {kind} record"
        previous = path[-2] if len(path) > 1 else None
        shown = with_dot_hint(owner, previous, is_missing=not found)
        return Confirmation(Verdict.MISMATCH, f"{at} has {there} for {shown}")


def _steps(backend: ZoneBackend, hostname: DnsName) -> Iterator[tuple[DnsName, DnsName | None]]:
    """Yield the zone of a name and what the name is a CNAME to, None where it is none; and so on.

    Ends after `MAX_CNAMES`. Raises BackendError.
    """
    name: DnsName | None = hostname
    for _ in range(MAX_CNAMES + 1):
        if name is None:
            return
        zone = zone_of(backend, name)
        name = cname_target(backend, zone, name)
        yield zone, name


def _wildcard(
    backend: ZoneBackend, zone: DnsName, owner: DnsName, rdtype: RdataType
) -> DnsName | None:
    """Find a wildcard that a server would make the answer of, if nothing else is at the name.

    Whether there is something of another type (RFC 4592 section 2.2.1) a backend does not tell.
    """
    above = owner
    while above != zone:
        above = parent(above)
        name = below("*", above)
        for kind in (rdtype, RdataType.CNAME):
            if backend.get_rrset(to_dns(zone), to_dns(name), kind):
                return name
    return None


class ForwardGate:
    """Lets a PTR record through when its forward record is there, as its policy says.

    All waiting of a run shares one clock, which stands still while no record waits: a hundred
    wrong names do not take a hundred time-outs, and a machine that takes its time to be made does
    not use up that of its name.

    ``backend`` is everywhere the one that has the forward record.
    """

    def __init__(
        self,
        source_of: Callable[[Backend], ForwardSource],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source_of = source_of
        self._stopwatch = Stopwatch(now)

    def look(self, backend: Backend, hostname: DnsName, address: Address) -> Confirmation:
        """Ask once, without any consequence."""
        return _ask(self._source_of(backend), hostname, address, ask_resolver=True)

    def admit(self, backend: Backend, spec: PtrSpec, report: Report) -> Confirmation | None:
        """Wait for the forward record, as the policy says; None where it says skip.

        Raises ForwardMismatchError, with what every server answered and what to do, and
        UnavailableError where nobody waits for the call any longer.
        """
        policy = policy_of(spec)
        if policy is ForwardPolicy.SKIP:
            return None
        answer = self._settled(backend, spec, policy, report)
        if answer.verdict is Verdict.CONFIRMED:
            return answer
        definite = answer.verdict is Verdict.MISMATCH
        if policy is ForwardPolicy.STRICT and answer.verdict is Verdict.UNKNOWN:
            definite = True
        answer = replace(answer, detail=answer.detail + self._unserved(backend, spec, answer))
        advice = self._advice(backend, spec, answer)
        if definite and policy is not ForwardPolicy.WARN:
            raise ForwardMismatchError(_refusal(spec, answer) + advice)
        report.warning(_doubt(spec, answer) + advice)
        return answer

    def confirm(self, backend: Backend, spec: PtrSpec, report: Report) -> Confirmation | None:
        """Wait for the forward record of a PTR record that is there, as the policy says.

        None where the policy is skip, and where nobody waits for the call any longer.
        """
        policy = policy_of(spec)
        if policy is ForwardPolicy.SKIP:
            return None
        try:
            return self._settled(backend, spec, policy, report)
        except UnavailableError:
            return None

    def _advice(self, backend: Backend, spec: PtrSpec, answer: Confirmation) -> str:
        """Return a sentence for a zone of one's own, which the public DNS need not know."""
        if answer.verdict is Verdict.PROPAGATING or not self._source_of(backend).is_public:
            return ""
        said = f". The public DNS does not know {spec.hostname}"
        if not getattr(answer, "denies_name", False):
            own = BackendSource(backend).look(spec.hostname, spec.address)
            if own.verdict is not Verdict.CONFIRMED:
                return ""
            said = f". {own.detail}"
        return f"{said}: {_OWN_ZONE}"

    def _unserved(self, backend: Backend, spec: PtrSpec, answer: Confirmation) -> str:
        """Return a clause where the backend's own zone has the record that the nameservers deny."""
        source = self._source_of(backend)
        if answer.verdict is not Verdict.MISMATCH or isinstance(source, BackendSource):
            return ""
        if mask := mask_of(backend, spec.hostname, spec.address):
            return f"; {mask}"
        own = BackendSource(backend).look(spec.hostname, spec.address)
        if own.verdict is not Verdict.CONFIRMED or not isinstance(backend, ZoneBackend):
            return ""
        try:
            zone = zone_of(backend, spec.hostname)
        except BackendError:
            return ""
        return (
            f"; {own.detail}, so the zone at {backend.name} is not what {zone}'s nameservers serve"
        )

    def _settled(
        self, backend: Backend, spec: PtrSpec, policy: ForwardPolicy, report: Report
    ) -> Confirmation:
        source = self._source_of(backend)
        answer = _ask(source, spec.hostname, spec.address)
        if self._worth_waiting(answer, policy):
            answer = self._awaited(backend, answer, spec, report)
        if answer.verdict is Verdict.UNKNOWN:
            answer = _ask(source, spec.hostname, spec.address, ask_resolver=True)
        return answer

    def _awaited(
        self, backend: Backend, answer: Confirmation, spec: PtrSpec, report: Report
    ) -> Confirmation:
        """Ask again until it is confirmed or the deadline has come.

        A server that falls silent meanwhile does not end it: the last that was heard is a no.
        """
        given = spec.policies.forward_timeout
        allowed = DEFAULT_FORWARD_TIMEOUT if given is None else given
        source = self._source_of(backend)
        with self._stopwatch.waiting() as seconds:
            for pause in pauses():
                left = allowed - seconds()
                if left <= 0 or answer.verdict is Verdict.CONFIRMED:
                    break
                clock = f"{allowed - left:.0f} s of {allowed:g} s"
                report.progress(answer.detail, f", asking again, {clock}; Ctrl-C twice to stop")
                if not report.pause(min(left, pause)):
                    operation = "await the forward record of"
                    reason = f"cancelled while waiting; nothing was written: {answer.detail}"
                    raise UnavailableError(backend.name, operation, spec.hostname, reason)
                answer = _ask(source, spec.hostname, spec.address)
        return answer

    def _worth_waiting(self, answer: Confirmation, policy: ForwardPolicy) -> bool:
        """Waiting can help where the answer decides: "could not ask" decides for strict alone."""
        if policy is ForwardPolicy.WARN or answer.verdict is Verdict.CONFIRMED:
            return False
        return answer.verdict is not Verdict.UNKNOWN or policy is ForwardPolicy.STRICT


def _ask(
    source: ForwardSource,
    hostname: DnsName,
    address: Address,
    *,
    ask_resolver: bool = False,
) -> Confirmation:
    answer = source.look(hostname, address, ask_resolver=ask_resolver)
    if _log.isEnabledFor(logging.DEBUG):
        asked = f"forward check: {hostname} for {address}"
        _log.debug("%s: %s, %s", asked, answer.verdict.value, answer.detail)
    return answer


def mask_of(backend: Backend, hostname: DnsName, address: Address) -> str:
    """Return what makes the DNS deny an address that the backend's zone has; empty for nothing."""
    own = BackendSource(backend).look(hostname, address)
    return own.detail if isinstance(own, _Masked) else ""


def policy_of(spec: PtrSpec) -> ForwardPolicy:
    """Return the policy in force: a name for a private address need not be in the public DNS."""
    if spec.policies.forward_check is not None:
        return spec.policies.forward_check
    return ForwardPolicy.VERIFY if spec.address.is_global else ForwardPolicy.WARN


def _refusal(spec: PtrSpec, answer: Confirmation) -> str:
    said = (
        "does not resolve to"
        if answer.verdict is Verdict.MISMATCH
        else "could not be checked to resolve to"
    )
    return (
        f"forward check: {spec.hostname} {said} {spec.address}: {answer.detail}; "
        f"nothing was written. Create or correct the {record_type(spec.address)} record and run "
        'again, or set forward_check to "warn" or "skip" (in a stack file: forwardCheck)'
    )


def _doubt(spec: PtrSpec, answer: Confirmation) -> str:
    said = {
        Verdict.MISMATCH: "does not resolve to",
        Verdict.PROPAGATING: "does not yet resolve everywhere to",
        Verdict.UNKNOWN: "could not be checked to resolve to",
    }[answer.verdict]
    return (
        f"{spec.hostname} {said} {spec.address}: {answer.detail}. The PTR record is "
        "written all the same; mail servers accept it only when both agree"
    )
