"""The ledger of one process, joined with those of the other processes of its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from threading import Lock

from pulumi_rdns.errors import ConfigError, RdnsError
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.states import Previous
from pulumi_rdns.records.claims import Declared, Expected, Place
from pulumi_rdns.records.holdings import Holding, Memory, StoredHoldings, hidden, is_hidden
from pulumi_rdns.records.ledger import Ledger
from pulumi_rdns.records.ledger_file import (
    AnyEvent,
    Began,
    Closes,
    Declares,
    Doubts,
    Expects,
    Failed,
    Has,
    LedgerFile,
    Leftover,
    Remembers,
    Resolves,
    Starts,
)


class SharedLedger(Ledger):
    """A ledger that tells a file what it is told, and hears from it what others are told."""

    def __init__(self) -> None:
        super().__init__()
        self._file: LedgerFile | None = None
        self._secretive: set[str] = set()
        #: resources that have handed records over to their own create
        self._handed_over: set[str] = set()
        self._leftovers: Sequence[Leftover] = ()
        #: kind, place and subject of what killed runs were changing, as long as this process lives
        self._unsettled: set[tuple[str, str, str]] = set()
        #: the stack's organization; None where nobody says
        self.organization: str | None = None
        #: reads the state: each resource, and what it has written
        self.read_state: Callable[[], StoredHoldings] | None = None
        self._learning = Lock()
        self._has_learned = False

    def join(self, file: LedgerFile | ConfigError, leftovers: Sequence[Leftover] = ()) -> None:
        """Take part in the file of the run; or know why that is not possible.

        ``leftovers`` is what killed runs have left: what they may have written is this stack's.
        """
        with self._changed:
            self._leftovers = leftovers
            for left in leftovers:
                for begun in chain(*left.interrupted.values()):
                    values = {key: one for key, one in begun.records.items() if one is not None}
                    hides = any(map(is_hidden, begun.records))
                    about = begun.kind, begun.identity
                    self._unsettled.update((*about, subject) for subject in begun.records)
                    holding = Holding(begun.kind, begun.identity, values, is_hidden=hides)
                    self._own(holding)
            if isinstance(file, ConfigError):
                self.trouble = str(file)
            else:
                self._file = file
            self.catch_up()

    def hide(self, resource: str) -> None:
        """Let others know no value of this resource: some are secret."""
        self._secretive.add(resource)

    def declare(self, resource: str, declared: Declared, line: int | None = None) -> None:
        super().declare(resource, declared, line)
        if self._file is None:
            return
        instance, identity, zone = declared.place
        shown = self._shown(resource, declared.records)
        zone = zone if zone is None or resource not in self._secretive else None
        self._tell(Declares(resource, declared.kind, instance, identity, shown, zone, line))

    def recall(
        self, resource: str, holding: Holding, *, is_current: bool, stays: bool = False
    ) -> None:
        super().recall(resource, holding, is_current=is_current, stays=stays)
        self._tell_holding(resource, holding, {}, is_current=is_current, stays=stays)

    def wrote(self, resource: str, holding: Holding, failed: Mapping[str, object] = {}) -> None:
        super().wrote(resource, holding, failed)
        self._tell_holding(resource, holding, failed, is_current=True)

    def fail(self, resource: str, subject: str) -> None:
        super().fail(resource, subject)
        (shown,) = self._shown(resource, {subject: None})
        self._tell(Failed(resource, shown))

    @contextmanager
    def operation(
        self,
        resource: str,
        operation: str,
        kind: str,
        identity: str,
        records: Mapping[str, str | None],
    ) -> Iterator[None]:
        """Let a later run know what may have been written, should this one be killed."""
        begun = Starts(resource, operation, kind, identity, self._shown(resource, records))
        self._tell(begun)
        try:
            yield
        except RdnsError:
            # The engine keeps the state of before, whatever is gone by now.
            if operation == "delete" and len(records) > 1:
                self._tell(Doubts(begun))
            raise
        for left in self._leftovers:
            left.resolve(resource, identity)
        if operation != "delete" and resource in self._handed_over:
            self._handed_over.remove(resource)
            self._tell(Resolves(resource, identity))

    def hand_over(
        self, resource: str, kind: str, identity: str, records: Mapping[str, str | None]
    ) -> None:
        """Let a later run know of records that a delete left for the create that comes next.

        Where that one fails, no state has them.
        """
        if records:
            self._handed_over.add(resource)
            shown = self._shown(resource, records)
            self._tell(Doubts(Starts(resource, "create", kind, identity, shown, handed_over=True)))

    def close(self) -> None:
        """Note that the engine ends this process; the last one that wrote removes the file."""
        self._tell(Closes())
        if self._file is not None:
            self._file.remove_if_all_is_known()

    def was_interrupted(self, resource: str, identity: str) -> bool:
        """Whether a killed run left the resource's record in a state that nobody knows.

        ``identity`` is the place where the resource is by its state.
        """
        begun = [one for left in self._leftovers for one in left.interrupted.get(resource, ())]
        return not all(one.is_elsewhere(identity) for one in begun)

    def left_elsewhere(self, resource: str, identity: str) -> list[Starts]:
        """Return what runs of before may have created at other places, and no state has."""
        begun = [one for left in self._leftovers for one in left.interrupted.get(resource, ())]
        return [one for one in begun if one.is_elsewhere(identity)]

    def was_interrupted_at(self, kind: str, identity: str, subject: str) -> bool:
        """Whether a killed run was changing this record, or another one of its RRset.

        ``identity`` is the place where the record is.
        """
        about = {(kind, identity, subject), (kind, identity, hidden(subject))}
        return not self._unsettled.isdisjoint(about)

    def learn(self) -> bool:
        if self.read_state is None:
            # Another thread may have learned it while this one looked.
            return self._has_learned
        with self._learning:
            if self.read_state is None:
                return True
            told = self.read_state()
            with self._changes():
                for resource, holding in told.holdings:
                    self._own(holding)
                    self._note_exchange(resource, holding)
                self._knows_state = told.is_whole
                self._has_learned = True
                self.read_state = None
        return True

    def catch_up(self) -> None:
        """Take in what others have told."""
        if self._file is None:
            return
        try:
            for event in self._file.news():
                self._take(event)
        except ConfigError as error:
            self.trouble = str(error)

    def _take(self, event: AnyEvent) -> None:
        match event:
            case Began():
                self.is_told = True
                self.parallel = event.parallel
                self.organization = event.organization
            case Expects():
                expected = [Expected(event.name, kind, event.records) for kind in event.kinds]
                super().expect(event.line, *expected)
            case Declares():
                zone = None if event.zone is None else DnsName(event.zone)
                place = Place(event.instance, event.identity, zone)
                hides = any(map(is_hidden, event.records))
                declared = Declared(event.kind, place, event.records, hides)
                super().declare(event.resource, declared, event.line)
            case Has():
                holding = _holding(event)
                if event.current:
                    super().wrote(event.resource, holding, dict.fromkeys(event.failed))
                    self._entries[event.resource].stays = event.stays
                else:
                    super().recall(event.resource, holding, is_current=False)
            case Failed():
                super().fail(event.resource, event.subject)

    def _tell_holding(
        self,
        resource: str,
        holding: Holding,
        failed: Mapping[str, object],
        *,
        is_current: bool,
        stays: bool = False,
    ) -> None:
        if self._file is None:
            return
        hides = resource in self._secretive
        zones, owners = holding.zones, holding.owners
        if hides:
            zones = frozenset(map(hidden, zones))
            owners = {hidden(key): hidden(owner) for key, owner in owners.items()}
        values = self._shown(resource, holding.values)
        self._tell(
            Has(
                resource,
                holding.kind,
                holding.identity,
                {key: value for key, value in values.items() if value is not None},
                tuple(zones),
                dict(owners),
                is_current,
                tuple(self._shown(resource, dict.fromkeys(failed))),
                _remembered(holding.memory, hides),
                {
                    hidden(key) if hides else key: told
                    for key, memory in holding.memories.items()
                    if (told := _remembered(memory, hides))
                },
                stays,
            )
        )

    def _shown(self, resource: str, records: Mapping[str, str | None]) -> dict[str, str | None]:
        if resource not in self._secretive:
            return dict(records)
        return {hidden(key): value and hidden(value) for key, value in records.items()}

    def _tell(self, event: AnyEvent) -> None:
        if self._file is None:
            return
        try:
            self._file.append(event)
        except ConfigError as error:
            self.trouble = str(error)


def _remembered(memory: Memory | None, hides: bool) -> Remembers | None:
    """Write a memory; what was there before a secret record is told nobody."""
    if memory is None:
        return None
    if hides:
        return Remembers(memory.adopted)
    previous = memory.previous
    return Remembers(memory.adopted, previous.known, previous.hostnames, previous.ttl)


def _memory(told: Remembers) -> Memory:
    previous = Previous(told.known, tuple(map(DnsName, told.hostnames)), told.ttl)
    return Memory(told.adopted, previous)


def _holding(event: Has) -> Holding:
    return Holding(
        event.kind,
        event.identity,
        event.records,
        frozenset(event.zones),
        event.owners,
        None if event.memory is None else _memory(event.memory),
        {key: _memory(told) for key, told in event.memories.items()},
        any(map(is_hidden, event.records)),
        were_new=event.kind == "PTR" and event.memory is None,
    )
