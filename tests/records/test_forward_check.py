"""The gate's waiting: whom it asks, how long, and what it says meanwhile."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dns.name
import dns.rrset
import pytest
from dns.rdatatype import RdataType
from msgspec.structs import replace

from pulumi_rdns.backends.base import AddressBackend, OwnedAddress
from pulumi_rdns.backends.memory import MemoryBackend, MemorySettings
from pulumi_rdns.errors import ForwardMismatchError, UnavailableError, ZoneNotFoundError
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.names import DnsName, to_dns
from pulumi_rdns.model.specs import ForwardPolicy, PtrPolicies, PtrSpec
from pulumi_rdns.records.forward_check import BackendSource, ForwardGate
from pulumi_rdns.resolve.outcomes import NxDomain, ServerAnswer
from pulumi_rdns.resolve.verdicts import Look
from tests.backends.heard import Cancelled, Heard
from tests.records.conftest import name

YES = Confirmation(Verdict.CONFIRMED, "ns1 has it")
NO = Confirmation(Verdict.MISMATCH, "ns1 has 192.0.2.7")
SOME = Confirmation(Verdict.PROPAGATING, "ns1 has it; ns2 still answers 192.0.2.7")
SILENT = Confirmation(Verdict.UNKNOWN, "ns1 does not answer")


class Script:
    """Answers one after the other, the last one for ever, on a clock that only sleep moves."""

    #: whether it speaks for the public DNS
    is_public = False

    def __init__(self, *answers: Confirmation, resolver: Confirmation | None = None) -> None:
        self.answers = list(answers)
        self.resolver = resolver
        self.time = 0.0
        self.asked = 0

    def look(
        self, hostname: DnsName, address: Address, *, ask_resolver: bool = False
    ) -> Confirmation:
        self.asked += 1
        if ask_resolver and self.resolver:
            return self.resolver
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def gate(self, heard: Heard) -> ForwardGate:
        heard.sleep = lambda seconds: self.sleep(seconds)
        return ForwardGate(lambda _: self, now=lambda: self.time)


@pytest.fixture
def backend(tmp_path: Path) -> MemoryBackend:
    return MemoryBackend("memory", MemorySettings(), tmp_path)


def spec(policy: ForwardPolicy | None, timeout: float | None = 60) -> PtrSpec:
    return PtrSpec(
        backend="memory",
        address=parse_address("192.0.2.10"),
        hostname=name("mail.example.com"),
        policies=PtrPolicies(forward_check=policy, forward_timeout=timeout),
    )


ZONE_HAS_IT = {"mail.example.com.": {"A": ["3600", "192.0.2.10"]}}


@pytest.mark.parametrize("policy", [ForwardPolicy.VERIFY, ForwardPolicy.WARN])
def test_a_zone_that_has_the_record_but_is_not_served_is_told(
    tmp_path: Path, heard: Heard, policy: ForwardPolicy
) -> None:
    (tmp_path / "store.json").write_text(json.dumps(ZONE_HAS_IT))
    settings = MemorySettings(path="store.json", zones=["example.com"])
    gate = Script(NO).gate(heard)
    said = ""
    try:
        gate.admit(MemoryBackend("here", settings, tmp_path), spec(policy, 0), heard)
    except ForwardMismatchError as error:
        said = str(error)
    assert (
        "ns1 has 192.0.2.7; zone example.com of backend here has mail.example.com A 192.0.2.10, so "
        "the zone at here is not what example.com's nameservers serve"
    ) in said + "".join(heard.warnings)


DENIED = Look(
    Verdict.MISMATCH,
    "ns1 answered NXDOMAIN for mail.example.com",
    (ServerAnswer("ns1", "", to_dns(name("mail.example.com")), RdataType.A, NxDomain()),),
)
SETTINGS = "set rdns:forwardSource to backend, or rdns:nameservers to servers that have it"


@pytest.mark.parametrize(
    ("answer", "has_it", "said"),
    [
        (
            DENIED,
            False,
            ". The public DNS does not know mail.example.com: where it is in a zone",
        ),
        (DENIED, True, ". The public DNS does not know mail.example.com: where it is in a zone"),
        (NO, True, ". zone example.com of backend here has mail.example.com A 192.0.2.10: where"),
        (SILENT, True, ". zone example.com of backend here has mail.example.com A 192.0.2.10: "),
        (NO, False, None),
        (SILENT, False, None),
        (SOME, True, None),
    ],
)
@pytest.mark.parametrize("policy", [ForwardPolicy.STRICT, ForwardPolicy.WARN])
@pytest.mark.parametrize("is_public", [True, False])
def test_the_settings_for_a_zone_of_ones_own_are_named_where_the_public_dns_lacks_the_name(
    tmp_path: Path,
    heard: Heard,
    answer: Confirmation,
    has_it: bool,
    said: str | None,
    policy: ForwardPolicy,
    is_public: bool,
) -> None:
    (tmp_path / "store.json").write_text(json.dumps(ZONE_HAS_IT if has_it else {}))
    settings = MemorySettings(path="store.json", zones=["example.com"])
    script = Script(answer)
    script.is_public = is_public
    told = ""
    try:
        script.gate(heard).admit(MemoryBackend("here", settings, tmp_path), spec(policy, 0), heard)
    except ForwardMismatchError as error:
        told = str(error)
    told += "".join(heard.warnings)
    assert answer.detail in told
    assert (SETTINGS in told) == (is_public and said is not None)
    assert not is_public or said is None or said in told


def test_a_zone_that_does_not_have_the_record_either_is_not_mentioned(
    tmp_path: Path, heard: Heard
) -> None:
    backend = MemoryBackend("here", MemorySettings(zones=["example.com"]), tmp_path)
    with pytest.raises(ForwardMismatchError) as caught:
        Script(NO).gate(heard).admit(backend, spec(ForwardPolicy.VERIFY, 0), heard)
    assert "nameservers" not in str(caught.value)


class Machines(AddressBackend[MemorySettings]):
    """A host whose addresses have PTRs, and which has no DNS zones."""

    def get_ptr(self, address: Address) -> None: ...

    def set_ptr(self, address: Address, hostname: dns.name.Name) -> None: ...

    def unset_ptr(self, address: Address) -> None: ...

    def addresses(self) -> Sequence[OwnedAddress]:
        return []


def test_a_host_without_dns_zones_cannot_be_asked(tmp_path: Path, heard: Heard) -> None:
    host = Machines("host", MemorySettings(), tmp_path)
    source = BackendSource(host)
    found = source.look(name("mail.example.com"), parse_address("192.0.2.10"))
    assert found == Confirmation(
        Verdict.UNKNOWN, "could not ask: backend host has no forward records"
    )
    assert source.aliases(name("mail.example.com")) == ()
    with pytest.raises(ForwardMismatchError) as caught:
        Script(NO).gate(heard).admit(host, spec(ForwardPolicy.VERIFY, 0), heard)
    assert "nameservers" not in str(caught.value)


class Forgetful(MemoryBackend):
    """A backend that loses its zone after a question about it."""

    questions = 0

    def get_rrset(self, *question: Any) -> dns.rrset.RRset | None:
        self.questions += 1
        return super().get_rrset(*question)

    def find_zone(self, name: dns.name.Name) -> dns.name.Name:
        if self.questions:
            raise ZoneNotFoundError(self.name, "find the zone of", str(name), "none is here")
        return super().find_zone(name)


def test_a_zone_that_is_lost_meanwhile_is_not_mentioned(tmp_path: Path, heard: Heard) -> None:
    (tmp_path / "store.json").write_text(json.dumps(ZONE_HAS_IT))
    backend = Forgetful("here", MemorySettings(path="store.json", zones=["example.com"]), tmp_path)
    assert Script(NO).gate(heard).admit(backend, spec(ForwardPolicy.WARN, 0), heard) == NO
    assert backend.questions
    assert "nameservers" not in heard.warnings[0]


def test_each_answer_is_logged(
    backend: MemoryBackend, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pulumi_rdns.records.forward_check")
    Script(NO, YES).gate(heard).admit(backend, spec(ForwardPolicy.VERIFY), heard)
    asked = "forward check: mail.example.com for 192.0.2.10"
    assert [record.getMessage() for record in caplog.records] == [
        f"{asked}: mismatch, ns1 has 192.0.2.7",
        f"{asked}: confirmed, ns1 has it",
    ]


@pytest.mark.parametrize(
    ("there", "verdict"),
    [
        ({"*.example.com.": {"A": ["3600", "192.0.2.10"]}}, Verdict.UNKNOWN),
        ({"*.example.com.": {"CNAME": ["3600", "web.example.com."]}}, Verdict.UNKNOWN),
        ({"*.example.com.": {"AAAA": ["3600", "2001:db8::1"]}}, Verdict.MISMATCH),
        (
            {
                "*.example.com.": {"A": ["3600", "192.0.2.10"]},
                "mail.example.com.": {"A": ["3600", "192.0.2.7"]},
            },
            Verdict.MISMATCH,
        ),
    ],
)
def test_a_wildcard_of_the_backends_zone_may_answer_so_it_is_no_definite_no(
    tmp_path: Path, there: dict[str, object], verdict: Verdict
) -> None:
    (tmp_path / "store.json").write_text(json.dumps(there))
    settings = MemorySettings(path="store.json", zones=["example.com"])
    source = BackendSource(MemoryBackend("here", settings, tmp_path))
    found = source.look(name("mail.example.com"), parse_address("192.0.2.10"))
    assert found.verdict is verdict
    assert ("*.example.com" in found.detail) is (verdict is Verdict.UNKNOWN)


def cnames(folder: Path, targets: Mapping[str, str]) -> BackendSource:
    """Return a backend's own records: these CNAMEs of the zone example.com."""
    there = {
        f"{owner}.example.com.": {"CNAME": ["3600", f"{target}."]}
        for owner, target in targets.items()
    }
    (folder / "store.json").write_text(json.dumps(there))
    settings = MemorySettings(path="store.json", zones=["example.com"])
    return BackendSource(MemoryBackend("here", settings, folder))


