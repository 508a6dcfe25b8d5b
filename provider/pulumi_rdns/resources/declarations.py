"""What the resources of one program declare, and what follows for the others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import pulumi

from pulumi_rdns.errors import Finding, InvalidInputError, RdnsError
from pulumi_rdns.model.addresses import parse_address, record_type
from pulumi_rdns.model.names import parse_hostname
from pulumi_rdns.model.tables import Table
from pulumi_rdns.properties.ptr_set import (
    check_records,
    exclude_lines,
    record_inputs,
    records_text,
)
from pulumi_rdns.resources.declared_addresses import DeclaredAddresses, Duplicate
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.resources.inputs import has_computed, is_computed, literal_hostname, when_known

#: seconds that the creation of one record may take, with the wait for its forward record
_LONGEST_CREATE = 120.0


class Declarations:
    """Addresses, TTLs and forward records that one program has declared so far."""

    def __init__(self) -> None:
        self._declared = DeclaredAddresses()
        self._ttls: dict[tuple[str, str, str], tuple[int, str]] = {}
        self._forwards: dict[str | None, list[tuple[pulumi.Resource, bool]]] = {}

    def declare_address(
        self,
        resource: pulumi.Resource,
        resource_name: str,
        backend: pulumi.Input[str],
        address: pulumi.Input[str] | None,
    ) -> Any:
        """Note which resource sets the PTR record of an address. Return the address.

        Raises DuplicateAddressError where another one does, at once or when both are known.
        """
        is_later = is_computed(backend) or is_computed(address)

        def declare(backend: Any, address: Any) -> Any:
            try:
                key = (str(backend), str(parse_address(address)))
            except InvalidInputError:
                return address  # check says what is wrong with it
            duplicate = self._declared.declare_one(resource, resource_name, *key)
            return _refuse(duplicate, is_later) if duplicate else address

        return when_known(declare, backend, address)

    def declare_records(
        self,
        resource: pulumi.Resource,
        resource_name: str,
        backend: pulumi.Input[str],
        records: Any,
        network: Any,
        fill: Any,
        exclude: Any,
    ) -> tuple[dict[str, Any], Table | None]:
        """Note which resource sets the PTR records of many addresses.

        Return the inputs, and the records; None where a part of them is computed.

        Raises InvalidInputError with all that is wrong, and DuplicateAddressError.
        """

        tables: list[Table] = []

        def declare(backend: Any, records: Any, network: Any, fill: Any, exclude: Any) -> Any:
            given = {"network": network, "fill": fill}
            unreadable = {}
            if records is not None:
                given["records"], unreadable["records"] = records_text(records)
            if exclude is not None:
                given["exclude"], unreadable["exclude"] = exclude_lines(exclude)
            found, wrong = check_records(given, unreadable)
            if wrong:
                raise as_run_error(_of_resource(resource_name, wrong))
            duplicate = self._declared.declare_many(
                resource, resource_name, str(backend), found.table.keys()
            )
            if duplicate:
                return _refuse(duplicate, is_later)
            tables.append(found.table)
            return record_inputs(found)

        values = (backend, records, network, fill, exclude)
        is_later = any(map(has_computed, values))
        if not is_later:
            return dict(declare(*values)), tables[0]
        declared = pulumi.Output.all(*values).apply(lambda known: declare(*known))
        # One that was not given stays absent in a preview, too, where all of this is unknown.
        given = zip(("records", "network", "fill", "exclude"), values[1:], strict=True)
        return {
            key: declared.apply(lambda inputs, key=key: inputs.get(key))  # type: ignore[misc]
            for key, value in given
            if value is not None
        }, None

    def declare_ttl(
        self, resource_name: str, backend: Any, hostname: Any, address: Any, ttl: Any
    ) -> Any:
        """Note the TTL of an RRset, which has one (RFC 2181 section 5.2). Return it.

        Raises InvalidInputError where another resource gives the RRset another TTL.
        """

        def declare(backend: Any, hostname: Any, address: Any, ttl: Any) -> Any:
            if ttl is None:
                return None
            try:
                kind = record_type(parse_address(address))
                name = parse_hostname(hostname)
            except InvalidInputError:
                return ttl  # check says what is wrong with it
            first, holder = self._ttls.setdefault((str(backend), name, kind), (ttl, resource_name))
            if first != ttl:
                raise as_run_error(
                    InvalidInputError(
                        f"{resource_name!r} gives the {kind} records of {name} a TTL of {ttl} and "
                        f"{holder!r} one of {first}; they are one RRset, which has one TTL "
                        "(RFC 2181 section 5.2)",
                        "ttl",
                    )
                )
            return ttl

        return when_known(declare, backend, hostname, address, ttl)

    def declare_forward(
        self,
        record: pulumi.Resource,
        hostname: Any,
        inputs: Sequence[Any],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        """Note a forward record, so that PTR records of its hostname come after it."""
        name = literal_hostname(hostname)
        if name is not None:
            waits = any(map(is_computed, inputs)) or (
                opts is not None and bool(opts.depends_on or opts.parent or opts.provider)
            )
            self._forwards.setdefault(name, []).append((record, not waits))

    def forward_dependencies(
        self, hostname: Any, given: Sequence[pulumi.Resource]
    ) -> Sequence[Any] | pulumi.Output[Any]:
        """Return what a PTR record comes after: what it names, and its hostname's forward records.

        Those declared later in the program count too, if they depend on nothing themselves: so no
        circle can arise.
        """
        name = literal_hostname(hostname)
        if name is None:
            return list(given)
        earlier = [record for record, _ in self._forwards.get(name, [])]

        async def needs() -> list[pulumi.Resource]:
            await asyncio.sleep(0)  # by then the program's own code has run
            free = [record for record, is_free in self._forwards.get(name, []) if is_free]
            found = [*given, *earlier, *free]
            return [one for at, one in enumerate(found) if one not in found[:at]]

        return pulumi.Output.from_input(needs())

    def has_forward(self, hostname: str | None, address: Any) -> bool:
        """Whether a forward record of the program has this address, or may have it."""
        records = [record for record, _ in self._forwards.get(hostname, [])]
        given = [getattr(record, "given_address", None) for record in records]
        return any(one is None or is_computed(one) or _may_be_same(one, address) for one in given)


def _may_be_same(one: Any, other: Any) -> bool:
    """Whether two addresses are one, in any spelling; what is computed or wrong may be."""
    try:
        return parse_address(one) == parse_address(other)
    except InvalidInputError:
        return True


def _refuse(duplicate: Duplicate, is_later: bool) -> Any:
    """Raise the error about two resources; in an update, when the first one stands."""
    error = as_run_error(duplicate.error)
    if is_later and not pulumi.runtime.is_dry_run():
        return _raise_after(duplicate.first, error)
    raise error


async def _raise_after(first: pulumi.Resource, error: RdnsError) -> None:
    """End the program when ``first`` is registered: an error at once would cancel its create."""
    with contextlib.suppress(Exception):
        # Not for ever: the first one may depend on the resource that waits here.
        await asyncio.wait_for(first.urn.future(), _LONGEST_CREATE)
    raise error


def _of_resource(resource_name: str, findings: Sequence[Finding]) -> InvalidInputError:
    """Write all findings about a set below each other, with the set's name."""
    lines = [f"{name}: {why}" if name else why for name, why in findings]
    return InvalidInputError(f"{resource_name!r}:\n  " + "\n  ".join(lines))
