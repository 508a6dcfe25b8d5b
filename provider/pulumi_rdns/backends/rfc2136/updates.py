"""Changes as one message: what must be there, and what shall be (RFC 2136 section 2). Pure."""

from __future__ import annotations

from collections.abc import Sequence

import dns.name
import dns.update
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change


def update_of(zone: dns.name.Name, changes: Sequence[Change]) -> dns.update.UpdateMessage:
    """Return a message that makes all changes or none."""
    message = dns.update.UpdateMessage(zone)
    for change in changes:
        _require(message, change)
        # Old values go as an RRset: as single values, PowerDNS minds upper and lower case. With
        # the new ones in the same message, a new TTL alone is a change too: Knot ignores an
        # addition that differs in nothing else.
        if change.before is not None:
            message.delete(change.name, change.rdtype)
        if change.after is not None:
            message.add(change.name, change.after)
    return message


def _require(message: dns.update.UpdateMessage, change: Change) -> None:
    """Add the prerequisites (section 2.4). They need no right beyond that to the change."""
    if change.before is not None:
        message.present(change.name, *change.before)
    elif change.rdtype == RdataType.CNAME and change.after is not None:
        message.absent(change.name)
    else:
        message.absent(change.name, change.rdtype)
    if change.after is not None and change.rdtype != RdataType.CNAME:
        # Beside a CNAME an addition is ignored, and the answer is still NOERROR (3.4.2.2).
        message.absent(change.name, RdataType.CNAME)


def presence_of(
    zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType | None
) -> dns.update.UpdateMessage:
    """Return a message that changes nothing and asks whether an RRset is really in the zone.

    Or any at the name, where there is no type.
    """
    message = dns.update.UpdateMessage(zone)
    message.present(name, *([] if rdtype is None else [rdtype]))
    return message
