"""`PtrRecord`: the reverse name of one IP address, wherever the address lives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import describe
from pulumi_rdns.resources import fields, program, wire
from pulumi_rdns.resources.engine.calls import old_inputs
from pulumi_rdns.resources.engine.errors import as_run_error, plain_errors
from pulumi_rdns.resources.engine.report import engine_report
from pulumi_rdns.resources.forward_record import ForwardRecord
from pulumi_rdns.resources.provider import (
    RecordProvider,
    changed,
    check_backend,
    check_zone_options,
    failures,
    session,
    zone_changed,
)
from pulumi_rdns.resources.record import Record


class PtrRecordProvider(RecordProvider):
    """The engine's calls for `PtrRecord`. Its path is a part of every state: permanent."""

    @plain_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs, findings = fields.canonical(fields.PTR_FIELDS, news)
        findings += check_backend(inputs) or check_zone_options(inputs)
        declared = fields.known(fields.PTR_FIELDS, inputs)
        if not findings and {"backend", "address"} <= declared.keys():
            session().ptr.declare(declared["backend"], declared["address"], declared.get("zone"))
        return CheckResult(inputs, failures(findings))

    @plain_errors
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        session().ptr.recall(wire.ptr_state(_olds, _id))
        replaces = [key for key in ("address", "backend") if changed(key, _olds, _news)]
        # Another record is made before this one goes, so that a create that fails loses nothing,
        # and a claim keeps the delete from what another resource took over. In the same place the
        # old record has to go first.
        same_place = not replaces
        if zone_changed(_olds, _news):
            replaces.append("zone")
        inputs = [key for key in fields.PTR_FIELDS if key != "zone"]
        changes = bool(replaces) or any(changed(key, _olds, _news) for key in inputs)
        return DiffResult(changes, replaces, delete_before_replace=same_place)

    @plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        with engine_report() as report:
            state = session().ptr.create(wire.ptr_spec(props), report)
        return CreateResult(wire.ptr_id(state.backend, state.address), wire.ptr_outputs(state))

    @plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        with engine_report() as report:
            state = session().ptr.read(wire.ptr_state(props, id_), report)
        if state is None:
            return ReadResult(None, {})
        zone_given = "zone" in (old_inputs() or {})
        inputs = wire.ptr_inputs(state, zone_given=zone_given)
        return ReadResult(id_, wire.ptr_outputs(state), inputs)

    @plain_errors
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        old, spec = wire.ptr_state(_olds, _id), wire.ptr_spec(_news)
        with engine_report() as report:
            state = session().ptr.update(old, spec, report)
        return UpdateResult(wire.ptr_outputs(state))

    @plain_errors
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        with engine_report() as report:
            session().ptr.delete(wire.ptr_state(_props, _id), report)


@pulumi.output_type
class PreviousRecord(dict[str, Any]):
    """What an address had before its PtrRecord was created: a dict with attributes."""

    #: False where nobody could be asked
    known: bool
    #: where the PTR records pointed
    hostnames: list[str]
    #: seconds; absent at a backend without zones
    ttl: int | None = None

    __eq__ = dict.__eq__


