"""A PTR is set and unset over an API that can only read and write, and that may lag or refuse."""

from __future__ import annotations

from collections.abc import Callable

import dns.name
import pytest

from pulumi_rdns.backends.base import Ptr, reporting_to
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.ptrs import LookAgain, write_ptr
from pulumi_rdns.errors import ConflictError, RejectedError
from tests.backends.heard import Heard
from tests.backends.kit.tools import FakeTime

MAIL, WWW, OTHER, DEFAULT = (
    dns.name.from_text(f"{label}.example.com") for label in ("mail", "www", "other", "default")
)
UNRESOLVED = "No match was found"


class Api:
    """An address with a PTR, a vendor that may refuse, and a clock."""

    def __init__(self, ptr: dns.name.Name | None = DEFAULT) -> None:
        self.time = FakeTime()
        self.heard = Heard()
        self.ptr = ptr
        #: what a read shows when it is behind
        self.shown: dns.name.Name | None = None
        self.shown_until = 0.0
        self.refusals: list[str] = []
        self.writes: list[dns.name.Name | None] = []
        self.pause_first = False

    def operation(self, limit: float = 100.0) -> Operation:
        return Operation("host", "set the PTR of", "192.0.2.1", self.time.clock, limit)

    def read(self) -> Ptr | None:
        is_behind = self.time.now() < self.shown_until
        name = self.shown if is_behind else self.ptr
        return None if name is None else Ptr(name, name == DEFAULT)

    def run(self, hostname: dns.name.Name | None, limit: float = 100.0) -> None:
        operation = self.operation(limit)

        def write(look_again: LookAgain) -> None:
            if self.pause_first:
                operation.pause(1, "too many requests")
                look_again()
            self.writes.append(hostname)
            if self.refusals:
                raise operation.error(RejectedError, self.refusals.pop(0), "HTTP 400")
            self.ptr = DEFAULT if hostname is None else hostname

        with reporting_to(self.heard):
            write_ptr(
                operation,
                hostname,
                self.read,
                write,
                is_unresolved=lambda error: UNRESOLVED in error.reason,
            )

    @property
    def waited(self) -> float:
        return self.time.now() - 1000


@pytest.mark.parametrize("before", [None, DEFAULT, WWW, MAIL])
def test_it_is_set_with_one_write_whatever_was_there(before: dns.name.Name | None) -> None:
    api = Api(before)
    api.run(MAIL)
    assert (api.ptr, api.writes, api.waited) == (MAIL, [MAIL], 0)


@pytest.mark.parametrize("before", [None, DEFAULT])
def test_nothing_is_written_where_nothing_is_to_be_unset(before: dns.name.Name | None) -> None:
    api = Api(before)
    api.run(None)
    assert (api.ptr, api.writes) == (before, [])


def test_unset_leaves_the_vendors_default() -> None:
    api = Api(MAIL)
    api.run(None)
    assert (api.ptr, api.writes) == (DEFAULT, [None])


def test_a_name_that_somebody_sets_right_after_an_unset_is_not_waited_out() -> None:
    api = Api(MAIL)
    api.shown, api.shown_until = MAIL, 1002

    def act() -> None:
        api.ptr = OTHER

    api.time.meanwhile = act
    api.run(None)
    assert api.ptr == OTHER
    assert api.heard.warnings == []


@pytest.mark.parametrize(("hostname", "behind"), [(MAIL, WWW), (MAIL, None), (None, MAIL)])
def test_an_api_that_lags_is_read_until_it_shows_the_change(
    hostname: dns.name.Name | None, behind: dns.name.Name | None
) -> None:
    api = Api(MAIL if hostname is None else WWW)
    api.shown, api.shown_until = behind, 1008
    api.run(hostname)
    assert 8 <= api.waited < 20
    assert api.heard.told == ["waiting for the API to show the change"]
    assert api.heard.warnings == []


@pytest.mark.parametrize(("behind", "shown"), [(WWW, "www.example.com"), (None, "nothing")])
def test_a_change_that_is_never_shown_is_a_warning(
    behind: dns.name.Name | None, shown: str
) -> None:
    api = Api(WWW)
    api.shown, api.shown_until = behind, 9999
    api.run(MAIL)
    (warning,) = api.heard.warnings
    assert warning.startswith("host: set the PTR of 192.0.2.1: the API took the change, but still")
    assert f"shows {shown}; `pulumi refresh`" in warning
    assert 30 <= api.waited < 45


def test_a_vendor_that_does_not_see_the_forward_record_yet_is_asked_again() -> None:
    api = Api()
    api.refusals = [f"{UNRESOLVED} for 'mail.example.com'"] * 4
    api.run(MAIL)
    assert (api.ptr, len(api.writes)) == (MAIL, 5)
    assert api.waited == pytest.approx(2 + 4 + 8 + 15, abs=0.01)
    told = f"the vendor does not see the forward record yet: {UNRESOLVED} for 'mail.example.com'"
    assert api.heard.told == [told]


def test_at_the_deadline_the_vendors_last_reason_is_shown() -> None:
    api = Api()
    api.refusals = [f"{UNRESOLVED}, {number}" for number in range(100)]
    with pytest.raises(RejectedError) as caught:
        api.run(MAIL, limit=60)
    tries = len(api.writes)
    assert 4 < tries < 10
    text = str(caught.value)
    assert text.startswith(f"host: set the PTR of 192.0.2.1: {UNRESOLVED}, {tries - 1}, tried for ")
    assert text.endswith("or raise `timeout` (HTTP 400)")
    assert api.waited < 60
    assert api.ptr == DEFAULT


def test_any_other_refusal_is_raised_at_once() -> None:
    api = Api()
    api.refusals = ["rdns is not a valid hostname"]
    with pytest.raises(RejectedError, match="not a valid hostname"):
        api.run(MAIL)
    assert (len(api.writes), api.waited) == (1, 0)


def test_a_refusal_of_another_kind_ends_the_waiting() -> None:
    api = Api()
    api.refusals = [UNRESOLVED, "no"]
    with pytest.raises(RejectedError, match=": no "):
        api.run(MAIL)
    assert len(api.writes) == 2


def pauses(api: Api) -> None:
    api.pause_first = True


def unresolved(api: Api) -> None:
    api.refusals = [UNRESOLVED]


@pytest.mark.parametrize("why", [pauses, unresolved])
@pytest.mark.parametrize("hostname", [MAIL, None])
def test_a_name_that_somebody_sets_while_this_waits_survives(
    why: Callable[[Api], None], hostname: dns.name.Name | None
) -> None:
    api = Api(WWW)
    why(api)

    def act() -> None:
        api.ptr = OTHER

    api.time.meanwhile = act
    with pytest.raises(ConflictError, match=r"it changed meanwhile, to other\.example\.com"):
        api.run(hostname)
    assert api.ptr == OTHER
    assert api.writes == ([] if why is pauses else [hostname])


@pytest.mark.parametrize("why", [pauses, unresolved])
@pytest.mark.parametrize("meanwhile", [None, DEFAULT, MAIL, WWW])
def test_what_is_nobodys_or_ours_is_no_conflict_after_a_pause(
    why: Callable[[Api], None], meanwhile: dns.name.Name | None
) -> None:
    api = Api(WWW)
    why(api)

    def act() -> None:
        api.ptr = meanwhile

    api.time.meanwhile = act
    api.run(MAIL)
    assert api.ptr == MAIL
