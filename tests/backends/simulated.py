"""A backend on a simulated account, where waiting takes no time: what is the same for all hosts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from pulumi_rdns.backends.base import Report, Settings, reporting_to
from tests.backends.kit.tools import FakeTime

B = TypeVar("B")


class Notes(Report):
    """What an operation told."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.progressed: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def progress(self, text: str, clock: str = "") -> None:
        self.progressed.append(text + clock)


class SimulatedAccount(Generic[B]):
    """A simulated account and backends on it; one clock for all."""

    backend_type: ClassVar[Any]
    settings_type: ClassVar[type[Settings]]
    scenario_type: ClassVar[Any]
    simulator_type: ClassVar[Any]

    def __init__(self, simulator: Any, time: FakeTime, notes: Notes) -> None:
        self.simulator = simulator
        self.account = simulator.account
        self.scenario = simulator.scenario
        self.time = time
        self.notes = notes
        self.backend: B = self.make()

    @classmethod
    @contextmanager
    def running(cls, **scenario: Any) -> Iterator[Self]:
        """Start a simulated account; the arguments are the scenario's fields."""
        time, notes = FakeTime(), Notes()
        with (
            cls.simulator_type(cls.scenario_type(**scenario), now=time.now) as simulator,
            reporting_to(notes),
        ):
            yield cls(simulator, time, notes)

    def make(self, **settings: Any) -> B:
        """Make a backend, as another process would have it."""
        values = {"api_token": self.scenario.token, "api_url": self.simulator.url, **settings}
        name = self.backend_type.__module__.split(".")[2]
        made: B = self.backend_type(name, self.settings_type(**values), Path(), self.time.clock)
        return made
