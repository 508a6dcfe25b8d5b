"""RRsets read and patched over the API, one writer per zone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, Settings, ZoneBackend, same_rrset
from pulumi_rdns.backends.batch import Found, found_in
from pulumi_rdns.backends.kit.caches import Locks
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.errors import ConflictError, RejectedError, ZoneNotFoundError
from pulumi_rdns.model.names import name_text
from pulumi_rdns.model.specs import MAX_TTL

from .api import Api
from .settings import ENVIRONMENT, PowerDnsSettings, api_key, server_url
from .wire import RecordSet, Zone, patch_of

#: changes in one request: a body may have 2 MB (webserver-max-bodysize)
_MOST_CHANGES = 4000
#: changes that are looked at for delegations one by one, which takes a request each
_MOST_LOOKS = 8

#: (URL, zone) -> held while this process writes to the zone: PowerDNS answers concurrent writers
#: with HTTP 500
_writing = Locks()


class PowerDnsBackend(ZoneBackend[PowerDnsSettings]):
    """The zones of one PowerDNS server.

    The API has no preconditions: the old value is read right before the write, and a writer
    outside this process that comes in between is overwritten. The list of zones, and where they
    delegate, are remembered for as long as the instance lives.
    """

    settings_type: ClassVar[type[Settings]] = PowerDnsSettings
    environment: ClassVar[dict[str, str]] = ENVIRONMENT
    secrets: ClassVar[frozenset[str]] = frozenset({"apiKey"})
    batch_size: ClassVar[int] = _MOST_CHANGES

    def __init__(self, name: str, settings: PowerDnsSettings, root: Path) -> None:
        super().__init__(name, settings, root)
        self._api = Api(server_url(name, settings), api_key(name, settings), settings.timeout)
        self._zones: Mapping[dns.name.Name, Zone] = {}
        self._found: dict[dns.name.Name, dns.name.Name] = {}
        self._cuts: dict[dns.name.Name, dns.rrset.RRset | None] = {}

    @property
    def identity(self) -> str:
        """The server; a zone is the same with whatever key."""
        return f"powerdns {self._api.url}"

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone in the server's list: the longest match, unless it delegates the name."""
        if name not in self._found:
            operation = Operation(self.name, "find the zone of", name_text(name))
            zone = self._listed(operation, name)
            if zone is None:
                count = len(self._zones)
                raise operation.error(
                    ZoneNotFoundError, f"none of the server's zones ({count}) holds it"
                )
            self._refuse_delegated(operation, zone, name)
            self._found[name] = zone
        return self._found[name]

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the live RRset, without disabled records."""
        operation = Operation(self.name, f"read {rdtype.name} of", name_text(name))
        there = self._api.read(operation, zone, [name]).get((name.to_text(), rdtype.name))
        return there.served() if there else None

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write all changes or none, in one request.

        More than 4000 changes are several requests: then each of them is all or none.
        """
        if not changes:
            return
        types = " and ".join(sorted({change.rdtype.name for change in changes}))
        subject = changes[0].name if len(changes) == 1 else zone
        operation = Operation(self.name, f"write {types} of", name_text(subject))
        self._listed(operation, zone)
        # What is no longer served may still be removed.
        writes = [change for change in changes if change.after is not None]
        for change in writes if len(writes) <= _MOST_LOOKS else writes[:1]:
            self.find_zone(change.name)
        for change in changes:
            self._check(operation, zone, change, self._longest(change.name))
        with _writing[self._api.url, zone]:
            for start in range(0, len(changes), _MOST_CHANGES):
                part = changes[start : start + _MOST_CHANGES]
                self._api.patiently(operation, partial(self._write, operation, zone, part))

    def read_ptrs(
        self, zone: dns.name.Name, owners: Collection[str], *, is_shared: bool = False
    ) -> dict[str, Found]:
        """Read what stands at many names, out of one reading of the zone."""
        names = {owner: dns.name.from_text(owner) for owner in owners}
        operation = Operation(self.name, "read PTR of", name_text(zone))
        there = self._api.read(operation, zone, list(names.values()))
        found = {}
        for owner, name in names.items():
            sets = [there.get((name.to_text(), kind)) for kind in ("PTR", "CNAME", "NS")]
            one = found_in(zone, *(each.served() if each else None for each in sets))
            if one is not None:
                found[owner] = one
        return found

    def _listed(self, operation: Operation, name: dns.name.Name) -> dns.name.Name | None:
        """Give the longest match in the server's list, which is read where none is known."""
        zone = self._longest(name)
        if zone is None:
            self._zones = self._api.zones(operation)
            zone = self._longest(name)
        return zone

    def _check(
        self, operation: Operation, zone: dns.name.Name, change: Change, found: dns.name.Name | None
    ) -> None:
        """Refuse what the server would take and not serve."""
        if change.after is not None and change.after.ttl > MAX_TTL:
            reason = f"a TTL of {change.after.ttl} s is too long; {MAX_TTL} is the most"
            raise operation.error(RejectedError, f"{reason} (RFC 2181 section 8)")
        if found is not None and found != zone and change.after is not None:
            reason = f"the server has {name_text(change.name)} in the zone {name_text(found)}"
            raise operation.error(
                ZoneNotFoundError, f"{reason}, not in {name_text(zone)}; check `zone`"
            )
        listed = self._zones.get(zone)
        if listed is not None and listed.is_copy:
            primaries = ", ".join(listed.masters) or "another server"
            reason = f"the zone {name_text(zone)} is a copy of the one at {primaries}; write there"
            raise operation.error(RejectedError, reason)

    def _write(self, operation: Operation, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Look, compare and write at once."""
        there = self._api.read(operation, zone, [change.name for change in changes])
        still_open = self._still_open(operation, changes, there)
        if still_open:
            self._api.patch(operation, zone, patch_of(still_open))

    def _still_open(
        self,
        operation: Operation,
        changes: Sequence[Change],
        there: Mapping[tuple[str, str], RecordSet],
    ) -> list[tuple[Change, RecordSet | None]]:
        """Give what is still to do, and what is there. Raises ConflictError."""
        still_open = []
        for change in changes:
            owner = change.name.to_text()
            found = there.get((owner, change.rdtype.name))
            live = found.served() if found else None
            if same_rrset(live, change.after):
                continue
            alias = there.get((owner, "CNAME")) if change.rdtype != RdataType.CNAME else None
            cname = alias.served() if alias and change.after is not None else None
            if cname is not None or live != change.before:
                reason = f"there is now {_shown(cname or live)}"
                raise operation.error(ConflictError, reason, subject=name_text(change.name))
            still_open.append((change, found))
        return still_open

    def _refuse_delegated(
        self, operation: Operation, zone: dns.name.Name, name: dns.name.Name
    ) -> None:
        """Look for a delegation at each name from the zone down to this one."""
        for depth in range(len(zone) + 1, len(name) + 1):
            below = dns.name.Name(name.labels[-depth:])
            if below not in self._cuts:
                there = self._api.read(operation, zone, [below]).get((below.to_text(), "NS"))
                self._cuts[below] = there.served() if there else None
            cut = self._cuts[below]
            if cut is not None:
                hosts = ", ".join(sorted(name_text(rdata.target) for rdata in cut))
                reason = f"{name_text(below)} is delegated to {hosts}, and this server does not"
                raise operation.error(ZoneNotFoundError, f"{reason} have it")

    def _longest(self, name: dns.name.Name) -> dns.name.Name | None:
        zones = (name.split(depth)[1] for depth in range(len(name), 0, -1))
        return next((zone for zone in zones if zone in self._zones), None)


def _shown(rrset: dns.rrset.RRset | None) -> str:
    if rrset is None:
        return "nothing"
    values = sorted(rdata.to_text().rstrip(".") for rdata in rrset)
    return f"{RdataType(rrset.rdtype).name} {', '.join(values)}"
