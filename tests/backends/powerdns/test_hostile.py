"""An API that answers what no PowerDNS should: each is a sentence, and nothing is believed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import dns.name
import pytest
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.kit.answers import Answer
from pulumi_rdns.backends.powerdns import PowerDnsBackend
from pulumi_rdns.errors import BackendError, RdnsError, UnavailableError
from tests.backends.contract import rrset
from tests.backends.kit.server import Reply, Server, serving
from tests.backends.powerdns.tools import backend_at

# A client that waits for ever shall not hold up the tests.
pytestmark = pytest.mark.timeout(60)

ZONE = dns.name.from_text("2.0.192.in-addr.arpa")
NAME = dns.name.from_text("10.2.0.192.in-addr.arpa")
ZONES = Reply(200, [{"id": "2.0.192.in-addr.arpa.", "name": "2.0.192.in-addr.arpa."}])
NOTHING = Reply(200, {"rrsets": []})
DONE = Reply(204, b"")


def there(content: str, ttl: int = 3600) -> Reply:
    """Answer with one PTR record."""
    record = {"content": content, "disabled": False}
    one = {"name": NAME.to_text(), "type": "PTR", "ttl": ttl, "records": [record]}
    return Reply(200, {"rrsets": [one]})


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(ZONES, NOTHING) as server:
        yield server


def backend_that_knows_the_zone(server: Server) -> PowerDnsBackend:
    backend = backend_at(server.url, timeout=2)
    assert backend.find_zone(NAME) == ZONE
    return backend


def change(before: str | None, after: str | None, ttl: int = 3600) -> Change:
    return Change(
        NAME,
        RdataType.PTR,
        None if before is None else rrset(NAME, "PTR", before),
        None if after is None else rrset(NAME, "PTR", after, ttl=ttl),
    )


def reasons(backend: PowerDnsBackend) -> set[str]:
    """Return why each call fails."""
    calls: list[Callable[[], object]] = [
        lambda: backend.get_rrset(ZONE, NAME, RdataType.PTR),
        lambda: backend.read_ptrs(ZONE, ["10.2.0.192.in-addr.arpa"]),
        lambda: backend.apply(ZONE, [change(None, "mail.example.com.")]),
    ]
    said = set()
    for call in calls:
        with pytest.raises(BackendError) as caught:
            call()
        said.add(caught.value.reason)
    return said


@pytest.mark.parametrize("value", ["a..b.", "foo bar baz", ""])
def test_a_value_that_is_no_name(server: Server, value: str) -> None:
    backend = backend_that_knows_the_zone(server)
    server.replies = [there(value)]
    assert reasons(backend) == {
        "a record cannot be read: the PTR record of 10.2.0.192.in-addr.arpa has the value "
        f"{value!r}, which no PTR record can have; correct it where it was made"
    }
    assert {sent.method for sent in server.sent} == {"GET"}


@pytest.mark.parametrize("ttl", [-1, 99999999999])
def test_a_ttl_that_is_none(server: Server, ttl: int) -> None:
    backend = backend_that_knows_the_zone(server)
    server.replies = [there("mail.example.com.", ttl)]
    assert reasons(backend) == {
        "a record cannot be read: the PTR record of 10.2.0.192.in-addr.arpa has the TTL "
        f"{ttl}, which is not between 0 and 2147483647 (RFC 2181 section 8)"
    }
    assert {sent.method for sent in server.sent} == {"GET"}


@pytest.mark.parametrize(
    "body",
    [b'{"rrsets": [{"name": "\xff"}]}', b'{"more":' * 200_000, b"[" * 200_000, b'{"rrsets": 7}'],
    ids=["not UTF-8", "deep", "deep list", "number"],
)
@pytest.mark.parametrize("status", [200, 404, 422])
def test_json_that_is_none(server: Server, body: bytes, status: int) -> None:
    backend = backend_that_knows_the_zone(server)
    server.replies = [Reply(status, body)]
    for reason in reasons(backend):
        assert len(reason) < 1000


# A write that is answered and not made


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulumi_rdns.backends.powerdns.backend._READ_BACK", 0.3)


@pytest.mark.parametrize(
    ("before", "one"),
    [
        (NOTHING, change(None, "mail.example.com.")),
        (there("old.example.com."), change("old.example.com.", "mail.example.com.")),
        (there("old.example.com."), change("old.example.com.", "old.example.com.", ttl=60)),
        (there("old.example.com."), change("old.example.com.", None)),
    ],
    ids=["create", "replace", "ttl", "delete"],
)
@pytest.mark.usefixtures("quick")
def test_a_write_that_does_nothing_is_found_out(server: Server, before: Reply, one: Change) -> None:
    backend = backend_that_knows_the_zone(server)
    server.replies = [before, DONE, before]
    with pytest.raises(UnavailableError) as caught:
        backend.apply(ZONE, [one])
    assert caught.value.reason == (
        "the server took the change and still does not show it; does a proxy before the API "
        "answer in its place, or are several servers behind apiUrl?"
    )
    assert [sent.method for sent in server.sent].count("PATCH") == 1


def test_a_write_that_is_shown_late_is_waited_for(server: Server) -> None:
    backend = backend_that_knows_the_zone(server)
    server.replies = [NOTHING, DONE, NOTHING, NOTHING, there("mail.example.com.")]
    backend.apply(ZONE, [change(None, "mail.example.com.")])
    assert server.replies == [there("mail.example.com.")]


def test_what_somebody_makes_of_a_write_since_is_no_failure_of_it(server: Server) -> None:
    backend = backend_that_knows_the_zone(server)
    server.replies = [NOTHING, DONE, there("theirs.example.com.")]
    backend.apply(ZONE, [change(None, "mail.example.com.")])


# Whatever it answers

TEXTS = st.sampled_from(
    ["10.2.0.192.in-addr.arpa.", "2.0.192.in-addr.arpa.", "a..b.", "foo bar", "@", "", "\x1b[2J"]
) | st.text(max_size=8)
NUMBERS = st.sampled_from([-1, 0, 60, 99999999999, 2**70]) | st.floats() | st.none()
TYPES = st.sampled_from(["PTR", "CNAME", "NS", "SOA", "ptr", "TYPE0", "nothing"])


def objects(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return objects with these fields, or without some."""
    return st.fixed_dictionaries({}, optional=fields)


