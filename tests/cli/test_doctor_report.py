"""A report of a trial can be shown to anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pulumi_rdns.backends.changes import LiveRecord
from pulumi_rdns.backends.hostinger import HostingerBackend, HostingerSettings
from pulumi_rdns.backends.kit.undocumented import before_any_write
from pulumi_rdns.backends.memory import MemoryBackend, MemorySettings
from pulumi_rdns.backends.observed import Step
from pulumi_rdns.backends.registry import BACKENDS
from pulumi_rdns.cli.doctor_report import redacted, report
from pulumi_rdns.errors import RejectedError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.records.location import no_aliases
from pulumi_rdns.records.trial import Trial
from tests.backends.heard import Heard

ADDRESS, PROBE = "192.0.2.10", DnsName("probe.example.net")
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def trial() -> Trial:
    backend = MemoryBackend("memory", MemorySettings(), Path())
    made = Trial(backend, parse_address(ADDRESS), PROBE, no_aliases, Heard())
    made.before = LiveRecord(("before.example.net",), 300)
    return made


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("192.0.2.10 has probe.example.net.", "ADDRESS has HOSTNAME."),
        ("it was Before.Example.net", "it was BEFORE"),
        ("VM 1 (srv1.hstgr.cloud) is locked", "VM 1 (NAME) is locked"),
        ("http://127.0.0.1:8080/v1 cannot be reached", "http://ADDRESS:8080/v1 cannot be reached"),
        ("https://api.example.com/v1", "https://NAME/v1"),
        ("at 2001:db8::10, and [2001:db8:1::]:53", "at ADDRESS, and [ADDRESS]:53"),
        ("::1 and ::ffff:192.0.2.1", "ADDRESS and ADDRESS"),
        ("10.2.0.192.in-addr.arpa is in 2.0.192.in-addr.arpa", "NAME is in NAME"),
        ("pulumi-rdns 0.4.1 took 4.2 s; HTTP 404, RFC 1035", None),
        ("memory: set the PTR: no (x-1:2)", None),
    ],
)
def test_names_and_addresses_are_words(trial: Trial, text: str, shown: str | None) -> None:
    assert redacted(trial, text) == (text if shown is None else shown)


def test_each_step_is_a_row(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        MemoryBackend, "undocumented", (before_any_write("Is there one?"), before_any_write("Why?"))
    )
    refused = RejectedError("memory", "delete the PTR of", ADDRESS, "before.example.net stays")
    trial.steps["set"] = Step(1.25, LiveRecord((PROBE,)), None)
    trial.steps["unset"] = Step(0.5, None, refused)
    rows = report(trial, is_confirmed=False, failure=None)
    told = {row.check: (row.result.value, row.detail) for row in rows if not row.subject}
    assert told["backend"][1].startswith("type memory; pulumi-rdns ")
    assert told["before"] == ("info", "IPv4, an attribute of the address: BEFORE (TTL 300)")
    assert told["forward"] == ("info", "does HOSTNAME resolve to ADDRESS? it does not")
    assert told["set"] == ("ok", "in 1.2 s; then there was HOSTNAME")
    failed = "after 0.5 s: memory: delete the PTR of ADDRESS: BEFORE stays"
    assert told["unset"] == ("failed", failed)
    assert told["put back"] == ("ok", "what was there before is back")
    points = [(row.subject, row.detail) for row in rows if row.check == "undocumented"]
    assert points == [
        ("before-any-write", "Is there one? not settled"),
        ("before-any-write", "Why? not settled"),
    ]


def test_what_could_not_be_put_back_is_a_row_and_a_point_that_is_settled(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryBackend, "undocumented", (before_any_write("Is there one?"),))
    trial.before = LiveRecord()
    failure = RejectedError("memory", "set the PTR of", ADDRESS, "no")
    rows = report(trial, is_confirmed=None, failure=failure)
    assert [(row.result.value, row.detail) for row in rows if row.check == "put back"] == [
        ("failed", "memory: set the PTR of ADDRESS: no")
    ]
    assert rows[-1].detail == "Is there one? settled: it had none"


@pytest.mark.parametrize("kind", sorted(BACKENDS))
def test_each_question_is_on_the_page_of_its_backend(kind: str) -> None:
    points = BACKENDS[kind].load().undocumented
    assert len({point.id for point in points}) == len(points)
    page = DOCS / f"{kind}.md"
    for point in points:
        assert point.question in " ".join(page.read_text().split()), point.id


def test_a_vendor_declares_questions() -> None:
    settings: Any = HostingerSettings(api_token="not-a-real-token")
    assert HostingerBackend("hostinger", settings, Path()).undocumented
