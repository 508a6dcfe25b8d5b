"""What a resource has written, by its state or in this run."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pulumi_rdns.model.addresses import record_type, reverse_name
from pulumi_rdns.model.names import DnsName, parent
from pulumi_rdns.model.states import ForwardState, Previous, PtrSetState, PtrState

#: how a digest begins that stands for a value that is secret; no name or address does
_HIDDEN = "#"


#: stands for a value that the state has, and that cannot be read: it is secret
UNREADABLE = _HIDDEN


class Memory(NamedTuple):
    """What is remembered of a record, beside its value."""

    adopted: bool = False
    previous: Previous = Previous()


#: there was nothing before
_NEW = Memory(previous=Previous(known=True))


class Written(NamedTuple):
    """A value that a resource wrote, and where; each text may be a digest (`hidden`)."""

    value: str
    #: None at a backend that has no zones
    zone: str | None
    #: the name that has the record
    owner: str
    memory: Memory | None = None


class Holding(NamedTuple):
    """The records of one resource at one place."""

    #: "PTR", "A" or "AAAA"
    kind: str
    #: `Backends.identity` of the place
    identity: str
    #: subject -> value
    values: Mapping[str, str]
    #: the zones of the records; none at a backend that has none
    zones: frozenset[str] = frozenset()
    #: subject -> the name that has its record, where that is not the usual one
    owners: Mapping[str, str] = {}
    memory: Memory | None = None
    #: subject -> what is remembered of one of many
    memories: Mapping[str, Memory] = {}
    #: whether digests stand for all texts
    is_hidden: bool = False
    #: whether there was nothing before the records of which nothing is remembered
    were_new: bool = False

    def get(self, subject: str) -> Written | None:
        """Return what is written at a subject."""
        key = hidden(subject) if self.is_hidden else subject
        value = self.values.get(key)
        if value is None:
            return None
        owner = self.owners.get(key) or _usual_owner(self.kind, subject)
        memory = self.memories.get(key, _NEW if self.were_new else self.memory)
        return Written(value, self._zone_of(owner), owner, memory)

    def _zone_of(self, owner: str) -> str | None:
        if not self.zones:
            return None
        if is_hidden(owner):
            # Whatever is below it: a resource with secrets has most often one zone.
            return next(iter(self.zones)) if len(self.zones) == 1 else None
        name = DnsName(owner)
        while (hidden(name) if self.is_hidden else name) not in self.zones:
            if name == ".":
                return None
            name = parent(name)
        return name


class StoredRecord(NamedTuple):
    """A resource of the state."""

    urn: str
    state: PtrState | ForwardState | PtrSetState
    holding: Holding
    #: another one has taken its place, and its delete is still to come
    is_replaced: bool = False
    #: its record stays when it leaves the program (``retain_on_delete``)
    is_retained: bool = False


class StoredHoldings(NamedTuple):
    """What the state says that its resources have written."""

    #: URN and what that resource has; twice where one is replaced
    holdings: Sequence[tuple[str, Holding]] = ()
    #: whether nothing that this stack had written is missing
    is_whole: bool = False


def holding_of_ptr(identity: str, state: PtrState) -> Holding:
    """Return what a PtrRecord has."""
    address = str(state.address)
    return Holding(
        "PTR",
        identity,
        {} if state.written is None else {address: state.written},
        frozenset() if state.zone is None else frozenset([state.zone]),
        {} if state.owner is None else {address: state.owner},
        Memory(state.adopted, state.previous),
    )


def holding_of_forward(identity: str, state: ForwardState) -> Holding:
    """Return what a ForwardRecord has; its subject is the hostname."""
    ours = state.address if state.written is None else state.written
    values: dict[str, str] = {} if state.written is None else {state.hostname: str(ours)}
    zones = frozenset() if state.zone is None else frozenset([state.zone])
    return Holding(record_type(ours), identity, values, zones, memory=Memory(state.adopted))


def holding_of_set(identity: str, state: PtrSetState) -> Holding:
    """Return what a PtrRecordSet has."""
    memories = {address: Memory(previous=one) for address, one in state.previous.items()}
    memories |= dict.fromkeys(state.adopted, Memory(adopted=True))
    return Holding(
        "PTR",
        identity,
        state.written,
        frozenset(state.zones),
        state.owners,
        memories=memories,
        were_new=True,
    )


def hidden(text: str) -> str:
    """Return what stands for a text that is secret."""
    return _HIDDEN + hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def is_hidden(text: str) -> bool:
    """Whether a text stands for one that is secret."""
    return text.startswith(_HIDDEN)


def is_same(shown: str | None, text: str | None) -> bool:
    """Whether a text, or what stands for it, is this one."""
    if shown is None or text is None:
        return shown is text
    return shown == (hidden(text) if is_hidden(shown) else text)


def includes(values: Collection[str], text: str) -> bool:
    """Whether a text, or what stands for it, is among values."""
    return text in values or any(is_hidden(one) and is_same(one, text) for one in values)


def _usual_owner(kind: str, subject: str) -> str:
    return reverse_name(subject) if kind == "PTR" else subject
