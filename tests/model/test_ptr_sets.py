"""Which records a set has."""

from __future__ import annotations

from hypothesis import given

from pulumi_rdns.model.names import stored_name
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.properties.set_text import exclude_text, table_text
from tests.properties.strategies import record_sets, tables


def everything(records: PtrSetRecords) -> tuple[str, str]:
    return table_text(records.records), exclude_text(records.exclude)


@given(record_sets())
def test_records_that_are_all_there_show_as_they_were_declared(records: PtrSetRecords) -> None:
    assert everything(
        records.live({key: (name,) for key, name in records.table.items()})
    ) == everything(records)


@given(record_sets(), tables)
def test_what_is_there_is_described_exactly(records: PtrSetRecords, live: dict[str, str]) -> None:
    expected = {key: value for key, value in live.items() if key in records.table}
    described = records.live({key: (stored_name(name),) for key, name in live.items()})
    assert described.table == expected
    assert described.fill == records.fill
