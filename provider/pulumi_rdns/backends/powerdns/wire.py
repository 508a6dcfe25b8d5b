"""The API's JSON, and RRsets in it: names absolute, values as in a master file. Pure.

https://doc.powerdns.com/authoritative/http-api/zone.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import dns.exception
import dns.name
import dns.rrset
import msgspec
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change


class Record(msgspec.Struct):
    """One value. A disabled one is kept and not served."""

    content: str
    disabled: bool = False


class RecordSet(msgspec.Struct):
    """All values of one name and type."""

    name: str
    type: str
    records: list[Record]
    ttl: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """Give owner and type."""
        return self.name.lower(), self.type

    @property
    def disabled(self) -> list[Record]:
        """Give what is kept and not served."""
        return [record for record in self.records if record.disabled]

    def served(self) -> dns.rrset.RRset | None:
        """Give the RRset that the server answers with."""
        values = [record.content for record in self.records if not record.disabled]
        if not values:
            return None
        name = dns.name.from_text(self.name.lower())
        return dns.rrset.from_text(name, self.ttl, RdataClass.IN, RdataType[self.type], *values)


class Zone(msgspec.Struct):
    """A zone in the list of zones. ``kind`` is Native, Master, Slave, Producer or Consumer."""

    id: str
    name: str
    kind: str = ""
    masters: list[str] = []

    @property
    def apex(self) -> dns.name.Name | None:
        """Give the name of the zone; None for a variant, which no query sees outside its view.

        >>> Zone(id="", name="Example.com.").apex, Zone(id="", name="example.com..lab").apex
        (<DNS name example.com.>, None)
        """
        try:
            return dns.name.from_text(self.name.lower())
        except dns.exception.DNSException:
            return None

    @property
    def is_copy(self) -> bool:
        """Does it come from another server, which would overwrite it?"""
        return self.kind.lower() in ("slave", "secondary", "consumer")


class ZoneContent(msgspec.Struct):
    """A zone with the RRsets that were asked for."""

    rrsets: list[RecordSet] = []


class Failure(msgspec.Struct):
    """What the API says of an error."""

    error: str = ""
    errors: list[str] = []


def zone_id(zone: dns.name.Name) -> str:
    """Write the id of a zone as it stands in a URL.

    >>> zone_id(dns.name.from_text("0/25.2.0.192.in-addr.arpa"))
    '0=2F25.2.0.192.in-addr.arpa.'
    """
    return re.sub(r"[^a-zA-Z0-9.-]", lambda found: f"={ord(found[0]):02X}", zone.to_text())


def patch_of(changes: Iterable[tuple[Change, RecordSet | None]]) -> bytes:
    """Write a PATCH of the zone that makes the changes to what is there, all or none."""
    return msgspec.json.encode({"rrsets": [_patch(change, there) for change, there in changes]})


def _patch(change: Change, there: RecordSet | None) -> dict[str, Any]:
    """Write one RRset. Without a word of comments, the API keeps those that it has."""
    kept = there.disabled if there else []
    after = change.after if change.after is not None else ()
    values = [Record(rdata.to_text()) for rdata in after] + kept
    patch = {"name": change.name.to_text(), "type": change.rdtype.name, "changetype": "DELETE"}
    if not values:
        return patch
    ttl = change.after.ttl if change.after is not None else there.ttl if there else 0
    return patch | {"changetype": "REPLACE", "ttl": ttl, "records": values}


def reason_in(content: bytes) -> str:
    """Give the server's own words about an error, however it wrote them."""
    try:
        failure = msgspec.json.decode(content, type=Failure)
    except msgspec.MsgspecError:
        return content.decode("utf-8", "replace").strip()[:300]
    return "; ".join([failure.error, *failure.errors]).strip("; ")
