"""The vendor's own client as a witness: of the simulator's answers, and of our requests."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from tests.backends.cloudflare.world import (
    FORWARD,
    REVERSE,
    REVERSE_ZONE,
    ZONE,
    World,
    address,
    ptr,
    world,
)
from tests.fakes.cloudflare import ZoneSpec

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import cloudflare

MAIL = "mail.example.com"
ONE, TWO = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def client(account: World) -> Iterator[cloudflare.Cloudflare]:
    with client_of(account) as made:
        yield made


def client_of(account: World, token: str = "") -> cloudflare.Cloudflare:
    return cloudflare.Cloudflare(
        api_token=token or account.scenario.token,
        base_url=f"{account.simulator.url}/client/v4",
        max_retries=0,
        _strict_response_validation=True,
    )


def zone_id(client: cloudflare.Cloudflare, name: str) -> str:
    (zone,) = client.zones.list(name=name)
    return str(zone.id)


def shown(records: Any) -> list[tuple[str, str, str, float]]:
    return sorted((one.name, one.type, one.content, one.ttl) for one in records)


def test_the_vendors_client_lists_zones_and_lives_a_record_s_life(
    account: World, client: cloudflare.Cloudflare
) -> None:
    assert [zone.name for zone in client.zones.list()] == [FORWARD, REVERSE]
    zone = zone_id(client, FORWARD)
    records: Any = client.dns.records
    made = records.create(zone_id=zone, name=MAIL, type="A", content=ONE, ttl=1)
    assert (made.name, made.content, made.ttl, made.proxied) == (MAIL, ONE, 1, False)
    read = records.get(made.id, zone_id=zone)
    assert read == made
    edited = records.edit(made.id, zone_id=zone, name=MAIL, type="A", ttl=300, content=ONE)
    assert (edited.id, edited.ttl) == (made.id, 300)
    put = records.update(
        made.id, zone_id=zone, name=MAIL, type="A", ttl=1, content=TWO, proxied=True
    )
    assert (put.content, put.ttl, put.proxied) == (TWO, 1, True)
    gone = records.delete(made.id, zone_id=zone)
    assert gone is not None
    assert gone.id == made.id
    with pytest.raises(cloudflare.NotFoundError) as caught:
        records.delete(made.id, zone_id=zone)
    assert caught.value.errors[0].code == 81044


def test_the_vendors_client_reads_every_page_and_filters(
    account: World, client: cloudflare.Cloudflare
) -> None:
    zone = zone_id(client, REVERSE)
    for at in range(45):
        account.account.add(REVERSE, "PTR", f"{at}.{REVERSE}", f"h{at}.example.com")
    records = client.dns.records
    assert len(list(records.list(zone_id=zone, per_page=20))) == 45
    named = records.list(zone_id=zone, name={"exact": f"7.{REVERSE}"}, type="PTR")
    assert shown(named) == [(f"7.{REVERSE}", "PTR", "h7.example.com", 1)]


def test_the_vendors_client_batches_all_or_nothing(
    account: World, client: cloudflare.Cloudflare
) -> None:
    zone = zone_id(client, FORWARD)
    id_ = account.account.add(FORWARD, "A", MAIL, ONE)
    done = client.dns.records.batch(
        zone_id=zone,
        deletes=[{"id": id_}],
        posts=[{"name": MAIL, "type": "A", "content": TWO, "ttl": 300}],
    )
    assert done is not None
    assert done.deletes is not None
    assert done.posts is not None
    assert [one.content for one in done.posts] == [TWO]
    with pytest.raises(cloudflare.APIStatusError):
        client.dns.records.batch(
            zone_id=zone,
            deletes=[{"id": id_}],
            posts=[{"name": MAIL, "type": "A", "content": ONE, "ttl": 300}],
        )
    assert account.values() == [TWO]


def test_the_vendors_client_is_refused_as_by_the_vendor(account: World) -> None:
    with client_of(account, "another-token") as stranger:
        with pytest.raises(cloudflare.PermissionDeniedError) as caught:
            stranger.zones.list()
        assert caught.value.errors[0].code == 9109
    account.scenario.rate_limit = 1
    with client_of(account) as hasty:
        hasty.zones.list()
        with pytest.raises(cloudflare.RateLimitError):
            hasty.zones.list()


def test_what_we_write_is_what_the_vendors_client_reads(
    account: World, client: cloudflare.Cloudflare
) -> None:
    account.backend.apply(ZONE, [address([], [ONE, TWO])])
    account.backend.apply(REVERSE_ZONE, [ptr([], ["mail.example.com."])])
    records = client.dns.records
    assert shown(records.list(zone_id=zone_id(client, FORWARD))) == [
        (MAIL, "A", ONE, 3600),
        (MAIL, "A", TWO, 3600),
    ]
    assert shown(records.list(zone_id=zone_id(client, REVERSE))) == [
        (f"10.{REVERSE}", "PTR", MAIL, 3600)
    ]


def test_our_requests_are_those_of_the_vendors_client() -> None:
    """The same calls by both, and the simulator keeps what came in."""
    with world(zones=[ZoneSpec(name=FORWARD)]) as account:
        account.backend.apply(ZONE, [address([], [ONE])])
        ours = [(one.method, one.path, one.body) for one in account.simulator.sent()]
        zone = account.account.named(FORWARD)
        records = account.account.live(FORWARD)
        account.account.remove(FORWARD, records[0]["id"])
        with client_of(account) as client:
            list(client.zones.list(per_page=50, page=1))
            list(client.dns.records.list(zone_id=zone.id, per_page=5000, type="NS", page=1))
            query = {"per_page": 5000, "name": {"exact": MAIL}, "page": 1}
            list(client.dns.records.list(zone_id=zone.id, **query))  # type: ignore[arg-type]
            client.dns.records.batch(
                zone_id=zone.id,
                posts=[{"name": MAIL, "type": "A", "content": ONE, "ttl": 3600}],
            )
            list(client.dns.records.list(zone_id=zone.id, **query))  # type: ignore[arg-type]
        sent = account.simulator.sent()[len(ours) :]
        # It looks for a second page whatever the first one says.
        first = [one for one in sent if not re.search(r"[?&]page=2\b", one.path)]
        theirs = [(one.method, one.path, one.body) for one in first]
        assert [_as_a_set(one) for one in ours] == [_as_a_set(one) for one in theirs]


def _as_a_set(request: tuple[str, str, Any]) -> tuple[str, str, list[str], Any]:
    """Forget the order of the query."""
    method, path, body = request
    path, _, query = path.partition("?")
    return method, path, sorted(query.split("&")), body
