"""A PTR set for a moment: what was there before is there again, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import dns.name
import dns.rrset
import pytest
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import (
    AddressBackend,
    Backend,
    Change,
    OwnedAddress,
    Ptr,
    Settings,
    report_progress,
    warn,
)
from pulumi_rdns.backends.memory import MemoryBackend, MemorySettings
from pulumi_rdns.errors import (
    ConflictError,
    InvalidInputError,
    RdnsError,
    RejectedError,
    UnavailableError,
)
from pulumi_rdns.model.addresses import Address, parse_address
from pulumi_rdns.model.names import DnsName, to_dns
from pulumi_rdns.records.location import no_aliases
from pulumi_rdns.records.trial import Trial, shown
from tests.backends.heard import Heard

ADDRESS = parse_address("192.0.2.10")
PROBE, BEFORE, OTHER, DEFAULT = (
    DnsName(f"{name}.example.net") for name in ("probe", "before", "other", "default")
)
#: what happens at a write, in order; None lets it be
Event = Callable[["Account"], None]


class Account(AddressBackend[Settings]):
    """An address with a PTR. Each write first does what the next of ``events`` does."""

    def __init__(self, ptr: DnsName | None, default: DnsName | None = None) -> None:
        super().__init__("main", Settings(), Path())
        self.default = default
        self.ptr = ptr or default
        self.events: list[Event | None] = []
        #: every write that was asked for; None is an unset
        self.asked: list[DnsName | None] = []
        #: what the account has from the third read from now on
        self.later: list[DnsName | None] = []
        self.reads = 0

    def get_ptr(self, address: Address) -> Ptr | None:
        self.reads += 1
        if self.later and self.reads > 3:
            self.ptr = self.later.pop()
        return None if self.ptr is None else Ptr(to_dns(self.ptr), self.ptr == self.default)

    def set_ptr(self, address: Address, hostname: dns.name.Name) -> None:
        self._write(DnsName(hostname.to_text(omit_final_dot=True)))

    def unset_ptr(self, address: Address) -> None:
        self._write(None)

    def addresses(self) -> Sequence[OwnedAddress]:
        raise AssertionError("nobody asks")

    def _write(self, hostname: DnsName | None) -> None:
        self.asked.append(hostname)
        event = self.events.pop(0) if self.events else None
        if event is not None:
            event(self)
        self.ptr = hostname or self.default


def fails(kind: type[RdnsError]) -> Event:
    def event(account: Account) -> None:
        raise kind("main", "set the PTR of", "192.0.2.10", "it is so")

    return event


def done_and_lost(account: Account) -> None:
    account.ptr = account.asked[-1] or account.default
    raise UnavailableError("main", "set the PTR of", "192.0.2.10", "no answer")


def done_later(account: Account) -> None:
    account.later, account.reads = [account.asked[-1]], 0
    raise UnavailableError("main", "set the PTR of", "192.0.2.10", "no answer")


def somebody_else(account: Account) -> None:
    account.ptr = OTHER
    raise ConflictError("main", "set the PTR of", "192.0.2.10", "it changed meanwhile")


def trial(account: Backend, report: Heard | None = None) -> Trial:
    return Trial(account, ADDRESS, PROBE, no_aliases, report or Heard(), pause=lambda seconds: None)


def run(account: Account) -> Trial:
    made = trial(account)
    made.run(lambda: False)
    return made


@pytest.mark.parametrize(
    ("ptr", "default", "asked"),
    [
        (None, None, [PROBE, None]),
        (BEFORE, None, [PROBE, None, BEFORE]),
        (None, DEFAULT, [PROBE, None]),
        (BEFORE, DEFAULT, [PROBE, None, BEFORE]),
    ],
    ids=["nothing", "a name", "the default", "a name over the default"],
)
def test_it_is_set_and_unset_and_what_was_there_is_put_back(
    ptr: DnsName | None, default: DnsName | None, asked: list[DnsName | None]
) -> None:
    account = Account(ptr, default)
    made = run(account)
    assert account.asked == asked
    assert account.ptr == (ptr or default)
    assert list(made.steps) == ["set", "unset"]
    assert made.steps["set"].live is not None
    assert made.steps["set"].live.values == (PROBE,)
    assert made.steps["unset"].live is not None
    assert made.steps["unset"].live.values == ((default,) if default else ())
    assert not made.is_uncertain


def test_a_default_name_that_a_delete_does_not_give_back_is_put_back() -> None:
    account = Account(None, DEFAULT)
    made = trial(account)
    account.default = None
    made.run(lambda: False)
    assert account.ptr == DEFAULT


def test_a_default_name_that_a_delete_leaves_where_nothing_was_stays() -> None:
    account = Account(None)
    made = trial(account)
    account.default = DEFAULT
    made.run(lambda: False)
    assert account.ptr == DEFAULT
    assert made.steps["unset"].live is not None
    assert made.steps["unset"].live.is_default


@pytest.mark.parametrize("stops", [1, 2, 3])
def test_it_can_be_stopped_between_two_steps(stops: int) -> None:
    account = Account(BEFORE)
    asked = []

    def is_stopped() -> bool:
        asked.append(1)
        return len(asked) >= stops

    made = trial(account)
    made.run(is_stopped)
    assert account.ptr == BEFORE
    assert len(made.steps) == stops - 1
    assert account.asked == [[], [PROBE, BEFORE], [PROBE, None, BEFORE]][stops - 1]


@pytest.mark.parametrize(
    "events",
    [
        [fails(RejectedError)],
        [fails(UnavailableError)],
        [done_and_lost],
        [done_later],
        [None, fails(RejectedError)],
        [None, done_and_lost],
        [None, None, fails(UnavailableError)],
        [None, None, done_and_lost],
        [done_and_lost, fails(UnavailableError), fails(UnavailableError)],
    ],
    ids=[
        "the set is refused",
        "the set fails",
        "the answer to the set is lost",
        "the set is made later",
        "the unset is refused",
        "the answer to the unset is lost",
        "putting back fails once",
        "the answer to putting back is lost",
        "putting back fails twice",
    ],
)
@pytest.mark.parametrize("before", [None, BEFORE])
def test_what_was_there_is_put_back_after_any_failure(
    events: list[Event | None], before: DnsName | None
) -> None:
    account = Account(before)
    account.events = list(events)
    run(account)
    assert account.ptr == before
    assert not account.later, "the write that is made later was made"
    # Where there was nothing, nothing is written to put it back.
    assert not account.events or (before is None and len(events) > 2)


def test_a_write_without_an_answer_is_said_to_be_uncertain() -> None:
    account = Account(BEFORE)
    account.events = [done_later]
    made = run(account)
    assert made.is_uncertain
    assert made.steps["set"].error is not None


@pytest.mark.parametrize("events", [[somebody_else], [None, somebody_else]])
def test_what_somebody_else_sets_meanwhile_stays(events: list[Event | None]) -> None:
    account = Account(BEFORE)
    account.events = list(events)
    with pytest.raises(ConflictError, match=r"there is now other\.example\.net, which stays"):
        run(account)
    assert account.ptr == OTHER
    assert not account.events


def test_what_changed_since_it_was_looked_at_is_not_touched() -> None:
    account = Account(BEFORE)
    made = trial(account)
    account.ptr = OTHER
    made.run(lambda: False)
    assert account.asked == []
    assert isinstance(made.steps["set"].error, ConflictError)


def test_where_it_cannot_be_put_back_the_error_is_raised_after_some_tries() -> None:
    account = Account(BEFORE)
    account.events = [None, None, *[fails(UnavailableError)] * 10]
    with pytest.raises(UnavailableError):
        run(account)
    assert account.asked.count(BEFORE) == 4


def test_a_bug_in_the_middle_puts_back_too() -> None:
    account = Account(BEFORE)

    def bug(account: Account) -> None:
        raise ZeroDivisionError

    account.events = [None, bug]
    with pytest.raises(ZeroDivisionError):
        run(account)
    assert account.ptr == BEFORE


def test_what_is_put_back_and_not_shown_is_an_error() -> None:
    class Forgetful(Account):
        def _write(self, hostname: DnsName | None) -> None:
            super()._write(hostname)
            if hostname == BEFORE:
                self.ptr = None

    account = Forgetful(BEFORE)
    with pytest.raises(UnavailableError, match="is not shown; there is no PTR record"):
        run(account)


def test_what_is_waited_for_is_kept_and_passed_on() -> None:
    def slow(account: Account) -> None:
        report_progress("waiting for the API to show the change")
        warn("it took long")

    account, heard = Account(None), Heard()
    account.events = [slow]
    made = trial(account, heard)
    made.run(lambda: False)
    said = ("waiting for the API to show the change", "it took long")
    assert made.steps["set"].said == said
    assert (heard.told, heard.warnings) == ([said[0]], [said[1]])
    assert made.observed(is_confirmed=None).steps == made.steps


def test_a_terminal_that_is_gone_stops_nothing() -> None:
    class Gone(Heard):
        calls = 0

        def warning(self, text: str) -> None:
            self.calls += 1
            raise OSError(5, "Input/output error")

        def progress(self, text: str, clock: str = "") -> None:
            self.warning(text)

    def slow(account: Account) -> None:
        report_progress("waiting")
        warn("slow")

    account, gone = Account(BEFORE), Gone()
    account.events = [slow, slow, slow]
    made = trial(account, gone)
    made.run(lambda: False)
    assert account.ptr == BEFORE
    assert gone.calls == 6


def test_what_is_the_ptr_already_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="it is the PTR already"):
        trial(Account(PROBE))


# In a zone

ZONE = dns.name.from_text("2.0.192.in-addr.arpa")
OWNER = dns.name.from_text("10.2.0.192.in-addr.arpa")


class Zone(MemoryBackend):
    """A zone and no addresses of an account; ``fixed`` is where its records cannot be changed."""

    fixed = ""

    def __init__(self, *values: str, ttl: int = 300) -> None:
        super().__init__(
            "main", MemorySettings(zones=["2.0.192.in-addr.arpa"], networks=[]), Path()
        )
        if values:
            rrset = dns.rrset.from_text(OWNER, ttl, "IN", "PTR", *values)
            self.apply(ZONE, [Change(OWNER, RdataType.PTR, None, rrset)])

    def fixed_in(
        self, zone: dns.name.Name, name: dns.name.Name, rdtype: RdataType
    ) -> dict[dns.rdata.Rdata, str]:
        if not self.fixed:
            return {}
        return {dns.rdata.from_text("IN", "PTR", "before.example.net."): self.fixed}

    def live(self) -> tuple[int, list[str]] | None:
        rrset = self.get_rrset(ZONE, OWNER, RdataType.PTR)
        return None if rrset is None else (rrset.ttl, sorted(map(str, rrset)))


@pytest.mark.parametrize(
    "values", [[], ["before.example.net."], ["a.example.net.", "before.example.net."]]
)
def test_values_and_ttl_of_a_record_in_a_zone_are_put_back(values: list[str]) -> None:
    zone = Zone(*values)
    made = trial(zone)
    made.run(lambda: False)
    assert zone.live() == ((300, values) if values else None)
    assert made.observed(is_confirmed=None).zone == "2.0.192.in-addr.arpa"


def test_what_cannot_be_changed_is_not_begun() -> None:
    zone = Zone("before.example.net.")
    zone.fixed = "hosts.inc, line 3"
    with pytest.raises(InvalidInputError, match=r"it stands in hosts\.inc, line 3"):
        trial(zone)


def test_several_values_are_shown_with_their_ttl() -> None:
    live = trial(Zone("a.example.net.", "before.example.net.")).before
    assert shown(live) == "a.example.net and before.example.net (TTL 300)"