RECORDS = st.lists(objects(content=TEXTS, disabled=st.booleans() | NUMBERS), max_size=2)
RRSETS = st.lists(objects(name=TEXTS, type=TYPES, ttl=NUMBERS, records=RECORDS), max_size=3)
ANSWERS = (
    objects(rrsets=RRSETS)
    | st.lists(objects(id=TEXTS, name=TEXTS, kind=TEXTS, masters=st.lists(TEXTS)), max_size=2)
    | objects(error=TEXTS, errors=st.lists(TEXTS, max_size=2) | TEXTS)
    | NUMBERS
)


class AnyAnswers:
    """Answers requests with what comes next, and then always with nothing."""

    def __init__(self, answers: list[tuple[int, bytes]]) -> None:
        self.answers = answers

    def send(self, method: str, path: str, body: bytes | None) -> Answer:
        status, content = self.answers.pop(0) if self.answers else (200, b"[]")
        return Answer(status, content, f"{method} {path}")


STATUSES = st.sampled_from([200, 200, 200, 204, 301, 401, 404, 422])
BODIES = ANSWERS.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20)


@given(st.lists(st.tuples(STATUSES, BODIES), max_size=6))
@pytest.mark.usefixtures("quick")
def test_nothing_but_an_error_of_ours_leaves_it(answers: list[tuple[int, bytes]]) -> None:
    backend = backend_at("http://ns1.example.net", timeout=0.2)
    backend._client._http.__dict__["_transport"] = AnyAnswers(answers)
    calls: list[Callable[[], object]] = [
        lambda: backend.find_zone(NAME),
        lambda: backend.get_rrset(ZONE, NAME, RdataType.PTR),
        lambda: backend.read_ptrs(ZONE, ["10.2.0.192.in-addr.arpa"]),
        lambda: backend.apply(ZONE, [change(None, "mail.example.com.")]),
    ]
    for call in calls:
        with contextlib.suppress(RdnsError):
            call()
