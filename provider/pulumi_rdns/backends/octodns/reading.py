"""A zone as octoDNS read it, seen as RRsets."""

from __future__ import annotations

import contextlib
from typing import Any

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.kit.rrsets import UnreadableRecordError, name_of, rrset_of

#: what is asked for; a zone may have records of any other type too
_TYPES = ("A", "AAAA", "CNAME", "NS", "PTR")


class Reading:
    """The records of a zone at one moment: a `Zone` of octoDNS that a provider has populated."""

    def __init__(self, zone: Any) -> None:
        self.zone = zone
        self._records: dict[tuple[dns.name.Name, str], Any] = {}
        for record in zone.records:
            if record._type in _TYPES:
                with contextlib.suppress(UnreadableRecordError):  # no name that anybody asks for
                    self._records[name_of(record.fqdn), record._type] = record

    def record(self, name: dns.name.Name, rdtype: RdataType) -> Any | None:
        """Return octoDNS's record, or None."""
        return self._records.get((name, rdtype.name))

    def rrset(self, name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset | None:
        """Return the RRset; None where there is none. Raises UnreadableRecordError."""
        record = self.record(name, rdtype)
        if record is None:
            return None
        return rrset_of(name, rdtype, record.ttl, record.to_rrset().rdatas)
