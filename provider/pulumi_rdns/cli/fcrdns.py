"""Forward-confirmed reverse DNS: the PTR of an address names a hostname that resolves back."""

from __future__ import annotations

from functools import partial

from pulumi_rdns.cli.findings import of_ptr, shown
from pulumi_rdns.cli.rows import Job, Row, all_of, likeliest
from pulumi_rdns.cli.sources import Source
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.missing_dots import with_dot_hint
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.resolve.forward import AddressesAnswer, DnsSource, PtrAnswer
from pulumi_rdns.resolve.verdicts import Look, Status

#: PTR records of one address that are looked up
MAX_PTRS = 50
#: seconds for all of them
BUDGET = 30.0
#: addresses of one hostname that are checked
MAX_ADDRESSES_OF_HOST = 256

_FORWARD = {
    Verdict.CONFIRMED: "resolves to it",
    Verdict.MISMATCH: "does not resolve to it",
    Verdict.PROPAGATING: "does not resolve to it everywhere yet",
    Verdict.UNKNOWN: "could not be looked up",
}


def check_hostname(source: DnsSource, hostname: DnsName, asked: str) -> list[Row | Job]:
    """Check all addresses of a hostname: confirmed where one of their PTRs is that hostname."""
    found = source.addresses_of(hostname)
    known = None
    if found.status is Status.FOUND:  # every server has all of them: no need to ask again
        known = Look(Verdict.CONFIRMED, found.detail, (), found.aliases)
    jobs: list[Row | Job] = [
        partial(check_pair, source, address, hostname, asked, known)
        for address in found.addresses[:MAX_ADDRESSES_OF_HOST]
    ]
    return [*jobs, *rows_without_address(found, hostname, asked)]


def rows_without_address(found: AddressesAnswer, hostname: DnsName, asked: str) -> list[Row]:
    """Return a row for a hostname that has no address, or may have more than could be asked for."""
    if len(found.addresses) > MAX_ADDRESSES_OF_HOST:
        said = f"only the first {MAX_ADDRESSES_OF_HOST} of its {len(found.addresses)} addresses"
        return [Row(asked, None, hostname, Verdict.UNKNOWN, f"{said} were checked")]
    if found.status is Status.UNKNOWN:
        said, verdict = "not all of its addresses could be looked up", Verdict.UNKNOWN
    elif not found.addresses:
        said, verdict = "it has no address", Verdict.MISMATCH
    else:
        return []
    return [Row(asked, None, hostname, verdict, f"{said}: {found.detail}")]


def check_pair(
    source: Source, address: Address, hostname: DnsName, asked: str, known: Look | None = None
) -> Row:
    """Check one address against the hostname that it should have.

    ``known`` says whether the hostname resolves to the address, where that was asked already.
    """
    ptr, forward = source.ptr(address), known or source.look(hostname, address)
    return _row(asked, address, hostname, ptr, forward)


def check_address(source: Source, address: Address, asked: str) -> Row:
    """Check whether any PTR of an address resolves back to it."""
    ptr = source.ptr(address)
    if not ptr.hostnames:
        held = Verdict.UNKNOWN if ptr.status is Status.UNKNOWN else Verdict.MISMATCH
        return Row(asked, address, None, held, _ptr_said(ptr, held))
    hostname, forward = _best(source, ptr, address)
    return _row(asked, address, hostname, ptr, forward)


def _best(source: Source, ptr: PtrAnswer, address: Address) -> tuple[DnsName, Look]:
    """Find the PTR that resolves back; where none does, the one that comes nearest."""
    hostnames = ptr.hostnames[:MAX_PTRS]
    if len(hostnames) == 1:
        return hostnames[0], source.look(hostnames[0], address)
    found = source.look_many([(hostname, address) for hostname in hostnames], BUDGET)
    late = Look(Verdict.UNKNOWN, f"the look-up did not finish within {BUDGET:g} s")
    looks = [(hostname, look or late) for hostname, look in zip(hostnames, found, strict=True)]
    if len(ptr.hostnames) > MAX_PTRS:
        left = f"only the first {MAX_PTRS} of its PTR records were looked up"
        looks.append((ptr.hostnames[MAX_PTRS], Look(Verdict.UNKNOWN, left)))
    return min(looks, key=lambda pair: likeliest(pair[1].verdict))


def _held(ptr: PtrAnswer, hostname: DnsName) -> Verdict:
    """Judge whether the address has this PTR."""
    if ptr.status is Status.UNKNOWN:
        return Verdict.UNKNOWN
    if hostname not in ptr.hostnames:
        return Verdict.MISMATCH
    return Verdict.CONFIRMED if ptr.status is Status.FOUND else Verdict.PROPAGATING


def _row(asked: str, address: Address, hostname: DnsName, ptr: PtrAnswer, forward: Look) -> Row:
    """Return a row that says what is wrong; where nothing is, what is right."""
    held = _held(ptr, hostname)
    wrong = []
    if held is not Verdict.CONFIRMED:
        wrong.append(_ptr_said(ptr, held))
    if forward.verdict is not Verdict.CONFIRMED:
        subject = hostname if wrong else with_dot_hint(hostname)  # once in a sentence
        wrong.append(_forward_said(subject, forward))
    right = [_ptr_said(ptr, held), _forward_said(hostname, forward)]
    findings = of_ptr(address, hostname, ptr, forward)
    verdict = all_of([held, forward.verdict])
    return Row(asked, address, hostname, verdict, "; ".join(wrong or right), findings)


def _ptr_said(ptr: PtrAnswer, held: Verdict) -> str:
    if held is Verdict.UNKNOWN:
        said = "its PTR record could not be looked up"
    elif not ptr.hostnames:
        said = "it has no PTR record"
    else:
        said = f"its PTR is {shown([*map(with_dot_hint, ptr.hostnames)], ' and ')}"
    return f"{said}{', not everywhere yet' if held is Verdict.PROPAGATING else ''}: {ptr.detail}"


def _forward_said(subject: str, forward: Look) -> str:
    return f"{subject} {_FORWARD[forward.verdict]}: {forward.detail}"
