"""Judges what is live after each run, and knows nothing of how the product keeps it.

It reads the zone files, the account's file and the state, and remembers which values appeared
while an operation of the stack ran. After every run:

- each address that the program declares has a PTR: its own value, or, where the run failed, one
  that was there before;
- no value of a stranger is changed or removed, unless a resource says that it overwrites;
- each record that this stack wrote is in the state, or gone.

Excused is what was kept with a warning, what a killed operation left, and what the engine takes out
of the state without a call: what the program retains, and what it wants deleted first and whose
replacement was never created.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import dns.zone

from tests.records.engine_model import Entry, Result
from tests.records.engine_program import FORWARD, PTR, SET, Program, Resource

SOA = "$TTL 3600\n@ SOA {mname} root 1 7200 900 1209600 300\n@ NS ns.example.com.\n"
PARENT, CLASSLESS, NAMES = "2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa", "example.com"
#: instance -> folder, or file. Two are one folder, and `copy` has the same primary as `one`
PLACES = {"one": "one", "again": "one", "two": "two", "copy": "copy", "account": "account.json"}
ACCOUNT = "account.json"
_ZONES = {
    "one": ("ns1.example.com.", (PARENT, CLASSLESS, NAMES)),
    "copy": ("ns1.example.com.", (PARENT, NAMES)),
    "two": ("ns2.example.com.", (PARENT, NAMES)),
}
_KEPT = re.compile(r"may be the same server|on_delete restore leaves it")
#: a record that its new resource takes for somebody else's, and that destroy will leave
_FORGOTTEN = re.compile(r"does not know .*that this stack wrote it")


class BrokenPromiseError(AssertionError):
    """What a user may rely on did not hold."""


class Spot(NamedTuple):
    """Where a record is."""

    #: folder or file
    place: str
    zone: str
    #: with trailing dot; an address in an account
    owner: str
    #: "PTR" or "A"
    kind: str

    @property
    def subject(self) -> str:
        """The address of a PTR record, else the hostname."""
        if self.kind == "A":
            return self.owner.rstrip(".")
        return self.owner if self.place == ACCOUNT else f"192.0.2.{self.owner.partition('.')[0]}"


Live = dict[Spot, frozenset[str]]
#: spot and value
Record = tuple[Spot, str]


class World:
    """The folders and files, read and changed without the product."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for place, (mname, zones) in _ZONES.items():
            (root / place).mkdir()
            for zone in zones:
                self._file(place, zone).write_text(f"$ORIGIN {zone}.\n" + SOA.format(mname=mname))

    def live(self) -> Live:
        """Read all PTR and A records."""
        found: Live = {}
        for place, (_, zones) in _ZONES.items():
            for zone in zones:
                found |= self._zone(place, zone)
        return found | self._account()

    def set(self, spot: Spot, values: Iterable[str]) -> None:
        """Change a record by hand."""
        if spot.place == ACCOUNT:
            held = self._accounts()
            held.pop(spot.owner, None)
            for value in values:
                held[spot.owner] = {"ptr": [value]}
            (self.root / ACCOUNT).write_text(json.dumps(held))
            return
        file = self._file(spot.place, spot.zone)
        zone = dns.zone.from_file(str(file), f"{spot.zone}.", relativize=False)
        zone.delete_rdataset(spot.owner, spot.kind)
        lines = [f"{spot.owner} 3600 {spot.kind} {value}\n" for value in sorted(values)]
        file.write_text(zone.to_text(relativize=False) + "".join(lines))

    def _file(self, place: str, zone: str) -> Path:
        return self.root / place / f"{zone.replace('/', '_')}.zone"

    def _zone(self, place: str, zone: str) -> Live:
        return _read(place, zone, self._file(place, zone).read_text())

    def _accounts(self) -> dict[str, Any]:
        file = self.root / ACCOUNT
        return dict(json.loads(file.read_text())) if file.exists() else {}

    def _account(self) -> Live:
        return {
            Spot(ACCOUNT, "", address, "PTR"): frozenset(held["ptr"])
            for address, held in self._accounts().items()
        }


@lru_cache(maxsize=10_000)
def _read(place: str, zone: str, text: str) -> Live:
    """Read a zone file; those of many lives are alike."""
    found: defaultdict[Spot, set[str]] = defaultdict(set)
    read = dns.zone.from_text(text, f"{zone}.", relativize=False)
    for kind in ("PTR", "A"):
        for owner, _, rdata in read.iterate_rdatas(kind):
            found[Spot(place, zone, owner.to_text(), kind)].add(rdata.to_text())
    return {spot: frozenset(each) for spot, each in found.items()}


