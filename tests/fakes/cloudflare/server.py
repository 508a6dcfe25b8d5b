"""The simulator's HTTP side: routes, tokens, permissions, pages, and errors as the API has them."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.api import ApiSimulator, Reply, Request

from .account import Account, RefusedError
from .scenario import Scenario

_ZONES = "/client/v4/zones"
_RECORDS = f"{_ZONES}/([^/]+)/dns_records"


class Simulator(ApiSimulator[Account, Scenario]):
    """A simulated account, served over HTTP."""

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        port: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        scenario = scenario or Scenario()
        self._rays = itertools.count(1)
        super().__init__(scenario, Account(scenario, now), port=port, now=now)

    def refuse(self, status: int, message: str) -> Reply:
        """Return an error."""
        return self._error(RefusedError(status, 971 if status == 429 else status, message))

    def rejection(self, request: Request) -> Reply | None:
        """Refuse a token that is not of the account, or that may not do this."""
        tokens = (self.scenario.token, self.scenario.second_token)
        expected = [f"Bearer {token}" for token in tokens if token]
        if request.headers.get("authorization") not in expected:
            return self._error(
                {
                    "400": RefusedError(
                        400,
                        6003,
                        "Invalid request headers",
                        (6111, "Invalid format for Authorization header"),
                    ),
                    "401": RefusedError(401, 1000, "Invalid API Token"),
                    "403": RefusedError(403, 9109, "Invalid access token"),
                }[self.scenario.bad_token]
            )
        if "/dns_records" not in request.path:
            return None
        enough = ["dns:edit"] if request.method != "GET" else ["dns:edit", "dns:read"]
        if not set(enough) & set(self.scenario.permissions):
            return self._error(RefusedError(403, 10000, "Authentication error"))
        return None

    def serve(self, request: Request) -> Reply:
        """Work on a request."""
        account, body = self.account, request.body
        query = dict(parse_qsl(urlsplit(request.path).query))
        routes: dict[str, Callable[..., Any]] = {
            f"POST {_RECORDS}": lambda zone: account.create(zone, body),
            f"POST {_RECORDS}/batch": lambda zone: account.batch(zone, body),
            f"GET {_RECORDS}/([^/]+)": account.get,
            f"PATCH {_RECORDS}/([^/]+)": lambda zone, id_: account.patch(zone, id_, body),
            f"PUT {_RECORDS}/([^/]+)": lambda zone, id_: account.put(zone, id_, body),
            f"DELETE {_RECORDS}/([^/]+)": account.delete,
        }
        try:
            if request.route == f"GET {_ZONES}":
                return self._page(account.list_zones(query), query, 20, 50)
            if found := re.fullmatch(f"GET {_RECORDS}", request.route):
                records = account.list_records(found[1], query)
                return self._page(records, query, 100, self.scenario.largest_page)
            for pattern, handle in routes.items():
                if found := re.fullmatch(pattern, request.route):
                    return self._answer(200, {"result": handle(*found.groups())})
        except RefusedError as refused:
            return self._error(refused)
        return self._error(RefusedError(404, 7000, "No route for that URI"))

    def _page(
        self, entries: list[Any], query: Mapping[str, str], usual: int, largest: int
    ) -> Reply:
        number, size = int(query.get("page", 1)), min(int(query.get("per_page", usual)), largest)
        shown = entries[(number - 1) * size : number * size]
        info = {
            "page": number,
            "per_page": size,
            "count": len(shown),
            "total_count": len(entries),
            "total_pages": -(-len(entries) // size),
        }
        return self._answer(200, {"result": shown, "result_info": info})

    def _error(self, refused: RefusedError) -> Reply:
        error: dict[str, Any] = {"code": refused.code, "message": refused.message}
        if refused.chain:
            code, message = refused.chain
            error["error_chain"] = [{"code": code, "message": message}]
        return self._answer(refused.status, {"result": None, "errors": [error]})

    def _answer(self, status: int, body: dict[str, Any]) -> Reply:
        whole = {"success": status < 300, "errors": [], "messages": [], **body}
        return Reply(status, whole, headers={"CF-Ray": f"{next(self._rays):016x}-FRA"})
