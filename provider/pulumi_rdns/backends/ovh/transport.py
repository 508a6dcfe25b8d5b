"""Requests that OVHcloud's SDK signs, or gets a token for. Imported with the first request.

Seen with the SDK 1.2; `tests/backends/ovh/test_sdk.py` fails when what is leaned on moves.
"""

from __future__ import annotations

import json
import logging
import os
from typing import Any

import requests

from pulumi_rdns.backends.kit.sdk import import_sdk
from pulumi_rdns.backends.kit.transport import Transport, prepare

from .login import Login

#: the header of an answer that OVHcloud's support asks for
ID_HEADER = "X-OVH-QUERYID"
#: the request whose answer a signature needs, and that is not signed itself
TIME = "/auth/time"


class SigningTransport(Transport):
    """Sends requests with the signature of an application's key."""

    def __init__(self, login: Login, url: str, timeouts: tuple[float, float]) -> None:
        super().__init__(url, login, timeouts, ID_HEADER)
        self._login = login
        self._session.auth = _as_it_is
        sdk = import_sdk(login.name, "ovh", "ovh")
        # Without its constructor: that one reads variables and files of the user's (~/.ovh.conf),
        # which need not be those of this instance, and refuses what they do not fit to.
        self._sdk: Any = sdk.Client.__new__(sdk.Client)
        vars(self._sdk).update(
            _endpoint=url,
            _application_key=login.values["applicationKey"],
            _application_secret=login.values["applicationSecret"],
            _consumer_key=login.values["consumerKey"],
            _oauth2=None,
            _session=self._session,
            _timeout=timeouts,
        )

    def request(self, method: str, path: str, body: bytes | None) -> requests.Response:
        """Sign a request by the server's clock, and send it."""
        self._sdk._time_delta = self._login.ahead
        data = None if body is None else json.loads(body)
        response: requests.Response = self._sdk.raw_call(method, path, data, path != TIME)
        return response


class BearerTransport(Transport):
    """Sends requests with the token of an OAuth2 client."""

    def __init__(self, login: Login, url: str, timeouts: tuple[float, float]) -> None:
        super().__init__(url, login, timeouts, ID_HEADER)

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Bearer {login.token}"
            return request

        self._session.auth = sign


class OAuth2Transport(Transport):
    """Asks for a token of an OAuth2 client: the one request that it sends, whatever it is told."""

    def __init__(self, login: Login, url: str, timeouts: tuple[float, float]) -> None:
        super().__init__(url, login, timeouts, ID_HEADER)
        self._login = login
        self._sdk = import_sdk(login.name, "ovh.oauth2", "ovh")
        # It logs the token and the secret at DEBUG.
        logging.getLogger("requests_oauthlib").setLevel(logging.INFO)
        if url.startswith("http:"):
            # Whoever gives such an `apiUrl` wants it; the library knows no other way to say so.
            os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

    def request(self, method: str, path: str, body: bytes | None) -> requests.Response:
        """Ask for a token; return the answer, whatever it is."""
        url = self._url + path
        client = self._sdk.BackendApplicationClient(
            client_id=self._login.values["clientId"], scope=["all"]
        )
        session = self._sdk.RefreshOAuth2Session(token_url=url, client=client)
        prepare(session)
        session.register_compliance_hook("access_token_response", _answered)
        secret = self._login.values["clientSecret"]
        try:
            session.fetch_token(token_url=url, client_secret=secret, timeout=self._timeouts)
        except _AnsweredError as answered:
            return answered.response
        raise AssertionError("the SDK calls no hook with the answer")


class _AnsweredError(Exception):
    """There is an answer. Whoever reads it says what is wrong with it."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__()
        self.response = response


def _answered(response: requests.Response) -> None:
    raise _AnsweredError(response)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sign nothing, so that no .netrc adds a header."""
    return request
