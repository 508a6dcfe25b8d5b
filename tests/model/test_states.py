"""What is remembered of a record between two runs."""

from __future__ import annotations

from msgspec.structs import replace

from pulumi_rdns.model.addresses import parse_address
from pulumi_rdns.model.names import parse_hostname
from pulumi_rdns.model.specs import ForwardPolicy, PtrPolicies, PtrSpec
from pulumi_rdns.model.states import ForwardState, Previous, PtrSetState, PtrState

ADDRESS = parse_address("192.0.2.10")
OURS, FOREIGN = parse_hostname("mail.example.com"), parse_hostname("other.example.net")
STATE = PtrState(
    backend="corp",
    address=ADDRESS,
    hostnames=(OURS,),
    written=OURS,
    ttl=300,
    policies=PtrPolicies(forward_check=ForwardPolicy.STRICT),
)


def test_what_was_asked_for_is_known_from_what_was_written() -> None:
    assert STATE.spec == PtrSpec(
        backend="corp",
        address=ADDRESS,
        hostname=OURS,
        ttl=300,
        policies=PtrPolicies(forward_check=ForwardPolicy.STRICT),
    )


def test_what_a_refresh_has_seen_is_not_what_was_asked_for() -> None:
    assert replace(STATE, hostnames=(FOREIGN,)).spec == STATE.spec


def test_where_nothing_was_written_nothing_was_asked_for() -> None:
    assert replace(STATE, written=None).spec is None


def test_a_state_of_which_nothing_is_known_makes_nothing_ours() -> None:
    ptr = PtrState(backend="corp", address=ADDRESS)
    assert (ptr.written, ptr.adopted, ptr.hostnames) == (None, False, ())
    assert ptr.previous == Previous(known=False, hostnames=(), ttl=None)
    assert ForwardState(backend="corp", hostname=OURS, address=ADDRESS).written is None
    assert PtrSetState(backend="corp").written == {}
