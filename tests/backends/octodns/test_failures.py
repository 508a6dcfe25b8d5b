"""What providers raise is read as far as can be."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import botocore.exceptions
import dns.exception
import pytest
import requests
import urllib3.exceptions
from octodns.provider import SupportsException

from pulumi_rdns.backends.kit.answers import Loss
from pulumi_rdns.backends.octodns.failures import read_failure, shown
from pulumi_rdns.errors import AuthenticationError, RejectedError


class GandiClientUnauthorized(Exception):  # noqa: N818
    """As octoDNS's clients have them: no status anywhere."""


class CloudflareRateLimitError(Exception):
    """Another."""


class HttpResponseError(Exception):
    """As Azure has it: the status is an attribute."""

    status_code = 503


class GoogleApiError(Exception):
    """As Google has it."""

    code = 404


def http_error(status: int, body: str = "", **headers: str) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    response._content = body.encode()
    response.headers.update(headers)
    return requests.HTTPError(f"{status} Error for url: http://host/", response=response)


def aws_error(code: str, status: int) -> botocore.exceptions.ClientError:
    said: Any = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return botocore.exceptions.ClientError(said, "ChangeResourceRecordSets")


def raised_from(inner: Exception) -> Exception:
    try:
        try:
            raise inner
        except Exception:
            raise Exception("PowerDNS unauthorized")  # noqa: B904
    except Exception as error:
        return error


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (http_error(401), AuthenticationError, "HTTP 401"),
        (http_error(403), AuthenticationError, "HTTP 403"),
        (http_error(404), RejectedError, "HTTP 404"),
        (http_error(422), RejectedError, "HTTP 422"),
        (http_error(429), Loss.RATE_LIMIT, "HTTP 429"),
        (http_error(500), Loss.FAILED, "HTTP 500"),
        (raised_from(http_error(401)), AuthenticationError, "HTTP 401"),
        (aws_error("AccessDenied", 403), AuthenticationError, "AccessDenied"),
        (aws_error("ExpiredToken", 400), AuthenticationError, "ExpiredToken"),
        (aws_error("Throttling", 400), Loss.RATE_LIMIT, "Throttling"),
        (aws_error("InvalidChangeBatch", 400), RejectedError, "InvalidChangeBatch"),
        (aws_error("InternalFailure", 500), Loss.FAILED, "InternalFailure"),
        (botocore.exceptions.NoCredentialsError(), AuthenticationError, ""),
        (HttpResponseError("busy"), Loss.FAILED, "HTTP 503"),
        (GoogleApiError("no zone"), RejectedError, "HTTP 404"),
        (GandiClientUnauthorized("no"), AuthenticationError, ""),
        (CloudflareRateLimitError("slow down"), Loss.RATE_LIMIT, ""),
        (SupportsException("no PTR"), RejectedError, ""),
        (requests.exceptions.ConnectTimeout("slow"), Loss.UNREACHABLE, ""),
        (requests.exceptions.ReadTimeout("slow"), Loss.TIMEOUT, ""),
        (requests.exceptions.ConnectionError("cut"), Loss.CUT, ""),
        (
            requests.exceptions.ConnectionError(
                urllib3.exceptions.MaxRetryError(
                    None,  # type: ignore[arg-type]
                    "/",
                    urllib3.exceptions.NewConnectionError(None, "refused"),  # type: ignore[arg-type]
                )
            ),
            Loss.UNREACHABLE,
            "",
        ),
        (ConnectionRefusedError(111, "refused"), Loss.UNREACHABLE, ""),
        (socket.gaierror(-2, "unknown"), Loss.UNREACHABLE, ""),
        (ssl.SSLCertVerificationError("self-signed"), Loss.UNTRUSTED, ""),
        (dns.exception.Timeout(), Loss.TIMEOUT, ""),  # type: ignore[no-untyped-call]
        (TimeoutError("slow"), Loss.TIMEOUT, ""),
        (ConnectionResetError(104, "reset"), Loss.CUT, ""),
        (KeyError("rrset_ttl"), Loss.UNREADABLE, ""),
    ],
    ids=lambda one: repr(one)[:40],
)
def test_what_is_raised_is_an_error_of_ours_or_a_loss(
    error: Exception, kind: object, code: str
) -> None:
    failure = read_failure(error)
    assert failure.kind is kind
    assert failure.code == code
    assert type(error).__name__ in failure.reason


def test_the_words_of_the_answer_are_told_once() -> None:
    assert read_failure(http_error(422, '{"error": "bad ttl"}')).reason == (
        'HTTPError: 422 Error for url: http://host/: {"error": "bad ttl"}'
    )
    assert read_failure(http_error(422, "http://host/")).reason.count("http://host/") == 1


def test_a_pause_that_is_asked_for_is_read_and_any_other_word_is_none() -> None:
    assert read_failure(http_error(429, **{"Retry-After": "7"})).retry_after == 7
    assert read_failure(http_error(429, **{"Retry-After": "soon"})).retry_after is None
    assert read_failure(aws_error("Throttling", 400)).retry_after is None


def test_an_exception_without_words_is_called_by_its_name() -> None:
    assert read_failure(KeyError()).reason == "KeyError"


def test_words_are_one_line_with_an_end() -> None:
    assert shown("two\n  lines") == "two lines"
    assert shown("x" * 500) == "x" * 400 + "…"
