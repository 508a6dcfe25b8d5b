"""An independent reader: what `dig` says of the servers of a test."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from tests.servers.internet import DELEGATIONS, ROOT, TOP, TOPS, Internet

#: the address of a server and its port
Place = tuple[str, int]

_HEADER = re.compile(r"status: (\w+).*?flags: ([a-z ]*);", re.DOTALL)


@dataclass(frozen=True)
class Dug:
    """One reply: its rcode, whether it is authoritative, and its answer section."""

    rcode: str
    authoritative: bool
    #: (owner in lower case, type, rdata)
    records: tuple[tuple[str, str, str], ...]

    def rdata(self, owner: str, rdtype: str) -> frozenset[str]:
        wanted = (owner.lower().rstrip("."), rdtype)
        return frozenset(rdata for name, kind, rdata in self.records if (name, kind) == wanted)


def need() -> None:
    """Skip where there is no `dig`; fail where there must be one."""
    if shutil.which("dig") is None:
        reason = "dig is not installed (Debian package bind9-dnsutils)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def dig(
    address: str, name: str, rdtype: str, *, port: int = 53, recurse: bool = False
) -> Dug | None:
    """Ask one server; None where it does not reply."""
    flags = ["+recurse" if recurse else "+norecurse", "+time=1", "+tries=1", "+nosplit"]
    command = ["dig", f"@{address}", "-p", f"{port}", *flags, name, rdtype]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    header = _HEADER.search(shown)
    if header is None:
        return None
    records = [line.split(None, 4) for line in shown.splitlines() if line and line[0] != ";"]
    return Dug(
        header[1],
        "aa" in header[2].split(),
        tuple((owner.lower().rstrip("."), kind, rdata) for owner, _, _, kind, rdata in records),
    )


def verdict(internet: Internet, hostname: str, address: str) -> str:
    """Judge by hand: ask each server of the zone, follow aliases, compare."""
    return _judge(
        lambda name: [(internet.at(number), 53) for number in _servers(name)], hostname, address
    )


def verdict_at(places: Sequence[Place], hostname: str, address: str) -> str:
    """Judge by hand, as `verdict` does, what these servers alone say."""
    return _judge(lambda _: places, hostname, address)


def _judge(servers_of: Callable[[str], Sequence[Place]], hostname: str, address: str) -> str:
    rdtype = "AAAA" if ":" in address else "A"
    said = [address in found for found in _answers(servers_of, hostname, rdtype, ())]
    if not said:
        return "unknown"
    return "confirmed" if all(said) else "propagating" if any(said) else "mismatch"


def _answers(
    servers_of: Callable[[str], Sequence[Place]], name: str, rdtype: str, seen: tuple[str, ...]
) -> Iterator[frozenset[str]]:
    targets = set()
    for address, port in servers_of(name):
        dug = dig(address, name, rdtype, port=port)
        if dug is None or not dug.authoritative:
            continue
        if alias := dug.rdata(name, "CNAME"):
            targets |= {target.rstrip(".").lower() for target in alias}
        elif dug.rcode in ("NOERROR", "NXDOMAIN"):
            yield dug.rdata(name, rdtype)
    for target in targets:
        if target in (*seen, name) or len(seen) == 8:
            yield frozenset()
        else:
            yield from _answers(servers_of, target, rdtype, (*seen, name))


def _servers(name: str) -> list[int]:
    zones = [zone for zone in DELEGATIONS if f".{name}".endswith(f".{zone}")]
    if zones:
        return list(DELEGATIONS[max(zones, key=len)].values())
    return [TOP if name.rsplit(".", 1)[-1] in TOPS else ROOT]