def test_a_cname_loop_of_the_backends_zone_is_a_definite_no_that_shows_it(tmp_path: Path) -> None:
    loop = {"mail": "a.example.com", "a": "b.example.com", "b": "a.example.com"}
    source = cnames(tmp_path, loop)
    found = source.look(name("mail.example.com"), parse_address("192.0.2.10"))
    assert found == Confirmation(
        Verdict.MISMATCH,
        "here has a CNAME loop: mail.example.com -> a.example.com -> b.example.com -> "
        "a.example.com",
    )
    assert source.aliases(name("mail.example.com")) == ()


def test_a_long_chain_of_cnames_is_no_loop(tmp_path: Path) -> None:
    source = cnames(tmp_path, {f"n{n}": f"n{n + 1}.example.com" for n in range(10)})
    found = source.look(name("n0.example.com"), parse_address("192.0.2.10"))
    assert found.verdict is Verdict.MISMATCH
    assert found.detail == "here: n0.example.com leads to a chain of more than 8 CNAMEs"
    near = source.look(name("n2.example.com"), parse_address("192.0.2.10"))
    assert near.detail == "zone example.com of backend here has no A record for n10.example.com"
    assert source.aliases(name("n8.example.com")) == ("n9.example.com", "n10.example.com")


def test_aliases_are_known_as_far_as_the_backend_has_them(tmp_path: Path) -> None:
    source = cnames(tmp_path, {"mail": "web.example.net"})
    assert source.aliases(name("mail.example.com")) == ("web.example.net",)
    assert source.aliases(name("web.example.com")) == ()


