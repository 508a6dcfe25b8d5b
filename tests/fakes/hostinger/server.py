"""The simulator's HTTP side: routes, the token, and errors as the API words them."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from typing import Any

from tests.fakes.api import ApiSimulator, Recorded, Reply, Request

from .account import Account, RefusedError
from .scenario import Scenario
from .zone import InvalidRecordsError

__all__ = ["Recorded", "Simulator"]

_VM = "/api/vps/v1/virtual-machines"
_ZONE = "/api/dns/v1/zones"


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
        self._correlations = itertools.count(1)

    def settle(self) -> None:
        """End the actions whose time has come."""
        self.account.settle()

    def refuse(self, status: int, message: str) -> Reply:
        """Return an error, with a correlation id."""
        return self._refusal(RefusedError(status, message))

    def rejection(self, request: Request) -> Reply | None:
        """Refuse a token that is not of the account."""
        tokens = (self.scenario.token, self.scenario.second_token)
        expected = [f"Bearer {token}" for token in tokens if token]
        if request.headers.get("authorization") in expected:
            return None
        return self.refuse(401, "Unauthenticated")

    def serve(self, request: Request) -> Reply:
        """Work on a request."""
        try:
            return Reply(200, self._route(request.route, request.body))
        except RefusedError as refused:
            return self._refusal(refused)
        except InvalidRecordsError as invalid:
            errors = {invalid.field: [invalid.reason]}
            return self._refusal(RefusedError(422, invalid.reason, errors))

    def _route(self, route: str, body: Any) -> Any:
        account = self.account
        routes: dict[str, Callable[..., Any]] = {
            f"GET {_VM}": account.list_vms,
            f"GET {_VM}/(\\d+)": account.get_vm,
            f"GET {_VM}/(\\d+)/actions/(\\d+)": account.get_action,
            f"POST {_VM}/(\\d+)/ptr/(\\d+)": lambda vm, ip: account.create_ptr(vm, ip, body),
            f"DELETE {_VM}/(\\d+)/ptr/(\\d+)": account.delete_ptr,
            f"PUT {_VM}/(\\d+)/hostname": lambda vm: account.set_hostname(vm, body),
            f"DELETE {_VM}/(\\d+)/hostname": account.reset_hostname,
            "GET /api/domains/v1/portfolio": account.list_domains,
            f"GET {_ZONE}/([^/]+)": account.get_zone,
            f"PUT {_ZONE}/([^/]+)": lambda name: self._put(name, body),
            f"DELETE {_ZONE}/([^/]+)": lambda name: self._delete(name, body),
        }
        for pattern, handle in routes.items():
            if found := re.fullmatch(pattern, route):
                return handle(*(int(part) if part.isdigit() else part for part in found.groups()))
        raise RefusedError(404, "[VPS:2002] Route is not found")

    def _put(self, name: str, body: Any) -> Any:
        self.account.zone(name).put(self._now(), body)
        return {"message": "Request accepted"}

    def _delete(self, name: str, body: Any) -> Any:
        self.account.zone(name).delete(self._now(), body)
        return {"message": "Request accepted"}

    def _refusal(self, refused: RefusedError) -> Reply:
        correlation = f"00000000-0000-4000-8000-{next(self._correlations):012d}"
        body: dict[str, Any] = {"message": refused.message, "correlation_id": correlation}
        if refused.errors:
            body["errors"] = refused.errors
        return Reply(refused.status, body)
