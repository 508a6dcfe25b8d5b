"""What was measured, and how it is told: tables, and the aims."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from benchmarks.contestants import CarefulNsupdate, Contestant, OctoDns, Terraform
from benchmarks.measuring import PROVIDER, Measure
from benchmarks.pulumi_contestants import (
    FastFloorEach,
    FastFloorMany,
    FastManySets,
    FastSingle,
    Filled,
    Floor,
    FloorEach,
    FloorMany,
    FloorText,
    ManySets,
    Set,
    Single,
)
from benchmarks.world import MOST, Step

#: gives a median by contestant, size and step
_Value: TypeAlias = Callable[[str, int, Step], float | None]


@dataclass
class Results:
    """All measures of a run, by contestant, size and step."""

    measures: dict[tuple[str, int, Step], list[Measure]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, size: int, step: Step, measure: Measure) -> None:
        """Take one more measure."""
        self.measures.setdefault((name, size, step), []).append(measure)

    def wall(self, name: str, size: int, step: Step) -> float | None:
        """Give the median of the wall time."""
        found = self.measures.get((name, size, step))
        return statistics.median(one.wall for one in found) if found else None

    def cpu(self, name: str, size: int, step: Step) -> float | None:
        """Give the median of the processor time."""
        found = self.measures.get((name, size, step))
        return statistics.median(one.cpu for one in found) if found else None

    def peak(self, name: str, size: int, role: str) -> float | None:
        """Give the largest size that a process of this kind had, in MB."""
        found = [
            one.peaks[role]
            for (whose, records, _), ones in self.measures.items()
            if (whose, records) == (name, size)
            for one in ones
            if role in one.peaks
        ]
        return max(found, default=None)

    def names(self, size: int) -> list[str]:
        """Give the contestants of a size in their order."""
        return list(dict.fromkeys(name for name, records, _ in self.measures if records == size))

    def sizes(self) -> list[int]:
        """Give the sizes that were measured."""
        return sorted({size for _, size, _ in self.measures})

    def plain(self) -> list[dict[str, Any]]:
        """Give everything as plain values, for a file."""
        return [
            {"name": name, "size": size, "step": str(step), "wall": one.wall, "cpu": one.cpu}
            | {"peaks": dict(one.peaks)}
            for (name, size, step), ones in self.measures.items()
            for one in ones
        ]


def tables(results: Results) -> Iterator[str]:
    """Write what was measured: two tables for each size."""
    for size in results.sizes():
        names = results.names(size)
        head = [f"N = {size:,}: wall seconds (times the engine's)", *Step]
        yield _table(head, [[name, *_walls(results, name, size)] for name in names])
        head = [f"N = {size:,}: processor s, MB of the largest", *Step, "provider host MB"]
        yield _table(head, [[name, *_costs(results, name, size)] for name in names])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [
        f"{first:46}" + "".join(f"{cell:>20}" for cell in rest) for first, *rest in (head, *rows)
    ]
    return "\n".join([*lines, ""])


def _walls(results: Results, name: str, size: int) -> Iterator[str]:
    for step in Step:
        wall = results.wall(name, size, step)
        floor = results.wall(Floor.name, size, step)
        ratio = _ratio(wall, floor)
        yield "-" if wall is None else f"{wall:.2f}" + (f" ({ratio:.2f}x)" if ratio else "")


def _costs(results: Results, name: str, size: int) -> Iterator[str]:
    for step in Step:
        cpu = results.cpu(name, size, step)
        peaks = [
            one
            for found in results.measures.get((name, size, step), ())
            for one in found.peaks.items()
        ]
        # One that is over at once has not been looked at.
        role, peak = max(peaks, key=lambda one: one[1], default=("", 0.0))
        yield "-" if cpu is None else f"{cpu:.2f}" + (f", {peak:.0f} {role}" if role else "")
    provider = results.peak(name, size, PROVIDER)
    yield f"{provider:.0f}" if provider else "-"


#: ways to write 65,536 records, and what the engine does for each
_AT_MOST: dict[type[Contestant], type[Contestant]] = {
    Set: Floor,
    ManySets: FloorMany,
    FastManySets: FastFloorMany,
    Filled: Floor,
}


@dataclass(frozen=True)
class Aim:
    """One aim: the ratio that was measured, and the most (or the least) that it may be."""

    text: str
    ratio: float | None
    limit: float
    is_least: bool = False
    #: the same ratio of the processor time, which a busy machine changes less; None for memory
    cpu: float | None = None

    def __str__(self) -> str:
        if self.ratio is None:
            return f"  not measured   {self.text}"
        met = self.ratio >= self.limit if self.is_least else self.ratio <= self.limit
        sign = "≥" if self.is_least else "≤"
        cpu = "" if self.cpu is None else f" (processor time: {self.cpu:.2f})"
        word = "met" if met else "NOT MET"
        return f"  {word:8}{self.ratio:7.2f} {sign} {self.limit:<5g} {self.text}{cpu}"


def aims(results: Results) -> Iterator[Aim]:
    """Give all aims."""
    by_cpu = _ratios(results.cpu)
    for aim, cpu in zip(_ratios(results.wall), by_cpu, strict=True):
        yield replace(aim, cpu=cpu.ratio)
    for kind in _AT_MOST:
        peak = results.peak(kind.name, MOST, PROVIDER)
        yield Aim(f"65,536, {kind.name}: MB of the provider host", peak, 500)


def _ratios(value: _Value) -> Iterator[Aim]:
    def ratio(
        one: type[Contestant], other: type[Contestant], size: int, step: Step
    ) -> float | None:
        return _ratio(value(one.name, size, step), value(other.name, size, step))

    def own_part(
        kind: type[Contestant], size: int, engine: type[Contestant] = Floor
    ) -> float | None:
        whole, floor = (value(one.name, size, Step.FIRST) for one in (kind, engine))
        return None if whole is None or floor is None else whole - floor

    yield Aim("10,000, first up: of octoDNS", ratio(Set, OctoDns, 10000, Step.FIRST), 1)
    found = ratio(Set, OctoDns, 10000, Step.READ)
    yield Aim("10,000, no change with refresh: of octoDNS", found, 1)
    for step in (Step.SAME, Step.CHANGE):
        found = ratio(Set, Floor, 10000, step)
        yield Aim(f"10,000, {step}: of the engine with one resource", found, 1.3)
    found = ratio(Set, Floor, 1000, Step.FIRST)
    yield Aim("1,000, first up: of the engine with one resource", found, 1.3)
    found = ratio(Terraform, Set, 1000, Step.FIRST)
    yield Aim("1,000, first up: Terraform, of ours", found, 8, is_least=True)
    raw = value(CarefulNsupdate.name, 10000, Step.FIRST)
    found = _ratio(own_part(Set, 10000, FloorText), raw)
    yield Aim("10,000, first up: all but the engine with the texts, of nsupdate", found, 1.5)
    own = own_part(Set, 10000)
    yield Aim(
        "10,000, first up: all but the engine with nothing, of nsupdate", _ratio(own, raw), 1.5
    )
    for kind, engine in _AT_MOST.items():
        grown = _ratio(own_part(kind, MOST, engine), own)
        linear = None if grown is None else grown / (MOST / 10000)
        text = f"65,536, {kind.name}: what a record adds to the {engine.name}, of that at 10,000"
        yield Aim(text, linear, 1.2)
    for each, engine in ((Single, FloorEach), (FastSingle, FastFloorEach)):
        for size in (1, 100, 1000):
            found = ratio(each, engine, size, Step.FIRST)
            yield Aim(f"{size:,}, first up: {each.name}, of the {engine.name}", found, 1.3)


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None
