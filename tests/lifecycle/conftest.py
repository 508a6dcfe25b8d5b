"""Sessions over backends that the tests can look into, and calls as a front end makes them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pulumi_rdns.lifecycle.call import Call
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.records.forward_check import ForwardGate
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard

SOA = "$TTL 3600\n@ SOA ns1 root 1 7200 900 1209600 300\n@ NS ns1.example.com.\n"
#: stands for a value that a preview does not know yet
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

YES = Confirmation(Verdict.CONFIRMED, "ns1 has it")
NO = Confirmation(Verdict.MISMATCH, "ns1 has 192.0.2.7")
SOME = Confirmation(Verdict.PROPAGATING, "ns1 has it; ns2 has no A record")


class Source:
    """A source of forward records that always answers the same."""

    is_public = False

    def __init__(self, answer: Confirmation) -> None:
        self.answer = answer
        self.asked = 0

    def look(
        self, hostname: DnsName, address: Address, *, ask_resolver: bool = False
    ) -> Confirmation:
        self.asked += 1
        return self.answer

    def answer_in(self, session: Session) -> None:
        """Answer the forward checks of a session that has not made any yet."""
        session.gate = ForwardGate(lambda _: self)


class World:
    """Where the records of a test are."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.zones = root / "zones"
        self.zones.mkdir()
        (self.zones / "example.com.zone").write_text(f"{SOA}ns1 A 192.0.2.53\n")
        self.reverse = self.zones / "2.0.192.in-addr.arpa.zone"
        self.reverse.write_text(SOA)
        self.forward = self.zones / "example.com.zone"
        self.store = root / "store.json"

    def session(self) -> Session:
        """Start as a new process does: same records, no memory of what was declared."""
        memory = {"type": "memory", "zones": ["example.com"], "path": self.store.name}
        settings = {
            "rdns:backends": {
                "memory": memory,
                "account": {"type": "memory", "networks": ["192.0.2.0/24"]},
                "vps": {"type": "hostinger", "apiToken": "not-a-real-token"},
                "files": {"type": "zonefile", "directory": "zones"},
                "wrong": {"type": "memory", "zones": ["a b"], "networks": ["nonsense"]},
            },
            "rdns:forwardSource": "backend",
        }
        session = Session(read_settings(settings), self.root, {})
        session.ledger.patience = 0.1
        return session

    def stored(self) -> dict[str, Any]:
        """Return what the backend `memory` has."""
        return dict(json.loads(self.store.read_text())) if self.store.exists() else {}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def session(world: World) -> Session:
    return world.session()


@pytest.fixture
def heard() -> Heard:
    """Return a report whose own pause must not be used: a call pauses for itself."""
    heard = Heard()

    def slept(seconds: float) -> None:
        raise AssertionError("the report paused, and not the call")

    heard.sleep = slept
    return heard


@pytest.fixture
def call(heard: Heard) -> Call:
    return call_of(heard)


def call_of(heard: Heard, **known: Any) -> Call:
    return Call("", heard, is_unknown=lambda value: value == UNKNOWN, **known)


def previewed(heard: Heard, olds: Mapping[str, Any] | None = None) -> Call:
    return call_of(heard, is_preview=True, old_inputs=olds)


@contextmanager
def counted(function: Callable[..., Any] = parse_address) -> Iterator[list[str]]:
    """Count the calls of a function in this thread, whoever holds it; each by its caller's name."""
    callers: list[str] = []

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code is function.__code__ and frame.f_back is not None:
            callers.append(frame.f_back.f_code.co_name)

    sys.setprofile(note)
    try:
        yield callers
    finally:
        sys.setprofile(None)
