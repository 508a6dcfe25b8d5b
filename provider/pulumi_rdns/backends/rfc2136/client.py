"""What is asked of the servers: single questions and updates, many of them, and transfers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import dns.message
import dns.name
import dns.update
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from pulumi_rdns.backends.base import Change
from pulumi_rdns.backends.batch import PtrChange
from pulumi_rdns.backends.changes import LiveRecord, verb
from pulumi_rdns.backends.kit.answers import OUTCOME_UNKNOWN
from pulumi_rdns.backends.kit.operation import Operation
from pulumi_rdns.backends.kit.requestlog import RequestLog
from pulumi_rdns.errors import BackendError, UnavailableError
from pulumi_rdns.model.names import from_dns

from .connections import Connections, DnsRequest, NoAnswerError, WireAnswer
from .packing import Packed, Signed, pack_updates, sign
from .replies import RefusedError, check_answer, check_update, is_unmet_prerequisite, read_reply
from .transfers import Transfer, TransferError
from .types import TsigCredential, UpdateServer
from .updates import presence_of, update_of

#: seconds for each prerequisite that the answer to an update may take beyond the time-out:
#: PowerDNS needs 3 ms for one of a message with a thousand
_SECONDS_EACH = 0.01
#: queries, and updates, that are sent ahead of their answers
_QUERIES_AHEAD = 32
_UPDATES_AHEAD = 4


class UpdateResult(NamedTuple):
    """What became of one message of several."""

    #: how many changes were in it
    changes: int
    #: None where it was made, or a prerequisite was not met
    error: BackendError | None
    #: None where it may have been made; a prerequisite may be unmet because of a copy of the
    #: message, whose answer was lost
    is_made: bool | None


class Client:
    """The servers of one instance, queried and updated with one key. Shared by several threads."""

    def __init__(
        self,
        servers: Sequence[UpdateServer],
        credential: TsigCredential | None,
        timeout: float,
        log: RequestLog,
    ) -> None:
        """Take the servers in the order of preference; ``timeout`` is seconds for each answer."""
        self._connections = Connections(servers, timeout, log)
        self._credential = credential
        self._key = credential.key if credential else None

    def query(
        self, operation: Operation, name: dns.name.Name, rdtype: RdataType
    ) -> dns.message.Message:
        """Ask for an RRset; the reply is authoritative. Raises an error of the operation."""
        message = dns.message.make_query(name, rdtype, flags=0)
        try:
            answer = self._connections.exchange(self._query(operation, message))
            reply = read_reply(answer.wire, message, self._credential)
            check_answer(reply, self._credential)
        except RefusedError as refused:
            raise operation.error(refused.kind, refused.reason, refused.code) from None
        except NoAnswerError as error:
            raise operation.error(UnavailableError, str(error)) from None
        return reply

    def query_all(
        self, operation: Operation, names: Mapping[dns.name.Name, None], rdtype: RdataType
    ) -> Iterator[tuple[dns.name.Name, dns.message.Message]]:
        """Ask for the RRsets of many names over one connection, without waiting for each answer.

        Yield the replies that are authoritative; what goes wrong with one is passed over.
        """
        queries = {name: dns.message.make_query(name, rdtype, flags=0) for name in names}
        requests = (self._query(operation, query) for query in queries.values())
        answers = self._connections.exchange_all(requests, ahead=_QUERIES_AHEAD)
        for (name, query), answer in zip(queries.items(), answers, strict=True):
            if isinstance(answer, NoAnswerError):
                continue
            try:
                reply = read_reply(answer.wire, query, self._credential)
                check_answer(reply, self._credential)
            except RefusedError:
                continue
            yield name, reply

    def update(self, operation: Operation, zone: dns.name.Name, changes: Sequence[Change]) -> Rcode:
        """Make all changes or none, in one message.

        Return NOERROR, or the rcode of a prerequisite that is not met. Raises an error of the
        operation, and `dns.exception.TooBig` where the message would be over 64 KiB.
        """
        return self._update(operation, zone, update_of(zone, changes))

    def is_present(
        self,
        operation: Operation,
        zone: dns.name.Name,
        name: dns.name.Name,
        rdtype: RdataType | None = None,
    ) -> bool:
        """Whether an RRset, or any, is really in the zone: one prerequisite and no change."""
        return self._update(operation, zone, presence_of(zone, name, rdtype)) == Rcode.NOERROR

    def version(self, operation: Operation) -> str:
        """Return what the server says that it is; empty where it does not."""
        message = dns.message.make_query("version.bind", "TXT", "CH", flags=0)
        request = DnsRequest(operation, "QUERY TXT version.bind", message.to_wire())
        try:
            reply = read_reply(self._connections.exchange(request).wire, message, None)
            texts = [rdata.to_text() for rrset in reply.answer for rdata in rrset]
        except (RefusedError, NoAnswerError):
            return ""
        return texts[0].strip('"') if texts else ""

    def update_all(
        self, operation: Operation, zone: dns.name.Name, changes: Sequence[PtrChange], most: int
    ) -> Iterator[UpdateResult]:
        """Send updates of ``most`` changes at the most, and yield what became of each in order.

        ``operation`` is that of all; the errors name what a message was to do.
        """
        sent: deque[tuple[Operation, Packed, Signed]] = deque()

        def requests() -> Iterator[DnsRequest]:
            start = 0
            for packed in pack_updates(zone, changes, most):
                signed = sign(packed, self._key)
                part = changes[start : start + packed.changes]
                start += packed.changes
                one = Operation(operation.backend, f"{verb(part)} PTR of", operation.subject)
                sent.append((one, packed, signed))
                title = f"UPDATE {from_dns(zone)} ({packed.changes} changes)"
                yield DnsRequest(one, title, signed.wire)

        patience = _SECONDS_EACH * 4 * most
        for answer in self._connections.exchange_all(requests(), patience, ahead=_UPDATES_AHEAD):
            yield self._result(zone, *sent.popleft(), answer)

    def transfer(
        self, operation: Operation, zone: dns.name.Name
    ) -> dict[str, LiveRecord | None] | None:
        """Read a whole zone (RFC 5936), as `Transfer.found`; None where it is not given."""
        request = dns.message.make_query(zone, RdataType.AXFR, flags=0)
        wire = self._query(operation, request)
        begin = partial(Transfer, request.id, self._key, request.mac or b"")
        try:
            return self._connections.receive_all(wire, begin).found()
        except (TransferError, NoAnswerError) as error:
            # The single queries that come next say what is wrong, if anything is.
            if error.is_endless:
                operation.warn(f"{error}; its records are asked for one by one")
            return None

    def _result(
        self,
        zone: dns.name.Name,
        operation: Operation,
        packed: Packed,
        signed: Signed,
        answer: WireAnswer | NoAnswerError,
    ) -> UpdateResult:
        if isinstance(answer, NoAnswerError):
            error = operation.error(UnavailableError, str(answer))
            return UpdateResult(packed.changes, error, None if answer.was_sent else False)
        not_made = None if answer.may_be_duplicate else False
        try:
            request = dns.update.UpdateMessage(zone, id=packed.id)
            reply = read_reply(answer.wire, request, self._credential, signed.mac)
            check_update(reply, from_dns(zone), self._credential)
        except RefusedError as refused:
            is_made = not_made if refused.is_authenticated else None
            refusal = operation.error(refused.kind, refused.reason, refused.code)
            return UpdateResult(packed.changes, refusal, is_made)
        return UpdateResult(
            packed.changes, None, not_made if is_unmet_prerequisite(reply) else True
        )

    def _update(
        self, operation: Operation, zone: dns.name.Name, message: dns.message.Message
    ) -> Rcode:
        is_unknown = False
        try:
            request = DnsRequest(operation, f"UPDATE {from_dns(zone)}", self._wire(message))
            more = _SECONDS_EACH * len(message.sections[1])
            answer = self._connections.exchange(request, more)
            is_unknown = answer.may_be_duplicate
            reply = read_reply(answer.wire, message, self._credential)
            check_update(reply, from_dns(zone), self._credential)
        except RefusedError as refused:
            is_unknown |= not refused.is_definite
            reason = f"{refused.reason}{f'; {OUTCOME_UNKNOWN}' if is_unknown else ''}"
            raise operation.error(refused.kind, reason, refused.code) from None
        except NoAnswerError as error:
            reason = f"{error}{f'; {OUTCOME_UNKNOWN}' if error.was_sent else ''}"
            raise operation.error(UnavailableError, reason) from None
        return Rcode(reply.rcode())

    def _query(self, operation: Operation, message: dns.message.Message) -> DnsRequest:
        asked = message.question[0]
        title = f"QUERY {RdataType(asked.rdtype).name} {from_dns(asked.name)}"
        return DnsRequest(operation, title, self._wire(message))

    def _wire(self, message: dns.message.Message) -> bytes:
        """Write a message, signed where there is a key."""
        if self._key:
            message.use_tsig(self._key)
        return message.to_wire()
