"""Look at records as a preview does."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import PtrSpec
from pulumi_rdns.records.preview.foresight import Foresight, Told
from pulumi_rdns.records.preview.ptr import PtrAhead, ptr_jobs
from pulumi_rdns.records.session import Session
from tests.records.conftest import name


def session_of(root: Path, **settings: object) -> Session:
    """Give a session with a server that does not answer, and an instance that cannot be made."""
    backends: dict[str, object] = {
        "memory": {"zones": ["example.com"], "networks": ["192.0.2.0/24"]},
        "files": {"type": "zonefile", "directory": "zones"},
        "away": {"type": "rfc2136", "server": "127.0.0.1:9", "timeout": 1},
        "wrong": {"type": "memory", "networks": ["nonsense"]},
    }
    given = {f"rdns:{key}": value for key, value in settings.items()}
    return Session(read_settings({"rdns:backends": backends} | given), root, {})


def told(
    session: Session, *specs: PtrSpec, ours: Collection[str] = (), knows: bool = True, **ahead: Any
) -> list[Told]:
    """Look at PTR records, which are new if nothing else is said; give what is told of them."""
    given = {"is_new": True, **ahead}
    aheads = [PtrAhead(f"urn::{spec.address}", spec, **given) for spec in specs]
    sight = Foresight(knows=knows)
    for job in ptr_jobs(session, aheads, sight, {*map(name, ours)}):
        job.run()
    return sight.told()


def warned(session: Session, *specs: PtrSpec, **known: Any) -> list[str]:
    """Give the texts alone."""
    return [one.text for one in told(session, *specs, **known)]
