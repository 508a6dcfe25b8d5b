"""`PtrRecordSet`: many PTR records as one resource, written in batches."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from pulumi_rdns.errors import ConfigError
from pulumi_rdns.records.ptr_set_state import Brought
from pulumi_rdns.resources import program, set_wire
from pulumi_rdns.resources.engine.errors import as_run_error, plain_errors
from pulumi_rdns.resources.engine.partial import report_partial_success
from pulumi_rdns.resources.engine.report import engine_report
from pulumi_rdns.resources.provider import (
    RecordProvider,
    changed,
    check_backend,
    check_zone_options,
    failures,
    session,
)
from pulumi_rdns.resources.record import Record


class PtrRecordSetProvider(RecordProvider):
    """The engine's calls for `PtrRecordSet`. Its path is a part of every state: permanent."""

    @plain_errors
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs, records, findings = set_wire.set_inputs(news)
        findings += check_backend(inputs) or check_zone_options(inputs)
        if not findings and records is not None and not pulumi.contains_unknowns(inputs):
            session().ptr_sets.declare(set_wire.spec_of(inputs, records))
        return CheckResult(inputs, failures(findings))

    @plain_errors
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        session().ptr_sets.recall(set_wire.set_state(_olds))
        replaces = ["backend"] if changed("backend", _olds, _news) else []
        # As for a single record: elsewhere, the new records are written before the old ones go.
        same_place = not replaces
        if _zone_changed(_olds, _news):
            replaces.append("zone")
        inputs = [key for key in set_wire.SET_FIELDS if key != "zone"]
        changes = bool(replaces) or any(changed(key, _olds, _news) for key in inputs)
        return DiffResult(changes, replaces, delete_before_replace=same_place)

    @plain_errors
    def create(self, props: dict[str, Any]) -> CreateResult:
        spec = set_wire.set_spec(props)
        id_ = f"{spec.backend}/{secrets.token_hex(4)}"
        with engine_report() as report:
            brought = session().ptr_sets.create(spec, report)
        return CreateResult(id_, _outputs(id_, brought))

    @plain_errors
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        with engine_report() as report:
            state = session().ptr_sets.read(set_wire.set_state(props), report)
        if state is None:
            return ReadResult(None, {})
        return ReadResult(id_, set_wire.set_outputs(state), set_wire.live_inputs(state))

    @plain_errors
    def update(self, id_: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        old, spec = set_wire.set_state(_olds), set_wire.set_spec(_news)
        with engine_report() as report:
            brought = session().ptr_sets.update(old, spec, report)
        return UpdateResult(_outputs(id_, brought))

    @plain_errors
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        with engine_report() as report:
            session().ptr_sets.delete(set_wire.set_state(_props), report)


def _zone_changed(olds: dict[str, Any], news: dict[str, Any]) -> bool:
    """Tell whether the program names another zone than before; naming none is no opinion."""
    if news.get("zone") is None or [news["zone"]] == olds.get("zones"):
        return False
    return changed("zone", olds, news)


def _outputs(id_: str, brought: Brought) -> dict[str, Any]:
    """Give the outputs; where something failed, let the engine have them and raise the error."""
    outputs = set_wire.set_outputs(brought.state)
    if brought.error is None:
        return outputs
    if brought.state.written:
        inputs = set_wire.live_inputs(brought.state)
        report_partial_success(id_, outputs, inputs, str(brought.error))
    raise brought.error


class PtrRecordSet(Record):
    """The PTR records of many addresses, as one resource: single ones, a whole network, or both."""

    #: the records as text: a line ``address hostname`` each, sorted by address
    records: pulumi.Output[str | None]
    #: the network, in the form of RFC 5952
    network: pulumi.Output[str | None]
    #: the pattern of hostnames
    fill: pulumi.Output[str | None]
    #: what the fill leaves out: a line for each address or network, sorted
    exclude: pulumi.Output[str | None]
    #: the backend instance that holds the records
    backend: pulumi.Output[str]
    #: seconds; None where the program gave none
    ttl: pulumi.Output[int | None]
    #: how many records were written
    count: pulumi.Output[int]
    #: what create or update wrote; a refresh never changes it. A line for each, or for a network
    written_records: pulumi.Output[str]
    #: the zones where records were written; empty at a backend that has none
    zones: pulumi.Output[list[str]]
    #: a line ``address name`` for each record that is not at its reverse name (RFC 2317)
    owner_names: pulumi.Output[str | None]
    #: how many hostnames resolve to their address; None where that is not checked
    forward_confirmed_count: pulumi.Output[int | None] = pulumi.property("forwardConfirmedCount")
    #: the addresses whose hostname does not; None where that is not checked
    unconfirmed: pulumi.Output[list[str] | None]

    def __init__(
        self,
        resource_name: str,
        *,
        records: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        network: pulumi.Input[str] | None = None,
        fill: pulumi.Input[str] | None = None,
        exclude: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        backend: pulumi.Input[str] | None = None,
        zone: pulumi.Input[str] | None = None,
        ttl: pulumi.Input[int] | None = None,
        on_conflict: pulumi.Input[str] | None = None,
        on_delete: pulumi.Input[str] | None = None,
        forward_check: pulumi.Input[str] | None = None,
        forward_timeout: pulumi.Input[float] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare PTR records.

        :param records: address -> hostname; any spelling of both.
        :param network: CIDR notation; no record may be outside of it.
        :param fill: the hostnames of all addresses of the network that are not in ``records``: a
            pattern with the fields ``{a}`` ``{b}`` ``{c}`` ``{d}`` (the octets of an IPv4 address),
            ``{dashed}`` (the address with hyphens; all 32 digits of IPv6), ``{nibbles}`` (those
            digits without hyphens), ``{n1}`` to ``{n32}`` (one of them, the highest first).
            At most 65,536 addresses of IPv6, 262,144 of IPv4.
        :param exclude: addresses and networks that the fill leaves out.
        :param backend: name of a backend instance; default ``rdns:backend``.
        :param zone: the zone to write to, for backends with zones; found where absent.
        :param ttl: seconds, 0 to 2147483647, for backends with zones; 3600 on create where absent.
        :param on_conflict: ``fail`` (default) or ``overwrite``: a PTR points elsewhere already.
        :param on_delete: ``remove``, which is all there is: a set remembers no earlier records.
        :param forward_check: ``verify``, ``strict``, ``warn`` or ``skip`` (default): must each
            hostname resolve to its address?
        :param forward_timeout: seconds to keep asking for forward records; default 60.
        :raises InvalidInputError: records that cannot be right, all of them at once.
        :raises DuplicateAddressError: another resource of the program claims one of the addresses.
        :raises ConfigError: no backend is named and ``rdns:backend`` is not set.
        """
        stack = program.current()
        if records is None and fill is None:
            raise as_run_error(
                ConfigError(f"{resource_name!r}: give records, or network and fill, or both")
            )
        backend = stack.defaults.backend(backend)
        given = stack.declared.declare_records(
            self, resource_name, backend, records, network, fill, exclude
        )
        inputs = {
            **given,
            "backend": backend,
            "zone": zone,
            "ttl": stack.defaults.ptr_ttl(backend, ttl),
            "on_conflict": stack.defaults.value("on_conflict", on_conflict),
            "on_delete": on_delete,
            "forward_check": forward_check,
            "forward_timeout": stack.defaults.value("forward_timeout", forward_timeout),
        }
        super().__init__("PtrRecordSet", resource_name, inputs, set_wire.SET_OUTPUTS, opts)
