"""What keeps an address from being written at a hostname, and from being served there."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Report, ZoneBackend
from pulumi_rdns.errors import BackendError, ConflictError, RejectedError
from pulumi_rdns.model.addresses import Address, record_type
from pulumi_rdns.model.missing_dots import with_dot_hint
from pulumi_rdns.model.names import DnsName, to_dns
from pulumi_rdns.model.specs import ForwardSpec
from pulumi_rdns.records.ownership import fixed_reason


def warn_of_mask(
    backend: ZoneBackend, zone: DnsName, hostname: DnsName, address: Address, report: Report
) -> None:
    """Warn where the DNS does not answer with what the zone has: no PTR would be confirmed.

    A look that fails is no failure of the record, which may be written by then.
    """
    kind, mask = record_type(address), ""
    with suppress(BackendError):
        mask = backend.masked(to_dns(zone), to_dns(hostname), RdataType[kind])
    if mask:
        report.warning(f"{hostname} has the {kind} record {address}, {mask}")


def refuse_fixed(backend: ZoneBackend, zone: DnsName, spec: ForwardSpec) -> None:
    """Raise RejectedError where the address is there already and cannot be removed later."""
    rdtype = RdataType[record_type(spec.address)]
    fixed = backend.fixed_in(to_dns(zone), to_dns(spec.hostname), rdtype)
    for rdata, where in fixed.items():
        if rdata.to_text() == str(spec.address):
            operation = f"set the {rdtype.name} record of"
            reason = fixed_reason(str(spec.address), where)
            raise RejectedError(spec.backend, operation, spec.hostname, reason)


def conflict(spec: ForwardSpec, foreign: Collection[str]) -> ConflictError:
    """Return the error about addresses that somebody else wrote."""
    return _in_the_way(
        spec,
        f"it already has {', '.join(sorted(foreign))}, which was not written by this stack. "
        'Nothing was changed. To keep both, set on_conflict to "add"; to replace it, "overwrite" '
        "(in a stack file: onForwardConflict); if another resource of this stack was renamed, add "
        "`aliases` to this one",
    )


def also_has(spec: ForwardSpec, foreign: Collection[str]) -> str:
    """Return the warning about addresses that stay beside this one."""
    return (
        f"{spec.hostname} also has {', '.join(sorted(foreign))}, which this program does not "
        "declare; it stays"
    )


def alias_in_the_way(spec: ForwardSpec, target: DnsName) -> ConflictError:
    """Return the error about a CNAME at the hostname."""
    return _in_the_way(
        spec,
        f"it is a CNAME to {with_dot_hint(target, spec.hostname)}, beside which no other record "
        "can stand (RFC 1034 section 3.6.2); remove the CNAME, or use its target",
    )


def _in_the_way(spec: ForwardSpec, reason: str) -> ConflictError:
    operation = f"set the {record_type(spec.address)} record of"
    return ConflictError(spec.backend, operation, spec.hostname, reason)
