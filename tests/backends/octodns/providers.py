"""Provider classes of octoDNS for tests: hosts in memory, each with something that goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from logging import getLogger
from typing import Any, ClassVar

from octodns.provider.base import BaseProvider
from octodns.record import Record
from octodns.record.change import Create, Delete
from octodns.zone import Zone

REVERSE = "2.0.192.in-addr.arpa."
FORWARD = "example.com."


@dataclass
class World:
    """What a host has, and what happens when it is asked."""

    #: zone -> (name, type) -> TTL and values
    zones: dict[str, dict[tuple[str, str], tuple[int, list[str]]]] = field(
        default_factory=lambda: {REVERSE: {}, FORWARD: {}}
    )
    #: step -> what happens right before it, once: an exception, or something that somebody does
    before: dict[str, list[Exception | Callable[[], object]]] = field(default_factory=dict)
    #: each step in the order in which it was done
    done: list[str] = field(default_factory=list)
    #: how many readings show nothing of the writes before them
    lag: int = 0
    shown: dict[str, dict[tuple[str, str], tuple[int, list[str]]]] = field(default_factory=dict)
    #: the least TTL, which a lower one becomes
    least_ttl: int = 0

    def step(self, name: str) -> None:
        """Note a step; what was planned for it happens first."""
        planned = self.before.get(name, [])
        if planned:
            act = planned.pop(0)
            if isinstance(act, Exception):
                raise act
            act()
        self.done.append(name)

    def plan(self, step: str, *acts: Exception | Callable[[], object]) -> None:
        """Let these happen before the next such steps, one before each."""
        self.before.setdefault(step, []).extend(acts)

    @property
    def all_happened(self) -> bool:
        return not any(self.before.values())


#: the value of the option ``account`` -> its world
WORLDS: dict[str, World] = {}


class StepwiseProvider(BaseProvider):  # type: ignore[misc]
    """Deletes, and then creates, a value at a time: as half of the providers do."""

    SUPPORTS_GEO = False
    SUPPORTS_DYNAMIC = False
    SUPPORTS_MULTIVALUE_PTR = True
    SUPPORTS: ClassVar = {"A", "CNAME", "NS", "PTR", "TXT"}

    def __init__(self, id: str, account: str, token: str = "", **more: Any) -> None:
        self.log = getLogger(f"{type(self).__name__}[{id}]")
        self.log.warning("made with the token %s", token)
        self.world = WORLDS[account]
        self.world.step("make")
        super().__init__(id, **more)

    def list_zones(self) -> list[str]:
        self.world.step("list_zones")
        return sorted(self.world.zones)

    def populate(self, zone: Zone, target: bool = False, lenient: bool = False) -> bool:
        self.world.step("populate")
        assert target
        assert lenient
        shown = self.world.zones
        if self.world.lag and self.world.shown:
            self.world.lag -= 1
            shown = self.world.shown
        if zone.name not in shown:
            return False
        for (name, kind), (ttl, values) in shown[zone.name].items():
            data: dict[str, Any] = {"type": kind, "ttl": ttl, "values": values}
            if kind == "CNAME":
                data = {"type": kind, "ttl": ttl, "value": values[0]}
            if kind == "TXT":
                data["octodns"] = {"kept": True}
            zone.add_record(Record.new(zone, name, data, source=self, lenient=True), lenient=True)
        return True

    def _apply(self, plan: Any) -> None:
        self.world.step("apply")
        self.world.shown = {
            zone: {key: (ttl, [*values]) for key, (ttl, values) in sets.items()}
            for zone, sets in self.world.zones.items()
        }
        for change in plan.changes:
            if change.existing is not None:
                for value in change.existing.values:
                    self.delete(plan.desired.name, change.existing, str(value))
            if change.new is not None:
                for value in change.new.values:
                    self.create(plan.desired.name, change.new, str(value))

    def delete(self, zone: str, record: Any, value: str) -> None:
        self.world.step("delete")
        sets, key = self.world.zones[zone], (record.name, record._type)
        ttl, values = sets[key]
        values = [one for one in values if one != value]
        if values:
            sets[key] = (ttl, values)
        else:
            del sets[key]

    def create(self, zone: str, record: Any, value: str) -> None:
        self.world.step("create")
        sets, key = self.world.zones[zone], (record.name, record._type)
        _, values = sets.get(key, (0, []))
        sets[key] = (max(record.ttl, self.world.least_ttl), sorted({*values, value}))


class UnlistedProvider(StepwiseProvider):
    """Cannot list its zones, as Rfc2136Provider."""

    list_zones = None  # type: ignore[assignment]


class SilentProvider(StepwiseProvider):
    """Does not say whether the zone is there."""

    def populate(self, zone: Zone, target: bool = False, lenient: bool = False) -> Any:
        super().populate(zone, target, lenient)


class OnePtrProvider(StepwiseProvider):
    """Knows one PTR at a name, and no A records."""

    SUPPORTS_MULTIVALUE_PTR = False
    SUPPORTS: ClassVar = {"PTR", "CNAME", "NS"}


class LazyProvider(StepwiseProvider):
    """Says that it has done it, and has not."""

    def _apply(self, plan: Any) -> None:
        self.world.step("apply")


class DynamicProvider(StepwiseProvider):
    """Its records are dynamic."""

    SUPPORTS_DYNAMIC = True

    def populate(self, zone: Zone, target: bool = False, lenient: bool = False) -> bool:
        there = super().populate(zone, target, lenient)
        for record in zone.records:
            record.dynamic = "pools and rules"
        return there


def changes_of(plan: Any) -> list[str]:
    """Return what a plan has in it, by name."""
    names = {Create: "Create", Delete: "Delete"}
    return [names.get(type(change), "Update") for change in plan.changes]


NOT_A_PROVIDER = "text"
