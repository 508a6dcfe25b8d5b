"""Setting and deleting a PTR: actions, locks, and what is seen afterwards."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from pulumi_rdns.backends.base import Ptr
from pulumi_rdns.errors import BackendError, ConflictError, RejectedError, UnavailableError
from tests.fakes.hostinger import Account, Fault, Machine

from .world import MAIL, TEN, World, name, world

VM = "VM 17923 (srv17923.hstgr.cloud)"
STRANGER = "somebody.example.net"


def write(account: World, unset: bool) -> None:
    """Set the PTR, or delete it."""
    if unset:
        account.backend.unset_ptr(TEN)
    else:
        account.backend.set_ptr(TEN, MAIL)


def sentence(account: World, *, unset: bool = False, timeout: float = 300.0) -> str:
    """Let a change fail and give what the user reads."""
    backend = account.make(timeout=timeout)
    call = partial(backend.unset_ptr, TEN) if unset else partial(backend.set_ptr, TEN, MAIL)
    with pytest.raises(BackendError) as caught:
        call()
    return str(caught.value)


def test_a_set_is_one_post_and_waits_for_its_action() -> None:
    with world(action_delay=5.0) as account:
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr("203.0.113.10") == "mail.example.com"
        assert account.calls() == [
            "GET virtual-machines",
            "GET virtual-machines/17923",
            "POST virtual-machines/17923/ptr/52347",
            "GET virtual-machines/17923/actions/8123712",
            "GET virtual-machines/17923/actions/8123712",
            "GET virtual-machines/17923/actions/8123712",
            "GET virtual-machines/17923",
        ]
        assert account.simulator.sent("POST")[0].body == {"domain": "mail.example.com"}
        assert account.notes.progressed == [
            f"waiting for action 8123712 (ptr_create) of {VM}: created",
            f"waiting for action 8123712 (ptr_create) of {VM}: created",
            f"waiting for action 8123712 (ptr_create) of {VM}: sent",
        ]


def test_after_a_set_the_new_name_is_known_without_another_request() -> None:
    with world() as account:
        account.backend.set_ptr(TEN, MAIL)
        before = account.calls()
        assert account.backend.get_ptr(TEN) == Ptr(MAIL)
        assert account.calls() == before


def test_an_action_that_fails_names_vm_and_action_and_where_to_look() -> None:
    with world(action_result="error", action_delay=3.0) as account:
        assert sentence(account) == (
            f"hostinger: set the PTR of 203.0.113.10: action 8123712 (ptr_create) of {VM} ended "
            "in an error. Hostinger does not say why: see the VM's latest actions in hPanel "
            "(action 8123712)"
        )


def test_an_action_that_does_not_end_is_given_up_at_the_limit() -> None:
    with world(action_delay=3600.0, action_states=["delayed"]) as account:
        assert sentence(account, timeout=60) == (
            f"hostinger: set the PTR of 203.0.113.10: action 8123712 (ptr_create) of {VM} is still "
            "'delayed' after 60 s. It may end well yet: run it again later, or raise `timeout`"
        )
        assert account.time.now() < 1062


def test_an_action_that_is_not_there_any_more_is_told() -> None:
    with world(action_delay=60.0) as account:
        account.simulator.before("GET", "/actions/", lambda panel: panel.vms[17923].actions.clear())
        assert sentence(account) == (
            f"hostinger: set the PTR of 203.0.113.10: {VM} knows nothing of action 8123712 "
            "(ptr_create) any more; run it again "
            "(correlation id 00000000-0000-4000-8000-000000000001)"
        )


def test_a_vm_that_is_deleted_while_its_action_runs_is_told() -> None:
    with world(action_delay=60.0) as account:
        account.simulator.before("GET", "/actions/", lambda panel: panel.vms.clear())
        assert f"{VM} is not in the account any more: was it deleted?" in sentence(account)


def test_what_a_killed_process_began_is_waited_for_and_then_set_again() -> None:
    with world(action_delay=20.0) as account:
        with pytest.raises(UnavailableError):
            account.make(timeout=5).set_ptr(TEN, MAIL)
        account.make().set_ptr(TEN, MAIL)
        assert account.account.ptr("203.0.113.10") == "mail.example.com"
        assert f"waiting: {VM} is locked by another action" in account.notes.progressed


def test_another_name_that_a_killed_process_began_to_set_is_told() -> None:
    with world(action_delay=20.0) as account:
        with pytest.raises(UnavailableError):
            account.make(timeout=5).set_ptr(TEN, name("first.example.com"))
        with pytest.raises(ConflictError, match="changed meanwhile, to first"):
            account.make().set_ptr(TEN, MAIL)
        account.make().set_ptr(TEN, MAIL)
        assert account.account.ptr("203.0.113.10") == "mail.example.com"


@pytest.mark.parametrize("refuses", [True, False])
def test_a_locked_vm_is_waited_for(refuses: bool) -> None:
    with world(locked_refuses=refuses) as account:
        account.account.lock(17923, 100)
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr("203.0.113.10") == "mail.example.com"
        assert [sent.status for sent in account.simulator.sent("POST")] == [200]


def test_a_vm_that_stays_locked_is_said() -> None:
    with world() as account:
        account.account.lock(17923, 3600)
        assert sentence(account, timeout=60) == (
            f"hostinger: set the PTR of 203.0.113.10: {VM} is locked by another action, for 60 s "
            "now, and takes no change; see its latest actions in hPanel, or raise `timeout`"
        )
        assert account.simulator.sent("POST") == []


def test_a_vm_on_its_way_to_another_state_is_waited_for() -> None:
    with world() as account:
        account.account.vms[17923].state = "recreating"
        assert f"{VM} is in state 'recreating', for 60 s now" in sentence(account, timeout=60)


def test_a_lock_that_comes_right_before_the_write_is_waited_for() -> None:
    with world() as account:
        account.simulator.before("POST", "/ptr/", lambda panel: panel.lock(17923, 30))
        account.backend.set_ptr(TEN, MAIL)
        assert [sent.status for sent in account.simulator.sent("POST")] == [422, 200]


@pytest.mark.parametrize("unset", [False, True], ids=["set", "delete"])
def test_a_write_that_was_taken_but_not_answered_is_not_begun_again(unset: bool) -> None:
    with world(action_delay=20.0) as account:
        account.account.set_ptr("203.0.113.10", "ours.example.com")
        account.simulator.inject(Fault(kind="cut_after", path="/ptr/"))
        write(account, unset)
        assert account.account.ptr("203.0.113.10") == (None if unset else "mail.example.com")
        assert len(account.account.vms[17923].actions) == 1


def test_a_state_that_nobody_knows_is_no_obstacle() -> None:
    with world() as account:
        account.account.vms[17923].state = "dreaming"
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr("203.0.113.10") == "mail.example.com"


def test_a_refusal_names_the_fields_the_state_and_what_may_help() -> None:
    with world(requires_forward=True) as account:
        account.account.vms[17923].state = "suspended"
        assert sentence(account) == (
            "hostinger: set the PTR of 203.0.113.10: the API refused it: domain: The domain "
            f"mail.example.com does not resolve to 203.0.113.10.; {VM} is in state 'suspended'; if "
            "it says that the name does not resolve, the forward record may be too new for "
            "Hostinger to see: run it again in some minutes "
            "(correlation id 00000000-0000-4000-8000-000000000001)"
        )


def test_a_vendor_that_asks_for_the_forward_record_is_content_when_it_is_there() -> None:
    sets = [
        {
            "name": "mail",
            "type": "A",
            "ttl": 60,
            "records": [{"content": "203.0.113.10", "is_disabled": False}],
        }
    ]
    with world(requires_forward=True, zones={"example.com": sets}) as account:
        account.backend.set_ptr(TEN, MAIL)
        assert account.account.ptr("203.0.113.10") == "mail.example.com"


def test_a_refusal_of_what_is_already_so_is_a_success() -> None:
    with world() as account:
        account.account.set_ptr("203.0.113.10", "mail.example.com")
        account.simulator.inject(Fault(kind="status", method="POST", status=422))
        account.backend.set_ptr(TEN, MAIL)
        assert [sent.status for sent in account.simulator.sent("POST")] == [422]
        assert account.account.ptr("203.0.113.10") == "mail.example.com"


def test_an_address_id_that_the_vm_no_longer_has_is_said() -> None:
    with world() as account:
        missing = {"message": "[VPS:2005] IP address is not found", "correlation_id": "c-1"}
        account.simulator.inject(Fault(kind="status", method="POST", status=404, body=missing))
        assert f"{VM} has no address of id 52347" in sentence(account)


def test_success_that_the_vm_does_not_show_is_a_warning() -> None:
    with world(ptr_lag=3600.0) as account:
        account.backend.set_ptr(TEN, MAIL)
        assert account.notes.warnings == [
            "hostinger: set the PTR of 203.0.113.10: Hostinger reported success, but "
            f"{VM} still shows srv17923.hstgr.cloud; `pulumi refresh` tells whether it came later"
        ]
        assert f"waiting for {VM} to show the change" in account.notes.progressed


@pytest.mark.parametrize("left", ["nothing", "default"])
@pytest.mark.parametrize("lag", [0.0, 10.0])
def test_a_delete_may_leave_nothing_or_the_default(left: str, lag: float) -> None:
    with world(delete_leaves=left, ptr_lag=lag) as account:
        account.backend.set_ptr(TEN, MAIL)
        account.backend.unset_ptr(TEN)
        assert account.account.ptr("203.0.113.10") != "mail.example.com"
        assert account.notes.warnings == []


@pytest.mark.parametrize("initial", ["nothing", "default"])
def test_what_was_never_set_is_not_deleted(initial: str) -> None:
    with world(initial_ptr=initial) as account:
        account.backend.unset_ptr(TEN)
        assert account.simulator.sent("DELETE") == []


def test_a_ptr_that_is_the_vms_own_hostname_is_deleted_all_the_same() -> None:
    machine = Machine(id=1, hostname="mail.example.com", ipv4=["203.0.113.10"])
    with world(machines=[machine]) as account:
        account.backend.set_ptr(TEN, MAIL)
        account.backend.unset_ptr(TEN)
        assert account.account.ptr("203.0.113.10") is None


def test_a_refused_delete_of_the_vms_own_hostname_is_no_success() -> None:
    machine = Machine(id=1, hostname="mail.example.com", ipv4=["203.0.113.10"])
    with world(machines=[machine]) as account:
        account.account.set_ptr("203.0.113.10", "mail.example.com")
        account.simulator.inject(Fault(kind="status", method="DELETE", status=422))
        with pytest.raises(RejectedError, match="refused it: Simulated failure"):
            account.backend.unset_ptr(TEN)


def test_a_delete_of_what_somebody_else_deleted_meanwhile_succeeds() -> None:
    with world() as account:
        account.account.set_ptr("203.0.113.10", "mail.example.com")
        deleted = []

        def delete(panel: Account) -> None:
            deleted.append(panel.ptr("203.0.113.10"))
            panel.set_ptr("203.0.113.10", None)

        account.simulator.before("DELETE", "/ptr/", delete)
        account.backend.unset_ptr(TEN)
        assert deleted == ["mail.example.com"]
        assert account.account.ptr("203.0.113.10") is None


def test_a_failed_delete_is_told_in_a_sentence() -> None:
    with world(action_result="error") as account:
        account.account.set_ptr("203.0.113.10", "mail.example.com")
        text = sentence(account, unset=True)
        assert text.startswith("hostinger: delete the PTR of 203.0.113.10: action 8123712")


# What somebody else does while a change is waiting


def fail(**fault: Any) -> Fault:
    """Let the write itself go wrong."""
    return Fault(path="/ptr/", **fault)


@pytest.mark.parametrize(
    "faults",
    [
        [],
        [fail(kind="status", status=429, retry_after="30")],
        [fail(kind="status", status=503, retry_after="30")],
        [fail(kind="cut", times=4)],
    ],
    ids=["locked", "429", "503", "cut"],
)
@pytest.mark.parametrize("unset", [False, True], ids=["set", "delete"])
def test_a_name_that_somebody_sets_while_a_change_waits_is_left(
    faults: list[Fault], unset: bool
) -> None:
    with world() as account:
        account.account.set_ptr("203.0.113.10", "ours.example.com")
        account.backend.get_ptr(TEN)
        account.simulator.inject(*faults)
        account.account.lock(17923, 0 if faults else 30)
        account.time.meanwhile = lambda: account.account.set_ptr("203.0.113.10", STRANGER)
        with pytest.raises(ConflictError, match=f"it changed meanwhile, to {STRANGER}"):
            write(account, unset)
        assert account.account.ptr("203.0.113.10") == STRANGER
        assert 200 not in [sent.status for sent in account.simulator.sent() if sent.method != "GET"]


@pytest.mark.parametrize("unset", [False, True], ids=["set", "delete"])
def test_a_name_that_somebody_set_two_seconds_ago_is_left(unset: bool) -> None:
    with world() as account:
        account.account.set_ptr("203.0.113.10", "ours.example.com")
        account.backend.get_ptr(TEN)
        account.account.set_ptr("203.0.113.10", STRANGER)
        account.time.sleep(2)
        with pytest.raises(ConflictError, match=f"it changed meanwhile, to {STRANGER}"):
            write(account, unset)
        assert account.account.ptr("203.0.113.10") == STRANGER


@pytest.mark.parametrize("unset", [False, True], ids=["set", "delete"])
def test_a_vendors_name_that_comes_while_a_change_waits_is_no_stranger(unset: bool) -> None:
    with world() as account:
        account.account.set_ptr("203.0.113.10", "ours.example.com")
        account.account.lock(17923, 30)
        account.time.meanwhile = lambda: account.account.reset_hostname(17923)
        account.scenario.locked_refuses = False
        write(account, unset)
        assert account.account.ptr("203.0.113.10") == (None if unset else "mail.example.com")
