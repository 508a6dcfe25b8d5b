"""The simulator's HTTP side: routes, tokens and scopes, pages, and errors as the API words them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.api import ApiSimulator, Reply, Request

from .account import Account, RefusedError
from .scenario import Scenario

_IP = "/v4/networking/ips"
_RANGES = "/v4/networking/ipv6"


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
        super().__init__(scenario, Account(scenario, now), port=port, now=now)

    def refuse(self, status: int, message: str, field: str | None = None) -> Reply:
        """Return an error."""
        return Reply(
            status, {"errors": [{"reason": message} | ({"field": field} if field else {})]}
        )

    def rejection(self, request: Request) -> Reply | None:
        """Refuse a token that is not of the account, or that may not do this."""
        tokens = (self.scenario.token, self.scenario.second_token)
        expected = [f"Bearer {token}" for token in tokens if token]
        if request.headers.get("authorization") not in expected:
            return self.refuse(401, "Invalid Token")
        area = "ips" if "/networking/" in request.path else "linodes"
        may_write = f"{area}:read_write" in self.scenario.scopes
        may_read = may_write or f"{area}:read_only" in self.scenario.scopes
        if may_write or (may_read and request.method == "GET"):
            return None
        return self.refuse(401, "Your OAuth token is not authorized to use this endpoint.")

    def serve(self, request: Request) -> Reply:
        """Work on a request."""
        account = self.account
        lists: dict[str, Callable[[], list[Any]]] = {
            f"GET {_IP}": account.list_ips,
            f"GET {_RANGES}/ranges": account.list_ranges,
            f"GET {_RANGES}/pools": list,
            "GET /v4/linode/instances": account.list_linodes,
        }
        try:
            if request.route in lists:
                return self._page(request, lists[request.route]())
            if found := re.fullmatch(f"(GET|PUT) {_IP}/([^/]+)", request.route):
                address = unquote(found[2])
                is_read = found[1] == "GET"
                return Reply(
                    200,
                    account.get_ip(address) if is_read else account.put_ip(address, request.body),
                )
        except RefusedError as refused:
            return self.refuse(refused.status, refused.reason, refused.field)
        return self.refuse(404, "Not found")

    def _page(self, request: Request, entries: list[Any]) -> Reply:
        query = parse_qs(urlsplit(request.path).query)
        number, size = int(query.get("page", ["1"])[0]), int(query.get("page_size", ["100"])[0])
        if not 25 <= size <= 500:
            return self.refuse(400, "Must be 25-500", "page_size")
        size = min(size, self.scenario.largest_page)
        pages = max(1, -(-len(entries) // size))
        if not 1 <= number <= pages:
            return self.refuse(404, "Not found")
        data = entries[(number - 1) * size : number * size]
        return Reply(200, {"data": data, "page": number, "pages": pages, "results": len(entries)})
