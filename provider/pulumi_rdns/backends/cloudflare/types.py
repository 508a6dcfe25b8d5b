"""The settings, and the API's JSON: names without a final dot, a record for each value. Pure.

https://developers.cloudflare.com/api/resources/dns/subresources/records/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import dns.name
import dns.rrset
import msgspec
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, Settings
from pulumi_rdns.backends.kit.answers import decode_json
from pulumi_rdns.backends.kit.http import Refusal
from pulumi_rdns.backends.kit.rrsets import UnreadableRecordError, name_of, rrset_of
from pulumi_rdns.model.names import from_dns

T = TypeVar("T")

#: setting -> its variable, as the vendor's own tools and Terraform's provider know it
ENVIRONMENT = {"apiToken": "CLOUDFLARE_API_TOKEN"}


class CloudflareSettings(Settings):
    """The token, where the API is, and the seconds that one operation may take.

    They are more than the five minutes for which Cloudflare refuses all requests after too many.
    """

    api_token: str
    api_url: str = "https://api.cloudflare.com"
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 360.0

    def __repr__(self) -> str:
        return f"CloudflareSettings(api_url={self.api_url!r}, timeout={self.timeout})"


class Zone(msgspec.Struct):
    """A zone in the list of zones."""

    id: str
    name: str
    #: ``active`` where the domain is delegated to Cloudflare
    status: str = ""
    #: ``secondary`` where it comes from another server
    type: str = ""
    #: Cloudflare's own servers, which no NS record of the zone names
    name_servers: list[str] | None = None

    @property
    def apex(self) -> dns.name.Name | None:
        """The name of the zone; None where it cannot be read."""
        try:
            return name_of(self.name)
        except UnreadableRecordError:
            return None

    @property
    def servers(self) -> tuple[dns.name.Name, ...]:
        """Its name servers; none where they cannot be read."""
        try:
            return tuple(map(name_of, self.name_servers or ()))
        except UnreadableRecordError:
            return ()


class Record(msgspec.Struct):
    """One value of a name and type."""

    id: str
    name: str
    type: str
    #: left out for types whose values are made of several parts
    content: str = ""
    #: seconds; 1 is "automatic"
    ttl: int = 1
    #: the DNS answers with addresses of Cloudflare's proxy instead
    proxied: bool = False

    @property
    def owner(self) -> dns.name.Name:
        """The name. Raises UnreadableRecordError."""
        return name_of(self.name)


class PageInfo(msgspec.Struct):
    """Which page of a list it is."""

    page: int = 1
    total_pages: int = 1


class Page(msgspec.Struct, Generic[T]):
    """A page of a list."""

    result: list[T]
    result_info: PageInfo | None = None


class Made(msgspec.Struct):
    """What a batch created, in the order of the request."""

    posts: list[Record] | None = None


class BatchAnswer(msgspec.Struct):
    """The answer to a batch."""

    result: Made


class Error(msgspec.Struct):
    """An error; the chain says more about it."""

    code: int = 0
    message: str = ""
    error_chain: list[Any] | None = None


class Failure(msgspec.Struct):
    """What the API says of an error."""

    errors: list[Error] | None = None


class Batch(msgspec.Struct, omit_defaults=True):
    """Changes of records, all or none. They are made in this order."""

    deletes: list[dict[str, Any]] = []
    patches: list[dict[str, Any]] = []
    posts: list[dict[str, Any]] = []

    def __len__(self) -> int:
        return len(self.deletes) + len(self.patches) + len(self.posts)


def rrset_among(
    records: Iterable[Record], name: dns.name.Name, rdtype: RdataType
) -> dns.rrset.RRset | None:
    """Return the RRset that records of a name are; its TTL is the least of theirs.

    Raises UnreadableRecordError.
    """
    ours = of_type(records, rdtype)
    if not ours:
        return None
    return rrset_of(name, rdtype, min(one.ttl for one in ours), [one.content for one in ours])


def of_type(records: Iterable[Record], rdtype: RdataType) -> list[Record]:
    """Return the records of a type."""
    return [record for record in records if record.type == rdtype.name]


def add_to(batch: Batch, change: Change, records: Sequence[Record]) -> None:
    """Add what makes a change to the records of its name and type that are there.

    Records that stay keep their id, and with it comment, tags and proxy; one that goes gets the
    value of one that comes. Raises UnreadableRecordError.
    """
    name, kind, ttl = from_dns(change.name), change.rdtype.name, 0
    wanted: dict[Any, str] = {}
    if change.after is not None:
        ttl = change.after.ttl
        wanted = {rdata: _content(rdata.to_text()) for rdata in change.after}
    leaving = []
    for record in records:
        (rdata,) = rrset_of(change.name, change.rdtype, 1, [record.content])
        if wanted.pop(rdata, None) is None:
            leaving.append(record)
        elif record.ttl != ttl and not record.proxied:  # the proxy has its own
            batch.patches.append(_body(name, kind, record.content, ttl) | {"id": record.id})
    for record in leaving:
        if wanted:
            content = wanted.pop(next(iter(wanted)))
            seconds = record.ttl if record.proxied else ttl
            batch.patches.append(_body(name, kind, content, seconds) | {"id": record.id})
        else:
            batch.deletes.append({"id": record.id})
    batch.posts += [_body(name, kind, content, ttl) for content in wanted.values()]


def _body(name: str, kind: str, content: str, ttl: int) -> dict[str, Any]:
    return {"name": name, "type": kind, "content": content, "ttl": ttl}


def _content(text: str) -> str:
    return text if text == "." else text.removesuffix(".")


def error_codes(content: bytes) -> set[int]:
    """Return the codes of the errors in the body of an answer."""
    try:
        return {error.code for error in decode_json(content, Failure).errors or ()}
    except msgspec.DecodeError:
        return set()


def read_refusal(content: bytes) -> Refusal:
    """Read the API's own words about an error, with those of its chain."""
    try:
        errors = decode_json(content, Failure).errors or []
    except msgspec.DecodeError:
        return Refusal()
    words = [word for error in errors for word in [error.message, *_chain(error)] if word]
    codes = [str(error.code) for error in errors if error.code]
    return Refusal("; ".join(words), f"Cloudflare code {', '.join(codes)}" if codes else "")


def _chain(error: Error) -> list[str]:
    links = error.error_chain or []
    return [str(link.get("message", "")) for link in links if isinstance(link, dict)]
