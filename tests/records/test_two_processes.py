"""A record that moves between two processes of one run, each with a session of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change, ZoneBackend
from pulumi_rdns.errors import ConflictError
from pulumi_rdns.model.names import to_dns
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.records.session import Session
from tests.backends.contract import rrset
from tests.backends.heard import Heard
from tests.records.conftest import ZONE, Join, name, new_session
from tests.records.processes import (
    ADDRESS,
    CLASSLESS,
    KINDS,
    NEW,
    PLAIN,
    URN,
    WWW,
    Kind,
    Y,
    live,
    single,
)


@pytest.mark.parametrize("hides", [False, True], ids=["open", "secret"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
class TestTwoProcesses:
    """A record moves to a resource that another process serves, at the same place."""

    def test_what_the_other_process_has_is_kept_when_this_one_gives_it_up(
        self, tmp_path: Path, session: Session, join: Join, kind: Kind, hides: bool
    ) -> None:
        old = kind.created(session, URN)
        before = kind.live(session)
        here, there = new_session(tmp_path), new_session(tmp_path)
        for one in (here, there):
            join(one.ledger)
        if hides:
            there.ledger.hide(NEW)
        kind.declare(there, NEW)
        with pytest.raises(ConflictError, match="'new', which declares it now, is not created yet"):
            kind.operations(here).delete(old, Heard(), URN)
        assert kind.live(here) == before
        kind.created(there, NEW)
        kind.operations(here).delete(old, Heard(), URN)
        assert kind.live(here) == before != []

    def test_what_another_process_wrote_is_taken_over_without_a_conflict(
        self, tmp_path: Path, session: Session, join: Join, kind: Kind, hides: bool
    ) -> None:
        old = kind.created(session, URN)
        here, there = new_session(tmp_path), new_session(tmp_path)
        for one in (here, there):
            join(one.ledger)
        if hides:
            there.ledger.hide(URN)
        kind.operations(there).recall(old, resource=URN, is_current=False)
        value = Y if kind is KINDS["forward record"] else WWW
        kind.created(here, NEW, value)
        assert f"{value}" in " ".join(kind.live(here))


def test_memory_of_what_was_there_before_comes_from_another_process(
    tmp_path: Path, session: Session, join: Join, folder: Path
) -> None:
    (folder / "classless.zone").write_text(
        f"$ORIGIN {CLASSLESS}.\n{ZONE}10 60 IN PTR before.example.net.\n"
    )
    old = session.ptr.create(single("files"), Heard(), URN)
    assert old.previous.hostnames == (name("before.example.net"),)
    here, there = new_session(tmp_path), new_session(tmp_path)
    for one in (here, there):
        join(one.ledger)
    there.ptr.recall(old, resource=URN, is_current=False)
    here.ptr.declare("files", ADDRESS, None, resource=NEW)
    heard = Heard()
    new = here.ptr.create(single("files", WWW), heard, NEW)
    assert (new.previous, new.adopted) == (old.previous, False)
    there.ptr.delete(old, heard, URN)
    assert live(here) == ["www.example.com."]
    new_session(tmp_path).ptr.delete(new, heard, NEW)
    assert live(here) == ["before.example.net."]
    assert heard.warnings == []


def test_a_record_that_was_changed_by_hand_is_a_strangers_in_every_process(
    tmp_path: Path, session: Session, join: Join
) -> None:
    old = session.ptr.create(single("files"), Heard(), URN)
    there = session.backends.get("files")
    assert isinstance(there, ZoneBackend)
    owner, zone = to_dns(name(f"10.{CLASSLESS}")), to_dns(name(CLASSLESS))
    before = there.get_rrset(zone, owner, RdataType.PTR)
    after = rrset(owner, "PTR", "stranger.example.net.")
    there.apply(zone, [Change(owner, RdataType.PTR, before, after)])
    here, other = new_session(tmp_path), new_session(tmp_path)
    for one in (here, other):
        join(one.ledger)
    other.ptr.recall(old, resource=URN, is_current=False)
    with pytest.raises(ConflictError, match="already points to stranger"):
        here.ptr.create(single("files", WWW), Heard(), NEW)


@pytest.mark.parametrize("instance", ["theirs", "linked"])
def test_a_record_that_another_process_has_at_an_instance_unknown_here_is_kept(
    tmp_path: Path, session: Session, join: Join, instance: str
) -> None:
    """Its settings are in a program's explicit provider: it may be the same server or not.

    The instance ``linked`` is known here too, at another place.
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "2.0.192.in-addr.arpa.zone").write_text(ZONE)
    settings = {instance: {"type": "zonefile", "directory": str(elsewhere)}}
    there = Session(read_settings({"rdns:backends": settings}), tmp_path, {})
    old = session.ptr.create(single("files", address=PLAIN), Heard(), URN)
    here = new_session(tmp_path)
    for one in (here, there):
        join(one.ledger)
    there.ptr.declare(instance, PLAIN, None, resource=NEW)
    there.ptr.create(single(instance, address=PLAIN), Heard(), NEW)
    heard = Heard()
    here.ptr.delete(old, heard, URN)
    (warning,) = heard.warnings
    assert f"backend {instance} shows the same record and may be the same server" in warning
    assert live(here, "20.2.0.192.in-addr.arpa") == ["mail.example.com."]
