"""A backend's own records, as a check reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pulumi_rdns.backends.memory import MemoryBackend, MemorySettings
from pulumi_rdns.cli.fcrdns import check_address, check_pair
from pulumi_rdns.cli.sources import BackendRecords
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.names import parse_hostname
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.records.session import Session
from tests.servers.process import zone_text

ADDRESS, MAIL = parse_address("192.0.2.10"), parse_hostname("mail.example.com")


def records(folder: Path, there: Mapping[str, object]) -> BackendRecords:
    (folder / "store.json").write_text(json.dumps(there))
    settings = MemorySettings(path="store.json", zones=["example.com"])
    backend = MemoryBackend("memory", settings, folder)
    return BackendRecords(backend, backend, None, None)


def test_a_name_that_is_missing_its_final_dot_is_told_once(tmp_path: Path) -> None:
    undotted = f"{MAIL}.2.0.192.in-addr.arpa"
    there = {
        "192.0.2.10": {"ptr": [f"{undotted}."]},
        f"{MAIL}.": {"A": ["300", "192.0.2.10"]},
    }
    row = check_pair(records(tmp_path, there), ADDRESS, MAIL, "mail")
    assert row.verdict is Verdict.MISMATCH
    assert row.detail == (
        f"its PTR is {undotted} (the name in the zone is probably missing its final dot): backend "
        f"memory has {undotted}"
    )


def test_of_several_ptrs_the_one_that_resolves_back_counts(tmp_path: Path) -> None:
    (tmp_path / "example.com.zone").write_text(
        zone_text("@ NS ns\nns A 192.0.2.53\nmail A 192.0.2.10")
    )
    ptrs = "10 PTR a.example.com.\n10 PTR mail.example.com."
    (tmp_path / "db.192.0.2").write_text(zone_text(f"@ NS ns.example.com.\n{ptrs}"))
    settings = read_settings({"rdns:backends": {"zonefile": {"directory": "."}}})
    files = Session(settings, tmp_path, {}).backends.get("zonefile")
    row = check_address(BackendRecords(files, files, None, None), ADDRESS, "mail")
    assert (row.hostname, row.verdict) == (MAIL, Verdict.CONFIRMED)


def test_a_cname_of_the_backends_zone_is_a_finding_and_a_loop_is_none(tmp_path: Path) -> None:
    there: dict[str, object] = {
        "192.0.2.10": {"ptr": ["www.example.com."]},
        "www.example.com.": {"CNAME": ["300", f"{MAIL}."]},
        f"{MAIL}.": {"A": ["300", "192.0.2.10"]},
    }
    row = check_address(records(tmp_path, there), ADDRESS, "mail")
    assert row.verdict is Verdict.CONFIRMED
    assert row.findings[0].startswith(f"the PTR www.example.com is a CNAME to {MAIL}; ")
    there[f"{MAIL}."] = {"CNAME": ["300", "www.example.com."]}
    row = check_address(records(tmp_path, there), ADDRESS, "mail")
    assert (row.verdict, row.findings) == (Verdict.MISMATCH, ())
    assert row.detail.endswith(
        "memory has a CNAME loop: www.example.com -> mail.example.com -> www.example.com"
    )
