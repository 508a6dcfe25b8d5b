"""An API that answers what Hostinger should not: each is a sentence."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dns.name
import pytest
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.backends.hostinger import HostingerBackend, HostingerSettings
from pulumi_rdns.backends.kit.answers import Answer
from pulumi_rdns.errors import BackendError, RdnsError
from pulumi_rdns.model.addresses import parse_address
from tests.backends.hostinger.world import change
from tests.backends.kit.tools import FakeTime

# A client that waits for ever shall not hold up the tests.
pytestmark = pytest.mark.timeout(60)

ZONE = dns.name.from_text("example.com")
MAIL = dns.name.from_text("mail.example.com")
TEN = parse_address("203.0.113.10")


class Answers:
    """Answers requests with what comes next, and then always with the last."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.answers = list(answers) or [(200, b"[]")]

    def send(self, method: str, path: str, body: bytes | None) -> Answer:
        status, content = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Answer(status, content, f"{method} {path}")


def backend(*answers: tuple[int, bytes]) -> HostingerBackend:
    settings = HostingerSettings(api_token="not-a-real-token", timeout=60)
    made = HostingerBackend("hostinger", settings, Path(), FakeTime().clock)
    made._zones._client._http.__dict__["_transport"] = Answers(*answers)
    return made


def held(content: str, ttl: int = 300, name: str = "mail") -> tuple[int, bytes]:
    one = {"name": name, "type": "A", "ttl": ttl, "records": [{"content": content}]}
    return 200, json.dumps([one]).encode()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            held("192.0.2.1", -1),
            "the A record of mail.example.com has the TTL -1, which is not between 0 and "
            "2147483647 (RFC 2181 section 8)",
        ),
        (
            held("192.0.2.1", 99999999999),
            "the A record of mail.example.com has the TTL 99999999999, which is not between 0 and "
            "2147483647 (RFC 2181 section 8)",
        ),
        (
            held("foo bar baz"),
            "the A record of mail.example.com has the value 'foo bar baz', which no A record can "
            "have; correct it where it was made",
        ),
        (held("192.0.2.1", name="a..b"), "'a..b' is not a valid name"),
    ],
)
def test_what_is_no_record_is_named(answer: tuple[int, bytes], said: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: backend(answer).get_rrset(ZONE, MAIL, RdataType.A),
        lambda: backend(answer).apply(ZONE, [change("mail.example.com", [], ["192.0.2.9"])]),
    ]
    for call in calls:
        with pytest.raises(BackendError) as caught:
            call()
        assert caught.value.reason == f"a record cannot be read: {said}"


# Whatever it answers

TEXTS = st.sampled_from(
    ["mail", "@", "", "a..b", "example.com", "203.0.113.10", "203.0.113.10/24", "x" * 300, "\x1b"]
) | st.text(max_size=8)
NUMBERS = st.sampled_from([-1, 0, 60, 99999999999, 2**70]) | st.floats() | st.none()
IDS = st.integers(0, 3) | NUMBERS


def objects(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return objects with these fields, or, now and then, without some."""
    return st.fixed_dictionaries(fields) | st.fixed_dictionaries({}, optional=fields)


IPS = st.lists(objects(id=IDS, address=TEXTS, ptr=TEXTS | st.none()), max_size=2) | st.none()
STATES = st.sampled_from(["running", "starting", "success", "error", ""]) | TEXTS
MACHINES = objects(
    id=IDS, hostname=TEXTS, ipv4=IPS, ipv6=IPS, state=STATES, actions_lock=STATES, name=TEXTS
)
RECORDS = st.lists(objects(content=TEXTS, is_disabled=st.booleans()), max_size=2)
TYPES = st.sampled_from(["A", "AAAA", "CNAME", "NS", "ALIAS", "TYPE0", ""])
ANSWERS = (
    MACHINES
    | st.lists(MACHINES, max_size=2)
    | st.lists(objects(name=TEXTS, type=TYPES, ttl=NUMBERS, records=RECORDS), max_size=3)
    | st.lists(objects(domain=TEXTS), max_size=3)
    | objects(message=TEXTS, error=TEXTS, correlation_id=TEXTS, errors=st.lists(TEXTS) | TEXTS)
    | NUMBERS
)
STATUSES = st.sampled_from([200, 200, 200, 200, 204, 301, 401, 404, 422, 403])
BODIES = ANSWERS.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20)


@given(st.lists(st.tuples(STATUSES, BODIES), max_size=6))
def test_nothing_but_an_error_of_ours_leaves_it(answers: list[tuple[int, bytes]]) -> None:
    calls: list[Callable[[HostingerBackend], object]] = [
        lambda backend: backend.addresses(),
        lambda backend: backend.get_ptr(TEN),
        lambda backend: backend.set_ptr(TEN, MAIL),
        lambda backend: backend.unset_ptr(TEN),
        lambda backend: backend.find_zone(MAIL),
        lambda backend: backend.get_rrset(ZONE, MAIL, RdataType.A),
        lambda backend: backend.apply(ZONE, [change("mail.example.com", [], ["192.0.2.9"])]),
    ]
    for call in calls:
        with contextlib.suppress(RdnsError):
            call(backend(*answers))
