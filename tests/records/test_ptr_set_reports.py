"""What a backend says in the threads of a set's operation is told as if there were none."""

from __future__ import annotations

import threading
from pathlib import Path

import dns.name
import pytest

from pulumi_rdns.backends.base import ZoneBackend, report_progress, reporting_to
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import ForwardPolicy, PtrPolicies, PtrSetSpec
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import named

TABLE = {"192.0.2.10": "a.example.com", "198.51.100.10": "b.example.com"}
SPEC = PtrSetSpec(
    backend="files",
    records=PtrSetRecords(named(TABLE)),
    policies=PtrPolicies(forward_check=ForwardPolicy.WARN),
)


@pytest.fixture
def session(tmp_path: Path, folder: Path) -> Session:
    settings = {
        "rdns:backends": {"files": {"type": "zonefile", "directory": str(folder)}},
        "rdns:forwardSource": "backend",
    }
    return Session(read_settings(settings), tmp_path, {})


def pausing(session: Session, monkeypatch: pytest.MonkeyPatch, below: str) -> list[bool]:
    """Let the backend wait, as one does whose API has a rate limit, at the names below one.

    Returns for each pause whether it was in a thread of the operation.
    """
    backend = session.backends.get("files")
    assert isinstance(backend, ZoneBackend)
    find_zone, paused = backend.find_zone, []

    def find(name: dns.name.Name) -> dns.name.Name:
        if name.is_subdomain(dns.name.from_text(below)):
            report_progress(f"rate limit reached at {below}, waiting 30 s")
            paused.append(threading.current_thread() is not threading.main_thread())
        return find_zone(name)

    monkeypatch.setattr(backend, "find_zone", find)
    return paused


@pytest.mark.parametrize("below", ["example.com", "in-addr.arpa"])
def test_a_pause_of_the_backend_is_told_in_each_operation(
    session: Session, heard: Heard, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    told = f"rate limit reached at {below}, waiting 30 s"
    paused = pausing(session, monkeypatch, below)
    with reporting_to(heard):
        state, error = session.ptr_sets.create(SPEC, heard)
    assert error is None
    assert any(paused)
    assert told in heard.told

    again = Heard()
    paused.clear()
    with reporting_to(again):
        session.ptr_sets.read(state, again)
    assert any(paused)
    assert told in again.told
