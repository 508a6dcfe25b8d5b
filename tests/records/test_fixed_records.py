"""What a zone file includes is never edited, so it is not adopted; a range is split instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_rdns.errors import RejectedError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import ForwardSpec, OnConflict, OnDelete, OnForwardConflict, PtrSetSpec
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import name, named
from tests.records.ptr_records import SKIP, live, spec

FILE = "db.100.51.198.in-addr.arpa"


@pytest.fixture
def including(folder: Path) -> Path:
    """Let the zones include a file each, with a record of the address and of the hostname."""
    for file in (FILE, "example.com.zone"):
        with (folder / file).open("a") as zone:
            zone.write(f"$INCLUDE {file}.inc\n")
    (folder / f"{FILE}.inc").write_text("; shared\n10 PTR mail.example.com.\n")
    (folder / "example.com.zone.inc").write_text("mail A 192.0.2.10\n")
    return folder


def texts(folder: Path) -> list[str]:
    return [path.read_text() for path in sorted(folder.iterdir()) if path.suffix != ".lock"]


@pytest.mark.parametrize("hostname", ["mail.example.com", "other.example.com"])
@pytest.mark.parametrize("on_conflict", list(OnConflict))
def test_a_record_of_an_included_file_is_neither_adopted_nor_changed(
    session: Session, including: Path, heard: Heard, hostname: str, on_conflict: OnConflict
) -> None:
    before = texts(including)
    with pytest.raises(
        RejectedError, match=rf"mail\.example\.com is there already, .* file {FILE}\.inc, line 2"
    ):
        session.ptr.create(spec("files", hostname, on_conflict=on_conflict), heard)
    assert heard.warnings == []
    assert texts(including) == before


@pytest.mark.parametrize("hostname", ["mail.example.com", "other.example.com"])
@pytest.mark.parametrize("on_conflict", list(OnConflict))
def test_nor_by_a_set_which_writes_the_others(
    session: Session, including: Path, heard: Heard, hostname: str, on_conflict: OnConflict
) -> None:
    records = {"198.51.100.10": hostname, "198.51.100.11": "b.example.com"}
    policies = SKIP.__class__(forward_check=SKIP.forward_check, on_conflict=on_conflict)
    wanted = PtrSetSpec(backend="files", records=PtrSetRecords(named(records)), policies=policies)
    state, error = session.ptr_sets.create(wanted, heard)
    assert isinstance(error, RejectedError)
    assert f"198.51.100.10: mail.example.com is there already, in the included file {FILE}" in str(
        error
    )
    assert state.written == {"198.51.100.11": "b.example.com"}
    assert heard.warnings == []
    session.ptr_sets.delete(state, heard)
    assert live(session, "files") == ["mail.example.com."]


@pytest.mark.parametrize("on_conflict", [None, *OnForwardConflict])
def test_nor_is_an_address_of_a_hostname(
    session: Session, including: Path, heard: Heard, on_conflict: OnForwardConflict | None
) -> None:
    before = texts(including)
    wanted = ForwardSpec(
        backend="files",
        hostname=name("mail.example.com"),
        address=parse_address("192.0.2.10"),
        on_conflict=on_conflict,
    )
    with pytest.raises(
        RejectedError, match=r"192\.0\.2\.10 is there already, .* file example\.com\.zone\.inc"
    ):
        session.forward.create(wanted, heard)
    assert heard.warnings == []
    assert texts(including) == before


def test_another_address_may_stand_beside_an_included_one(
    session: Session, including: Path, heard: Heard
) -> None:
    state = session.forward.create(
        ForwardSpec(
            backend="files",
            hostname=name("mail.example.com"),
            address=parse_address("192.0.2.11"),
            on_conflict=OnForwardConflict.ADD,
        ),
        heard,
    )
    session.forward.delete(state, heard)
    assert "192.0.2.11" not in (including / "example.com.zone").read_text()


RANGE = "$GENERATE 5-15 $ PTR h$.example.net.\n"
SPLIT = RANGE.replace("5-15", "5-9") + RANGE.replace("5-15", "11-15")


def test_a_record_of_a_range_is_adopted_and_destroyed(
    session: Session, folder: Path, heard: Heard
) -> None:
    (folder / FILE).write_text((folder / FILE).read_text() + RANGE)
    wanted = spec("files", "h10.example.net", on_delete=OnDelete.REMOVE)
    state = session.ptr.create(wanted, heard)
    assert state.adopted
    assert (folder / FILE).read_text().endswith(RANGE)
    session.ptr.delete(state, heard)
    assert (folder / FILE).read_text().endswith(SPLIT)


def test_a_record_of_a_range_is_overwritten(session: Session, folder: Path, heard: Heard) -> None:
    (folder / FILE).write_text((folder / FILE).read_text() + RANGE)
    wanted = spec("files", on_conflict=OnConflict.OVERWRITE)
    state = session.ptr.create(wanted, heard)
    assert live(session, "files") == ["mail.example.com."]
    session.ptr.delete(state, heard)
    assert live(session, "files") == []
    assert (folder / FILE).read_text().endswith(SPLIT)
