"""A session over backends that the tests can look into."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pulumi_rdns.model.names import DnsName, stored_name
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.tables import Table
from pulumi_rdns.records.ledger_file import Cli, LedgerFile, Run, leftovers
from pulumi_rdns.records.session import Session
from pulumi_rdns.records.shared_ledger import SharedLedger
from tests.backends.heard import Heard

ZONE = """\
$TTL 3600
@ IN SOA ns.example.com. hostmaster.example.com. ( 1 7200 900 1209600 300 )
@ IN NS ns.example.com.
"""

RUN = Run("test", "dev", "0a1b2c", Cli(4711, 1_700_000_000.0))

Join = Callable[[SharedLedger], SharedLedger]


@pytest.fixture(params=["memory", "files"])
def backend(request: pytest.FixtureRequest) -> str:
    """Name an instance whose PTR records are attributes of addresses, and one with zones."""
    return str(request.param)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of zones: forward, reverse, and a classless delegation (RFC 2317)."""
    folder = tmp_path / "zones"
    folder.mkdir()
    (folder / "example.com.zone").write_text(ZONE + "ns IN A 198.51.100.53\n")
    parent = "10 IN CNAME 10.0/25\n11 IN CNAME 11.away.example.net.\n"
    parent += "12 IN CNAME 13\n13 IN CNAME 12\n"
    (folder / "db.2.0.192.in-addr.arpa").write_text(ZONE + parent)
    classless = "$ORIGIN 0/25.2.0.192.in-addr.arpa.\n"
    (folder / "classless.zone").write_text(classless + ZONE)
    (folder / "db.100.51.198.in-addr.arpa").write_text(ZONE)
    return folder


def new_session(root: Path) -> Session:
    """Start as a new process does: same records, no memory of what was declared."""
    settings = read_settings(
        {
            "rdns:backends": {
                "memory": {"zones": ["example.com"], "path": "store.json"},
                "same": {"type": "memory", "zones": ["example.com"], "path": "store.json"},
                "files": {"type": "zonefile", "directory": "zones"},
                "linked": {"type": "zonefile", "directory": "linked"},
                "vps": {"type": "hostinger", "apiToken": "not-a-real-token"},
            },
            "rdns:resolvers": ["127.0.0.1:1"],
        }
    )
    session = Session(settings, root, {})
    session.ledger.patience = 0.2
    return session


@pytest.fixture
def session(tmp_path: Path, folder: Path) -> Session:
    return new_session(tmp_path)


def name(text: str) -> DnsName:
    return stored_name(text)


def named(table: Mapping[str, str]) -> Table:
    """Take the hostnames of a table as the names that they are."""
    return {address: stored_name(hostname) for address, hostname in table.items()}


@pytest.fixture
def join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Join:
    """Give what lets a ledger take part in the run, as that of a process of its own."""
    pids = iter(range(100_000, 100_100))

    def join(ledger: SharedLedger) -> SharedLedger:
        pid = next(pids)
        with monkeypatch.context() as patched:
            patched.setattr(os, "getpid", lambda: pid)
            file = LedgerFile(tmp_path / "rdns", RUN)
        ledger.join(file, leftovers(tmp_path / "rdns", RUN, lambda _: False))
        return ledger

    return join