def test_a_cname_in_the_backends_zone_that_is_missing_its_final_dot_is_told(
    tmp_path: Path,
) -> None:
    source = cnames(tmp_path, {"mail": "web.example.net.example.com"})
    found = source.look(name("mail.example.com"), parse_address("192.0.2.10"))
    assert found.detail == (
        "zone example.com of backend here has no A record for web.example.net.example.com (the "
        "name in the zone is probably missing its final dot)"
    )


@pytest.mark.parametrize("policy", [ForwardPolicy.VERIFY, ForwardPolicy.STRICT])
def test_it_asks_until_all_servers_agree(
    backend: MemoryBackend, heard: Heard, policy: ForwardPolicy
) -> None:
    script = Script(NO, NO, SOME, SOME, YES)
    assert script.gate(heard).admit(backend, spec(policy), heard) == YES
    assert heard.warnings == []
    assert [text.partition(", asking")[0] for text in heard.told] == [NO.detail, SOME.detail]


def test_the_first_text_says_how_long_it_will_ask(backend: MemoryBackend, heard: Heard) -> None:
    Script(NO, YES).gate(heard).admit(backend, spec(ForwardPolicy.VERIFY), heard)
    assert heard.told == ["ns1 has 192.0.2.7, asking again, 0 s of 60 s; Ctrl-C twice to stop"]


