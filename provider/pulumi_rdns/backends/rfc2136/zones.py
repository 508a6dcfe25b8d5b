"""Which zone of a server holds a name, by the SOA record in its answers (RFC 2308 section 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import dns.message
import dns.name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Site
from pulumi_rdns.backends.batch import PtrChange
from pulumi_rdns.errors import BackendError, ZoneNotFoundError
from pulumi_rdns.model.names import canonical, name_text

from .dialogue import Dialogue, Task

#: zones that are looked for at a time
_SIDE_BY_SIDE = 8


class Zones:
    """The zones that were found, remembered for as long as it lives. Shared by several threads."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._found: dict[dns.name.Name, dns.name.Name] = {}
        #: what was looked for ahead, until somebody asks for it right after
        self._sites: dict[dns.name.Name, Site] = {}

    def find(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone of a name. Raises ZoneNotFoundError."""
        self._sites.pop(name, None)
        if name not in self._found:
            self._ask(name)
        return self._found[name]

    def site(self, name: dns.name.Name) -> Site | None:
        """Say what the answer that names the zone says of the name; None where it is known already,
        or where an alias stands there.
        """
        site = self._sites.pop(name, None)
        if site is None and name not in self._found:
            reply = self._ask(name)
            if not _has_alias(reply):
                return _site(self._found[name], reply)
        return site

    def prefetch_zones(self, names: Sequence[dns.name.Name]) -> None:
        """Ask for many names at once; what the answers say besides is good for the next `site`."""
        new = dict.fromkeys(name for name in names if name not in self._found)
        for name, reply in self._dialogue.query_all(new, RdataType.SOA):
            zone = None if _has_alias(reply) else zone_in(reply, name)
            if zone is not None:
                self._found[name] = zone
                self._sites[name] = _site(zone, reply)

    def check(self, task: Task, zone: dns.name.Name, name: dns.name.Name) -> None:
        """Raise ZoneNotFoundError where the server has the name in another zone."""
        found = self.find(name)
        if found != zone:
            reason = f"the server has {name_text(name)} in the zone {name_text(found)}"
            raise task.error(ZoneNotFoundError, f"{reason}, not in {name_text(zone)}; check `zone`")

    def misplaced(
        self, zone: dns.name.Name, changes: Sequence[PtrChange]
    ) -> dict[str, BackendError]:
        """Find the names whose records the server would take in this zone and not serve: for each
        that they are below, what is wrong.
        """
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for change in changes:
            if change.after:
                groups[below(change.owner)].append(change.owner)
        self.prefetch_zones([dns.name.from_text(owners[0]) for owners in groups.values()])
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            errors = zip(
                groups, pool.map(partial(self._elsewhere, zone), groups.values()), strict=True
            )
            return {below: error for below, error in errors if error is not None}

    def _elsewhere(self, zone: dns.name.Name, owners: Sequence[str]) -> BackendError | None:
        """Look for the zone of the first name that is not the top of a zone of its own: that is
        found by the prerequisites.
        """
        for owner in owners:
            name = dns.name.from_text(owner)
            try:
                self.check(Task(self._dialogue.name, "write PTR of", owner), zone, name)
            except BackendError as error:
                if self._found.get(name) == name:
                    continue
                return error
            return None
        return None

    def _ask(self, name: dns.name.Name) -> dns.message.Message:
        """Ask for the zone and remember it; the reply tells of the name, too."""
        task = Task(self._dialogue.name, "find the zone of", name_text(name))
        reply = self._dialogue.query(task, name, RdataType.SOA)
        if _has_alias(reply):
            # The SOA is that of the alias's target; an alias is never the top of its own zone.
            self._found[name] = self.find(name.parent())
            return reply
        zone = zone_in(reply, name)
        if zone is None:
            raise task.error(
                ZoneNotFoundError, "the server's answer does not name the zone (no SOA)"
            )
        self._found[name] = zone
        return reply


def _site(zone: dns.name.Name, reply: dns.message.Message) -> Site:
    return Site(zone, None, reply.rcode() == Rcode.NXDOMAIN)


def _has_alias(reply: dns.message.Message) -> bool:
    return any(rrset.rdtype in (RdataType.CNAME, RdataType.DNAME) for rrset in reply.answer)


def below(owner: str) -> str:
    """Give the name that a name is right below, as text."""
    return owner.partition(".")[2]


def zone_in(reply: dns.message.Message, name: dns.name.Name) -> dns.name.Name | None:
    """Give the zone that a reply names by its SOA record; None where it names none."""
    for rrset in (*reply.answer, *reply.authority):
        if rrset.rdtype == RdataType.SOA and name.is_subdomain(rrset.name):
            return canonical(rrset.name)
    return None
