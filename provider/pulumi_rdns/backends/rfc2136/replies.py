"""What a server's reply means: signatures (RFC 8945) checked, refusals as sentences. Pure."""

from __future__ import annotations

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.tsig
from dns.rcode import Rcode
from dns.rdtypes.ANY.TSIG import TSIG

from pulumi_rdns.errors import (
    AuthenticationError,
    BackendError,
    RejectedError,
    UnavailableError,
    ZoneNotFoundError,
)

from .types import TsigCredential

_CHECK = "check keyName, keySecret, keyAlgorithm and this machine's clock"
_PREREQUISITES = (Rcode.YXDOMAIN, Rcode.YXRRSET, Rcode.NXDOMAIN, Rcode.NXRRSET)


class RefusedError(Exception):
    """A reply that is not the answer that was needed; its text is the reason, for a user."""

    def __init__(
        self,
        kind: type[BackendError],
        reason: str,
        code: str = "",
        *,
        is_definite: bool = False,
        is_authenticated: bool = False,
    ) -> None:
        """Take the error to raise, its reason and its code.

        ``is_definite``: the server says no; else it may have done what it was asked for.
        ``is_authenticated``: and that is the server's own word: what is not signed may come from a
        relay, or from a secondary that forwards updates.
        """
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.code = code
        self.is_definite = is_definite
        self.is_authenticated = is_authenticated


def read_reply(
    wire: bytes,
    request: dns.message.Message,
    credential: TsigCredential | None,
    mac: bytes | None = None,
) -> dns.message.Message:
    """Read a reply and check that it belongs to the request and that the key signed it.

    ``mac`` is the signature of a request that was not signed as a `dns.message.Message`. A refusal
    counts without a signature too: a server that does not know the key has none. Raises
    RefusedError.
    """
    key = credential.key if credential else None
    try:
        reply = dns.message.from_wire(wire, keyring=key, request_mac=mac or request.mac or b"")
    except (dns.exception.DNSException, dns.tsig.BadAlgorithm) as error:
        reply = _unsigned_or_wrong(wire, credential, error)
    if not request.is_response(reply):
        raise RefusedError(UnavailableError, "the server answered another question")
    return reply


def _unsigned_or_wrong(
    wire: bytes, credential: TsigCredential | None, error: Exception
) -> dns.message.Message:
    """Return a refusal that is not signed; raise for everything else that does not pass."""
    try:
        reply = dns.message.from_wire(wire, keyring=False)
    except dns.exception.DNSException:
        raise RefusedError(UnavailableError, "the answer is not a DNS message") from None
    if credential is None:
        raise RefusedError(UnavailableError, f"the answer cannot be read: {error}")
    code = dns.rcode.to_text(reply.rcode())
    if reply.tsig is None:
        if reply.rcode() not in (Rcode.NOERROR, *_PREREQUISITES):
            return reply
        reason = f"the server answered, but did not sign it with the {credential.text}; {_CHECK}"
        raise RefusedError(AuthenticationError, reason, code)
    peer = reply.tsig[0].error
    if peer or isinstance(error, dns.tsig.BadTime):
        raise _tsig_refusal(peer, reply.tsig[0], credential)
    reason = f"the answer is not signed as the {credential.text} would; {_CHECK}"
    raise RefusedError(AuthenticationError, reason, code)


def _tsig_refusal(peer: int, tsig: TSIG, credential: TsigCredential) -> RefusedError:
    """Return what the server's TSIG error means; without one, its clock made the answer invalid."""
    error = peer or Rcode.BADTIME
    match error:
        case Rcode.BADKEY:
            reason = (
                f"the server does not know the {credential.text}, or does not let it do this; "
                "check keyName and keyAlgorithm, and what the key may change there"
            )
        case Rcode.BADSIG:
            reason = (
                f"the server does not accept the signature of the {credential.text}; check "
                "keySecret and keyAlgorithm"
            )
        case Rcode.BADTIME:
            reason = (
                f"this machine's clock and the server's are too far apart{_apart(tsig)}; set them "
                "by NTP"
            )
        case _:
            reason = f"the server does not accept the {credential.text}"
    code = dns.rcode.to_text(Rcode(error), tsig=True)
    is_no = bool(peer)
    return RefusedError(
        AuthenticationError, reason, code, is_definite=is_no, is_authenticated=is_no
    )


