"""`ForwardRecord`: one address of the A or AAAA RRset of a hostname."""

from __future__ import annotations

import secrets
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.model.addresses import parse_address, record_type
from pulumi_rdns.model.names import name_text
from pulumi_rdns.resources import fields, program, wire
from pulumi_rdns.resources.engine.calls import old_inputs
from pulumi_rdns.resources.engine.errors import plain_errors
from pulumi_rdns.resources.engine.report import engine_report
from pulumi_rdns.resources.provider import (
    RecordProvider,
    changed,
    check_backend,
    failures,
    session,
    zone_changed,
)
from pulumi_rdns.resources.record import Record


class ForwardRecordProvider(RecordProvider):
    """The engine's calls for `ForwardRecord`. Its path is a part of every state: permanent."""

    @plain_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs, findings = fields.canonical(fields.FORWARD_FIELDS, news)
        findings += check_backend(inputs)
        known = fields.known(fields.FORWARD_FIELDS, inputs)
        if not findings and {"backend", "hostname"} <= known.keys():
            for address in {
                *fields.siblings(news),
                *([known["address"]] if "address" in known else []),
            }:
                session().forward.declare(
                    known["backend"], known["hostname"], address, known.get("zone")
                )
        return CheckResult(inputs, failures(findings))

    @plain_errors
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        session().forward.recall(wire.forward_state(_olds))
        replaces = [key for key in ("hostname", "backend") if changed(key, _olds, _news)]
        if zone_changed(_olds, _news):
            replaces.append("zone")
        if changed("address", _olds, _news) and not _same_type(_olds, _news):
            replaces.append("address")
        inputs = [key for key in fields.FORWARD_FIELDS if key != "zone"]
        changes = bool(replaces) or any(changed(key, _olds, _news) for key in inputs)
        return DiffResult(changes, replaces, delete_before_replace=False)

    @plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        with engine_report() as report:
            state = session().forward.create(wire.forward_spec(props), report)
        kind = record_type(state.address)
        id_ = f"{state.backend}/{name_text(state.hostname)}/{kind}/{secrets.token_hex(4)}"
        return CreateResult(id_, wire.forward_outputs(state))

    @plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        with engine_report() as report:
            state = session().forward.read(wire.forward_state(props), report)
        if state is None:
            return ReadResult(None, {})
        zone_given = "zone" in (old_inputs() or {})
        inputs = wire.forward_inputs(state, zone_given=zone_given)
        return ReadResult(id_, wire.forward_outputs(state), inputs)

    @plain_errors
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        old, spec = wire.forward_state(_olds), wire.forward_spec(_news)
        with engine_report() as report:
            state = session().forward.update(old, spec, report)
        return UpdateResult(wire.forward_outputs(state))

    @plain_errors
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        with engine_report() as report:
            session().forward.delete(wire.forward_state(_props), report)


def _same_type(olds: dict[str, Any], news: dict[str, Any]) -> bool:
    """Tell whether both addresses belong into the same RRset; an unknown one may not."""
    try:
        old, new = (record_type(parse_address(props["address"])) for props in (olds, news))
    except InvalidInputError:
        return False
    return old == new


class ForwardRecord(Record):
    """One address of the A or AAAA RRset of a hostname; the type follows the address."""

    #: lower case, A-labels, no trailing dot
    hostname: pulumi.Output[str]
    #: the address, in the form of RFC 5952
    address: pulumi.Output[str]
    #: the backend instance that holds the record
    backend: pulumi.Output[str]
    #: the zone where the record was written
    zone: pulumi.Output[str]
    #: seconds; None where the program gave none
    ttl: pulumi.Output[int | None]
    #: ``A`` or ``AAAA``
    record_type: pulumi.Output[str]
    #: the address that create or update wrote; a refresh never changes it
    written_address: pulumi.Output[str]
    #: True where the record was there already when the resource was created
    adopted: pulumi.Output[bool]

    def __init__(
        self,
        resource_name: str,
        *,
        hostname: pulumi.Input[str],
        address: pulumi.Input[str],
        backend: pulumi.Input[str] | None = None,
        zone: pulumi.Input[str] | None = None,
        ttl: pulumi.Input[int] | None = None,
        on_conflict: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare one address of ``hostname``.

        :param hostname: a full name; IDN, upper case and a trailing dot are accepted.
        :param address: IPv4 (an A record) or IPv6 (AAAA), any spelling.
        :param backend: name of a backend instance that has zones; default ``rdns:backend``.
        :param zone: the zone to write to; found by longest match where absent.
        :param ttl: seconds, 0 to 2147483647, of the whole RRset (RFC 2181 section 5.2); where
            absent, the live one is kept, and it is 3600 on create.
        :param on_conflict: ``fail`` (default), ``add`` (round robin) or ``overwrite``: the
            hostname has addresses that this program does not declare.
        :raises InvalidInputError: another resource gives the same RRset another TTL.
        :raises ConfigError: no backend is named and ``rdns:backend`` is not set.
        """
        stack = program.current()
        backend = stack.defaults.backend(backend)
        ttl = stack.defaults.value("ttl", ttl)
        ttl = stack.declared.declare_ttl(resource_name, backend, hostname, address, ttl)
        self.given_hostname = hostname
        self.given_address = address
        inputs = {
            "hostname": hostname,
            "address": address,
            "backend": backend,
            "zone": zone,
            "ttl": ttl,
            "on_conflict": on_conflict,
        }
        stack.declared.declare_forward(self, hostname, [*inputs.values()], opts)
        if opts is None or opts.id is None:
            inputs[fields.SIBLINGS] = stack.declared.siblings(backend, hostname, address)
        super().__init__(
            "ForwardRecord", resource_name, inputs, ("zone", *fields.FORWARD_OUTPUTS), opts
        )
