"""The zones of one server: read by query and transfer, changed by dynamic update."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import dns.exception
import dns.message
import dns.name
import dns.rrset
import dns.update
from dns.rcode import Rcode
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import Change, Site, same_rrset
from pulumi_rdns.backends.batch import Found, Outcome, Progress, PtrChange, found_in
from pulumi_rdns.backends.kit.caches import Locks
from pulumi_rdns.errors import (
    ConflictError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)
from pulumi_rdns.model.names import name_text
from pulumi_rdns.model.specs import MAX_TTL

from .batches import PtrBatch, Sent
from .connections import Connections, NoAnswerError
from .dialogue import SECONDS_EACH, Dialogue, Task
from .packing import Packed, Signed, pack_updates, sign
from .replies import RefusedError, check_update, is_prerequisite, read_reply
from .settings import Credential, Server
from .transfers import Transfer, TransferError
from .updates import presence_of, update_of
from .zones import Zones, below, zone_in

#: seconds before a write is tried again that the server took and does not show
_PAUSES = (0.0, 0.5, 2.0)
#: names for which a whole zone is read
_WORTH_A_TRANSFER = 32
#: seconds for which several readers share one transfer of a zone that this client has not changed
_SHARED_FOR = 5.0
#: single queries at a time
_SIDE_BY_SIDE = 8
#: updates that are sent ahead of their answers
_UPDATES_AHEAD = 4


class _Transferred(NamedTuple):
    """What a transfer of a zone showed."""

    #: seconds of `time.monotonic`
    began: float
    #: the client's last write before
    write: object
    there: dict[str, Found]


class Client:
    """The zones of one server, as one key sees them. Shared by several threads.

    Its methods are those of a `ZoneBackend`. Zones are remembered for as long as it lives.
    """

    def __init__(
        self, name: str, servers: Sequence[Server], credential: Credential | None, timeout: float
    ) -> None:
        """Take the backend's name for error messages; ``timeout`` is seconds for each answer."""
        self.name = name
        self._credential = credential
        self._connections = Connections(servers, timeout)
        self._dialogue = Dialogue(name, self._connections, credential)
        self._zones = Zones(self._dialogue)
        self._untransferable: set[dns.name.Name] = set()
        self._transferred: dict[dns.name.Name, _Transferred] = {}
        self._transferring = Locks()
        #: zone -> a mark of the last write of this client
        self._last_write: dict[dns.name.Name, object] = {}
        self._wildcards: dict[tuple[dns.name.Name, RdataType], dns.rrset.RRset | None] = {}

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        """Find the zone by the SOA record that the server's answer holds."""
        return self._zones.find(name)

    def find_site(self, name: dns.name.Name) -> Site:
        """Take the answer that names the zone for all: an alias would have been in it."""
        site = self._zones.site(name)
        if site is not None:
            return site
        zone = self._zones.find(name)
        alias = self.get_rrset(zone, name, RdataType.CNAME)
        return Site(zone, None if alias is None else alias[0].target)

    def prefetch_zones(self, names: Sequence[dns.name.Name]) -> None:
        """Ask for the zones of many names over one connection, without waiting for each answer."""
        self._zones.prefetch_zones(names)

    def get_rrset(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        """Read the live RRset; what a wildcard answers for the name is none (RFC 4592)."""
        task = Task(self.name, f"read {rdtype.name} of", name_text(name))
        found = self._read(task, zone, name, rdtype)
        if found is not None and self._is_from_wildcard(task, zone, found):
            return None
        return found

    def apply(self, zone: dns.name.Name, changes: Sequence[Change]) -> None:
        """Write all changes or none, in one message.

        What is over 64 KiB, which takes several hundred changes, is written in several messages:
        then each of them is all or none.
        """
        if not changes:
            return
        types = " and ".join(sorted({change.rdtype.name for change in changes}))
        subject = changes[0].name if len(changes) == 1 else zone
        task = Task(self.name, f"write {types} of", name_text(subject))
        for change in changes:
            self._check(task, zone, change)
        try:
            self._write(task, zone, list(changes))
        finally:
            self._last_write[zone] = object()

    def read_ptrs(
        self,
        zone: dns.name.Name,
        owners: Collection[str],
        *,
        is_shared: bool = False,
        only_here: bool = False,
    ) -> dict[str, Found]:
        """Read what stands at many names: by a transfer of the zone where that is allowed.

        Else by single queries, side by side. ``is_shared``: a transfer will do that began up to 5
        seconds ago for another reader. ``only_here``: the zone is a guess, so that a record may be
        in a zone below it, and then counts as delegated.
        """
        look = partial(self._stands_at, zone, only_here=only_here)
        if len(owners) == 1:
            return {owner: one for owner in owners if (one := look(owner))}
        if len(owners) >= _WORTH_A_TRANSFER and zone not in self._untransferable:
            there = self._shared_transfer(zone) if is_shared else self._transfer(zone)
            if there is not None:
                return {owner: there[owner] for owner in owners if owner in there}
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            found = pool.map(look, owners)
            return {owner: one for owner, one in zip(owners, found, strict=True) if one}

    def apply_ptrs(
        self, zone: dns.name.Name, changes: Sequence[PtrChange], progress: Progress
    ) -> list[Outcome]:
        """Make each change that can be made, hundreds in one message.

        What does not stand as expected is found by the prerequisites alone: nothing is read where
        all goes well. A refused message is split to find the changes that are to blame. The zone is
        looked for once below each name.
        """
        errors = self._zones.misplaced(zone, changes)
        try:
            if not errors:
                return PtrBatch(self, zone, changes, progress).outcomes()
            outcomes = [
                Outcome(None, errors.get(below(change.owner)) if change.after else None)
                for change in changes
            ]
            fitting = [at for at, outcome in enumerate(outcomes) if outcome.is_done]
            progress(len(changes) - len(fitting))
            batch = PtrBatch(self, zone, [changes[at] for at in fitting], progress)
            for at, outcome in zip(fitting, batch.outcomes(), strict=True):
                outcomes[at] = outcome
            return outcomes
        finally:
            self._last_write[zone] = object()

    def send_updates(
        self, zone: dns.name.Name, changes: Sequence[PtrChange], most: int
    ) -> Iterator[Sent]:
        """Send updates of at most so many changes, and give what became of each."""
        task = Task(self.name, "write PTR of", name_text(zone))
        key = self._credential.key if self._credential else None
        sizes: deque[tuple[Packed, Signed]] = deque()

        def messages() -> Iterator[bytes]:
            for packed in pack_updates(zone, changes, most):
                signed = sign(packed, key)
                sizes.append((packed, signed))
                yield signed.wire

        patience = SECONDS_EACH * 4 * most
        for answer in self._connections.exchange_all(messages(), patience, ahead=_UPDATES_AHEAD):
            packed, signed = sizes.popleft()
            if isinstance(answer, NoAnswerError):
                error = task.error(UnavailableError, str(answer))
                yield Sent(packed.changes, error, None if answer.was_sent else False)
                continue
            not_made = None if answer.is_to_copy else False
            try:
                request = dns.update.UpdateMessage(zone, id=packed.id)
                reply = read_reply(answer.wire, request, self._credential, signed.mac)
                check_update(reply, name_text(zone), self._credential)
            except RefusedError as refused:
                is_made = not_made if refused.is_certain else None
                error = task.error(refused.kind, refused.reason, refused.code)
                yield Sent(packed.changes, error, is_made)
            else:
                is_made = not_made if is_prerequisite(reply) else True
                yield Sent(packed.changes, None, is_made)

    def _shared_transfer(self, zone: dns.name.Name) -> dict[str, Found] | None:
        """Read a whole zone once for all sets that have records in it."""
        asked = time.monotonic()
        with self._transferring[zone]:
            began, write = time.monotonic(), self._last_write.get(zone)
            last = self._transferred.get(zone)
            if last and last.write is write and last.began >= asked - _SHARED_FOR:
                return last.there
            # What others asked for in the meantime may have shown that there is none.
            there = None if zone in self._untransferable else self._transfer(zone)
            if there is not None:
                self._transferred[zone] = _Transferred(began, write, there)
            return there

    def _transfer(self, zone: dns.name.Name) -> dict[str, Found] | None:
        """Read a whole zone (RFC 5936); None where the server does not give it."""
        request = dns.message.make_query(zone, RdataType.AXFR, flags=0)
        key = self._credential.key if self._credential else None
        if key:
            request.use_tsig(key)
        wire = request.to_wire()
        begin = partial(Transfer, request.id, key, request.mac or b"")
        try:
            transfer = self._connections.receive_all(wire, begin)
        except (TransferError, NoAnswerError):
            # The single queries that come next say what is wrong, if anything is.
            self._untransferable.add(zone)
            return None
        return transfer.found()

    def _stands_at(
        self, zone: dns.name.Name, owner: str, *, only_here: bool = False
    ) -> Found | None:
        name = dns.name.from_text(owner)
        try:
            found = self.get_rrset(zone, name, RdataType.PTR)
            alias = None if found else self.get_rrset(zone, name, RdataType.CNAME)
            if only_here and found and self.find_zone(name) != zone:
                return Found(is_delegated=True)
        except ZoneNotFoundError as error:
            if error.code == "REFUSED":
                raise
            return Found(is_delegated=True)
        return found_in(zone, found, alias, None)

    def _check(self, task: Task, zone: dns.name.Name, change: Change) -> None:
        """Refuse what a server would take and not serve."""
        if change.after is not None and change.after.ttl > MAX_TTL:
            reason = f"a TTL of {change.after.ttl} s is too long; {MAX_TTL} is the most"
            raise task.error(RejectedError, f"{reason} (RFC 2181 section 8)")
        self._zones.check(task, zone, change.name)

    def _write(self, task: Task, zone: dns.name.Name, changes: list[Change]) -> None:
        for pause in _PAUSES:
            if pause:
                time.sleep(pause)
            try:
                reply = self._dialogue.update(task, zone, update_of(zone, changes))
            except dns.exception.TooBig:
                half = len(changes) // 2
                if not half:
                    reason = "all values together do not fit into one message (64 KiB)"
                    raise task.error(RejectedError, reason) from None
                self._write(task, zone, changes[:half])
                self._write(task, zone, changes[half:])
                return
            if is_prerequisite(reply):
                changes = self._still_open(task, zone, changes)
                if not changes:
                    return
            # A message is all or nothing, so one of its changes shows whether it was done.
            elif self._is_done(zone, changes[-1]):
                return
        code = Rcode(reply.rcode()).name
        raise task.error(
            UnavailableError,
            f"the server answered {code}, and still does not show the change; is `server` a "
            "secondary that is behind its primary?",
            code,
        )

    def _is_done(self, zone: dns.name.Name, change: Change) -> bool:
        """Tell whether the change, or what somebody made of it since, is there."""
        live = self.get_rrset(zone, change.name, change.rdtype)
        return same_rrset(live, change.after) or live != change.before

    def _still_open(
        self, task: Task, zone: dns.name.Name, changes: Sequence[Change]
    ) -> list[Change]:
        """Look again after a prerequisite failed: give what is still to do, as it stands there.

        Raises ConflictError with what is there now.
        """
        still_open = []
        for change in changes:
            live = self.get_rrset(zone, change.name, change.rdtype)
            if same_rrset(live, change.after):
                continue
            alias = self.get_rrset(zone, change.name, RdataType.CNAME)
            if live != change.before or (alias and change.rdtype != RdataType.CNAME):
                task = task._replace(subject=name_text(change.name))
                raise task.error(ConflictError, f"there is now {_shown(alias or live)}")
            still_open.append(replace(change, before=live))
        return still_open

    def _read(
        self, task: Task, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dns.rrset.RRset | None:
        reply = self._dialogue.query(task, name, rdtype)
        found = reply.get_rrset(reply.answer, name, RdataClass.IN, rdtype)
        if found is not None:
            return dns.rrset.from_rdata_list(name, found.ttl, list(found))
        there = None if reply.answer else zone_in(reply, name)
        if there not in (None, zone):
            reason = f"the server has it in the zone {name_text(there)}, not in {name_text(zone)}"
            raise task.error(ZoneNotFoundError, reason)
        return None

    def _is_from_wildcard(self, task: Task, zone: dns.name.Name, found: dns.rrset.RRset) -> bool:
        """Tell whether a wildcard made the answer up.

        Where one answers for the name's siblings just alike, a message of one prerequisite and no
        change finds out.
        """
        if found.name == zone or found.name.is_wild():
            return False
        rdtype = RdataType(found.rdtype)
        key = (dns.name.Name((b"*", *found.name.labels[1:])), rdtype)
        if key not in self._wildcards:
            self._wildcards[key] = self._read(task, zone, *key)
        wildcard = self._wildcards[key]
        if wildcard is None or set(wildcard) != set(found):
            return False
        return is_prerequisite(
            self._dialogue.update(task, zone, presence_of(zone, found.name, rdtype))
        )


def _shown(rrset: dns.rrset.RRset | None) -> str:
    if rrset is None:
        return "nothing"
    values = sorted(rdata.to_text().rstrip(".") for rdata in rrset)
    return f"{RdataType(rrset.rdtype).name} {', '.join(values)}"
