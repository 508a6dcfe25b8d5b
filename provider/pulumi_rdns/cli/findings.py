"""What is worth knowing of a PTR record or a mail exchanger under any verdict. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_rdns.cli.generic_names import why_generic
from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.missing_dots import dot_hint
from pulumi_rdns.model.names import DnsName, parse_hostname
from pulumi_rdns.resolve.forward import AddressesAnswer, PtrAnswer
from pulumi_rdns.resolve.verdicts import MAX_SHOWN, Look, Status


def of_ptr(address: Address, hostname: DnsName, ptr: PtrAnswer, forward: Look) -> tuple[str, ...]:
    """Return the findings about the PTR records of an address; ``hostname`` was looked up."""
    return (
        *_several(ptr, address),
        *_alias(hostname, ptr, forward),
        *(finding for name in ptr.hostnames[:MAX_SHOWN] for finding in _name(name, address)),
    )


def of_exchanger(host: DnsName, domain: DnsName, found: AddressesAnswer) -> tuple[str, ...]:
    """Return the findings about the name of a mail exchanger."""
    findings = []
    hint = dot_hint(host, domain, is_missing=found.status is Status.NONE)
    if why := hint or _why_invalid(host):
        findings.append(f"the mail exchanger is {host}: {why}")
    if found.aliases:
        findings.append(
            f"the mail exchanger {host} is a CNAME; an MX must not point to a CNAME (RFC 2181 "
            "section 10.3)"
        )
    return tuple(findings)


def shown(names: Sequence[str], between: str = ", ") -> str:
    """Write the first few of many names: a server may have thousands of PTR records for one name.

    >>> shown(["a", "b"], " and ")
    'a and b'
    """
    more = len(names) - MAX_SHOWN
    return between.join([*names[:MAX_SHOWN], *([f"{more} more"] if more > 0 else [])])


def _several(ptr: PtrAnswer, address: Address) -> list[str]:
    if len(ptr.hostnames) < 2 or ptr.status is not Status.FOUND:
        return []
    return [
        f"{address} has {len(ptr.hostnames)} PTR records ({shown(ptr.hostnames)}); many programs "
        "see only one, and not always the same"
    ]


def _alias(hostname: DnsName, ptr: PtrAnswer, forward: Look) -> list[str]:
    if not forward.aliases:
        return []
    name, target = hostname, forward.aliases[-1]
    if hostname in ptr.hostnames:
        return [
            f"the PTR {name} is a CNAME to {target}; a PTR must not point to a CNAME "
            "(RFC 2181 section 10.2)"
        ]
    if forward.verdict in (Verdict.CONFIRMED, Verdict.PROPAGATING):
        return [f"{name} is a CNAME to {target}; the PTR should be that name"]
    return []  # that name does not have the address


def _name(hostname: DnsName, address: Address) -> list[str]:
    if dot_hint(hostname):
        return []  # told with the name
    if why := _why_invalid(hostname):
        return [f"the PTR {hostname} is not a valid hostname: {why}"]
    if why := why_generic(hostname, address):
        return [
            f"receivers reject mail from names like {hostname}: it looks generated ({why}); set a "
            "PTR of your own"
        ]
    return []


def _why_invalid(name: DnsName) -> str | None:
    try:
        parse_hostname(name)
    except InvalidInputError as error:
        return "; ".join(finding.reason for finding in error.findings)
    return None
