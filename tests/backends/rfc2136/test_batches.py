"""Batches that are refused in part, lost on their way, or answered without being done."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest
from dns.message import Message
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from pulumi_rdns.backends.batch import DONE, Outcome, PtrChange
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.requestlog import RequestLog
from pulumi_rdns.backends.rfc2136.batches import PtrBatch
from pulumi_rdns.backends.rfc2136.client import Client, UpdateResult
from pulumi_rdns.backends.rfc2136.reader import RecordReader
from pulumi_rdns.backends.rfc2136.zones import ZoneFinder
from pulumi_rdns.errors import AuthenticationError, RejectedError, UnavailableError
from tests.backends.rfc2136.tools import ZONE, at, backend_at, backend_of
from tests.servers.bind import DynamicBind
from tests.servers.dynamic import FULL, NARROW, REVERSE, Key, started, transfer
from tests.servers.process import DnsServer
from tests.servers.proxy import CuttingProxy, proxied


class ChoosyBind(DynamicBind):
    """Lets the key change every name but one."""

    zone_options = (
        f"update-policy {{ deny {FULL.name} name r77.{REVERSE} ANY; deny {FULL.name} name "
        f"r400.{REVERSE} ANY; grant {FULL.name} zonesub ANY; }}; allow-transfer {{ any; }};"
    )


@pytest.fixture
def proxy(bind: DnsServer) -> Iterator[CuttingProxy]:
    with proxied((bind.address, bind.port)) as proxy:
        yield proxy


def records(prefix: str, count: int) -> list[PtrChange]:
    return [
        PtrChange(f"{prefix}{at}.{REVERSE}", (), (f"h{at}.example.com",), 3600)
        for at in range(count)
    ]


def nothing(_: int) -> None:
    pass


def there(server: DnsServer, prefix: str) -> dict[str, list[str]]:
    found = transfer(server, REVERSE).items()
    return {
        owner.partition(".")[0]: values
        for (owner, kind), (_, values) in found
        if kind == "PTR" and owner.startswith(prefix)
    }


def everything(prefix: str, count: int) -> dict[str, list[str]]:
    return {f"{prefix}{at}": [f"h{at}.example.com."] for at in range(count)}


def test_a_refused_message_is_split_to_find_the_names_that_are_to_blame(tmp_path: Path) -> None:
    server = started(ChoosyBind, tmp_path)
    try:
        outcomes = backend_of(server).apply_ptrs(ZONE, records("r", 600), nothing)
        refused = {at: one for at, one in enumerate(outcomes) if not one.is_done}
        assert refused.keys() == {77, 400}
        for outcome in refused.values():
            assert isinstance(outcome.error, AuthenticationError)
            assert "REFUSED" in str(outcome.error)
            assert not outcome.is_unknown
        written = everything("r", 600)
        del written["r77"], written["r400"]
        assert there(server, "r") == written
    finally:
        server.stop()


def test_where_everything_is_refused_not_each_record_is_asked_for(
    bind: DnsServer, proxy: CuttingProxy
) -> None:
    forward = [PtrChange(f"f{at}.example.com", (), ("a.example.net",), 60) for at in range(2000)]
    backend = backend_at(f"127.0.0.1:{proxy.port}", key=NARROW)
    narrow = [one._replace(owner=one.owner.replace("example.com", REVERSE)) for one in forward]
    outcomes = backend_at(f"127.0.0.1:{proxy.port}", key=None).apply_ptrs(ZONE, narrow, nothing)
    assert all(isinstance(one.error, AuthenticationError) for one in outcomes)
    assert proxy.updates < 200
    assert there(bind, "f") == {}
    assert backend.apply_ptrs(ZONE, narrow[:3], nothing) == [DONE] * 3
    gone = [one._replace(before=one.after, after=()) for one in narrow[:3]]
    assert backend.apply_ptrs(ZONE, gone, nothing) == [DONE] * 3


def test_a_wrong_key_is_one_error_of_all(server: DnsServer) -> None:
    wrong = Key(FULL.name, "d3Jvbmc=")
    outcomes = backend_of(server, key=wrong).apply_ptrs(ZONE, records("w", 1200), nothing)
    assert all(isinstance(one.error, AuthenticationError) for one in outcomes)
    assert not any(one.is_unknown for one in outcomes)
    assert there(server, "w") == {}


def test_answers_that_are_lost_are_asked_for_again_and_nothing_is_twice(
    bind: DnsServer, proxy: CuttingProxy
) -> None:
    proxy.lost_answers = 1
    backend = backend_at(f"127.0.0.1:{proxy.port}")
    outcomes = backend.apply_ptrs(ZONE, records("l", 2600), nothing)
    assert there(bind, "l") == everything("l", 2600)
    # What was made though its answer was lost stands there already when it is sent again.
    for change, outcome in zip(records("l", 2600), outcomes, strict=True):
        assert outcome == DONE or (outcome.found and outcome.found.values == change.after)
    gone = [one._replace(before=one.after, after=()) for one in records("l", 2600)]
    assert backend.apply_ptrs(ZONE, gone, nothing) == [DONE] * 2600


def test_a_server_that_goes_away_leaves_what_is_known_and_what_is_not(
    bind: DnsServer, proxy: CuttingProxy
) -> None:
    proxy.lost_answers = 10**6
    backend = backend_at(f"127.0.0.1:{proxy.port}", timeout=1)
    outcomes = backend.apply_ptrs(ZONE, records("g", 4000), nothing)
    assert all(isinstance(one.error, UnavailableError) for one in outcomes)
    made = there(bind, "g")
    unknown = {f"g{at}" for at, one in enumerate(outcomes) if one.is_unknown}
    assert made.keys() <= unknown
    assert len(unknown) < 4000
    proxy.lost_answers = 0
    gone = [
        PtrChange(f"{name}.{REVERSE}", (values[0].rstrip("."),), (), 60)
        for name, values in made.items()
    ]
    assert backend.apply_ptrs(ZONE, gone, nothing) == [DONE] * len(gone)


@pytest.mark.parametrize(
    "code", [Rcode.SERVFAIL, Rcode.REFUSED, Rcode.NOTAUTH, Rcode.FORMERR, Rcode.NOERROR]
)
def test_a_refusal_of_the_second_copy_does_not_say_that_the_first_was_not_made(
    bind: DnsServer, proxy: CuttingProxy, code: Rcode
) -> None:
    """As where a server is started again, or another one of several is asked."""

    def refuse_from_second(number: int) -> None:
        if number == 2:
            proxy.feigned_updates, proxy.feigned_rcode = 10**6, code

    proxy.lost_answers = 1
    proxy.at_update = refuse_from_second
    backend = backend_at(f"127.0.0.1:{proxy.port}")
    outcomes = backend.apply_ptrs(ZONE, records("c", 400), nothing)
    assert there(bind, "c") == everything("c", 400)
    assert all(one.error and one.is_unknown for one in outcomes)
    proxy.feigned_updates = 0
    gone = [one._replace(before=one.after, after=()) for one in records("c", 400)]
    assert backend.apply_ptrs(ZONE, gone, nothing) == [DONE] * 400


class GoingAway(Client):
    """A server that makes a message whose answer is lost, refuses its copy, and goes away."""

    def __init__(self) -> None:
        super().__init__([], None, 1.0, RequestLog("rfc2136"))
        self.calls = 0

    def query(self, operation: Operation, name: Name, rdtype: RdataType) -> Message:
        raise operation.error(UnavailableError, "it went away")

    def update_all(
        self, operation: Operation, zone: Name, changes: Sequence[PtrChange], most: int
    ) -> Iterator[UpdateResult]:
        self.calls += 1
        if self.calls == 1:
            refused = operation.error(AuthenticationError, "no", "REFUSED")
            yield UpdateResult(len(changes), refused, None)
            return
        for start in range(0, len(changes), most):
            away = operation.error(UnavailableError, "it went away")
            yield UpdateResult(len(changes[start : start + most]), away, False)


def test_a_message_that_may_have_been_made_still_may_where_its_halves_cannot_be_sent() -> None:
    client = GoingAway()
    reader = RecordReader("corp", client, ZoneFinder("corp", client))
    operation = Operation("corp", "write PTR of", REVERSE)
    batch = PtrBatch(client, reader, operation, ZONE, records("h", 4), nothing)
    outcomes = batch.outcomes()
    assert client.calls > 1
    assert all(one.error and one.is_unknown for one in outcomes)


def test_an_answer_that_cannot_be_read_does_not_say_that_nothing_was_made(
    bind: DnsServer, proxy: CuttingProxy
) -> None:
    proxy.halved_answers = 10**6
    backend = backend_at(f"127.0.0.1:{proxy.port}")
    outcomes = backend.apply_ptrs(ZONE, records("q", 3), nothing)
    assert there(bind, "q") == everything("q", 3)
    assert all("not a DNS message" in str(one.error) and one.is_unknown for one in outcomes)
    proxy.halved_answers = 0
    gone = [one._replace(before=one.after, after=()) for one in records("q", 3)]
    assert backend.apply_ptrs(ZONE, gone, nothing) == [DONE] * 3


def test_a_look_that_fails_after_a_conflict_does_not_hide_what_was_made(
    bind: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = backend_of(bind)
    theirs = PtrChange(f"k700.{REVERSE}", (), ("some.body.example.net",), 60)
    assert backend.apply_ptrs(ZONE, [theirs], nothing) == [DONE]
    read = RecordReader.ptrs

    def failing(self: RecordReader, zone: Name, owners: Collection[str], **how: bool) -> object:
        if len(owners) > 1:
            raise UnavailableError("corp", "read PTR of", "k700", "it went away")
        return read(self, zone, owners, **how)

    monkeypatch.setattr(RecordReader, "ptrs", failing)
    outcomes = backend.apply_ptrs(ZONE, records("k", 1000), nothing)
    monkeypatch.undo()
    assert outcomes[:500] == [DONE] * 500
    assert all(isinstance(one.error, UnavailableError) for one in outcomes[500:])
    assert not any(one.is_unknown for one in outcomes)
    gone = [one._replace(before=one.after, after=()) for one in [*records("k", 500), theirs]]
    assert backend.apply_ptrs(ZONE, gone, nothing) == [DONE] * 501


def test_noerror_without_the_records_is_an_error(proxy: CuttingProxy) -> None:
    proxy.feigned_updates = 10**6
    proxy.feigned_rcode = Rcode.NOERROR
    backend = backend_at(f"127.0.0.1:{proxy.port}", key=None)
    (outcome,) = backend.apply_ptrs(ZONE, records("n", 1), nothing)
    assert isinstance(outcome.error, UnavailableError)
    assert "still does not show the change" in str(outcome.error)


def test_servfail_ends_the_batch(proxy: CuttingProxy) -> None:
    proxy.feigned_updates = 10**6
    proxy.feigned_rcode = Rcode.SERVFAIL
    backend = backend_at(f"127.0.0.1:{proxy.port}", key=None)
    outcomes = backend.apply_ptrs(ZONE, records("s", 2000), nothing)
    assert all(isinstance(one.error, UnavailableError) for one in outcomes)
    assert not any(one.is_unknown for one in outcomes)


def test_a_message_that_the_server_cannot_read_is_split_too(proxy: CuttingProxy) -> None:
    proxy.feigned_updates = 10**6
    proxy.feigned_rcode = Rcode.FORMERR
    backend = backend_at(f"127.0.0.1:{proxy.port}", key=None)
    outcomes: list[Outcome] = backend.apply_ptrs(ZONE, records("m", 40), nothing)
    assert all(isinstance(one.error, RejectedError) for one in outcomes)


def test_no_server_is_one_error_and_nothing_is_unknown(bind: DnsServer) -> None:
    away = backend_at("127.0.0.1:9", timeout=1)
    outcomes = away.apply_ptrs(ZONE, records("a", 2000), nothing)
    assert all(isinstance(one.error, UnavailableError) for one in outcomes)
    assert not any(one.is_unknown for one in outcomes)
    assert at(bind) not in str(outcomes[0].error)