@pytest.mark.parametrize("policy", [ForwardPolicy.VERIFY, ForwardPolicy.STRICT])
def test_a_no_at_the_deadline_fails_with_each_answer_and_what_to_do(
    backend: MemoryBackend, heard: Heard, policy: ForwardPolicy
) -> None:
    script = Script(NO)
    with pytest.raises(ForwardMismatchError) as caught:
        script.gate(heard).admit(backend, spec(policy), heard)
    assert str(caught.value) == (
        "forward check: mail.example.com does not resolve to 192.0.2.10: ns1 has 192.0.2.7; "
        "nothing was written. Create or correct the A record and run again, or set forward_check "
        'to "warn" or "skip" (in a stack file: forwardCheck)'
    )
    assert script.time == pytest.approx(60)


def test_servers_that_disagree_at_the_deadline_are_a_warning(
    backend: MemoryBackend, heard: Heard
) -> None:
    assert Script(SOME).gate(heard).admit(backend, spec(ForwardPolicy.STRICT), heard) == SOME
    assert "does not yet resolve everywhere" in heard.warnings[0]


def test_a_hundred_wrong_names_share_one_deadline(backend: MemoryBackend, heard: Heard) -> None:
    script = Script(NO)
    gate = script.gate(heard)
    for _ in range(100):
        with pytest.raises(ForwardMismatchError):
            gate.admit(backend, spec(ForwardPolicy.VERIFY), heard)
    assert script.time == pytest.approx(60)


def test_what_a_run_does_while_no_record_waits_takes_nothing_off_the_deadline(
    backend: MemoryBackend, heard: Heard
) -> None:
    script = Script(NO, NO, YES)
    gate = script.gate(heard)
    gate.admit(backend, spec(ForwardPolicy.VERIFY), heard)
    waited = script.time
    script.time += 600  # another machine of the program is made meanwhile
    script.answers = [NO]
    with pytest.raises(ForwardMismatchError):
        gate.admit(backend, spec(ForwardPolicy.VERIFY), heard)
    assert script.time == pytest.approx(600 + 60)
    assert 0 < waited < 60


def test_records_that_wait_side_by_side_take_the_same_time_off_the_deadline(
    backend: MemoryBackend, heard: Heard
) -> None:
    script = Script(NO)
    gate = script.gate(heard)
    inner: list[float] = []

    def sleep(seconds: float) -> None:
        script.sleep = lambda seconds: Script.sleep(script, seconds)  # type: ignore[method-assign]
        with pytest.raises(ForwardMismatchError):
            gate.admit(backend, spec(ForwardPolicy.VERIFY, 20), heard)
        inner.append(script.time)

    script.sleep = sleep  # type: ignore[method-assign]
    with pytest.raises(ForwardMismatchError):
        gate.admit(backend, spec(ForwardPolicy.VERIFY), heard)
    assert inner == [pytest.approx(20)]
    assert script.time == pytest.approx(60)


def test_after_the_deadline_each_record_still_gets_one_look(
    backend: MemoryBackend, heard: Heard
) -> None:
    script = Script(NO)
    gate = script.gate(heard)
    with pytest.raises(ForwardMismatchError):
        gate.admit(backend, spec(ForwardPolicy.VERIFY), heard)
    script.answers = [YES]
    assert gate.admit(backend, spec(ForwardPolicy.VERIFY), heard) == YES