def _apart(tsig: TSIG) -> str:
    """Compare the times that a BADTIME brings: the request's and the server's (section 5.2.3)."""
    if len(tsig.other) != 6:
        return ""
    seconds = tsig.time_signed - int.from_bytes(tsig.other, "big")
    return f" (this one is {abs(seconds)} s {'ahead' if seconds > 0 else 'behind'})"


def is_unmet_prerequisite(reply: dns.message.Message) -> bool:
    """Whether the reply to an update says that something else is there than expected."""
    return reply.rcode() in _PREREQUISITES


def check_update(reply: dns.message.Message, zone: str, credential: TsigCredential | None) -> None:
    """Raise RefusedError where an update was neither done nor failed for a prerequisite."""
    rcode = reply.rcode()
    if rcode == Rcode.NOERROR or is_unmet_prerequisite(reply):
        return
    who = f"the {credential.text}" if credential else "a client without a key (keyName)"
    if credential and not reply.had_tsig:
        hint = f". The answer is not signed, so {_CHECK} too"
    else:
        hint = ""
    kind: type[BackendError] = RejectedError
    match rcode:
        case Rcode.REFUSED:
            kind = AuthenticationError
            reason = (
                f"the server refused it: {who} may not make this change in the zone {zone}; check "
                "the server's update policy (names, types, addresses), and that the zone is not "
                f"frozen{hint}"
            )
        case Rcode.NOTAUTH:
            kind = AuthenticationError
            reason = (
                f"the server does not take updates of the zone {zone} from {who}; check that "
                f"`server` is its primary, and what may be updated there by whom{hint}"
            )
        case Rcode.NOTZONE:
            reason = f"this name is not in the server's zone {zone}; check `zone`"
        case Rcode.SERVFAIL:
            kind = UnavailableError
            reason = (
                "the server failed, and its log says why; often it may not write its journal "
                "beside the zone file, or the zone did not load"
            )
        case Rcode.NOTIMP:
            reason = "the server does not take dynamic updates"
        case _:
            reason = "the server does not accept the update; its log may say why"
    # A server that does not know the key cannot sign.
    is_authenticated = credential is None or reply.had_tsig or rcode == Rcode.NOTAUTH
    code = dns.rcode.to_text(rcode)
    raise RefusedError(kind, reason, code, is_definite=True, is_authenticated=is_authenticated)


def check_answer(reply: dns.message.Message, credential: TsigCredential | None) -> None:
    """Raise RefusedError where the reply to a query is not authoritative."""
    rcode = reply.rcode()
    code = dns.rcode.to_text(rcode)
    if rcode == Rcode.REFUSED:
        reason = "the server has no zone that contains it, or does not show it to this client"
        raise RefusedError(ZoneNotFoundError, reason, code)
    if rcode == Rcode.NOTAUTH and credential:
        reason = f"the server does not accept the {credential.text}; {_CHECK}"
        raise RefusedError(AuthenticationError, reason, code)
    if rcode == Rcode.SERVFAIL:
        reason = "the server failed, and its log says why; often the zone did not load"
        raise RefusedError(UnavailableError, reason, code)
    if rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
        raise RefusedError(RejectedError, "the server does not answer the question", code)
    if reply.flags & dns.flags.TC:
        reason = "the server truncated its answer, which over TCP makes no sense"
        raise RefusedError(UnavailableError, reason, "TC")
    if not reply.flags & dns.flags.AA:
        raise RefusedError(ZoneNotFoundError, _not_here(reply), "not authoritative")


def _not_here(reply: dns.message.Message) -> str:
    for rrset in reply.authority:
        if rrset.rdtype == dns.rdatatype.NS and not reply.answer and len(rrset.name) > 1:
            hosts = ", ".join(sorted(rdata.target.to_text(True) for rdata in rrset))
            zone = rrset.name.to_text(True)
            return f"{zone} is delegated to {hosts}, and this server does not have it"
    return "the server has no zone that contains it; check that `server` is not a resolver"
