"""What is asked of the Linode API.

https://techdocs.akamai.com/linode-api/reference/api
"""

from __future__ import annotations

from typing import TypeVar

import dns.name

from pulumi_rdns.backends.kit.answers import Answer
from pulumi_rdns.backends.kit.credentials import HeaderAuth, read_credential
from pulumi_rdns.backends.kit.http import Http, Vendor, check_url
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.pages import all_pages
from pulumi_rdns.backends.kit.ptrs import LookAgain
from pulumi_rdns.model.addresses import Address
from pulumi_rdns.model.names import from_dns

from .types import ENVIRONMENT, Ip, Ipv6Range, Linode, LinodeSettings, Page, read_refusal

T = TypeVar("T")

VENDOR = Vendor(
    kind="linode",
    who="the API",
    credential="API token",
    advice="tokens are made in the Cloud Manager, under API Tokens; it needs ips:read_write",
    read_refusal=read_refusal,
)
#: entries of a page, the most that the API allows
_PAGE_SIZE = 500


class Client:
    """Sends requests. Shared by all threads: one pause after a 429."""

    def __init__(self, name: str, settings: LinodeSettings, clock: Clock) -> None:
        """Take the instance's name for error messages. Raises ConfigError."""
        self._clock = clock
        token = read_credential(name, "apiToken", settings.api_token, ENVIRONMENT)
        self.url = check_url(name, "apiUrl", settings.api_url)
        self._http = Http(VENDOR, f"{self.url}/v4", HeaderAuth(token), clock=clock)

    def ip(self, operation: Operation, address: Address) -> Ip | None:
        """Read one address; None where the account does not have it."""
        answer = self._send(operation, "GET", address)
        return answer.read(operation, Ip) if answer.is_success else None

    def set_ptr(
        self,
        operation: Operation,
        address: Address,
        hostname: dns.name.Name | None,
        look_again: LookAgain,
    ) -> bool:
        """Set the PTR, or take it back to the default; False where the account has no address."""
        body = {"rdns": None if hostname is None else from_dns(hostname)}
        return self._send(operation, "PUT", address, body, look_again).is_success

    def ips(self, operation: Operation) -> list[Ip]:
        """List all public addresses."""
        return self._all(operation, "/networking/ips", Ip)

    def ranges(self, operation: Operation) -> tuple[list[Ipv6Range], float]:
        """List the IPv6 ranges and pools; with a time, as a `Listing` takes it."""
        began = self._clock.now()
        paths = ("/networking/ipv6/ranges", "/networking/ipv6/pools")
        return [one for path in paths for one in self._all(operation, path, Ipv6Range)], began

    def labels(self, operation: Operation) -> dict[int, str]:
        """List the names of the Linodes; none where the token may not read them."""
        linodes = self._all(operation, "/linode/instances", Linode, may_be_refused=True)
        return {one.id: one.label for one in linodes}

    def _all(
        self, operation: Operation, path: str, kind: type[T], *, may_be_refused: bool = False
    ) -> list[T]:
        refused = (401, 403) if may_be_refused else ()

        def read(number: int) -> tuple[list[T], int | None]:
            query = {"page": str(number), "page_size": str(_PAGE_SIZE)}
            answer = self._http.send(operation, "GET", path, query=query, expected=refused)
            if not answer.is_success:
                return [], None
            page = answer.read(operation, Page[kind])  # type: ignore[valid-type]
            return page.data, page.page + 1 if page.page < page.pages else None

        return all_pages(operation, 1, read)

    def _send(
        self,
        operation: Operation,
        method: str,
        address: Address,
        body: object = None,
        look_again: LookAgain | None = None,
    ) -> Answer:
        path = f"/networking/ips/{address}"
        answer = self._http.send(
            operation, method, path, body, expected=(404,), look_again=look_again
        )
        # A 404 of the API itself has a reason; a proxy's tells nothing about an address.
        if answer.status == 404 and not self._http.reason(answer):
            raise self._http.no_such_path(operation, answer)
        return answer
