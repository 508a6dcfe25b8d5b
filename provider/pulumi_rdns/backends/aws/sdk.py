"""boto3 as what sends the requests of `Http`. It and botocore are imported with the first one."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Any

import msgspec

from pulumi_rdns.backends.kit.answers import Answer, Loss, NoAnswer, cause
from pulumi_rdns.backends.kit.credentials import Credentials, read_credential
from pulumi_rdns.backends.kit.sdk import import_sdk, require_sdk
from pulumi_rdns.errors import ConfigError

from .types import ENVIRONMENT, AwsSettings

EXTRA = "aws"
#: what an error code means here, where its HTTP status does not say it
_STATUS = {
    "AuthFailure": 401,
    "ExpiredToken": 401,
    "ExpiredTokenException": 401,
    "InvalidClientTokenId": 401,
    "MissingAuthenticationToken": 401,
    "RequestExpired": 401,
    "SignatureDoesNotMatch": 401,
    "UnrecognizedClientException": 401,
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "OptInRequired": 403,
    "UnauthorizedOperation": 403,
    "InvalidAllocationID.NotFound": 404,
    "InvalidChangeBatch": 409,
    # The zone takes one batch at a time.
    "PriorRequestNotComplete": 429,
    "RequestLimitExceeded": 429,
    "RequestThrottled": 429,
    "Throttling": 429,
    "ThrottlingException": 429,
    "TooManyRequestsException": 429,
}
#: what botocore raises where it finds no credentials, or cannot renew them
_LOGIN_ERRORS = (
    "CredentialRetrievalError",
    "MetadataRetrievalError",
    "NoCredentialsError",
    "SSOError",
    "TokenRetrievalError",
)
#: connections of one service: as many as the engine calls at once, as a rule
_CONNECTIONS = 32


@dataclass(frozen=True)
class _Credentials(Credentials):
    """Secrets of the settings, or none: then boto3 finds some where AWS's own tools do."""

    profile: str = ""

    @property
    def hint(self) -> str:
        """Where they were read from."""
        if self.parts:
            return super().hint
        if self.profile:
            return f"the profile {self.profile} of ~/.aws"
        return "what boto3 finds (environment, ~/.aws, role of the container or the instance)"


class Login:
    """The credentials of an instance, and the clients that have them. An `Auth` of the kit."""

    def __init__(self, name: str, settings: AwsSettings) -> None:
        """Take the instance's name for error messages. Raises ConfigError."""
        require_sdk(name, "boto3", EXTRA)
        self._name = name
        self._settings = settings
        self._lock = threading.Lock()
        self._session: Any = None
        _check(name, settings)
        given = {"secretAccessKey": settings.secret_access_key}
        given["sessionToken"] = settings.session_token
        parts = [
            read_credential(name, key, text, ENVIRONMENT) for key, text in given.items() if text
        ]
        self.credential = _Credentials(tuple(parts), profile=settings.profile)

    def sdk(self, module: str) -> Any:
        """Import a module of the SDK. Raises ConfigError."""
        return import_sdk(self._name, module, EXTRA)

    def client(self, service: str, timeouts: tuple[float, float]) -> Any:
        """Make the client of a service. Raises ConfigError with what botocore says is wrong."""
        errors = self.sdk("botocore.exceptions")
        config = self.sdk("botocore.config").Config(
            connect_timeout=timeouts[0],
            read_timeout=timeouts[1],
            retries={"total_max_attempts": 1},
            max_pool_connections=_CONNECTIONS,
            user_agent_extra="pulumi-rdns",
        )
        url = self._settings.endpoint_url or None
        try:
            with self._lock:  # a session is of one thread at a time
                self._session = self._session or self._start()
                return self._session.client(service, endpoint_url=url, config=config)
        except errors.BotoCoreError as error:
            raise self.config_error(error) from None

    def config_error(self, error: Exception) -> ConfigError:
        """Return the error for settings that botocore can do nothing with."""
        if not isinstance(error, self.sdk("botocore.exceptions").NoRegionError):
            return ConfigError(f"rdns:backends.{self._name}: {error}")
        setting = f"rdns:backends.{self._name}.region"
        return ConfigError(
            f"{setting}: is missing; set it with: pulumi config set --path '{setting}' VALUE (or "
            "set AWS_REGION)"
        )

    def _start(self) -> Any:
        # At DEBUG botocore logs the headers of requests, a session token among them.
        logger = logging.getLogger("botocore")
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)
        settings = self._settings
        return self.sdk("boto3").Session(
            profile_name=settings.profile or None,
            region_name=settings.region or None,
            aws_access_key_id=settings.access_key_id.strip() or None,
            aws_secret_access_key=settings.secret_access_key.strip() or None,
            aws_session_token=settings.session_token.strip() or None,
        )


