"""What the tests of zone files share: a folder of zones, and an independent checker."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import dns.name
import dns.rrset
import msgspec
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.zonefile import ZoneFileBackend, ZoneFileSettings

REVERSE = "2.0.192.in-addr.arpa"
TEN = f"10.{REVERSE}"
ELEVEN = f"11.{REVERSE}"

SAMPLE = """\
; the office network
$TTL 1h
@\tIN SOA ns1.example.com. hostmaster.example.com. (
\t\t7        ; serial
\t\t1h 15m 2w 5m )
\tIN NS ns1.example.com.

10      IN PTR\ta.example.com. ; the mail server
"""


def name(text: str) -> dns.name.Name:
    """Make an absolute name of text."""
    return dns.name.from_text(text)


def rrset(owner: str, rdtype: str, *values: str, ttl: int = 3600) -> dns.rrset.RRset:
    """Make an RRset of text; values are absolute."""
    texts = [value if rdtype in ("A", "AAAA", "TXT", "MX") else f"{value}." for value in values]
    return dns.rrset.from_text_list(name(owner), ttl, "IN", rdtype, texts)


def change(owner: str, rdtype: str, before: list[str], after: list[str], ttl: int = 3600) -> Change:
    """Make a change of text values."""
    return Change(
        name(owner),
        RdataType[rdtype],
        rrset(owner, rdtype, *before) if before else None,
        rrset(owner, rdtype, *after, ttl=ttl) if after else None,
    )


class Zones:
    """A folder of zone files and a backend on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def backend(self, **settings: object) -> ZoneFileBackend:
        """Make a backend; settings as they stand in a stack's file."""
        values = msgspec.convert({"directory": self.folder.name, **settings}, ZoneFileSettings)
        return ZoneFileBackend("zones", values, self.folder.parent)

    def write(self, file: str, text: str) -> Path:
        """Write a zone file with exactly these characters."""
        path = self.folder / file
        path.write_bytes(text.encode("latin-1"))
        return path

    def text(self, file: str) -> str:
        """Read a zone file's exact characters."""
        return (self.folder / file).read_bytes().decode("latin-1")

    def values(self, owner: str, rdtype: str = "PTR", zone: str = REVERSE) -> list[str]:
        """Read the live values as a fresh backend sees them."""
        found = self.backend().get_rrset(name(zone), name(owner), RdataType[rdtype])
        return sorted(rdata.to_text() for rdata in found or ())

    def set(
        self,
        owner: str,
        before: list[str],
        after: list[str],
        *,
        rdtype: str = "PTR",
        zone: str = REVERSE,
        ttl: int = 3600,
    ) -> None:
        """Apply one change with a fresh backend."""
        self.backend().apply(name(zone), [change(owner, rdtype, before, after, ttl)])

    def listing(self) -> list[str]:
        """List the files, without the lock files, which stay."""
        return sorted(p.name for p in self.folder.iterdir() if not p.name.endswith(".lock"))


def run_child(zones: Zones, code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a process that runs code with `zones` and the names of this module at hand.

    It writes what it raised, type and message, to its standard output.
    """
    program = f"""
import os, sys
from pathlib import Path
from pulumi_rdns.backends.zonefile import reload, storage
from zonefile.tools import *
zones = Zones(Path(sys.argv[1]))
try:
    {code.strip().replace(chr(10), chr(10) + "    ")}
except BaseException as error:
    print(type(error).__name__, error, end="")
"""
    path = os.pathsep.join([str(Path(__file__).parent.parent), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-c", program, str(zones.folder), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )


def child_says(zones: Zones, code: str) -> str:
    """Run code as `run_child` does and give what it raised, empty where nothing."""
    child = run_child(zones, code)
    output, _ = child.communicate(timeout=60)
    return output


def without_serial(text: str) -> str:
    """Blank out the first number of a SOA record."""
    return re.sub(r"(SOA[\s(]+\S+[\s(]+\S+[\s(]+)\d+", r"\1-", text, count=1)


def serial_of(text: str) -> int:
    """Read the serial of a SOA record."""
    match = re.search(r"SOA[\s(]+\S+[\s(]+\S+[\s(]+(\d+)", text)
    assert match
    return int(match[1])


def need_bind() -> str:
    """Return the path of BIND's own checker; skips without it, but fails in CI."""
    program = shutil.which("named-checkzone")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("named-checkzone is missing: apt-get install bind9-utils")
        pytest.skip("named-checkzone is missing: apt-get install bind9-utils")
    return program


def accepted_by_bind(path: Path, zone: str) -> bool:
    """Ask BIND's own checker, without the checks that look names up beyond the zone."""
    options = ["-i", "none", "-k", "ignore", "-w", str(path.parent)]
    result = subprocess.run(
        [need_bind(), *options, zone, str(path)], capture_output=True, check=False, timeout=30
    )
    return result.returncode == 0
