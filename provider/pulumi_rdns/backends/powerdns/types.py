"""The settings, and the API's JSON: names absolute, values as in a master file. Pure.

https://doc.powerdns.com/authoritative/http-api/zone.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import dns.name
import dns.rrset
import msgspec
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, Settings
from pulumi_rdns.backends.kit.answers import decode_json
from pulumi_rdns.backends.kit.http import Refusal
from pulumi_rdns.backends.kit.rrsets import UnreadableRecordError, name_of, rrset_of

#: setting -> its variable, as lego, certbot's plugin and the vendor's own tools know it
ENVIRONMENT = {"apiUrl": "PDNS_API_URL", "apiKey": "PDNS_API_KEY"}


class PowerDnsSettings(Settings):
    """Where the API is, as in ``http://ns1.example.net:8081``, and its key.

    ``timeout`` is seconds for each answer, and for how long a busy server is asked again. The repr
    leaves the key out.
    """

    api_url: str
    api_key: str
    server_id: str = "localhost"
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 30.0

    def __repr__(self) -> str:
        return f"PowerDnsSettings(api_url={self.api_url!r}, server_id={self.server_id!r})"


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
        """Owner and type."""
        return self.name.lower(), self.type

    @property
    def disabled(self) -> list[Record]:
        """The values that are kept and not served."""
        return [record for record in self.records if record.disabled]

    def served(self) -> dns.rrset.RRset | None:
        """Return the RRset that the server answers with; None where it has none.

        Raises UnreadableRecordError.
        """
        values = [record.content for record in self.records if not record.disabled]
        if not values:
            return None
        return rrset_of(name_of(self.name), RdataType[self.type], self.ttl, values)


class Zone(msgspec.Struct):
    """A zone in the list of zones. ``kind`` is Native, Master, Slave, Producer or Consumer."""

    id: str
    name: str
    kind: str = ""
    masters: list[str] = []

    @property
    def apex(self) -> dns.name.Name | None:
        """The name of the zone; None for a variant, which no query sees outside its view.

        >>> Zone(id="", name="Example.com.").apex, Zone(id="", name="example.com..lab").apex
        (<DNS name example.com.>, None)
        """
        try:
            return name_of(self.name)
        except UnreadableRecordError:
            return None

    @property
    def is_copy(self) -> bool:
        """Whether it comes from another server, which would overwrite it."""
        return self.kind.lower() in ("slave", "secondary", "consumer")


class ZoneContent(msgspec.Struct):
    """A zone with the RRsets that were asked for."""

    rrsets: list[RecordSet] = []


class Failure(msgspec.Struct):
    """What the API says of an error."""

    error: str = ""
    errors: list[str] = []


def zone_id(zone: dns.name.Name) -> str:
    """Return the id of a zone as it stands in a URL.

    >>> zone_id(dns.name.from_text("0/25.2.0.192.in-addr.arpa"))
    '0=2F25.2.0.192.in-addr.arpa.'
    """
    return re.sub(r"[^a-zA-Z0-9.-]", lambda found: f"={ord(found[0]):02X}", zone.to_text())


def patch_of(changes: Iterable[Change], there: Mapping[tuple[str, str], RecordSet]) -> object:
    """Return the body of a PATCH that makes the changes to what is there, all or none."""
    return {"rrsets": [_patch(change, there.get(_key(change))) for change in changes]}


def _key(change: Change) -> tuple[str, str]:
    return change.name.to_text(), change.rdtype.name


def _patch(change: Change, there: RecordSet | None) -> dict[str, Any]:
    """Return one RRset of a PATCH. Without ``comments``, the API keeps those that it has."""
    kept = there.disabled if there else []
    after = change.after if change.after is not None else ()
    values = [Record(rdata.to_text()) for rdata in after] + kept
    patch = {"name": change.name.to_text(), "type": change.rdtype.name, "changetype": "DELETE"}
    if not values:
        return patch
    ttl = change.after.ttl if change.after is not None else there.ttl if there else 0
    return patch | {"changetype": "REPLACE", "ttl": ttl, "records": values}


def read_refusal(content: bytes) -> Refusal:
    """Read the server's own words about an error, however it wrote them."""
    try:
        failure = decode_json(content, Failure)
    except msgspec.DecodeError:
        failure = Failure()
    own = "; ".join([failure.error, *failure.errors]).strip("; ")
    return Refusal(own or content.decode("utf-8", "replace").strip("{} \r\n"))