class Oracle:
    """One stack. Set `program` before each run; call `judge` after it."""

    def __init__(self, world: World, state: Callable[[], list[Entry]]) -> None:
        self._world = world
        self._state = state
        self._program: Program = {}
        self._before: Live = world.live()
        self._excused: set[Record] = set()
        #: of what a run has said that its resource forgets who wrote it
        self._forgotten: set[Record] = set()
        #: what the last operation has changed
        self._touched: set[Record] = set()
        #: what the engine takes out of the state and asks nobody
        self._unasked: list[Entry] = []
        #: what a refresh has shown: place, subject and value
        self._learned: set[tuple[str, str, str]] = set()
        #: places and subjects of what was changed by hand, which the state does not know
        self._unsure: set[tuple[str, str]] = set()
        self.log: list[str] = []

    def by_hand(self, spot: Spot, values: Iterable[str]) -> None:
        """Change a record as a stranger does, whose values are strange; or take ours away."""
        self._world.set(spot, values)
        self._unsure.add((spot.place, spot.subject))
        self.log.append(f"by hand: {spot} {sorted(values)}")

    def begin(self, program: Program, how: object) -> None:
        """Note what is live before a run."""
        self._program = dict(program)
        self.log.append(f"\nup of {program} {how}")
        self._before = self._world.live()
        self._unasked = [one for one in self._state() if one.retains or one.is_gone]
        self._learned = self._shown_by_the_state()

    def watch(self, name: str, operation: Callable[[], Any]) -> Any:
        """Run an operation, and look that no declared address is away after it."""
        before = self._world.live()
        try:
            made = operation()
        finally:
            after = self._world.live()
            self.log.append(f"{name}: {_difference(before, after)}")
            self._touched = _records(before) ^ _records(after)
            self._check_presence(name)
        return made

    def judge(self, result: Result, *, is_up: bool = True) -> None:
        """Judge what is live after a run; ``is_up`` is False where it only looked."""
        live = self._world.live()
        self.log.append(f"{result}")
        covered = {one for entry in self._state() for one in self._records_of(entry, live)}
        self._excuse(result, live, covered)
        self._excused -= covered
        self._forgotten &= _records(live)
        self._check_presence("the run")
        self._check_strangers(live)
        for spot, values in live.items():
            for value in values:
                record = spot, value
                if (
                    not _is_strange(value)
                    and record not in covered | self._excused | self._forgotten
                ):
                    self._broken(f"{spot} {value} is live, and in no state")
        if not is_up and live != self._before:
            self._broken("a look has changed a record")
        if result.is_success and is_up:
            self._check_own_values(live)

    def _excuse(self, result: Result, live: Live, covered: set[Record]) -> None:
        if result.was_killed:
            self._excused |= self._touched
        for entry in self._unasked:
            self._excused |= set(self._records_of(entry, live)) - covered
        kept = [text for text in result.warnings if _KEPT.search(text)]
        forgotten = [text for text in result.warnings if _FORGOTTEN.search(text)]
        for spot, values in live.items():
            for value in values:
                words = value.rstrip("."), spot.subject
                if any(all(word in text for word in words) for text in kept):
                    self._excused.add((spot, value))
                if any(spot.subject in text.split() for text in forgotten):
                    self._forgotten.add((spot, value))

    def _check_presence(self, when: str) -> None:
        """Look that each declared address that had a PTR of this stack has one."""
        live = self._world.live()
        for kind, subject, values in self._declared():
            places = self._places_to_watch(kind, subject)
            was = self._values(self._before, kind, subject, places)
            now = self._values(live, kind, subject, places)
            if kind == "PTR":
                is_there = not was or bool(now & (was | values))
            else:
                is_there = was & values <= now
            if not is_there:
                text = f"{subject} is declared as {sorted(values)}, was {sorted(was)}"
                self._broken(f"after {when}, {text}, and is {sorted(now)}")

    def _places_to_watch(self, kind: str, subject: str) -> set[str]:
        """Return all places, or those that declare a record, where a hand took it from there."""
        declared = {
            (PLACES[one.inputs["backend"]], value)
            for one in self._program.values()
            for _, _, value in [each for each in declared_by(one) if each[:2] == (kind, subject)]
        }
        taken = {
            place
            for place, value in declared
            if (place, subject) in self._unsure
            and value not in self._values(self._before, kind, subject, {place})
        }
        return {place for place, _ in declared} if taken else {*PLACES.values()}

    def _values(self, live: Live, kind: str, subject: str, places: Collection[str]) -> set[str]:
        return {
            value
            for spot, values in live.items()
            if (spot.kind, spot.subject) == (kind, subject) and spot.place in places
            for value in values
            if not _is_strange(value)
        }

    def _check_strangers(self, live: Live) -> None:
        overwritten = {
            subject
            for one in [*self._program.values(), *map(_resource_of, self._state())]
            if one.inputs.get("onConflict") == "overwrite"
            for _, subject, _ in declared_by(one)
        }
        declared = {
            (PLACES[one.inputs["backend"]], subject)
            for one in self._program.values()
            for _, subject, _ in declared_by(one)
        }
        for spot, value in _records(self._before) - _records(live):
            # What a refresh has shown, an up repairs.
            is_repaired = (spot.place, spot.subject) in declared and (
                (spot.place, spot.subject, value) in self._learned
            )
            if _is_strange(value) and not is_repaired and spot.subject not in overwritten:
                self._broken(f"{spot} was {value} by a stranger's hand, and is gone")

    def _shown_by_the_state(self) -> set[tuple[str, str, str]]:
        found = set()
        for entry in self._state():
            place, text = PLACES[entry.outputs["backend"]], json.dumps(dict(entry.outputs))
            for spot, values in self._before.items():
                if spot.place == place and spot.subject in text:
                    shown = {value for value in values if value.rstrip(".") in text}
                    found |= {(place, spot.subject, value) for value in shown}
        return found

    def _check_own_values(self, live: Live) -> None:
        """Look that what succeeded is there, where nobody else has changed it since."""
        right, wrong = set(), set()
        for resource in self._program.values():
            place = PLACES[resource.inputs["backend"]]
            zone = resource.inputs.get("zone")
            for kind, subject, value in declared_by(resource):
                there = {
                    value
                    for spot, values in live.items()
                    if (spot.place, spot.kind, spot.subject) == (place, kind, subject)
                    and zone in (None, spot.zone)
                    for value in values
                }
                if value in there and (kind == "A" or zone is None or there == {value}):
                    right.add((place, subject))
                elif (place, subject) in self._unsure:
                    wrong.add((place, subject))
                else:
                    self._broken(f"success, but {subject} is {there}, and not {value}")
        self._unsure -= right - wrong

    def _declared(self) -> Iterator[tuple[str, str, set[str]]]:
        found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for resource in self._program.values():
            for kind, subject, value in declared_by(resource):
                found[kind, subject].add(value)
        for (kind, subject), values in found.items():
            yield kind, subject, values

    def _records_of(self, entry: Entry, live: Live) -> Iterator[Record]:
        """Return the live records that a resource of the state says to have written."""
        outputs = entry.outputs
        place = PLACES[outputs["backend"]]
        zones = set(outputs.get("zones") or [outputs.get("zone")]) if place != ACCOUNT else {""}
        written = dict(_written_by(entry.kind, outputs))
        owners = _lines(outputs.get("ownerNames"))
        if outputs.get("ownerName"):
            owners = {outputs["address"]: outputs["ownerName"]}
        for spot, values in live.items():
            value = written.get(spot.subject)
            if spot.place != place or spot.zone not in zones or value not in values:
                continue
            if spot.kind != ("A" if entry.kind == FORWARD else "PTR"):
                continue
            if spot.owner in (_usual_owner(spot), f"{owners.get(spot.subject)}."):
                yield spot, value

    def _broken(self, text: str) -> None:
        raise BrokenPromiseError("\n".join([text, *self.log]))


