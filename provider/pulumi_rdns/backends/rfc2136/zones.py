"""Which zone of a server contains a name, by the SOA record in its answers (RFC 2308 section 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import dns.name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Site
from pulumi_rdns.backends.batch import PtrChange
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.zones import misplaced_error
from pulumi_rdns.errors import BackendError, ZoneNotFoundError
from pulumi_rdns.model.names import from_dns
from pulumi_rdns.workers import Workers

if TYPE_CHECKING:
    import dns.message

    from .client import Client

#: zones that are looked for at a time
_MOST_AT_A_TIME = 8


class ZoneFinder:
    """The zones that were found, remembered for as long as it lives. Shared by several threads."""

    def __init__(self, backend: str, client: Client) -> None:
        """Take the backend's name for error messages."""
        self._backend = backend
        self._client = client
        self._found: dict[dns.name.Name, dns.name.Name] = {}
        #: what was found ahead, until somebody asks for it right after
        self._sites: dict[dns.name.Name, Site] = {}

    def find(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone of a name. Raises ZoneNotFoundError."""
        self._sites.pop(name, None)
        if name not in self._found:
            self._ask(name)
        return self._found[name]

    def site(self, name: dns.name.Name) -> Site | None:
        """Return what the answer that names the zone says of the name.

        None where the zone is known already, or where the name is a CNAME.
        """
        site = self._sites.pop(name, None)
        if site is None and name not in self._found:
            reply = self._ask(name)
            if not _has_alias(reply):
                return _site(self._found[name], reply)
        return site

    def prefetch(self, names: Sequence[dns.name.Name]) -> None:
        """Find the zones of many names; what the answers say besides is for the next `site`."""
        new = dict.fromkeys(name for name in names if name not in self._found)
        operation = Operation(self._backend, "find the zones of", f"{len(new)} names")
        for name, reply in self._client.query_all(operation, new, RdataType.SOA):
            zone = None if _has_alias(reply) else zone_in(reply, name)
            if zone is not None:
                self._found[name] = zone
                self._sites[name] = _site(zone, reply)

    def check(self, operation: Operation, zone: dns.name.Name, name: dns.name.Name) -> None:
        """Raise ZoneNotFoundError where the server has the name in another zone."""
        found = self.find(name)
        if found != zone:
            raise misplaced_error(operation, name, found, zone)

    def in_other_zones(
        self, zone: dns.name.Name, changes: Sequence[PtrChange]
    ) -> dict[str, BackendError]:
        """Find the names whose records the server would take in this zone and not serve.

        Return what is wrong by the name that they are right below.
        """
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for change in changes:
            if change.after:
                groups[parent_of(change.owner)].append(change.owner)
        self.prefetch([dns.name.from_text(owners[0]) for owners in groups.values()])
        with Workers(_MOST_AT_A_TIME) as pool:
            errors = pool.map(partial(self._elsewhere, zone), groups.values())
            found = zip(groups, errors, strict=True)
            return {parent: error for parent, error in found if error is not None}

    def _elsewhere(self, zone: dns.name.Name, owners: Sequence[str]) -> BackendError | None:
        """Check the first name that is not the top of a zone of its own.

        That is found by the prerequisites.
        """
        for owner in owners:
            name = dns.name.from_text(owner)
            try:
                self.check(Operation(self._backend, "write PTR of", owner), zone, name)
            except BackendError as error:
                if self._found.get(name) == name:
                    continue
                return error
            return None
        return None

    def _ask(self, name: dns.name.Name) -> dns.message.Message:
        """Ask for the zone and remember it; the reply tells of the name, too."""
        operation = Operation(self._backend, "find the zone of", from_dns(name))
        reply = self._client.query(operation, name, RdataType.SOA)
        if _has_alias(reply):
            # The SOA is that of the CNAME's target; a CNAME is never the top of its own zone.
            self._found[name] = self._zone_above(operation, name)
            return reply
        zone = zone_in(reply, name)
        if zone is None:
            reason = "the server's answer does not name the zone (no SOA)"
            raise operation.error(ZoneNotFoundError, reason)
        self._found[name] = zone
        return reply

    def _zone_above(self, operation: Operation, name: dns.name.Name) -> dns.name.Name:
        try:
            if name != dns.name.root:
                return self.find(name.parent())
        except ZoneNotFoundError as error:
            if error.code != "CNAME":
                raise
        reason = "the server answers with a CNAME for every name, up to the root"
        raise operation.error(ZoneNotFoundError, reason, "CNAME")


def _site(zone: dns.name.Name, reply: dns.message.Message) -> Site:
    return Site(zone, None, reply.rcode() == Rcode.NXDOMAIN)


def _has_alias(reply: dns.message.Message) -> bool:
    return any(rrset.rdtype in (RdataType.CNAME, RdataType.DNAME) for rrset in reply.answer)


def parent_of(owner: str) -> str:
    """Return the name that a name is right below, as text."""
    return owner.partition(".")[2]


def zone_in(reply: dns.message.Message, name: dns.name.Name) -> dns.name.Name | None:
    """Return the zone that a reply names by its SOA record; None where it names none."""
    for rrset in (*reply.answer, *reply.authority):
        if rrset.rdtype == RdataType.SOA and name.is_subdomain(rrset.name):
            return rrset.name.canonicalize()
    return None
