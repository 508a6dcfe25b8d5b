"""The vendor's SDK with the kit's requests below it. Imported with the first request.

Paths, bodies, pages and models are hcloud's. Its own connection is not used: it waits and repeats
for each thread alone and without a deadline, and sends a second POST where the answer to the first
was lost. Where a connection goes in is internal to hcloud: seen in 2.10 to 2.27, and
`tests/backends/hetzner/test_sdk.py` fails when it moves.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any, cast

import hcloud

from pulumi_rdns.backends.kit.answers import Answer
from pulumi_rdns.backends.kit.http import Http
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.errors import BackendError, ConfigError, RejectedError

from .types import BusyError, RefusedError, read_failure

#: the releases whose inside is known
_KNOWN = "hcloud>=2.10,<2.28"
#: what the API says where another change is under way
_BUSY = frozenset({"conflict", "locked"})
#: the parts of the SDK that are used
PARTS = ("actions", "primary_ips", "floating_ips", "load_balancers", "servers", "zones")


class Connection:
    """Takes the place of the SDK's connection, for one operation."""

    def __init__(
        self, http: Http, operation: Operation, look_again: Callable[[], None] | None
    ) -> None:
        self._http = http
        self._operation = operation
        self._look_again = look_again

    def request(
        self, method: str, url: str, *, params: Mapping[str, Any] = {}, json: object = None
    ) -> dict[str, Any]:
        """Send a request. Raises RefusedError, and whatever `Http.send` raises.

        What changes something is sent once: where its answer is lost it is an UnansweredError, and
        where the API is busy a BusyError, after both of which it is looked again.
        """
        query = f"?{urllib.parse.urlencode(params, doseq=True)}" if params else ""
        answer = self._http.send(
            self._operation,
            method,
            url + query,
            json,
            expected=range(400, 500),
            repeat=method == "GET",
            look_again=self._look_again,
        )
        if not answer.is_success:
            raise self._refusal(answer)
        return answer.read(self._operation, dict[str, Any])

    def _refusal(self, answer: Answer) -> BackendError:
        refusal = self._http.refusal(self._operation, answer)
        if not isinstance(refusal, RejectedError):
            return refusal
        api_code = read_failure(answer.content).error.code
        if api_code in _BUSY:
            return self._operation.error(BusyError, refusal.reason, refusal.code)
        refused = self._operation.error(RefusedError, refusal.reason, refusal.code)
        refused.api_code = api_code
        return refused


def connect(
    http: Http, operation: Operation, look_again: Callable[[], None] | None = None
) -> hcloud.Client:
    """Return the SDK for one operation. Raises ConfigError where its inside is not as known.

    ``look_again`` is called after a pause, right before a change is sent, and raises where it would
    destroy something by then.
    """
    client = hcloud.Client(token="")
    connection = Connection(http, operation, look_again)
    for name in PARTS:
        part = getattr(client, name, None)
        if part is None or not hasattr(getattr(part, "_client", None), "_session"):
            raise ConfigError(
                f"rdns:backends.{operation.backend}: hcloud {hcloud.__version__} is not known to "
                f"this release of pulumi-rdns; install one that is, with: pip install '{_KNOWN}'"
            )
        part._client = cast(Any, connection)
    return client
