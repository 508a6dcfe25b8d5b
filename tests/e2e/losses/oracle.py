"""What a user may rely on, judged by one who knows nothing of how the product keeps it.

After every command, whatever failed:

- each address that the program declares has a PTR: its own value or, while that cannot be written
  yet, the one that was there; the same for each address of a forward record that was live;
- each record that this stack wrote is in the state, or gone.

No record that the program goes on declaring is away for a moment either, while the command runs.
What is live is read by the worlds, what is in the state out of the state file. One exception: of
two instances that show the same record, and may be one server, what was written at the one may
be left, with a warning that names it.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..harness import Environ, Project, Result
from ..worlds import World

#: the zone where the PTR records of all worlds with zones are kept, unless the program names one
REVERSE = "2.0.192.in-addr.arpa"
PTR, FORWARD = "PTR", "A"


class BrokenPromiseError(AssertionError):
    """What a user may rely on did not hold."""


class LostError(BrokenPromiseError):
    """A record that the program declares is not there."""


class ForgottenError(BrokenPromiseError):
    """A record that this stack wrote is live, and in no state."""


class Place(NamedTuple):
    """One zone of one instance, or an account that has none; ``instances`` are names for it."""

    world: World
    zone: str | None
    instances: frozenset[str]


class Name(NamedTuple):
    """What has values: an address its hostnames (PTR), a hostname its addresses (A)."""

    kind: str
    subject: str


Values = dict[Name, list[str]]


class Oracle:
    """One project and the instances that it writes to. Set strangers' records before."""

    def __init__(
        self, project: Project, *worlds: World, aliases: Mapping[str, str] | None = None
    ) -> None:
        """Note what is there, which is not this stack's.

        ``aliases`` has further instances of the stack: their name, and the world that it is.
        """
        self.project = project
        self.worlds = worlds
        named = {world.instance: {world.instance} for world in worlds}
        for alias, instance in (aliases or {}).items():
            named[instance].add(alias)
        self.places = [
            Place(world, zone, frozenset(named[world.instance]))
            for world in worlds
            for zone in _zones(world)
        ]
        addresses = {address for world in worlds for address in world.addresses}
        self._names = {Name(PTR, address) for address in sorted(addresses)}
        self._foreign: dict[Place, Values] = {}
        self._declared: Values = {}
        self.note_foreign()

    def note_foreign(self, *names: Name) -> None:
        """Take all that is live now, or these records, for somebody else's."""
        for place in self.places:
            there = self._read(place, names or self._names)
            held = self._foreign.setdefault(place, {})
            for name, values in there.items():
                held[name] = held.get(name, []) + values

    def by_hand(self, world: World, address: str, hostnames: Sequence[str]) -> None:
        """Change the hostnames of an address by hand."""
        world.set_ptr(address, hostnames)
        for place in self.places:
            if place.world is world:
                name = Name(PTR, address)
                held = self._foreign[place]
                held[name] = held.get(name, []) + list(hostnames)

    def add_address(self, world: World, hostname: str, address: str) -> None:
        """Add an address to the forward record of a hostname by hand."""
        world.set_forward(hostname, FORWARD, [*world.forward(hostname, FORWARD), address])
        for place in self.places:
            held = self._foreign[place]
            name = Name(FORWARD, hostname)
            held[name] = [*held.get(name, ()), address]

    def program(
        self,
        *parts: str,
        ptrs: Mapping[str, str] | None = None,
        forwards: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Replace the program, and say what it declares."""
        self.project.program(*parts)
        self._declared = {
            **{Name(PTR, address): [hostname] for address, hostname in (ptrs or {}).items()},
            **{Name(FORWARD, hostname): list(held) for hostname, held in (forwards or {}).items()},
        }
        new = [name for name in self._declared if name not in self._names]
        self._names |= set(new)
        if new:
            self.note_foreign(*new)

    def up(self, *flags: str, fails: bool | None = None, environ: Environ = None) -> Result:
        """Run `pulumi up` and judge; ``fails`` None: it may end either way."""
        with self.judged() as results:
            results.append(self.project.attempt("up", *flags, environ=environ))
        return _ended(results[0], fails)

    def destroy(self, *flags: str, fails: bool | None = None) -> Result:
        """Run `pulumi destroy` and judge."""
        declared, self._declared = self._declared, {}
        try:
            with self.judged() as results:
                results.append(self.project.attempt("destroy", *flags))
        finally:
            self._declared = declared
        return _ended(results[0], fails)

    @contextmanager
    def judged(self) -> Iterator[list[Result]]:
        """Watch what runs inside, which appends its result, and judge afterwards."""
        before = self.live()
        results: list[Result] = []
        with self._watched(before) as gaps:
            yield results
        (result,) = results
        said = f"\n\nafter a command that ended with {result.code}:\n{result.text}"
        if gaps:
            raise LostError(f"away while the command ran: {_listed(gaps)}{said}")
        self._check_nothing_is_lost(before, result, said)
        self._check_nothing_is_forgotten(result, said)

    def live(self) -> Values:
        """Read what is live, at any place.

        A stranger's value counts in the first zone of the first instance alone, where an address
        had it before this stack: elsewhere it is in the way, and no PTR of the address.
        """
        return self._live(self._names)

    def _live(self, names: Iterable[Name]) -> Values:
        found: Values = {name: [] for name in names}
        for place in self.places:
            for name, values in self._read(place, found).items():
                own = self._declared.get(name, ())
                foreign = self._foreign[place].get(name, ()) if place != self.places[0] else ()
                found[name] += [value for value in values if value in own or value not in foreign]
        return found

    def _check_nothing_is_lost(self, before: Values, result: Result, said: str) -> None:
        after = self.live()
        for name, own in self._declared.items():
            there, was = after[name], before[name]
            if result.code == 0:
                right = set(own) <= set(there)
            elif name.kind == PTR:
                right = bool(set(there) & {*own, *was}) or not was
            else:
                right = (set(own) & set(was)) <= set(there)
            if not right:
                raise LostError(
                    f"{name.subject} is declared as {own}, was {was}, and is now {there}{said}"
                )

    def _check_nothing_is_forgotten(self, result: Result, said: str) -> None:
        for place in self.places:
            for name, values in self._read(place, self._names).items():
                for value in values:
                    if value in self._foreign[place].get(name, ()):
                        continue
                    if self._is_in_state(place, name, value):
                        continue
                    if self._is_excused(place, name, value, result):
                        continue
                    raise ForgottenError(
                        f"{name.subject} {value} is live in {place.zone or 'the account'} of "
                        f"{place.world.instance}, and in no state{said}"
                    )

    def _is_in_state(self, place: Place, name: Name, value: str) -> bool:
        for raw in self.project.deployment().get("resources", []):
            outputs = raw.get("outputs", {})
            if outputs.get("backend") in place.instances and _holds(outputs, place, name, value):
                return True
        return False

    def _is_excused(self, place: Place, name: Name, value: str, result: Result) -> bool:
        """Whether another instance shows the very same, and a warning names it."""
        others = [other for other in self.places if other.world is not place.world]
        twins = [other for other in others if value in self._read(other, [name])[name]]
        is_named = name.subject in result.text and value in result.text
        return bool(twins) and "warning: " in result.text and is_named

    def _read(self, place: Place, names: Iterable[Name]) -> Values:
        addresses = [name.subject for name in names if name.kind == PTR]
        found = place.world.ptrs(addresses, place.zone) if addresses else {}
        values = {Name(PTR, address): list(held) for address, held in found.items()}
        # Forward records are in one zone, which is read once.
        is_first = place.zone in (None, REVERSE)
        for name in names:
            if name.kind == FORWARD:
                there = place.world.forward(name.subject, FORWARD) if is_first else []
                values[name] = list(there)
        return values

    @contextmanager
    def _watched(self, before: Values) -> Iterator[Values]:
        """Note which of the records that are there and declared are away for a moment."""
        kept = [
            name
            for name, own in self._declared.items()
            if before[name] and (name.kind == PTR or set(own) & set(before[name]))
        ]
        gaps: Values = {}
        done = threading.Event()

        def away() -> list[Name]:
            return [name for name, values in self._live(kept).items() if not is_there(name, values)]

        def is_there(name: Name, values: list[str]) -> bool:
            if name.kind == PTR:
                return bool(values)
            return set(self._declared[name]) & set(before[name]) <= set(values)

        def watch() -> None:
            while not done.wait(max(world.look_every for world in self.worlds)):
                if missing := away():
                    # What moved between the looks at two places was seen in neither: look again.
                    gaps.update({name: before[name] for name in {*missing}.intersection(away())})

        watcher = threading.Thread(target=watch)
        if kept:
            watcher.start()
        try:
            yield gaps
        finally:
            done.set()
            if kept:
                watcher.join()


def _zones(world: World) -> list[str | None]:
    if not world.has_ptr_zones:
        return [None]
    return [REVERSE, *([world.second_zone] if world.second_zone else [])]


def _holds(outputs: Mapping[str, Any], place: Place, name: Name, value: str) -> bool:
    """Whether a resource of the state says that it wrote this record here."""
    if name.kind == FORWARD:
        held = outputs.get("hostname"), outputs.get("writtenAddress")
        return held == (name.subject, value)
    if place.zone not in (None, outputs.get("zone"), *(outputs.get("zones") or ())):
        return False
    if outputs.get("address") == name.subject and outputs.get("writtenHostname") == value:
        return True
    # A set may have one more text for what it may not let go of yet.
    texts = [text for key, text in outputs.items() if key != "records" and isinstance(text, str)]
    return any((name.subject, value) in _lines(text) for text in texts)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Read lines ``address hostname``; one with a network stands for all its other addresses."""
    pairs = [line.split(" ", 1) for line in text.splitlines() if line.count(" ") == 1]
    named = {first for first, _ in pairs}
    for first, second in pairs:
        if "/" not in first:
            yield first, second
            continue
        try:
            network = ipaddress.ip_network(first)
        except ValueError:
            continue
        for address in map(str, network):
            if address not in named:
                octets = dict(zip("abcd", address.split("."), strict=True))
                yield address, second.format(**octets)


def _listed(values: Values) -> str:
    return ", ".join(f"{name.subject} ({', '.join(held)})" for name, held in values.items())


def _ended(result: Result, fails: bool | None) -> Result:
    assert fails is None or (result.code != 0) is fails, f"ended with {result.code}:\n{result.text}"
    return result
