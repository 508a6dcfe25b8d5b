"""The vendors' own documents as judges of requests and answers, where somebody has them.

They are not ours to pass on: `RDNS_API_DOCUMENTS` names the folder that has them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from tests.fakes.api import Recorded

VARIABLE = "RDNS_API_DOCUMENTS"


class Judge:
    """An OpenAPI document."""

    def __init__(self, name: str, host: str) -> None:
        """Read a document, or skip the test where there is none; ``host`` is that of its API."""
        folder = os.environ.get(VARIABLE)
        if folder is None:
            pytest.skip(f"{VARIABLE} names no folder with the vendor's document")
        document = json.loads((Path(folder) / name).read_text())
        # Vendors' documents are not valid throughout.
        self._document = OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))
        self._host = host

    def check(self, sent: Sequence[Recorded]) -> None:
        """Check requests and their answers. Raises what openapi-core finds wrong."""
        for one in sent:
            url = urlsplit(one.path)
            request = MockRequest(
                self._host,
                one.method.lower(),
                url.path,
                args=dict(parse_qsl(url.query)),
                data=None if one.body is None else json.dumps(one.body).encode(),
            )
            response = MockResponse(json.dumps(one.answer).encode(), one.status)
            self._document.validate_request(request)
            self._document.validate_response(request, response)