def _check(name: str, settings: AwsSettings) -> None:
    """Refuse half a key, and two ways to log in. Raises ConfigError."""
    has_id, has_secret = bool(settings.access_key_id), bool(settings.secret_access_key)
    if has_id != has_secret or (settings.session_token and not has_id):
        missing = "secretAccessKey" if has_id else "accessKeyId"
        raise ConfigError(
            f"rdns:backends.{name}.{missing}: is missing; accessKeyId, secretAccessKey and, where "
            "there is one, sessionToken belong together"
        )
    if has_id and settings.profile:
        raise ConfigError(f"rdns:backends.{name}.profile: an access key is set too; drop one")


class Sdk:
    """One service's client, as what sends the requests of `Http`: a call is sent once.

    ``method`` is the call's name in the API, ``body`` its parameters in JSON; so is the answer.
    """

    def __init__(self, login: Login, service: str, timeouts: tuple[float, float]) -> None:
        """Take botocore's name of the service, and seconds to connect and for each read."""
        self._login = login
        self._errors = login.sdk("botocore.exceptions")
        self._client = login.client(service, timeouts)

    def send(self, method: str, path: str, body: bytes | None) -> Answer | NoAnswer:
        """Send once. What boto3 raises is an answer, or says why there is none."""
        errors, url = self._errors, str(self._client.meta.endpoint_url)
        unreadable = self._login.sdk("botocore.parsers").ResponseParserError
        call = getattr(self._client, self._login.sdk("botocore").xform_name(method))
        try:
            answer = call(**msgspec.json.decode(body or b"{}"))
        except errors.ClientError as error:
            return _refused(method, error.response)
        except unreadable:
            return NoAnswer(Loss.UNREADABLE, f"{url} answered with something else than XML")
        except (errors.HTTPClientError, errors.ConnectionError) as error:
            return NoAnswer(*_loss(errors, url, error))
        except errors.NoRegionError as error:
            raise self._login.config_error(error) from None
        except errors.BotoCoreError as error:
            is_login = isinstance(error, tuple(getattr(errors, name) for name in _LOGIN_ERRORS))
            return _answer(method, 401 if is_login else 400, {"message": str(error)})
        answer.pop("ResponseMetadata", None)
        return _answer(method, 200, answer)


def _loss(errors: Any, url: str, error: Exception) -> tuple[Loss, str]:
    """Return why there is no answer, and a clause that says so."""
    if isinstance(error, errors.SSLError):
        return Loss.UNTRUSTED, f"{url} cannot be reached securely: {cause(error)}"
    if isinstance(error, errors.ReadTimeoutError):
        return Loss.TIMEOUT, f"{url} gave no answer: timed out"
    if isinstance(error, errors.ConnectionError):
        is_slow = isinstance(error, errors.ConnectTimeoutError)
        reason = "timed out" if is_slow else cause(error)
        return Loss.UNREACHABLE, f"{url} cannot be reached: {reason}"
    return Loss.CUT, f"{url} gave no answer: {cause(error)}"


def _refused(method: str, response: Any) -> Answer:
    error = response.get("Error", {})
    code = str(error.get("Code", ""))
    meta = response.get("ResponseMetadata", {})
    status = _STATUS.get(code, meta.get("HTTPStatusCode", 400))
    content = {"message": error.get("Message") or code, "code": code}
    return _answer(method, status, content, str(meta.get("RequestId") or ""))


def _answer(method: str, status: int, content: dict[str, Any], request_id: str = "") -> Answer:
    if "message" in content:
        content["message"] = content["message"].rstrip(".")
    return Answer(status, msgspec.json.encode(content), method, request_id=request_id)
