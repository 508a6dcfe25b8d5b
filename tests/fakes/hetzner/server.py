"""The simulator's HTTP side: the routes, pages, and refusals in the vendor's words."""

from __future__ import annotations

import itertools
import re
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

from tests.fakes.api import ApiSimulator, Reply, Request

from .account import Account
from .refusal import RefusedError
from .scenario import Scenario

#: entries of a page, where none are asked for and at most
_PAGE, _MOST = 25, 50
_KINDS = "servers|primary_ips|floating_ips|load_balancers"
_ACTIONS = "set_records|add_records|remove_records|change_ttl"
#: the codes of statuses that mean one thing
_CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    423: "locked",
    429: "rate_limit_exceeded",
    503: "unavailable",
}

_Query = dict[str, list[str]]


class Simulator(ApiSimulator[Account, Scenario]):
    """A simulated project, served over HTTP."""

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        port: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        scenario = scenario or Scenario()
        super().__init__(scenario, Account(scenario, now), port=port, now=now)
        self._numbers = itertools.count(1)

    def settle(self) -> None:
        """End the actions whose time has come."""
        self.account.settle()

    def refuse(self, status: int, message: str) -> Reply:
        """Return an error with its code."""
        return self._refusal(RefusedError(status, message))

    def rejection(self, request: Request) -> Reply | None:
        """Refuse a token that is not of the project, or that may only read."""
        tokens = (self.scenario.token, self.scenario.second_token)
        expected = [f"Bearer {token}" for token in tokens if token]
        if request.headers.get("authorization") not in expected:
            return self.refuse(401, "unable to authenticate")
        if self.scenario.read_only and request.method != "GET":
            code = ("token_readonly", None)
            return self._refusal(RefusedError(403, "the token may only read", code))
        return None

    def serve(self, request: Request) -> Reply:
        """Work on a request."""
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        route = request.route.replace(" /v1", " ", 1)
        try:
            for pattern, handle in self._routes(query, request.body).items():
                if found := re.fullmatch(pattern, route):
                    answer = handle(*map(urllib.parse.unquote, found.groups()))
                    return self._reply(200 if request.method == "GET" else 201, answer)
        except RefusedError as refused:
            return self._refusal(refused)
        return self.refuse(404, "no such route")

    def _refusal(self, refused: RefusedError) -> Reply:
        code, details = refused.more or (_CODES.get(refused.status, "server_error"), None)
        error = {"code": code, "message": refused.message, "details": details}
        return self._reply(refused.status, {"error": error})

    def _reply(self, status: int, body: Any) -> Reply:
        return Reply(status, body, headers={"X-Correlation-Id": f"{next(self._numbers):016x}"})

    def _routes(self, query: _Query, body: Any) -> dict[str, Callable[..., Any]]:
        account = self.account
        ip = query.get("ip", [None])[0]
        name, kinds = query.get("name", [None])[0], query.get("type", [])
        zone = "/zones/([^/]+)"
        rrset = f"{zone}/rrsets/([^/]+)/([A-Z]+)"
        return {
            f"GET /({_KINDS})": lambda kind: _page(kind, account.list_of(kind, ip), query),
            f"GET /({_KINDS})/(\\d+)": lambda kind, id_: {
                kind.removesuffix("s"): account.get(kind, int(id_))
            },
            f"POST /({_KINDS})/(\\d+)/actions/change_dns_ptr": lambda kind, id_: {
                "action": account.change_ptr(kind, int(id_), body)
            },
            "GET /actions/(\\d+)": lambda id_: {"action": account.get_action(int(id_))},
            "GET /zones": lambda: _page("zones", account.list_zones(), query),
            f"GET {zone}/rrsets": lambda of: _page(
                "rrsets", account.list_sets(of, name, kinds), query
            ),
            f"POST {zone}/rrsets": lambda of: account.create_set(of, body),
            f"GET {rrset}": lambda *key: {"rrset": account.get_set(*key)},
            f"DELETE {rrset}": lambda *key: account.change_set(key, "delete", None),
            f"POST {rrset}/actions/({_ACTIONS})": lambda *key: account.change_set(
                key[:3], key[3], body
            ),
        }


def _page(name: str, entries: list[Any], query: _Query) -> dict[str, Any]:
    """Return a page of a list."""
    page = int(query.get("page", ["1"])[0])
    size = min(int(query.get("per_page", [str(_PAGE)])[0]), _MOST)
    last = max(1, -(-len(entries) // size))
    pagination = {
        "page": page,
        "per_page": size,
        "previous_page": page - 1 if page > 1 else None,
        "next_page": page + 1 if page < last else None,
        "last_page": last,
        "total_entries": len(entries),
    }
    return {
        name: entries[(page - 1) * size : page * size],
        "meta": {"pagination": pagination},
    }
