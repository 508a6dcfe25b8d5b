"""A record that a proxy stands before: the zone has it, and the DNS answers otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_rdns.errors import ForwardMismatchError, UnavailableError
from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.confirmation import Verdict
from pulumi_rdns.model.settings import read_settings
from pulumi_rdns.model.specs import ForwardPolicy, ForwardSpec, PtrPolicies, PtrSpec
from pulumi_rdns.records.forward_check import BackendSource
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.fakes.cloudflare import Simulator
from tests.records.conftest import name
from tests.records.preview.looking import warned
from tests.records.test_forward_check import NO, SILENT, Script

MAIL = "mail.example.com"
TEN = "203.0.113.10"
PROXIED = (
    "which is proxied: the DNS answers with addresses of Cloudflare's proxy instead. Set the "
    'record to "DNS only"'
)
HAS = f"zone example.com of backend cf has {MAIL} A {TEN}"


@pytest.fixture
def cloudflare() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def session(cloudflare: Simulator, tmp_path: Path) -> Session:
    token = cloudflare.scenario.token
    backends = {"cf": {"type": "cloudflare", "apiToken": token, "apiUrl": cloudflare.url}}
    settings = {"rdns:backends": backends, "rdns:forwardSource": "backend"}
    made = Session(read_settings(settings), tmp_path, {})
    made.ledger.patience = 0.2
    return made


def record(cloudflare: Simulator, kind: str = "A", content: str = TEN, **more: Any) -> str:
    return cloudflare.account.add("example.com", kind, MAIL, content, **{"proxied": True, **more})


def ptr() -> PtrSpec:
    return PtrSpec(
        backend="cf",
        address=parse_address(TEN),
        hostname=name(MAIL),
        policies=PtrPolicies(forward_check=ForwardPolicy.VERIFY, forward_timeout=0),
    )


def forward() -> ForwardSpec:
    return ForwardSpec(backend="cf", hostname=name(MAIL), address=parse_address(TEN))


def test_the_zone_is_no_witness_for_a_proxied_record(
    cloudflare: Simulator, session: Session
) -> None:
    source = BackendSource(session.backends.get("cf"))
    id_ = record(cloudflare)
    look = source.look(name(MAIL), parse_address(TEN))
    assert (look.verdict, look.detail) == (Verdict.MISMATCH, f"{HAS}, {PROXIED}")
    cloudflare.account.edit("example.com", id_, proxied=False)
    plain = Session(session.settings, Path(), {}).backends.get("cf")
    assert BackendSource(plain).look(name(MAIL), parse_address(TEN)).verdict is Verdict.CONFIRMED


def test_nor_for_an_alias_that_is_proxied(cloudflare: Simulator, session: Session) -> None:
    record(cloudflare, "CNAME", "www.example.com")
    cloudflare.account.add("example.com", "A", "www.example.com", TEN)
    look = BackendSource(session.backends.get("cf")).look(name(MAIL), parse_address(TEN))
    assert look.verdict is Verdict.MISMATCH
    assert look.detail == (
        f"zone example.com of backend cf has {MAIL} CNAME www.example.com, {PROXIED}"
    )


def test_a_forward_check_that_the_dns_fails_says_that_the_record_is_proxied(
    cloudflare: Simulator, session: Session, heard: Heard
) -> None:
    record(cloudflare)
    with pytest.raises(ForwardMismatchError) as caught:
        Script(NO).gate(heard).admit(session.backends.get("cf"), ptr(), heard)
    assert f"ns1 has 192.0.2.7; {HAS}, {PROXIED}" in str(caught.value)
    assert "is not what" not in str(caught.value)


@pytest.mark.parametrize("asked", ["backend", "dns"])
def test_a_preview_says_it_too(
    cloudflare: Simulator, session: Session, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    record(cloudflare)
    said = f"{HAS}, {PROXIED}"
    if asked == "dns":
        monkeypatch.setattr(session, "source_of", lambda _: Script(NO))
        said = f"ns1 has 192.0.2.7; {said}"
    told = warned(session, ptr(), is_new=False)
    assert told == [f"{MAIL} does not resolve to {TEN}: {said}"]


def test_a_preview_says_where_nobody_could_be_asked(
    cloudflare: Simulator, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(cloudflare)
    monkeypatch.setattr(session, "source_of", lambda _: Script(SILENT))
    (told,) = warned(session, ptr(), is_new=False)
    assert told.startswith(f"{MAIL} could not be checked to resolve to {TEN}: ")


def test_a_proxied_record_that_is_adopted_or_refreshed_is_a_warning(
    cloudflare: Simulator, session: Session, heard: Heard
) -> None:
    record(cloudflare)
    state = session.forward.create(forward(), heard)
    told = f"{MAIL} has the A record {TEN}, {PROXIED}"
    assert heard.warnings[0] == told
    assert state.adopted
    heard.warnings.clear()
    assert session.forward.read(state, heard) is not None
    assert heard.warnings == [told]


def test_a_record_that_is_created_is_not_proxied_and_no_warning(
    cloudflare: Simulator, session: Session, heard: Heard
) -> None:
    state = session.forward.create(forward(), heard)
    assert session.forward.read(state, heard) is not None
    assert heard.warnings == []
    (made,) = cloudflare.account.live("example.com", "A", MAIL)
    assert not made["proxied"]


def test_a_look_at_the_proxy_that_fails_is_no_failure_of_a_record_that_is_written(
    cloudflare: Simulator, session: Session, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(cloudflare, proxied=False)
    backend = session.backends.get("cf")

    def fail(*_: object) -> str:
        heard.warnings.append("asked")
        raise UnavailableError("cf", "read the proxy of", MAIL, "the API is away")

    monkeypatch.setattr(backend, "masked", fail)
    state = session.forward.create(forward(), heard)
    assert session.forward.read(state, heard) is not None
    assert heard.warnings.count("asked") == 2
