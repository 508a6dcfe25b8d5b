"""The simulator's HTTP side: routes, both logins, and errors as the API words them."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import itertools
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.api import ApiSimulator, Reply, Request

from .account import Account, RefusedError
from .scenario import Scenario

#: seconds that a signature is good for
_SIGNATURE_LIFETIME = 300


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
        self._ids = itertools.count(1)
        #: token -> its end
        self.tokens: dict[str, float] = {}

    def refuse(self, status: int, message: str, code: str = "") -> Reply:
        """Return an error, with the id of the query."""
        body: dict[str, Any] = {"message": message}
        if code:
            body |= {"errorCode": code, "httpCode": f"{status} Refused"}
        else:
            body |= {"class": "Client::NotFound" if status == 404 else "Client::BadRequest"}
        return self._with_id(Reply(status, body))

    def rejection(self, request: Request) -> Reply | None:
        """Refuse what is not signed by the account, or may not do this."""
        if request.route in ("GET /1.0/auth/time", "POST /auth/oauth2/token"):
            return None
        headers = request.headers
        if "authorization" in headers:
            return self._without_token(request, headers["authorization"])
        if headers.get("x-ovh-application") != self.scenario.application_key:
            return self.refuse(403, "This application key is invalid", "INVALID_KEY")
        if headers.get("x-ovh-consumer") != self.scenario.consumer_key:
            return self.refuse(403, "This credential does not exist", "INVALID_CREDENTIAL")
        stamp = headers.get("x-ovh-timestamp", "0")
        if abs(int(stamp) - self.server_time()) > _SIGNATURE_LIFETIME:
            return self.refuse(400, "Query out of time", "QUERY_TIME_OUT")
        if headers.get("x-ovh-signature") != self._signature(request, stamp):
            return self.refuse(400, "Invalid signature", "INVALID_SIGNATURE")
        called = f"{request.method} {unquote(urlsplit(request.path).path).removeprefix('/1.0')}"
        if any(fnmatch.fnmatchcase(called, rule) for rule in self.scenario.rules):
            return None
        return self.refuse(403, "This call has not been granted", "NOT_GRANTED_CALL")

    def serve(self, request: Request) -> Reply:
        """Work on a request."""
        try:
            return self._with_id(self._route(request))
        except RefusedError as refused:
            return self.refuse(refused.status, refused.message)

    def server_time(self) -> int:
        """The time as the server has it, in seconds since 1970."""
        return int(time.time()) + self.scenario.clock_ahead

    def _route(self, request: Request) -> Reply:
        account, body = self.account, request.body
        method, _, path = request.route.partition(" ")
        query = parse_qs(urlsplit(request.path).query)
        if request.route == "POST /auth/oauth2/token":
            return self._token(request)
        if request.route == "GET /1.0/auth/time":
            return Reply(200, self.server_time())
        if request.route == "GET /1.0/ip":
            return Reply(200, account.list_blocks(query.get("ip", [None])[0]))
        routes: dict[str, Callable[..., Any]] = {
            "GET /1.0/ip/([^/]+)": account.get_block,
            "GET /1.0/ip/([^/]+)/reverse": account.list_reverses,
            "POST /1.0/ip/([^/]+)/reverse": lambda block: account.add_reverse(block, body),
            "GET /1.0/ip/([^/]+)/reverse/([^/]+)": account.get_reverse,
            "DELETE /1.0/ip/([^/]+)/reverse/([^/]+)": account.delete_reverse,
        }
        for pattern, handle in routes.items():
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return Reply(200, handle(*map(unquote, found.groups())))
        raise RefusedError(404, "Got an invalid (or empty) URL")

    def _signature(self, request: Request, stamp: str) -> str:
        """https://help.ovhcloud.com/csm/en-gb-api-getting-started-ovhcloud-api"""
        url = f"http://{request.headers['host']}{request.path}"
        secrets = (self.scenario.application_secret, self.scenario.consumer_key)
        signed = "+".join([*secrets, request.method, url, request.raw, stamp])
        return f"$1${hashlib.sha1(signed.encode()).hexdigest()}"

    def _token(self, request: Request) -> Reply:
        login = f"{self.scenario.client_id}:{self.scenario.client_secret}"
        expected = f"Basic {base64.b64encode(login.encode()).decode()}"
        form = parse_qs(request.raw)
        if request.headers.get("authorization") != expected:
            return Reply(401, {"error": "invalid_client", "error_description": "unknown client"})
        if form != {"grant_type": ["client_credentials"], "scope": ["all"]}:
            return Reply(400, {"error": "invalid_request", "error_description": "bad form"})
        token = f"token-{next(self._ids)}-that-nobody-may-see"
        self.tokens[token] = self._now() + self.scenario.token_lifetime
        body = {"access_token": token, "token_type": "Bearer", "scope": "all"}
        return Reply(200, {**body, "expires_in": self.scenario.token_lifetime})

    def _without_token(self, request: Request, header: str) -> Reply | None:
        if self.tokens.get(header.removeprefix("Bearer "), 0) <= self._now():
            return self.refuse(403, "This credential is not valid", "INVALID_CREDENTIAL")
        is_reverse = "/reverse" in request.path
        verb = {"GET": "get", "POST": "create", "DELETE": "delete"}[request.method]
        action = f"ip:apiovh:reverse/{verb}" if is_reverse else "ip:apiovh:get"
        if action in self.scenario.actions:
            return None
        return self.refuse(403, "User not granted for this request")

    def _with_id(self, reply: Reply) -> Reply:
        reply.headers["X-OVH-QUERYID"] = f"EU.ext-1.{next(self._ids):08d}"
        return reply
