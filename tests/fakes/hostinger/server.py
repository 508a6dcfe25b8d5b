"""The simulator's HTTP side: the routes, and refusals in the vendor's words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from tests.fakes.simulator import RefusedError, Reply
from tests.fakes.simulator import Simulator as AnySimulator

from .account import Account
from .scenario import Scenario
from .zone import InvalidRecordsError

_VM = "/api/vps/v1/virtual-machines"
_ZONE = "/api/dns/v1/zones"


class Simulator(AnySimulator[Account, Scenario]):
    """The server of an account."""

    scenario_type: ClassVar = Scenario
    account_type: ClassVar = Account
    unauthenticated: ClassVar = RefusedError(401, "Unauthenticated")
    rate_limited: ClassVar = RefusedError(429, "Too Many Requests")

    def serve(self, method: str, path: str, body: Any) -> Reply:
        """Work on a request."""
        try:
            return Reply(200, self._route(method, path, body))
        except InvalidRecordsError as invalid:
            raise RefusedError(422, invalid.reason, {invalid.field: [invalid.reason]}) from None

    def refusal(self, refused: RefusedError) -> Reply:
        """Return a message with a correlation id, and what is wrong with each field."""
        correlation = f"00000000-0000-4000-8000-{next(self.numbers):012d}"
        body: dict[str, Any] = {"message": refused.message, "correlation_id": correlation}
        if refused.more:
            body["errors"] = refused.more
        return Reply(refused.status, body)

    def _route(self, method: str, path: str, body: Any) -> Any:
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
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return handle(*(int(part) if part.isdigit() else part for part in found.groups()))
        raise RefusedError(404, "[VPS:2002] Route is not found")

    def _put(self, name: str, body: Any) -> Any:
        self.account.zone(name).put(self._now(), body)
        return {"message": "Request accepted"}

    def _delete(self, name: str, body: Any) -> Any:
        self.account.zone(name).delete(self._now(), body)
        return {"message": "Request accepted"}
