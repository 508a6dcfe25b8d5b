"""A simulated zone: its RRsets, and what may be done to them."""

from __future__ import annotations

from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdatatype

from tests.fakes.history import History

from .refusal import RefusedError

_TYPES = frozenset(["A", "AAAA", "CAA", "CNAME", "DS", "HINFO", "HTTPS", "MX"]).union(
    ["NS", "PTR", "RP", "SOA", "SRV", "SVCB", "TLSA", "TXT"]
)
#: relative name and type
Key = tuple[str, str]
#: a TTL or none of its own, and value -> comment
Content = tuple[int | None, dict[str, str | None]]


def invalid(field: str, message: str) -> RefusedError:
    """Return the refusal of a field of a request."""
    details = {"fields": [{"name": field, "messages": [message]}]}
    return RefusedError(422, f"invalid input in field '{field}'", ("invalid_input", details))


class Zone:
    """A zone: every change is given the moment from which on it is there."""

    def __init__(
        self, id_: int, name: str, ttl: int, sets: list[dict[str, Any]], primaries: list[str] | None
    ) -> None:
        self.id = id_
        self.name = name
        self.ttl = ttl
        self.primaries = primaries
        self.protected: set[Key] = set()
        #: RRsets that are being created
        self.pending: set[Key] = set()
        self._sets: dict[Key, History[Content | None]] = {}
        for one in sets:
            values = {record["value"]: record.get("comment") for record in one["records"]}
            self.put((one["name"], one["type"]), float("-inf"), (one.get("ttl"), values))

    def at(self, key: Key, moment: float = float("inf")) -> Content | None:
        """Return an RRset as it was."""
        return self._sets[key].at(moment) if key in self._sets else None

    def put(self, key: Key, moment: float, content: Content | None) -> None:
        """Change an RRset; none takes it out, and so does one without a value."""
        self._sets.setdefault(key, History(None)).put(
            moment, content if content and content[1] else None
        )

    def shown(self, moment: float = float("inf"), top: str = "@") -> list[dict[str, Any]]:
        """Return the RRsets as the API shows them."""
        return [
            self.one(key, content, self.name if top == "zone" and key[0] == "@" else key[0])
            for key in sorted(self._sets)
            if (content := self.at(key, moment)) is not None
        ]

    def one(self, key: Key, content: Content, name: str = "") -> dict[str, Any]:
        """Return an RRset as the API shows it."""
        ttl, values = content
        records = [
            {"value": value} if comment is None else {"value": value, "comment": comment}
            for value, comment in values.items()
        ]
        return {
            "id": f"{name or key[0]}/{key[1]}",
            "name": name or key[0],
            "type": key[1],
            "ttl": ttl,
            "labels": {},
            "protection": {"change": key in self.protected},
            "records": records,
            "zone": self.id,
        }

    def count(self) -> int:
        """Count the records."""
        return sum(len(one["records"]) for one in self.shown())

    def check_new(self, key: Key, *, beside_cname: bool) -> None:
        """Refuse an RRset that cannot be created."""
        name, kind = key
        if kind not in _TYPES:
            raise invalid("type", "type is not supported")
        is_absolute = name == self.name or name.endswith((".", f".{self.name}"))
        if name != name.lower() or not name or is_absolute:
            raise invalid("name", "name is not relative, or not in lower case")
        if self.at(key) is not None or key in self.pending:
            raise RefusedError(409, "RRSet already exists", ("uniqueness_error", None))
        others = {other for at, other in self._sets if at == name and self.at((at, other))}
        clash = "CNAME" in others or (kind == "CNAME" and others)
        if clash and not beside_cname:
            raise invalid("type", "a CNAME cannot stand beside other records")

    def values(self, kind: str, records: Any) -> dict[str, str | None]:
        """Read the records of a request."""
        if not isinstance(records, list) or not records or len(records) > 50:
            raise invalid("records", "records must not be empty, nor more than 50")
        values = {record["value"]: record.get("comment") for record in records}
        if len(values) != len(records):
            raise invalid("records", "records must be distinct")
        origin = dns.name.from_text(self.name)
        for value in values:
            try:
                dns.rdata.from_text("IN", kind, value, origin, False)
            except dns.exception.DNSException:
                raise invalid("records", f"{value!r} is not a valid {kind} record") from None
        return values


def check_ttl(ttl: Any) -> None:
    """Refuse a TTL that is none."""
    if ttl is not None and (not isinstance(ttl, int) or not 60 <= ttl <= 2147483647):
        raise invalid("ttl", "ttl must be between 60 and 2147483647")
