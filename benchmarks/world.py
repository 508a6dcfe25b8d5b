"""The one BIND that all contestants write to, and what must be in it after each step."""

from __future__ import annotations

import shutil
import subprocess
from enum import StrEnum
from pathlib import Path

from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL
from tests.servers.process import zone_text

ZONE = "18.198.in-addr.arpa"
NETWORK = "198.18.0.0/16"
PATTERN = "h-{c}-{d}.example.com"
TTL = 3600
#: where the one record that changes points afterwards
CHANGED = "changed.example.com"
MOST = 65536


class Step(StrEnum):
    """What is measured, in this order."""

    FIRST = "first up"
    SAME = "no change"
    READ = "no change, refresh"
    CHANGE = "one change"
    DESTROY = "destroy"


def address(number: int) -> str:
    """Give the address of a record."""
    return f"198.18.{number >> 8}.{number & 255}"


def owner(number: int) -> str:
    """Give its reverse name below the zone."""
    return f"{number & 255}.{number >> 8}"


def hostnames(size: int, step: Step) -> list[str]:
    """Give where the records point once a step is done: in the order of their numbers."""
    if step is Step.DESTROY:
        return []
    names = [f"h-{number >> 8}-{number & 255}.example.com" for number in range(size)]
    if step is Step.CHANGE:
        names[size // 2] = CHANGED
    return names


class World:
    """A server with one empty /16, and a folder for all that the contestants need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = DynamicBind(folder / "bind", {ZONE: zone_text("@ NS ns1.example.com.")})
        self.key = FULL

    def reset(self) -> None:
        """Start the server with the empty zone."""
        self.server.stop()
        shutil.rmtree(self.server.folder, ignore_errors=True)
        self.server.start()

    def verify(self, size: int, step: Step) -> None:
        """Transfer the zone. Raises ValueError where a record is missing, wrong or too many."""
        names = hostnames(size, step)
        wanted = {f"{owner(number)}.{ZONE}.": f"{name}." for number, name in enumerate(names)}
        there = self._ptrs()
        wrong = [key for key in wanted.keys() | there.keys() if wanted.get(key) != there.get(key)]
        if wrong:
            first = wrong[0]
            raise ValueError(
                f"{len(wrong)} of {len(wanted)} records are not right in the zone, as {first} "
                f"which is {there.get(first)} and should be {wanted.get(first)}"
            )

    def _ptrs(self) -> dict[str, str]:
        target = [f"@{self.server.address}", "-p", str(self.server.port)]
        command = ["dig", *target, "+noall", "+answer", "+onesoa", ZONE, "AXFR"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found: dict[str, str] = {}
        for line in done.stdout.splitlines():
            name, _, _, kind, value = line.split(None, 4)
            if kind == "PTR":
                found[name] = f"{found[name]} {value}" if name in found else value
        if " SOA " not in done.stdout.replace("\t", " "):
            raise ValueError(f"no transfer of {ZONE}: {done.stdout}")
        return found
