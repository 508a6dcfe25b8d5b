"""What a preview says of a set: what will be done, adopted, refused, and what is in the way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.specs import ForwardPolicy, OnConflict, OnDelete, PtrPolicies, PtrSetSpec
from pulumi_rdns.model.states import PtrSetState
from pulumi_rdns.records.claims import Declared, Place
from pulumi_rdns.records.holdings import holding_of_set
from pulumi_rdns.records.preview.foresight import Foresight, Told
from pulumi_rdns.records.preview.ptr_set import PtrSetAhead, ptr_set_jobs
from pulumi_rdns.records.session import Session
from tests.records.conftest import named
from tests.records.preview.looking import session_of

URN = "urn::set"


def spec_of(records: Mapping[str, str], backend: str = "files", **policies: Any) -> PtrSetSpec:
    return PtrSetSpec(
        backend=backend, records=PtrSetRecords(named(records)), policies=PtrPolicies(**policies)
    )


def hosts(*numbers: int) -> dict[str, str]:
    return {f"198.51.100.{at}": f"h{at}.example.com" for at in numbers}


def state_of(records: Mapping[str, str], **more: Any) -> PtrSetState:
    table = named(records)
    return PtrSetState(
        backend="files",
        records=PtrSetRecords(table),
        written=table,
        zones=tuple(named({"": "100.51.198.in-addr.arpa"}).values()),
        **more,
    )


def told(
    session: Session,
    spec: PtrSetSpec,
    *,
    knows: bool = True,
    is_over: bool = False,
    **ahead: Any,
) -> list[Told]:
    given = {"is_new": True, **ahead}
    sight = Foresight(knows=knows)
    for job in ptr_set_jobs(session, [PtrSetAhead(URN, spec, **given)], sight, lambda: is_over):
        job.run()
    return sight.told()


def texts(session: Session, spec: PtrSetSpec, **known: Any) -> list[str]:
    return [one.text for one in told(session, spec, **known)]


@pytest.fixture
def zone(folder: Path) -> Path:
    return folder / "db.100.51.198.in-addr.arpa"


def put(zone: Path, lines: str) -> None:
    zone.write_text(zone.read_text() + lines)


def test_new_records_are_counted_and_nothing_is_written(session: Session, zone: Path) -> None:
    before = zone.read_text()
    assert told(session, spec_of(hosts(1, 2, 3))) == [Told("3 records: +3", URN, is_warning=False)]
    assert zone.read_text() == before


def test_what_is_there_is_adopted_or_a_conflict(session: Session, zone: Path) -> None:
    put(zone, "1 PTR h1.example.com.\n2 PTR printer.example.org.\n")
    (one,) = told(session, spec_of(hosts(1, 2, 3)))
    assert one.text == (
        "3 records: +1, 1 adopted, 1 conflict: 198.51.100.2 points to printer.example.org"
    )
    assert one.will_fail


def test_what_is_taken_over_is_counted(session: Session, zone: Path) -> None:
    put(zone, "2 PTR printer.example.org.\n")
    spec = spec_of(hosts(1, 2), on_conflict=OnConflict.OVERWRITE)
    assert texts(session, spec) == ["2 records: +1, 1 taken over"]


def test_what_another_resource_of_the_stack_wrote_is_no_conflict(
    session: Session, zone: Path
) -> None:
    put(zone, "1 PTR h1.example.com.\n2 PTR old.example.com.\n")
    wrote = state_of({"198.51.100.1": "h1.example.com", "198.51.100.2": "old.example.com"})
    holding = holding_of_set(session.backends.identity("files"), wrote)
    session.ledger.recall("urn::other", holding, is_current=True)
    assert texts(session, spec_of(hosts(1, 2))) == ["2 records: +2"]


def test_conflicts_are_not_told_where_the_state_is_not_known(session: Session, zone: Path) -> None:
    put(zone, "2 PTR old.example.com.\n")
    assert texts(session, spec_of(hosts(1, 2)), knows=False) == ["2 records: +2"]


def test_an_update_is_counted_against_the_state(session: Session, zone: Path) -> None:
    old = state_of(hosts(*range(1, 8)))
    put(zone, "".join(f"{at} PTR h{at}.example.com.\n" for at in range(1, 8)))
    wanted = {**hosts(1, 2, 3, 4, 5, 9), "198.51.100.5": "other.example.com"}
    assert texts(session, spec_of(wanted), is_new=False, old=old) == ["6 records: +1 ~1 -2"]


def test_what_was_adopted_is_kept_and_what_another_resource_has_is_no_deletion(
    session: Session, zone: Path
) -> None:
    old = state_of(hosts(1, 2, 3, 4), adopted=frozenset(["198.51.100.2"]))
    place = Place("files", session.backends.identity("files"))
    moved = Declared("PTR", place, {"198.51.100.3": "h3.example.com"})
    session.ledger.declare("urn::single", moved)
    assert texts(session, spec_of(hosts(1)), is_new=False, old=old) == ["1 record: -1, 1 kept"]
    removes = replace(old, policies=PtrPolicies(on_delete=OnDelete.REMOVE))
    assert texts(session, spec_of(hosts(1)), is_new=False, old=removes) == ["1 record: -2"]


def test_a_mass_deletion_is_refused_with_the_figure_of_the_set_first(
    session: Session, zone: Path
) -> None:
    old = state_of(hosts(*range(1, 21)))
    refused, counts = told(session, spec_of(hosts(1, 2)), is_new=False, old=old)
    assert refused.text.startswith(
        "18 of 20 records of the set would be deleted, which is more than 30 %"
    )
    assert refused.will_fail
    assert (counts.text, counts.will_fail) == ("2 records: -18", False)
    allowed = spec_of(hosts(1, 2), max_delete_percent=100)
    assert texts(session, allowed, is_new=False, old=old) == ["2 records: -18"]


def test_a_server_that_does_not_answer_is_one_cause_and_the_counts_stand(
    tmp_path: Path,
) -> None:
    session = session_of(tmp_path)
    spec = spec_of(hosts(*range(1, 30)), "away")
    counts, cause = told(session, spec)
    assert counts.text == "29 records: +29"
    assert cause.text.startswith("away: ")
    assert cause.text.endswith("; 29 records were not checked: 198.51.100.1 to 198.51.100.29")
    assert (cause.resource, cause.will_fail) == (URN, True)


def test_addresses_without_a_zone_are_one_cause(session: Session, zone: Path) -> None:
    records = {**hosts(1), **{f"203.0.113.{at}": "x.example.com" for at in range(9)}}
    causes = [one for one in told(session, spec_of(records)) if one.will_fail]
    (one,) = causes
    assert "9 records cannot be set: 203.0.113.0 to 203.0.113.8" in one.text
    assert one.resource == URN


def test_names_that_do_not_resolve_are_one_sentence(session: Session, zone: Path) -> None:
    session.settings.forward_source = "backend"
    spec = spec_of(hosts(1, 2, 3), forward_check=ForwardPolicy.VERIFY)
    (one,) = [each for each in told(session, spec) if each.will_fail]
    assert one.text == (
        "h1.example.com does not resolve to 198.51.100.1: zone example.com of backend files has no "
        "A record for h1.example.com; 2 more do not: h2.example.com (198.51.100.2), "
        "h3.example.com (198.51.100.3)"
    )
    warns = spec_of(hosts(1), forward_check=ForwardPolicy.WARN)
    (one,) = [each for each in told(session, warns) if each.is_warning]
    assert not one.will_fail


def test_names_of_the_same_program_and_after_the_end_are_not_looked_up(
    session: Session, zone: Path
) -> None:
    session.settings.forward_source = "backend"
    spec = spec_of(hosts(1, 2), forward_check=ForwardPolicy.VERIFY)

    def expects(_hostname: str, address: str) -> bool:
        return address.endswith(".1")

    (one,) = [each for each in told(session, spec, expects_forward=expects) if each.is_warning]
    assert one.text.startswith("h2.example.com does not resolve to 198.51.100.2: ")
    assert texts(session, spec, is_over=True) == ["2 records: +2"]


def test_names_that_could_not_be_checked_are_one_cause(session: Session, zone: Path) -> None:
    session.settings.forward_source = "dns"
    spec = spec_of(hosts(1, 2, 3), forward_check=ForwardPolicy.STRICT)
    (one,) = [each for each in told(session, spec) if each.is_warning]
    assert one.text.startswith("3 hostnames could not be checked: ")
    assert one.will_fail


def test_adoption_is_not_told_where_the_state_is_not_known(session: Session, zone: Path) -> None:
    put(zone, "1 PTR h1.example.com.\n")
    assert texts(session, spec_of(hosts(1, 2)), knows=False) == ["2 records: +2"]


def test_what_another_view_has_had_before_is_a_deletion(session: Session, zone: Path) -> None:
    old = state_of(hosts(*range(1, 21)))
    place = Place("memory", "elsewhere")
    session.ledger.declare("urn::view", Declared("PTR", place, old.written))
    holding = holding_of_set("elsewhere", old)
    session.ledger.recall("urn::view", holding, is_current=True)
    refused, counts = told(session, spec_of(hosts(1, 2)), is_new=False, old=old)
    assert refused.text.startswith("18 of 20 records of the set would be deleted")
    assert counts.text == "2 records: -18"


def test_an_update_of_which_the_state_is_not_known_is_not_counted(
    session: Session, zone: Path
) -> None:
    assert told(session, spec_of(hosts(1)), is_new=False, knows=False) == []
