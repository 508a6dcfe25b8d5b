"""The mail exchangers of a domain, as a receiver of their mail sees them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from pulumi_rdns.cli.fcrdns import (
    MAX_ADDRESSES_OF_HOST,
    check_address,
    rows_without_address,
)
from pulumi_rdns.cli.findings import of_exchanger
from pulumi_rdns.cli.rows import Job, Row
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.resolve.forward import DnsSource
from pulumi_rdns.resolve.verdicts import Status

#: mail exchangers of one domain that are checked
MAX_EXCHANGERS = 50


def check_domain(source: DnsSource, domain: DnsName) -> list[Row | Job]:
    """Check every mail exchanger; without MX records that is the domain (RFC 5321 section 5.1)."""
    found = source.mail_exchangers(domain)
    asked = f"MX of {domain}"
    if found.status is Status.UNKNOWN:
        said = f"its mail exchangers could not be looked up: {found.detail}"
        return [Row(asked, None, None, Verdict.UNKNOWN, said)]
    if found.status is Status.NONE:
        said = f"{domain} has no MX record: mail goes to its own addresses"
        return _check_exchanger(source, domain, domain, f"{asked} (itself)", said)
    if not found.hosts:
        said = f"{domain} takes no mail (null MX, RFC 7505): nothing to check"
        return [Row(asked, None, None, Verdict.CONFIRMED, said, (said,))]
    jobs: list[Row | Job] = [
        partial(_check_exchanger, source, domain, host, f"{asked}: {host}")
        for host in found.hosts[:MAX_EXCHANGERS]
    ]
    if len(found.hosts) > MAX_EXCHANGERS:
        said = f"only the first {MAX_EXCHANGERS} of its {len(found.hosts)} mail exchangers"
        jobs.append(Row(asked, None, None, Verdict.UNKNOWN, f"{said} were checked"))
    if found.status is Status.DISAGREE:
        said = f"its nameservers disagree about the mail exchangers: {found.detail}"
        jobs.append(Row(asked, None, None, Verdict.PROPAGATING, said))
    return jobs


def _check_exchanger(
    source: DnsSource, domain: DnsName, host: DnsName, asked: str, *findings: str
) -> list[Row | Job]:
    found = source.addresses_of(host)
    findings += of_exchanger(host, domain, found)
    jobs: list[Row | Job] = [
        partial(_as_receivers_see_it, source, host, address, asked, findings)
        for address in found.addresses[:MAX_ADDRESSES_OF_HOST]
    ]
    rows = rows_without_address(found, host, asked)
    return [*jobs, *(replace(row, findings=findings) for row in rows)]


def _as_receivers_see_it(
    source: DnsSource, host: DnsName, address: Address, asked: str, more: tuple[str, ...]
) -> Row:
    row = check_address(source, address, asked)
    return replace(row, findings=(*row.findings, *more, *_for_receivers(row, host)))


def _for_receivers(row: Row, host: DnsName) -> list[str]:
    if row.address is None or row.verdict is Verdict.UNKNOWN:
        return []
    if row.hostname is None:
        return [f"receivers reject mail from {row.address}: it has no PTR record"]
    if row.hostname != host:
        return [f"the PTR is {row.hostname}, not the exchanger {host}"]
    return []
