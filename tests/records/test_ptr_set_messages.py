"""What a user is told of many records: one error of all that failed, one warning of a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from pulumi_rdns.backends.base import Report
from pulumi_rdns.errors import (
    BackendError,
    ConfigError,
    ConflictError,
    ForwardMismatchError,
    RdnsError,
    RejectedError,
    UnavailableError,
)
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.ptr_sets import PtrSetRecords
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import ForwardPolicy, PtrPolicies, PtrSetSpec
from pulumi_rdns.records.ptr_set_messages import (
    SHOWN,
    Counts,
    shown,
    summary,
    warn_of_pending,
    warn_of_unserved,
)
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.records.conftest import named
from tests.records.ptr_records import put

Warn: TypeAlias = Callable[[Mapping[str, RdnsError], Report], None]

#: addresses that are no neighbours, so that no range is made of them
APART = [f"192.0.2.{last}" for last in range(10, 40, 2)]
ADVICE = (
    'To take them over, set on_conflict to "overwrite"; otherwise remove the records there, or '
    "leave the addresses out (exclude)"
)


class TestCounts:
    """What an update does to a set, as one line."""

    @pytest.mark.parametrize(
        ("counts", "line"),
        [
            (Counts(300), ""),
            (Counts(1, added=1), "1 record: +1"),
            (
                Counts(300, 2, 1, 254, 12, 0, 0, {"10.0.0.5": ["printer.example.org"]}),
                "300 records: +2 ~1 -254, 12 adopted, 1 conflict: 10.0.0.5 points to "
                "printer.example.org",
            ),
            (Counts(65536, adopted=65536, kept=3), "65,536 records: 65,536 adopted, 3 kept"),
            (
                Counts(9, conflicts={f"192.0.2.{at}": [f"h{at}.example.org"] for at in (9, 10, 1)}),
                "9 records: 3 conflicts: 192.0.2.1 points to h1.example.org; 192.0.2.9 points to "
                "h9.example.org; 192.0.2.10 points to h10.example.org",
            ),
        ],
    )
    def test_what_is_not_done_is_left_out(self, counts: Counts, line: str) -> None:
        assert counts.line() == line

    def test_many_conflicts_are_counted_and_the_first_are_named(self) -> None:
        conflicts = {address: ["a.example.org", "b.example.org"] for address in APART}
        line = Counts(40, conflicts=conflicts).line()
        assert line.startswith("40 records: 15 conflicts: 192.0.2.10 points to a.example.org, b.")
        assert line.endswith("192.0.2.14 points to a.example.org, b.example.org; and 12 more")


def failed(kind: type[BackendError], subject: str, reason: str, code: str = "") -> BackendError:
    return kind("ns1", "set the PTR of", subject, reason, code)


class TestSummary:
    """The one error of all that failed."""

    def test_those_that_failed_alike_are_one_line(self) -> None:
        failures: dict[str, RdnsError] = {
            "192.0.2.30": failed(UnavailableError, "192.0.2.30", "timed out", "504"),
            "192.0.2.11": failed(RejectedError, "192.0.2.11", "the zone is full"),
            "192.0.2.10": failed(RejectedError, "192.0.2.10", "the zone is full"),
        }
        assert str(summary("set the PTRs of", "ns1", failures, 4000)) == (
            "ns1: set the PTRs of a set: 3 of 4,000 records failed, the others are done:\n"
            "  192.0.2.10 to 192.0.2.11: the zone is full\n"
            "  192.0.2.30: timed out (504)"
        )

    def test_where_all_failed_it_says_so(self) -> None:
        failures = {one: failed(UnavailableError, one, "timed out") for one in APART[:2]}
        assert "a set: all 2 records failed:\n" in str(summary("delete", "ns1", failures, 2))

    def test_a_conflict_comes_with_what_to_do(self) -> None:
        failures: dict[str, RdnsError] = {
            "192.0.2.10": failed(ConflictError, "192.0.2.10", "it already points elsewhere"),
            "192.0.2.11": failed(UnavailableError, "192.0.2.11", "timed out"),
        }
        text = str(summary("set the PTRs of", "ns1", failures, 2))
        assert text.endswith(f"  192.0.2.11: timed out\n{ADVICE}")
        del failures["192.0.2.10"]
        assert ADVICE not in str(summary("set the PTRs of", "ns1", failures, 2))

    @pytest.mark.parametrize(
        ("kinds", "kind"),
        [
            ((ConflictError, ConflictError), ConflictError),
            ((UnavailableError, UnavailableError), UnavailableError),
            ((ConflictError, UnavailableError), RejectedError),
        ],
    )
    def test_it_is_of_the_kind_that_all_are_of(
        self, kinds: tuple[type[BackendError], ...], kind: type[RdnsError]
    ) -> None:
        failures = {
            address: failed(one, address, "no") for address, one in zip(APART, kinds, strict=False)
        }
        assert type(summary("set the PTRs of", "ns1", failures, 9)) is kind

    @pytest.mark.parametrize("kind", [ForwardMismatchError, ConfigError])
    def test_an_error_that_no_backend_made_keeps_its_sentence(self, kind: type[RdnsError]) -> None:
        error = summary("set the PTRs of", "ns1", {"192.0.2.10": kind("it does not resolve")}, 9)
        assert type(error) is kind
        assert str(error) == (
            "set the PTRs of a set: 1 of 9 records failed, the others are done:\n"
            "  192.0.2.10: it does not resolve"
        )


class TestShown:
    """The first few of many addresses."""

    @pytest.mark.parametrize(
        ("addresses", "text"),
        [
            (["192.0.2.12", "192.0.2.9"], "192.0.2.9, 192.0.2.12"),
            ([f"192.0.2.{last}" for last in range(256)], "192.0.2.0 to 192.0.2.255"),
            (["2001:db8::1", "192.0.2.1"], "192.0.2.1, 2001:db8::1"),
            (APART[:SHOWN], ", ".join(APART[:SHOWN])),
            (APART, f"{', '.join(APART[:SHOWN])} and more"),
        ],
        ids=["sorted", "a range", "both kinds", "ten", "more than ten"],
    )
    def test_they_are_sorted_and_few(self, addresses: list[str], text: str) -> None:
        assert shown(addresses) == shown(list(reversed(addresses))) == text


class TestWarnings:
    """One warning of a kind, whatever the number of records."""

    def session(self, root: Path, network: str = "192.0.2.0/24") -> Session:
        memory = {"zones": ["example.com"], "path": "store.json", "networks": [network]}
        return Session(read_settings({"rdns:backends": {"memory": memory}}), root, {})

    def spec(self) -> PtrSetSpec:
        policies = PtrPolicies(forward_check=ForwardPolicy.SKIP)
        records = PtrSetRecords(named(dict.fromkeys(APART, "mail.example.com")))
        return PtrSetSpec(backend="memory", records=records, policies=policies)

    def test_what_was_adopted(self, tmp_path: Path, heard: Heard) -> None:
        session = self.session(tmp_path)
        for address in APART:
            put(session, "memory", "mail.example.com", address=parse_address(address))
        _, error = session.ptr_sets.create(self.spec(), heard)
        assert error is None
        assert heard.warnings == [
            f"already correct, so adopted: {len(APART)} records, {', '.join(APART[:SHOWN])} and "
            "more; destroy will leave them"
        ]

    def test_what_was_left_because_it_is_somebody_elses(self, tmp_path: Path, heard: Heard) -> None:
        state, _ = self.session(tmp_path).ptr_sets.create(self.spec(), heard)
        session = self.session(tmp_path)
        for address in APART:
            put(session, "memory", "theirs.example.net", address=parse_address(address))
        session.ptr_sets.delete(state, heard)
        each = ", ".join(f"{address} (theirs.example.net)" for address in APART[:SHOWN])
        assert heard.warnings == [
            "kept unchanged, because what is there now was not written by this set: "
            f"{each} and {len(APART) - SHOWN} more"
        ]

    def test_what_the_account_no_longer_has(self, tmp_path: Path, heard: Heard) -> None:
        state, _ = self.session(tmp_path).ptr_sets.create(self.spec(), heard)
        self.session(tmp_path, "192.0.2.0/27").ptr_sets.delete(state, heard)
        (warning,) = heard.warnings
        assert "the account does not have this address" in warning
        assert warning.endswith(
            "there is nothing to delete at 192.0.2.32, 192.0.2.34, 192.0.2.36, 192.0.2.38"
        )

    def test_what_is_kept_for_now(self, heard: Heard) -> None:
        kept = {one: failed(ConflictError, one, "'new' is not created yet") for one in APART[:2]}
        warn_of_pending(kept, heard)
        assert heard.warnings == [
            "kept until the next update: 192.0.2.10, 192.0.2.12: 'new' is not created yet"
        ]

    def test_what_a_refresh_could_not_look_at(self, heard: Heard) -> None:
        unserved = {one: failed(UnavailableError, one, "delegated away") for one in APART[:2]}
        warn_of_unserved(unserved, heard)
        (warning,) = heard.warnings
        assert warning.startswith("not looked at, and kept as they were: 192.0.2.10, 192.0.2.12;")
        assert warning.endswith(": delegated away")

    @pytest.mark.parametrize("warn", [warn_of_pending, warn_of_unserved])
    def test_of_nothing_nothing_is_said(self, heard: Heard, warn: Warn) -> None:
        warn({}, heard)
        assert heard.warnings == []
