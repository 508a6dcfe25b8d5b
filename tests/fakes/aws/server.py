"""The simulator's HTTP side: signatures, EC2's actions, and Route 53 handed on to MiniStack."""

from __future__ import annotations

import itertools
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.sax.saxutils import escape

from tests.fakes.api import ApiSimulator, Reply, Request

from . import route53, signature, wire
from .account import Account, RefusedError
from .scenario import Scenario

#: the path of EC2 here, of which there is one for all actions at AWS: `/DescribeAddresses`
_ACTION = re.compile(r"/([A-Z]\w+)")
_ALIAS = re.compile(r"<Name>([^<]*)</Name><Type>CNAME</Type>")
_NEXT = re.compile(
    r"<NextRecordName>([^<]*)</NextRecordName><NextRecordType>(\w+)</NextRecordType>"
)
_ZONE_NAME = re.compile(r"<HostedZone>.*?<Name>([^<]*)</Name>", re.DOTALL)


class Simulator(ApiSimulator[Account, Scenario]):
    """A simulated account. In records, hooks and faults, a path of EC2 is ``/`` and the action."""

    def __init__(
        self,
        ministack: str,
        scenario: Scenario | None = None,
        *,
        port: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the URL of a MiniStack, which may serve other accounts too."""
        scenario = scenario or Scenario()
        super().__init__(scenario, Account(scenario, now), port=port, now=now)
        self.ministack = ministack
        self._ids = itertools.count(1)
        self._original = Request("", "", None, "", {})
        self._query: dict[str, Any] = {}
        for at, zone in enumerate(scenario.zones):
            self.create_zone(zone, f"first {at}")

    def create_zone(self, name: str, reference: str, *, private: bool = False) -> str:
        """Create a hosted zone by hand, and return its id."""
        is_private = f"<PrivateZone>{str(private).lower()}</PrivateZone>"
        document = (
            f'<CreateHostedZoneRequest xmlns="{route53.NAMESPACE[1:-1]}"><Name>{name}</Name>'
            f"<CallerReference>{reference}</CallerReference>"
            f"<HostedZoneConfig>{is_private}</HostedZoneConfig></CreateHostedZoneRequest>"
        )
        status, answer = self._ask("POST", "/2013-04-01/hostedzone", document)
        assert status == 201, answer
        found = re.search(r"<Id>/hostedzone/(\w+)</Id>", answer)
        assert found
        return found[1]

    def settle(self) -> None:
        """Make the changes whose time has come."""
        self.account.settle()

    def answer(self, request: Request) -> tuple[Reply | None, float]:
        """Work on a request; one of EC2 has its action as path."""
        with self.account.guard:
            self._original = request
            if request.path == "/":
                action, self._query = wire.parse(request.raw)
                request = replace(request, path=f"/{action}", body=self._query)
            return super().answer(request)

    def refuse(self, status: int, message: str) -> Reply:
        """Return an error as the service that is asked answers it."""
        if status == 429:
            is_ec2 = self._original.path == "/"
            code, status = ("RequestLimitExceeded", 503) if is_ec2 else ("Throttling", 400)
            return self._refusal(RefusedError(code, "Rate exceeded", status))
        return self._refusal(RefusedError("InternalError", message, status))

    def rejection(self, request: Request) -> Reply | None:
        """Refuse what is not signed by a key of the account, or what the key may not do."""
        scenario, original = self.scenario, self._original
        keys = {scenario.access_key_id: scenario.secret_access_key}
        keys.update([scenario.second_key] if scenario.second_key else [])
        refused = signature.refusal(
            keys,
            scenario.session_token,
            original.method,
            f"{self.url}{original.path}",
            original.headers,
            original.raw,
        )
        if refused is not None:
            code, reason = refused
            is_ec2 = original.path == "/"
            return self._refusal(RefusedError("AuthFailure" if is_ec2 else code, reason, 403))
        action = f"ec2:{request.path[1:]}" if original.path == "/" else "route53"
        if action in scenario.denied:
            code = "UnauthorizedOperation" if original.path == "/" else "AccessDenied"
            reason = f"You are not authorized to perform this operation: {action}"
            return self._refusal(RefusedError(code, reason, 403))
        return None

    def serve(self, request: Request) -> Reply:
        """Work on a request."""
        try:
            if action := _ACTION.fullmatch(request.path):
                return Reply(200, self._act(action[1]))
            return self._hand_on(request)
        except RefusedError as refused:
            return self._refusal(refused)

    def _act(self, action: str) -> str:
        account = self.account
        actions: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "DescribeAddresses": account.describe_addresses,
            "DescribeAddressesAttribute": account.describe_addresses_attribute,
            "ModifyAddressAttribute": account.modify_address_attribute,
            "ResetAddressAttribute": account.reset_address_attribute,
        }
        return wire.render(action, actions[action](self._query), self._request_id())

    def _hand_on(self, request: Request) -> Reply:
        url = urlsplit(request.path)
        document = route53.names(request.raw, route53.plain)
        if found := route53.CHANGES.fullmatch(request.route):
            self._check(found[1], document)
        query = parse_qs(url.query)
        if "name" in query:
            query["name"] = [route53.plain(query["name"][0])]
        path = f"{url.path}?{urlencode(query, doseq=True)}" if query else url.path
        status, answer = self._ask(request.method, path, document)
        return Reply(status, route53.names(answer, route53.escaped))

    def _check(self, zone_id: str, document: str) -> None:
        """Refuse what Route 53 would refuse, where there is such a zone."""
        status, answer = self._ask("GET", f"/2013-04-01/hostedzone/{zone_id}")
        found = _ZONE_NAME.search(answer)
        if status == 200 and found:
            route53.check(document, found[1], self._aliases(zone_id))

    def _aliases(self, zone_id: str) -> set[str]:
        """Find the names of a zone at which there is a CNAME record."""
        names: set[str] = set()
        start: dict[str, str] = {}
        while True:
            query = urlencode({"maxitems": "300", **start})
            page = self._ask("GET", f"/2013-04-01/hostedzone/{zone_id}/rrset?{query}")[1]
            names.update(_ALIAS.findall(page))
            if (more := _NEXT.search(page)) is None:
                return names
            start = dict(zip(("name", "type"), more.groups(), strict=True))

    def _ask(self, method: str, path: str, document: str = "") -> tuple[int, str]:
        """Ask MiniStack, where the number of the account is the key's id."""
        credential = f"{self.scenario.account_id}/20260101/us-east-1/route53/aws4_request"
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, "
            "SignedHeaders=host, Signature=0"
        }
        request = urllib.request.Request(
            self.ministack + path, document.encode() or None, headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def _refusal(self, refused: RefusedError) -> Reply:
        code, message, request_id = refused.code, escape(refused.message), self._request_id()
        error = f"<Code>{code}</Code><Message>{message}</Message>"
        if self._original.path == "/":
            body = (
                f"<Response><Errors><Error>{error}</Error></Errors>"
                f"<RequestID>{request_id}</RequestID></Response>"
            )
        else:
            body = (
                f'<ErrorResponse xmlns="{route53.NAMESPACE[1:-1]}"><Error><Type>Sender</Type>'
                f"{error}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
            )
        return Reply(refused.status, body)

    def _request_id(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._ids):012d}"
