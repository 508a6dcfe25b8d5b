"""What is asked of the OVHcloud API.

https://help.ovhcloud.com/csm/en-gb-api-getting-started-ovhcloud-api
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from urllib.parse import quote

import dns.name

from pulumi_rdns.backends.kit.answers import Answer
from pulumi_rdns.backends.kit.credentials import Auth
from pulumi_rdns.backends.kit.http import Http, Sender, Vendor
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.ptrs import LookAgain
from pulumi_rdns.backends.kit.sdk import require_sdk
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import from_dns

from .login import read_login
from .types import (
    Block,
    BlockDetails,
    OvhSettings,
    Reverse,
    Token,
    read_block,
    read_failure,
    read_refusal,
)

VENDOR = Vendor(
    kind="ovh",
    who="the API",
    credential="login",
    advice="docs/ovh.md says how it is made, and which rights it needs",
    read_refusal=read_refusal,
)
#: the codes of a login that is not accepted; the API sends them with 400 and 403
_NOT_ACCEPTED = ("INVALID_CREDENTIAL", "INVALID_KEY", "INVALID_SIGNATURE", "NOT_CREDENTIAL")
#: seconds before its end in which a token is not used any more
_TOO_LATE = 30.0


class Client:
    """Sends requests. Shared by all threads: one pause after a 429, one token."""

    def __init__(self, name: str, settings: OvhSettings, clock: Clock) -> None:
        """Take the instance's name for error messages. Raises ConfigError."""
        self._login = read_login(name, settings)
        require_sdk(name, "ovh", "ovh")
        self.url = self._login.url
        self._clock = clock
        self._logging_in = threading.Lock()
        url, make = f"{self.url}/1.0", self._transport
        self._http = Http(VENDOR, url, self._login, clock=clock, make_transport=make)
        url, make = self._login.token_host, self._token_transport
        self._tokens = Http(VENDOR, url, self._login, clock=clock, make_transport=make)

    def blocks(self, operation: Operation) -> tuple[list[Block], float]:
        """List the account's blocks of addresses; with a time, as a `Listing` takes it."""
        answer = self._send(operation, "GET", "/ip")
        blocks = map(read_block, answer.read(operation, list[str]))
        return [block for block in blocks if block is not None], answer.sent

    def owner(self, operation: Operation, block: Block) -> str:
        """Read which service a block is routed to; the block's own name where it is to none."""
        answer = self._send(operation, "GET", _path(block))
        routed_to = answer.read(operation, BlockDetails).routed_to
        return (routed_to and routed_to.service_name) or block.text

    def reverses(self, operation: Operation, block: Block) -> list[Address]:
        """List the addresses of a block that have a PTR."""
        answer = self._send(operation, "GET", f"{_path(block)}/reverse")
        found = map(read_block, answer.read(operation, list[str]))
        return [one.network.network_address for one in found if one is not None]

    def reverse(self, operation: Operation, block: Block, address: Address) -> Reverse | None:
        """Read the PTR of an address; None where the API has none, or no such block any more."""
        answer = self._send(operation, "GET", _path(block, address), absent=(404,))
        return answer.read(operation, Reverse) if answer.is_success else None

    def set_reverse(
        self,
        operation: Operation,
        block: Block,
        address: Address,
        hostname: dns.name.Name,
        look_again: LookAgain,
    ) -> bool:
        """Set the PTR of an address, whatever it was; False where there is no such block."""
        path = f"{_path(block)}/reverse"
        body = {"ipReverse": str(address), "reverse": from_dns(hostname)}
        answer = self._send(operation, "POST", path, body, absent=(404,), look_again=look_again)
        return answer.is_success

    def delete_reverse(
        self, operation: Operation, block: Block, address: Address, look_again: LookAgain
    ) -> None:
        """Delete the PTR of an address, where it has one."""
        path = _path(block, address)
        self._send(operation, "DELETE", path, absent=(404,), look_again=look_again)

    def _send(
        self,
        operation: Operation,
        method: str,
        path: str,
        body: object = None,
        *,
        absent: Collection[int] = (),
        look_again: LookAgain | None = None,
    ) -> Answer:
        """Send a request. Statuses in ``absent`` are returned like a success."""
        self._log_in(operation)
        answer = self._http.send(
            operation, method, path, body, expected=(400, 403, 404), look_again=look_again
        )
        if answer.status == 404 and not self._is_about_an_object(answer):
            raise self._http.no_such_path(operation, answer)
        if answer.is_success or answer.status in absent:
            return answer
        if read_failure(answer.content).error_code in _NOT_ACCEPTED:
            answer = answer._replace(status=401)
        raise self._http.refusal(operation, answer)

    def _is_about_an_object(self, answer: Answer) -> bool:
        """Whether a 404 is the API's word on a block or a PTR, and no proxy's or a wrong URL's."""
        reason = self._http.reason(answer)
        return bool(reason) and "url" not in reason.lower()

    def _log_in(self, operation: Operation) -> None:
        """Get what a request is signed with: the server's time, or a token."""
        login = self._login
        with operation.holding(self._logging_in, "the login"):
            if not login.token_host:
                if login.ahead is None:
                    answer = self._http.send(operation, "GET", "/auth/time")
                    login.ahead = answer.read(operation, int) - int(time.time())
            elif self._clock.now() >= login.ends:
                answer = self._tokens.send(
                    operation, "POST", "/auth/oauth2/token", expected=(400, 401, 403)
                )
                if not answer.is_success:
                    raise self._tokens.refusal(operation, answer._replace(status=401))
                token = answer.read(operation, Token)
                login.take(token.access_token, answer.sent + token.expires_in - _TOO_LATE)

    def _transport(self, url: str, auth: Auth, timeouts: tuple[float, float]) -> Sender:
        from .transport import BearerTransport, SigningTransport

        kind = BearerTransport if self._login.token_host else SigningTransport
        return kind(self._login, url, timeouts)

    def _token_transport(self, url: str, auth: Auth, timeouts: tuple[float, float]) -> Sender:
        from .transport import OAuth2Transport

        return OAuth2Transport(self._login, url, timeouts)


def _path(block: Block, address: Address | None = None) -> str:
    """Return the path of a block, or of the PTR of one of its addresses."""
    path = f"/ip/{quote(block.text, safe='')}"
    return path if address is None else f"{path}/reverse/{address}"