class PtrRecord(Record):
    """The PTR record of one IP address (RFC 1035 section 3.5, RFC 3596 section 2.5)."""

    #: the address, in the form of RFC 5952
    address: pulumi.Output[str]
    #: where the PTR points: lower case, A-labels, no trailing dot
    hostname: pulumi.Output[str]
    #: the backend instance that holds the record
    backend: pulumi.Output[str]
    #: the zone where the record was written; None at a backend that has none
    zone: pulumi.Output[str | None]
    #: seconds; None where the program gave none
    ttl: pulumi.Output[int | None]
    #: the name under in-addr.arpa or ip6.arpa that belongs to the address
    reverse_name: pulumi.Output[str]
    #: the name where the record was written; another than `reverse_name` under RFC 2317
    owner_name: pulumi.Output[str | None]
    #: the hostname that create or update wrote; a refresh never changes it
    written_hostname: pulumi.Output[str]
    #: True where the record was right already when the resource was created
    adopted: pulumi.Output[bool]
    #: what was there before
    previous: pulumi.Output[PreviousRecord]
    #: True or False; None where nobody could be asked
    forward_confirmed: pulumi.Output[bool | None]
    #: what `forward_confirmed` rests on, in a sentence
    forward_detail: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        address: pulumi.Input[str] | None = None,
        hostname: pulumi.Input[str] | None = None,
        forward: pulumi.Resource | Sequence[pulumi.Resource] | None = None,
        backend: pulumi.Input[str] | None = None,
        zone: pulumi.Input[str] | None = None,
        ttl: pulumi.Input[int] | None = None,
        on_conflict: pulumi.Input[str] | None = None,
        on_delete: pulumi.Input[str] | None = None,
        forward_check: pulumi.Input[str] | None = None,
        forward_timeout: pulumi.Input[float] | None = None,
        ptr_timeout: pulumi.Input[float] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the PTR record of ``address``.

        :param address: IPv4 or IPv6, any spelling. May be left out where ``forward`` is a
            ForwardRecord.
        :param hostname: where the PTR points: a full name; IDN, upper case and a trailing dot are
            accepted. May be left out where ``forward`` is a ForwardRecord.
        :param forward: what must exist first, usually the A or AAAA record: any Pulumi resource,
            or several.
        :param backend: name of a backend instance; default ``rdns:backend``.
        :param zone: the zone to write to, for backends with zones; found where absent.
        :param ttl: seconds, 0 to 2147483647, for backends with zones; 3600 on create where absent.
        :param on_conflict: ``fail`` (default) or ``overwrite``: the PTR points elsewhere already.
        :param on_delete: ``remove`` (default) or ``restore`` what was there before.
        :param forward_check: ``verify``, ``strict``, ``warn`` or ``skip``: must the hostname
            resolve to the address? Default ``verify``, for an address that is not global ``warn``.
        :param forward_timeout: seconds to keep asking for the forward record; default 60.
        :param ptr_timeout: seconds to wait until the reverse zone's servers serve the record;
            default 0: do not wait.
        :raises DuplicateAddressError: another resource of the program claims the address.
        :raises ConfigError: no backend is named and ``rdns:backend`` is not set.
        """
        forwards = _resources(resource_name, forward)
        for record in forwards:
            if isinstance(record, ForwardRecord):
                address = record.given_address if address is None else address
                hostname = record.given_hostname if hostname is None else hostname
        stack = program.current()
        backend = stack.defaults.backend(backend)
        address = stack.declared.declare_address(self, resource_name, backend, address)
        inputs = {
            "address": address,
            "hostname": hostname,
            "backend": backend,
            "zone": zone,
            "ttl": stack.defaults.ptr_ttl(backend, ttl),
            "on_conflict": stack.defaults.value("on_conflict", on_conflict),
            "on_delete": stack.defaults.value("on_delete", on_delete),
            "forward_check": stack.defaults.value("forward_check", forward_check),
            "forward_timeout": stack.defaults.value("forward_timeout", forward_timeout),
            "ptr_timeout": ptr_timeout,
        }
        needs = stack.declared.forward_dependencies(hostname, forwards)
        super().__init__(
            "PtrRecord",
            resource_name,
            inputs,
            fields.PTR_OUTPUTS,
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=needs)),
        )
        unchanged = self.__dict__.get("reverse_name")
        stack.warn_in_preview(self, inputs, unchanged, has_forward=bool(forwards))


def _resources(name: str, forward: Any) -> list[Any]:
    """Read what a record comes after. Raises InvalidInputError for a hostname, for instance."""
    if forward is None:
        return []
    is_one = isinstance(forward, str | pulumi.Resource) or not isinstance(forward, Iterable)
    given = [forward] if is_one else list(forward)
    for one in given:
        if not isinstance(one, pulumi.Resource | pulumi.Output):
            reason = f"must be a Pulumi resource, or several, not {describe(one)}"
            raise as_run_error(InvalidInputError(f"{name!r}: {reason}", "forward"))
    return given
