"""The simulator's HTTP side: the routes, pages, and refusals in the vendor's words."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable
from typing import Any, ClassVar

from tests.fakes.simulator import RefusedError, Reply
from tests.fakes.simulator import Simulator as AnySimulator

from .account import Account
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


class Simulator(AnySimulator[Account, Scenario]):
    """The server of a project."""

    scenario_type: ClassVar = Scenario
    account_type: ClassVar = Account
    unauthenticated: ClassVar = RefusedError(401, "unable to authenticate")
    rate_limited: ClassVar = RefusedError(429, "limit of 3600 requests per hour reached")

    def serve(self, method: str, path: str, body: Any) -> Reply:
        """Work on a request."""
        if self.scenario.read_only and method != "GET":
            raise RefusedError(403, "the token may only read", ("token_readonly", None))
        url = urllib.parse.urlsplit(path)
        query = urllib.parse.parse_qs(url.query)
        for pattern, handle in self._routes(query, body).items():
            if found := re.fullmatch(pattern, f"{method} {url.path.removeprefix('/v1')}"):
                answer = handle(*map(urllib.parse.unquote, found.groups()))
                return self._reply(200 if method == "GET" else 201, answer)
        raise RefusedError(404, "no such route")

    def refusal(self, refused: RefusedError) -> Reply:
        """Return an error with its code."""
        code, details = refused.more or (_CODES.get(refused.status, "server_error"), None)
        error = {"code": code, "message": refused.message, "details": details}
        return self._reply(refused.status, {"error": error})

    def _reply(self, status: int, body: Any) -> Reply:
        return Reply(status, body, {"X-Correlation-Id": f"{next(self.numbers):016x}"})

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
