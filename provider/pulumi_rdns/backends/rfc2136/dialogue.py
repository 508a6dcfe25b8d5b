"""Single questions and updates, with what went wrong as the error of a task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import dns.message
import dns.name
from dns.rdatatype import RdataType

from pulumi_rdns.errors import BackendError, UnavailableError
from pulumi_rdns.model.names import name_text

from .connections import Answer, Connections, NoAnswerError
from .replies import RefusedError, check_answer, check_update, read_reply
from .settings import Credential

#: seconds for each prerequisite that the answer to an update may take beyond the time-out:
#: PowerDNS needs 3 ms for one of a message with a thousand
SECONDS_EACH = 0.01
#: the end of an error after which nobody knows
_UNKNOWN = "; whether the change was made is not known, and the next run finds out"
#: queries that are sent ahead of their answers
_AHEAD = 32


class Task(NamedTuple):
    """What is being done, for the error messages."""

    backend: str
    operation: str
    subject: str

    def error(self, kind: type[BackendError], reason: str, code: str = "") -> BackendError:
        """Make an error that begins with what was attempted."""
        return kind(self.backend, self.operation, self.subject, reason, code)


class Dialogue:
    """One server, asked and told with one key."""

    def __init__(self, name: str, connections: Connections, credential: Credential | None) -> None:
        """Take the backend's name for error messages."""
        self.name = name
        self._connections = connections
        self._credential = credential

    def query_all(
        self, names: Mapping[dns.name.Name, None], rdtype: RdataType
    ) -> Iterator[tuple[dns.name.Name, dns.message.Message]]:
        """Ask for the RRsets of many names over one connection, without waiting for each answer.

        Gives the replies that are authoritative; what goes wrong with one is passed over.
        """
        queries = {name: dns.message.make_query(name, rdtype, flags=0) for name in names}
        wires = map(self.wire, queries.values())
        answers = self._connections.exchange_all(wires, ahead=_AHEAD)
        for (name, query), answer in zip(queries.items(), answers, strict=True):
            if isinstance(answer, NoAnswerError):
                continue
            try:
                reply = read_reply(answer.wire, query, self._credential)
                check_answer(reply, self._credential)
            except RefusedError:
                continue
            yield name, reply

    def query(self, task: Task, name: dns.name.Name, rdtype: RdataType) -> dns.message.Message:
        """Ask for an RRset; the reply is authoritative."""
        message = dns.message.make_query(name, rdtype, flags=0)
        try:
            reply = read_reply(self._send(message).wire, message, self._credential)
            check_answer(reply, self._credential)
        except RefusedError as refused:
            raise task.error(refused.kind, refused.reason, refused.code) from None
        except NoAnswerError as error:
            raise task.error(UnavailableError, str(error)) from None
        return reply

    def update(
        self, task: Task, zone: dns.name.Name, message: dns.message.Message
    ) -> dns.message.Message:
        """Send an update; the reply is success or a prerequisite that does not hold."""
        is_unknown = False
        try:
            answer = self._send(message, more=SECONDS_EACH * len(message.sections[1]))
            is_unknown = answer.is_to_copy
            reply = read_reply(answer.wire, message, self._credential)
            check_update(reply, name_text(zone), self._credential)
        except RefusedError as refused:
            is_unknown |= not refused.is_no
            reason = f"{refused.reason}{_UNKNOWN if is_unknown else ''}"
            raise task.error(refused.kind, reason, refused.code) from None
        except NoAnswerError as error:
            reason = f"{error}{_UNKNOWN if error.was_sent else ''}"
            raise task.error(UnavailableError, reason) from None
        return reply

    def _send(self, message: dns.message.Message, more: float = 0.0) -> Answer:
        return self._connections.exchange(self.wire(message), more)

    def wire(self, message: dns.message.Message) -> bytes:
        """Write a message, signed where there is a key."""
        if self._credential:
            message.use_tsig(self._credential.key)
        return message.to_wire()
