"""The gate's waiting: whom it asks, how long, and what it says meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from pulumi_rdns.backends.memory import MemoryBackend, MemorySettings
from pulumi_rdns.errors import ForwardMismatchError
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.confirmation import Confirmation, Verdict
from pulumi_rdns.model.names import DnsName
from pulumi_rdns.model.specs import ForwardPolicy, PtrPolicies, PtrSpec
from pulumi_rdns.records.forward_check import BackendSource, ForwardGate
from pulumi_rdns.records.ptr_wait import await_served
from pulumi_rdns.resolve.forward import PtrAnswer
from pulumi_rdns.resolve.verdicts import Status
from tests.backends.heard import Heard
from tests.records.conftest import name

YES = Confirmation(Verdict.CONFIRMED, "ns1 has it")
NO = Confirmation(Verdict.MISMATCH, "ns1 has 192.0.2.7")
SOME = Confirmation(Verdict.PROPAGATING, "ns1 has it; ns2 still answers 192.0.2.7")
SILENT = Confirmation(Verdict.UNKNOWN, "ns1 does not answer")


class Script:
    """Answers one after the other, the last one for ever, on a clock that only sleep moves."""

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


def test_a_zone_that_does_not_have_the_record_either_is_not_mentioned(
    tmp_path: Path, heard: Heard
) -> None:
    backend = MemoryBackend("here", MemorySettings(zones=["example.com"]), tmp_path)
    with pytest.raises(ForwardMismatchError) as caught:
        Script(NO).gate(heard).admit(backend, spec(ForwardPolicy.VERIFY, 0), heard)
    assert "nameservers" not in str(caught.value)


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
        'to "warn" or "skip"'
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


class TestWaitingForThePtr:
    """``ptr_timeout``: what was written is waited for, and never failed for."""

    def wait(self, answers: Sequence[PtrAnswer], timeout: float, heard: Heard) -> int:
        left = list(answers)
        wanted = replace(spec(None), policies=PtrPolicies(ptr_timeout=timeout))
        heard.sleep = lambda _: None
        await_served(lambda _: left.pop(0), wanted, heard)
        return len(left)

    def answer(self, status: Status, *hostnames: str) -> PtrAnswer:
        return PtrAnswer(status, f"servers: {status}", (), tuple(map(name, hostnames)))

    def test_it_ends_when_all_servers_have_it(self, heard: Heard) -> None:
        answers = [
            self.answer(Status.NONE),
            self.answer(Status.DISAGREE, "mail.example.com"),
            self.answer(Status.FOUND, "old.example.com"),
            self.answer(Status.FOUND, "mail.example.com"),
        ]
        assert self.wait(answers, 60, heard) == 0
        assert heard.warnings == []
        assert "waiting for the PTR" in heard.told[0]

    def test_not_in_time_is_a_warning(self, heard: Heard) -> None:
        self.wait([self.answer(Status.NONE)], 0, heard)
        assert "was written, but its servers do not all serve" in heard.warnings[0]

    def test_the_vendor_s_word_comes_first_and_may_do_alone(self, heard: Heard) -> None:
        wanted = replace(spec(None), policies=PtrPolicies(ptr_timeout=60))
        told: list[tuple[str, float]] = []

        def propagated(address: Address, seconds: float) -> bool:
            told.append((str(address), seconds))
            return len(told) == 2

        found = self.answer(Status.FOUND, "mail.example.com")
        asked: list[Address] = []

        def ask(address: Address) -> PtrAnswer:
            asked.append(address)
            return found

        for _ in range(2):
            await_served(ask, wanted, heard, propagated)
        assert told == [(str(wanted.address), 60)] * 2
        assert asked == [wanted.address]