def test_could_not_ask_is_no_mismatch_and_asks_the_resolver_once(
    backend: MemoryBackend, heard: Heard
) -> None:
    script = Script(SILENT)
    assert script.gate(heard).admit(backend, spec(ForwardPolicy.VERIFY), heard) == SILENT
    assert script.time == 0
    assert "could not be checked" in heard.warnings[0]
    believed = Script(SILENT, resolver=YES)
    assert believed.gate(heard).admit(backend, spec(ForwardPolicy.VERIFY), heard) == YES


def test_a_server_that_falls_silent_after_a_no_is_asked_until_the_deadline(
    backend: MemoryBackend, heard: Heard
) -> None:
    script = Script(NO, SILENT, SILENT, YES)
    assert script.gate(heard).admit(backend, spec(ForwardPolicy.VERIFY), heard) == YES
    assert heard.warnings == []
    script = Script(NO, SILENT)
    assert script.gate(heard).admit(backend, spec(ForwardPolicy.VERIFY), heard) == SILENT
    assert script.time == pytest.approx(60)
    assert "could not be checked" in heard.warnings[0]


def test_a_wait_that_was_cancelled_ends_with_what_was_last_heard(backend: MemoryBackend) -> None:
    script = Script(NO)
    with pytest.raises(UnavailableError) as caught:
        script.gate(heard := Cancelled()).admit(backend, spec(ForwardPolicy.VERIFY), heard)
    assert str(caught.value) == (
        "memory: await the forward record of mail.example.com: cancelled while waiting; nothing "
        "was written: ns1 has 192.0.2.7"
    )
    assert script.asked == 1


def test_strict_keeps_asking_when_nobody_can_be_asked_and_then_fails(
    backend: MemoryBackend, heard: Heard
) -> None:
    script = Script(SILENT)
    with pytest.raises(ForwardMismatchError, match="could not be checked"):
        script.gate(heard).admit(backend, spec(ForwardPolicy.STRICT), heard)
    assert script.time == pytest.approx(60)


@pytest.mark.parametrize("answer", [NO, SOME, SILENT])
def test_warn_looks_once_and_never_waits(
    backend: MemoryBackend, heard: Heard, answer: Confirmation
) -> None:
    script = Script(answer)
    assert script.gate(heard).admit(backend, spec(ForwardPolicy.WARN), heard) == answer
    assert script.time == 0
    assert len(heard.warnings) == 1


def test_what_is_there_is_confirmed_without_an_error(backend: MemoryBackend, heard: Heard) -> None:
    script = Script(NO, SOME, YES)
    assert script.gate(heard).confirm(backend, spec(ForwardPolicy.VERIFY), heard) == YES
    assert script.asked == 3
    assert Script(NO).gate(heard).confirm(backend, spec(ForwardPolicy.STRICT, 2), heard) == NO
    assert Script(YES).gate(heard).confirm(backend, spec(ForwardPolicy.SKIP), heard) is None
    assert heard.warnings == []


def test_a_confirmation_that_nobody_waits_for_is_none(
    backend: MemoryBackend, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(NO)
    gate = script.gate(heard)
    monkeypatch.setattr(heard, "pause", lambda _: False)
    assert gate.confirm(backend, spec(ForwardPolicy.VERIFY), heard) is None
    assert script.asked == 1


def test_skip_asks_nobody(backend: MemoryBackend, heard: Heard) -> None:
    script = Script(NO)
    assert script.gate(heard).admit(backend, spec(ForwardPolicy.SKIP), heard) is None
    assert script.asked == 0


def test_the_default_is_verify_for_a_global_address_and_warn_for_others(
    backend: MemoryBackend, heard: Heard
) -> None:
    with pytest.raises(ForwardMismatchError):
        Script(NO).gate(heard).admit(
            backend, replace(spec(None), address=parse_address("9.9.9.9")), heard
        )
    for private in ("10.0.0.1", "fd00::1", "192.0.2.1"):
        here = replace(spec(None), address=parse_address(private))
        assert Script(NO).gate(heard).admit(backend, here, heard) == NO
