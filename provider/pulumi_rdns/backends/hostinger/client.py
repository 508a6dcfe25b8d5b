"""The Hostinger API: retries, the rate limit, and errors as sentences.

https://developers.hostinger.com/#description/rate-limiting
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from pulumi_rdns.backends.kit.caches import Once
from pulumi_rdns.backends.kit.operation import Clock, Operation
from pulumi_rdns.backends.kit.ratelimit import RateGate
from pulumi_rdns.backends.kit.retry import growing
from pulumi_rdns.errors import (
    AuthenticationError,
    RateLimitError,
    RejectedError,
    UnavailableError,
)

from .answers import Answer, Outcome
from .token import Token
from .wire import read_failure

if TYPE_CHECKING:
    from .http import Http

#: seconds for which a request that fails is repeated
_RETRY_WINDOW = 60.0
_FIRST_RETRY, _LONGEST_RETRY = 0.5, 8.0


class Client:
    """Sends requests. Shared by all threads: one pause after a 429."""

    def __init__(self, url: str, token: Token, clock: Clock) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._clock = clock
        self._gate = RateGate(clock)
        self._repeating = threading.Lock()

    @Once
    def _http(self) -> Http:
        from .http import Http

        return Http(self._url, self._token)

    def send(
        self,
        operation: Operation,
        method: str,
        path: str,
        body: object = None,
        *,
        absent: Collection[int] = (),
        repeat: bool = True,
        look_again: Callable[[], None] | None = None,
    ) -> Answer:
        """Send a request until it is answered, and give the answer.

        Statuses in ``absent`` are given back and not raised, except for a route that the API does
        not have, and a 404 that is not the API's. With ``repeat`` a request that was not answered,
        or by a 5xx, is sent again for up to 60 seconds; leave it out where the first one may have
        worked and twice is not once. A 429 was not worked on, so it is always repeated, until the
        operation's limit.
        ``look_again`` is called after a pause, right before the request is sent: it raises where
        something is there by then that the request would destroy.

        Raises AuthenticationError, RateLimitError, UnavailableError and RejectedError.
        """
        pauses = growing(_FIRST_RETRY, _LONGEST_RETRY)
        give_up = operation.elapsed + min(_RETRY_WINDOW, operation.left)
        tries = 0
        refusal = ""
        is_repeat = False
        while True:
            waited = self._await_turn(operation, refusal) or is_repeat
            if waited and look_again is not None:
                outcome = self._after_a_look(operation, look_again, method, path, body)
            else:
                outcome = self._exchange(method, path, body)
            is_repeat = True
            if isinstance(outcome, Answer):
                return self._checked(operation, outcome, absent)
            if outcome.is_rate_limit:
                refusal = outcome.code
                continue
            tries += 1
            pause = max(next(pauses), outcome.retry_after or 0)
            if not repeat or outcome.is_lasting or operation.elapsed + pause > give_up:
                often = f", tried {tries} times" if tries > 1 else ""
                raise operation.error(UnavailableError, outcome.reason + often, outcome.code)
            operation.pause(pause, f"{outcome.reason}; trying again")

    def _await_turn(self, operation: Operation, code: str) -> bool:
        """Wait while the API wants no requests; tells whether that was needed."""
        waited = False
        while pause := self._gate.remaining:
            if pause > operation.left:
                raise operation.error(
                    RateLimitError,
                    f"too many requests: tried for {operation.elapsed:.0f} s, and a pause of "
                    f"another {pause:.0f} s is due; run it again later, or raise `timeout`",
                    code,
                )
            operation.pause(pause, f"too many requests; pausing for {pause:.0f} s")
            waited = True
        return waited

    def _after_a_look(
        self,
        operation: Operation,
        look_again: Callable[[], None],
        method: str,
        path: str,
        body: object,
    ) -> Outcome:
        """Look and send, one thread at a time: the looks of all must not use up the rate."""
        with operation.holding(self._repeating, "the API"):
            look_again()
            while self._await_turn(operation, ""):
                look_again()
            return self._exchange(method, path, body)

    def _exchange(self, method: str, path: str, body: object) -> Outcome:
        """Send once, and tell the gate how that went."""
        sent = self._clock.now()
        outcome = self._http.send(method, path, body, sent)
        if isinstance(outcome, Answer):
            self._gate.passed(sent)
        elif outcome.is_rate_limit:
            self._gate.close(sent, outcome.retry_after)
        return outcome

    def _checked(self, operation: Operation, answer: Answer, absent: Collection[int]) -> Answer:
        if answer.is_success:
            return answer
        reason = self._token.hide(read_failure(answer.content).reason)
        said = reason or f"status {answer.status}"
        # A 404 of the API itself has a message; a proxy's tells nothing about a VM or a zone.
        if answer.status == 404 and (not reason or "route" in reason.lower()):
            raise operation.error(
                RejectedError,
                f"the API at {self._url} has no {answer.request} ({said}); is apiUrl right? If it "
                "is, a newer release of pulumi-rdns may know what became of it",
                answer.code,
            )
        if answer.status in absent:
            return answer
        if answer.status in (401, 403):
            verdict = "is not accepted" if answer.status == 401 else "may not do this"
            raise operation.error(
                AuthenticationError,
                f"the API token {verdict}: {said}. It comes from {self._token.origin}; tokens are "
                "made in hPanel, under Account, API",
                answer.code,
            )
        if answer.status < 400:
            redirect = f"the API answered with a redirect ({answer.status}); correct apiUrl"
            raise operation.error(RejectedError, redirect, answer.code)
        raise operation.error(RejectedError, f"refused: {said}", answer.code)
