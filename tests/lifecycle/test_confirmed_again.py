"""A PTR record in a run that writes its forward record again, as any front end calls it."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import pytest

from pulumi_rdns.lifecycle import forward, ptr, ptr_set
from pulumi_rdns.lifecycle.call import Call
from pulumi_rdns.records.session import Session
from tests.backends.heard import Heard
from tests.lifecycle.conftest import World

X, MAIL = "192.0.2.10", "mail.example.com"
FORWARD = {"hostname": MAIL, "address": X, "backend": "files"}


class Kind(NamedTuple):
    """A resource with the PTR record of the address."""

    lifecycle: ModuleType
    inputs: dict[str, Any]
    #: the output that says whether it is confirmed, and its values for no and yes
    output: str
    no: Any
    yes: Any
    #: what a diff says that changes
    change: str

    def is_confirmed(self, outputs: dict[str, Any]) -> bool:
        assert outputs[self.output] in (self.no, self.yes)
        return bool(outputs[self.output] == self.yes)


KINDS = {
    "record": Kind(
        ptr,
        {"address": X, "hostname": MAIL, "backend": "files", "forwardCheck": "warn"},
        "forwardConfirmed",
        False,
        True,
        "hostname",
    ),
    "set": Kind(
        ptr_set,
        {"records": f"{X} {MAIL}\n", "backend": "files", "forwardCheck": "warn"},
        "unconfirmed",
        [X],
        [],
        "records",
    ),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_it_is_confirmed_in_that_run_and_unchanged_in_the_next(
    session: Session, call: Call, heard: Heard, world: World, kind: Kind
) -> None:
    made = kind.lifecycle.create(session, call, kind.inputs)
    assert not kind.is_confirmed(made.outputs)
    assert kind.lifecycle.diff(session, call, made.id, made.outputs, kind.inputs).changes == []

    there = world.reverse.read_text()
    forward.check(session, call, FORWARD)
    previewed = kind.lifecycle.diff(session, call, made.id, made.outputs, kind.inputs)
    assert previewed == ([kind.change], [], False)
    address = forward.create(session, call, FORWARD)
    found = kind.lifecycle.diff(session, call, made.id, made.outputs, kind.inputs)
    assert found == ([kind.change], [], False)
    heard.warnings.clear()
    again = kind.lifecycle.update(session, call, made.id, made.outputs, kind.inputs)
    assert kind.is_confirmed(again.outputs)
    assert heard.warnings == []
    assert world.reverse.read_text() == there
    assert kind.lifecycle.diff(session, call, made.id, again.outputs, kind.inputs).changes == []

    later = world.session()
    forward.check(later, call, FORWARD)
    assert forward.diff(later, call, address.id, address.outputs, FORWARD).changes == []
    assert kind.lifecycle.diff(later, call, made.id, made.outputs, kind.inputs).changes == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_new_hostname_is_asked_for_once(
    session: Session, call: Call, heard: Heard, kind: Kind
) -> None:
    made = kind.lifecycle.create(session, call, kind.inputs)
    forward.check(session, call, {**FORWARD, "hostname": "www.example.com"})
    heard.warnings.clear()
    news = {key: str(value).replace(MAIL, "www.example.com") for key, value in kind.inputs.items()}
    again = kind.lifecycle.update(session, call, made.id, made.outputs, news)
    assert not kind.is_confirmed(again.outputs)
    assert len(heard.warnings) == 1
    assert "www.example.com does not resolve" in heard.warnings[0]
