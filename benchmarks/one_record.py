"""What create, update and delete of one PTR record cost, beside `nsupdate` doing the same.

    PYTHONPATH=provider:. python -m benchmarks.one_record

A step of ours is what an operation of a resource does: look, write, and make sure. `nsupdate` is
kept running and only writes, so a ratio of 1 is not to be expected. For the PowerDNS API and for
zone files, the measure is `nsupdate` at BIND. The order of the contestants changes from round to
round; the table shows medians.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dns.name
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, ZoneBackend
from pulumi_rdns.backends.powerdns import PowerDnsBackend, PowerDnsSettings
from pulumi_rdns.backends.rfc2136 import Rfc2136Backend, Rfc2136Settings
from pulumi_rdns.backends.zonefile import ZoneFileBackend, ZoneFileSettings
from tests.backends.contract import rrset
from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL, REVERSE, zones
from tests.servers.knot import Knot
from tests.servers.powerdns import API_KEY, PowerDns
from tests.servers.process import DnsServer

ROUNDS = 5
RECORDS = 40
ZONE = dns.name.from_text(REVERSE)
STEPS = ("create", "update", "delete")
OLD, NEW = "old.example.com.", "new.example.com."


class Writer(ABC):
    """Something that makes one change of one record at a time."""

    @abstractmethod
    def step(self, name: dns.name.Name, before: str | None, after: str | None) -> None:
        """Replace a value, and return when that is done."""


class Ours(Writer):
    def __init__(self, backend: ZoneBackend) -> None:
        self._backend = backend

    def step(self, name: dns.name.Name, before: str | None, after: str | None) -> None:
        zone = self._backend.find_zone(name)
        self._backend.get_rrset(zone, name, RdataType.CNAME)
        self._backend.get_rrset(zone, name, RdataType.PTR)
        old = rrset(name, "PTR", before) if before else None
        new = rrset(name, "PTR", after) if after else None
        self._backend.apply(zone, [Change(name, RdataType.PTR, old, new)])


class Nsupdate(Writer):
    """One process that is kept running; it is asked for the server's answer after each `send`."""

    def __init__(self, server: DnsServer) -> None:
        self._process = subprocess.Popen(
            ["stdbuf", "-oL", "nsupdate", "-y", f"{FULL.algorithm}:{FULL.name}:{FULL.secret}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._target = [f"server {server.address} {server.port}", f"zone {REVERSE}"]

    def step(self, name: dns.name.Name, before: str | None, after: str | None) -> None:
        required = f"prereq yxrrset {name} PTR {before}" if before else f"prereq nxrrset {name} PTR"
        lines = [*self._target, required, f"prereq nxrrset {name} CNAME"]
        lines += [f"update delete {name} PTR"] if before else []
        lines += [f"update add {name} 3600 PTR {after}"] if after else []
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n".join([*lines, "send", "answer", ""]))
        self._process.stdin.flush()
        said = ""
        while "status: " not in said:
            said = self._process.stdout.readline()
            if not said or "failed" in said:
                raise RuntimeError(f"nsupdate: {said}")
        if "NOERROR" not in said:
            raise RuntimeError(f"nsupdate: {said}")

    def close(self) -> None:
        self._process.communicate(timeout=10)


@contextmanager
def contestants() -> Iterator[dict[str, tuple[Writer, str]]]:
    """Give each writer by its name, with the name of the one that it is measured by."""
    with tempfile.TemporaryDirectory() as root, ExitStack() as stack:
        found: dict[str, tuple[Writer, str]] = {}
        kinds: dict[str, type[DnsServer]] = {
            "BIND": DynamicBind,
            "Knot": Knot,
            "PowerDNS": PowerDns,
        }
        for label, kind in kinds.items():
            if not kind.available():
                print(f"{label} is left out: {kind.program} ({kind.package}) is not installed")
                continue
            server = stack.enter_context(kind(Path(root) / label, zones()))
            nsupdate = Nsupdate(server)
            stack.callback(nsupdate.close)
            found[f"nsupdate at {label}"] = (nsupdate, f"nsupdate at {label}")
            settings = Rfc2136Settings(
                server=f"{server.address}:{server.port}",
                key_name=FULL.name,
                key_secret=FULL.secret,
            )
            backend = Rfc2136Backend("benchmark", settings, Path(root))
            found[f"rfc2136 at {label}"] = (Ours(backend), f"nsupdate at {label}")
            if isinstance(server, PowerDns):
                api = PowerDnsSettings(api_url=server.api_url, api_key=API_KEY)
                over_api = Ours(PowerDnsBackend("benchmark", api, Path(root)))
                found["powerdns"] = (over_api, "nsupdate at BIND")
        (Path(root) / f"{REVERSE}.zone").write_text(zones()[REVERSE])
        files = ZoneFileBackend("benchmark", ZoneFileSettings(directory="."), Path(root))
        found["zonefile"] = (Ours(files), "nsupdate at BIND")
        yield found


def measure(writer: Writer, label: str) -> dict[str, list[float]]:
    """Give the seconds of each step of each record."""
    seconds: dict[str, list[float]] = {step: [] for step in STEPS}
    names = [dns.name.from_text(f"{at}.{label}", ZONE) for at in range(RECORDS)]
    for step, before, after in zip(STEPS, (None, OLD, NEW), (OLD, NEW, None), strict=True):
        for name in names:
            began = time.perf_counter()
            writer.step(name, before, after)
            seconds[step].append(time.perf_counter() - began)
    return seconds


def main() -> int:
    taken: defaultdict[str, defaultdict[str, list[float]]]
    taken = defaultdict(lambda: defaultdict(list))
    with contestants() as writers:
        if "nsupdate at BIND" not in writers:
            return 1
        for number in range(ROUNDS):
            labels = list(writers)
            shift = number % len(labels)
            for at, label in enumerate(labels[shift:] + labels[:shift]):
                for step, seconds in measure(writers[label][0], f"r{number}c{at}").items():
                    taken[label][step] += seconds
        show(taken, {label: by for label, (_, by) in writers.items()})
    return 0


def show(taken: dict[str, defaultdict[str, list[float]]], measured_by: dict[str, str]) -> None:
    print(f"{platform.platform()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    print(f"{ROUNDS} rounds of {RECORDS} records; milliseconds (ratio)\n")
    print(f"{'':22}" + "".join(f"{step:>16}" for step in STEPS))
    for label, steps in taken.items():
        cells = []
        for step in STEPS:
            middle = statistics.median(steps[step])
            ratio = middle / statistics.median(taken[measured_by[label]][step])
            cells.append(f"{middle * 1000:8.2f} ({ratio:4.1f})")
        print(f"{label:22}" + "".join(f"{cell:>16}" for cell in cells))


if __name__ == "__main__":
    sys.exit(main())
