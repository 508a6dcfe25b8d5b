"""Requests and answers, judged by the vendor's own document.

The documents are no part of this project: `RDNS_API_DOCUMENTS` names the folder that has them, and
tests that need one are skipped without it.
"""

from __future__ import annotations

import json
import os
import urllib.parse
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from tests.fakes.api import Recorded

VARIABLE = "RDNS_API_DOCUMENTS"


class Judge:
    """Holds requests and answers against one document."""

    def __init__(self, document: str, server: str) -> None:
        """Take the file's name, and the URL that the document's paths follow."""
        folder = os.environ.get(VARIABLE)
        if folder is None:
            pytest.skip(f"{VARIABLE} names no folder with {document}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from openapi_core import Config, OpenAPI

            described = json.loads((Path(folder) / document).read_text())
            # Vendors' documents are not all valid, and what they do describe counts all the same.
            config = Config(spec_validator_cls=None)
            self._described = OpenAPI.from_dict(_as_meant(described), config=config)
        self._server = server

    def faults(self, exchanges: Iterable[Recorded]) -> list[str]:
        """Return what the document does not allow, each with its request; once of each kind."""
        found: dict[str, None] = {}
        for exchange in exchanges:
            found |= dict.fromkeys(self._judged(exchange))
        return list(found)

    def _judged(self, exchange: Recorded) -> list[str]:
        from openapi_core.exceptions import OpenAPIError
        from openapi_core.testing import MockRequest, MockResponse

        url = urllib.parse.urlsplit(exchange.path)
        body = None if exchange.body is None else json.dumps(exchange.body).encode()
        # That a request is authorized is for the simulator to say, which keeps no token.
        headers = {"Authorization": "Bearer token"}
        request = MockRequest(self._server, exchange.method, url.path, headers=headers, data=body)
        # The constructor takes no parameter twice.
        request.parameters.query = MultiDict(urllib.parse.parse_qsl(url.query))
        answer = MockResponse(json.dumps(exchange.answer).encode(), exchange.status)
        found = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for judge, given in (
                (self._described.validate_request, (request,)),
                (self._described.validate_response, (request, answer)),
            ):
                try:
                    judge(*given)
                except OpenAPIError as error:
                    found.append(f"{exchange.method} {url.path}: {_why(error)}")
        return found


def _as_meant(described: dict[str, Any]) -> dict[str, Any]:
    """Return a document as its author means it where OpenAPI is stricter.

    Ranges of statuses are ``4XX``, not ``4xx``; and `nullable` beside an `allOf` does not reach
    what is in there.
    """
    for operations in described["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                answers = operation["responses"]
                operation["responses"] = {key.upper(): value for key, value in answers.items()}
    _reach_nullables(described, described)
    return described


def _reach_nullables(described: dict[str, Any], part: Any) -> None:
    for value in part.values() if isinstance(part, dict) else part:
        if isinstance(value, (dict, list)):
            _reach_nullables(described, value)
    if isinstance(part, dict) and part.get("nullable") is True and len(part.get("allOf", ())) == 1:
        (inner,) = part.pop("allOf")
        if "$ref" in inner:
            inner = described["components"]["schemas"][inner["$ref"].rpartition("/")[2]]
        part |= {**inner, **part}


def _why(error: BaseException) -> str:
    inner: Any = error.__cause__ or error
    details = [one.message for one in getattr(inner, "schema_errors", ())]
    return "; ".join([str(error), *(details or [str(inner)])])
