"""Whether a request is signed by one of the account's keys (Signature Version 4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d+/([^/]+)/(\w+)/aws4_request, "
    r"SignedHeaders=([^,]+), Signature=(\w+)"
)


def refusal(
    keys: Mapping[str, str],
    token: str | None,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: str,
) -> tuple[str, str] | None:
    """Return code and message for a request that no key has signed; None where one has.

    ``keys`` maps ids to secrets; ``url`` is the one that the client has asked for.
    """
    found = _HEADER.fullmatch(headers.get("authorization", ""))
    if found is None:
        return "MissingAuthenticationToken", "Missing Authentication Token"
    key_id, region, service, signed, signature = found.groups()
    if key_id not in keys:
        return "InvalidClientTokenId", "The security token included in the request is invalid."
    if token is not None and headers.get("x-amz-security-token") != token:
        return "InvalidClientTokenId", "The security token included in the request is invalid."
    auth: Any = SigV4Auth(Credentials(key_id, keys[key_id]), service, region)
    chosen = {name: headers[name] for name in signed.split(";") if name in headers}
    request: Any = AWSRequest(method, url, chosen, body.encode())
    request.context["timestamp"] = headers["x-amz-date"]
    text = auth.string_to_sign(request, auth.canonical_request(request))
    if auth.signature(text, request) != signature:
        reason = "The request signature we calculated does not match the signature you provided."
        return "SignatureDoesNotMatch", reason
    return None
