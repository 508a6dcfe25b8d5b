"""Every error of this package.

::

    RdnsError
    ├── InvalidInputError      a name, an address, a TTL or a policy that cannot be right
    ├── ConfigError            a setting that is missing, unknown or of the wrong type
    ├── ForwardMismatchError   the hostname definitely does not resolve to the address
    ├── DuplicateAddressError  two resources of one program claim one address
    └── BackendError           the place where records live said no, or said nothing
        ├── AuthenticationError   wrong or missing credentials
        ├── AddressNotFoundError  the account does not have this address
        ├── ZoneNotFoundError     no zone there holds this name
        ├── ConflictError         something else is there that is not ours
        ├── RateLimitError        too many requests, also after waiting
        ├── UnavailableError      cannot be reached or cannot be written just now
        └── RejectedError         understood and refused

Each message is one sentence that a user can act on. No message ever holds a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that is wrong with one property: its name on the wire, and why."""

    property: str
    reason: str


class RdnsError(Exception):
    """The root of all errors that this package raises on purpose."""


class InvalidInputError(RdnsError):
    """One or several properties have a value that cannot be right.

    ``findings`` lists all of them, so that one run shows every mistake.
    """

    def __init__(self, findings: Sequence[Finding] | str, subject: str = "") -> None:
        if isinstance(findings, str):
            findings = [Finding(subject, findings)]
        self.findings = tuple(findings)
        super().__init__(
            "; ".join(f"{name}: {why}" if name else why for name, why in self.findings)
        )


class ConfigError(RdnsError):
    """A setting is missing, unknown, or has the wrong type."""


class ForwardMismatchError(RdnsError):
    """The hostname definitely does not resolve to the address (RFC 1912 section 2.1)."""


class DuplicateAddressError(RdnsError):
    """Two resources of one program claim one address of one backend."""


class BackendError(RdnsError):
    """The place where records live refused, failed or could not be reached.

    The message reads ``<backend>: <operation> <subject>: <reason> (<code>)``.
    """

    def __init__(
        self, backend: str, operation: str, subject: str, reason: str, code: str = ""
    ) -> None:
        self.backend = backend
        self.operation = operation
        self.subject = subject
        self.reason = reason
        self.code = code
        suffix = f" ({code})" if code else ""
        super().__init__(f"{backend}: {operation} {subject}: {reason}{suffix}")


class AuthenticationError(BackendError):
    """The credentials are wrong, missing or not allowed to do this."""


class AddressNotFoundError(BackendError):
    """The account behind this backend does not have this address."""


class ZoneNotFoundError(BackendError):
    """No zone of this backend holds this name. Never means that a record is gone."""


class ConflictError(BackendError):
    """Something is there that this resource does not own, or it changed under our hands."""


class RateLimitError(BackendError):
    """Too many requests, also after waiting as long as allowed."""


class UnavailableError(BackendError):
    """Cannot be reached, read or written just now; trying again later may help."""


class RejectedError(BackendError):
    """Understood and refused; trying the same again will not help."""