def _is_strange(value: str) -> bool:
    return value.startswith(("stranger", "198.51.100."))


def _resource_of(entry: Entry) -> Resource:
    return Resource(entry.kind, entry.inputs)


def declared_by(resource: Resource) -> Iterator[tuple[str, str, str]]:
    """Return kind, subject and value of each record that a resource declares."""
    inputs = resource.inputs
    if resource.kind == FORWARD:
        yield "A", inputs["hostname"], inputs["address"]
    elif resource.kind == PTR:
        yield "PTR", inputs["address"], f"{inputs['hostname']}."
    else:
        for address, hostname in _lines(inputs.get("records")).items():
            yield "PTR", address, f"{hostname}."


def _written_by(kind: str, outputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if kind == FORWARD:
        yield outputs["hostname"], str(outputs.get("writtenAddress"))
    elif kind == PTR:
        yield outputs["address"], f"{outputs.get('writtenHostname')}."
    elif kind == SET:
        for address, hostname in _lines(outputs.get("writtenRecords")).items():
            yield address, f"{hostname}."


def _lines(text: str | None) -> dict[str, str]:
    # What a refresh has seen may be several hostnames of one address.
    return dict(line.split(maxsplit=1) for line in (text or "").splitlines())


def _usual_owner(spot: Spot) -> str:
    if spot.kind == "A" or spot.place == ACCOUNT:
        return spot.owner
    return f"{spot.subject.rpartition('.')[2]}.{PARENT}."


def _records(live: Live) -> set[Record]:
    return {(spot, value) for spot, values in live.items() for value in values}


def _difference(before: Live, after: Live) -> str:
    lines = []
    for spot in sorted({*before, *after}):
        was, now = before.get(spot, frozenset()), after.get(spot, frozenset())
        if was != now:
            lines.append(f"{spot.place} {spot.zone} {spot.subject} {sorted(was)} -> {sorted(now)}")
    return "; ".join(lines) or "nothing"
