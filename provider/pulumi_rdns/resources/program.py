"""What the resources of one running program know of each other: defaults, claims, dependencies."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime import config as runtime_config
from pulumi.runtime.settings import get_monitor

from pulumi_rdns.backends.base import AddressBackend
from pulumi_rdns.backends.kit.caches import Once
from pulumi_rdns.errors import (
    ConfigError,
    InvalidInputError,
    RdnsError,
)
from pulumi_rdns.model.addresses import parse_address, record_type
from pulumi_rdns.model.names import parse_hostname
from pulumi_rdns.model.settings import StackSettings, read_settings
from pulumi_rdns.properties.ptr_set import (
    check_records,
    exclude_lines,
    record_inputs,
    records_text,
)
from pulumi_rdns.properties.schema import SECRET_INPUTS
from pulumi_rdns.records.session import Session
from pulumi_rdns.resources.collector import expect_many_objects
from pulumi_rdns.resources.holders import AddressHolders, Shared
from pulumi_rdns.resources.provider import project_root

if TYPE_CHECKING:
    from pulumi_rdns.resources.preview import PreviewLooks
    from pulumi_rdns.resources.ptr_record import PtrRecord

#: resource type -> its provider, as `pulumi.dynamic` pickles it: an instance without attributes of
#: a class that is imported by name. It stands in every state, so it is a constant.
PROVIDERS = {
    "PtrRecord": (
        "gASVPQAAAAAAAACMIHB1bHVtaV9yZG5zLnJlc291cmNlcy5wdHJfcmVjb3JklIwRUHRyUmVj"
        "b3JkUHJvdmlkZXKUk5QpgZQu"
    ),
    "ForwardRecord": (
        "gASVRQAAAAAAAACMJHB1bHVtaV9yZG5zLnJlc291cmNlcy5mb3J3YXJkX3JlY29yZJSMFUZv"
        "cndhcmRSZWNvcmRQcm92aWRlcpSTlCmBlC4="
    ),
    "PtrRecordSet": (
        "gASVRAAAAAAAAACMJHB1bHVtaV9yZG5zLnJlc291cmNlcy5wdHJfcmVjb3JkX3NldJSMFFB0"
        "clJlY29yZFNldFByb3ZpZGVylJOUKYGULg=="
    ),
}

#: how a property is annotated that is a whole number; the engine's numbers are all floats
_WHOLE = (pulumi.Output[int], pulumi.Output[int | None])
#: seconds that the creation of one record may take, with the wait for its forward record
_LONGEST_CREATE = 120.0


class Record(pulumi.CustomResource):
    """A record as a resource: snake_case in Python, camelCase on the wire."""

    def __init_subclass__(cls) -> None:
        # The SDK goes through the annotations for each resource, looks them up by the engine's
        # names, and makes nothing of them but whole numbers.
        hints = inspect.get_annotations(cls, eval_str=True)
        whole = {_camel(name): hint for name, hint in hints.items() if hint in _WHOLE}
        cls.__annotations__ = whole

    def __init__(
        self,
        kind: str,
        resource_name: str,
        inputs: Mapping[str, Any],
        outputs: Sequence[str],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        _refuse_other_hosts(resource_name, opts)
        props = {
            **{_snake(output): None for output in outputs},
            **inputs,
            **_secret_inputs(inputs),
            "__provider": PROVIDERS[kind],
        }
        super().__init__(f"pulumi-python:dynamic/rdns:{kind}", resource_name, props, opts)
        _leave_to_the_registration([self.__dict__.get(name) for name in props])

    def translate_input_property(self, prop: str) -> str:
        return _camel(prop)

    def translate_output_property(self, prop: str) -> str:
        return _snake(prop)


def _secret_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Say which inputs are secret: the provider gets their values in clear, and makes outputs of
    them.
    """
    computed = {key: value for key, value in inputs.items() if isinstance(value, pulumi.Output)}
    if not computed:
        return {}

    async def secret() -> list[str] | None:
        found = [_camel(key) for key, value in computed.items() if await value.is_secret()]
        return found or None

    return {_snake(SECRET_INPUTS): pulumi.Output.from_input(secret())}


def _leave_to_the_registration(outputs: Sequence[Any]) -> None:
    """Take outputs that the registration settles, and that is awaited, off the SDK's own list.

    It goes through all that is on the list each time that one of them is settled: a third of the
    program's time for a thousand records. An SDK that has another list is left alone.
    """
    for output in outputs:
        if untrack := getattr(output, "_untrack", None):
            untrack()


def _refuse_other_hosts(resource_name: str, opts: pulumi.ResourceOptions | None) -> None:
    """Keep all records in one provider host: what keeps a delete from a live record is in it."""
    above = opts and opts.parent
    while above is not None and not getattr(above, "_providers", {}).get("pulumi-python"):
        above = getattr(above, "_parent", None)
    given = opts.providers if opts else None
    providers = list(given.values()) if isinstance(given, Mapping) else [*(given or ())]
    if opts and opts.provider:
        providers.append(opts.provider)
    if above is not None or any(one.package == "pulumi-python" for one in providers):
        raise stop(
            InvalidInputError(
                f"{resource_name!r}: records cannot have a provider of their own (provider=, "
                "providers=), because records of two providers know nothing of each other and one "
                "could delete what the other keeps; name the place with backend= instead",
                "opts",
            )
        )


@functools.cache
def _camel(name: str) -> str:
    if name.startswith("_"):
        return name
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@functools.cache
def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


class Program:
    """One running program: the stack's settings, and what has been declared so far."""

    def __init__(self) -> None:
        """Read the stack's configuration. Raises ConfigError, a line per mistake."""
        expect_many_objects()
        config = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
        try:
            self.settings: StackSettings = read_settings(config)
            self._session = Session(self.settings, project_root(), os.environ)
        except ConfigError as error:
            raise stop(error) from None
        self._caught_up: set[str] = set()
        self._holders = AddressHolders()
        self._ttls: dict[tuple[str, str, str], tuple[int, str]] = {}
        self._addresses: dict[tuple[str, str], list[str]] = {}
        self._forwards: dict[str | None, list[tuple[pulumi.Resource, bool]]] = {}

    @Once
    def _looks(self) -> PreviewLooks:
        from pulumi_rdns.resources.preview import PreviewLooks

        return PreviewLooks(self._session)

    @property
    def session(self) -> Session:
        """Give the backends, for look-ups of the program itself."""
        return self._session

    def backend(self, given: pulumi.Input[str] | None) -> pulumi.Input[str]:
        """Give the backend's name, the stack's default where none is given."""
        chosen = self.settings.backend if given is None else given
        if chosen is None:
            raise stop(
                ConfigError(
                    "no backend is chosen: pass backend=, or set the stack's default with: "
                    "pulumi config set rdns:backend NAME"
                )
            )
        if isinstance(chosen, str) and not pulumi.runtime.is_dry_run():
            self._finish_pending(chosen)
        return chosen

    def default(self, setting: str, given: Any) -> Any:
        """Give a value of the resource, the stack's default where it has none."""
        return getattr(self.settings, setting) if given is None else given

    def ptr_ttl(self, backend: pulumi.Input[str], given: Any) -> Any:
        """Give the TTL of a PTR record; the stack's default counts only where there are zones."""
        default = self.settings.ttl
        if given is not None or default is None:
            return given
        return _when_known(lambda name: None if self._sets_addresses(name) else default, backend)

    def claim_address(
        self,
        resource: pulumi.Resource,
        resource_name: str,
        backend: pulumi.Input[str],
        address: pulumi.Input[str] | None,
    ) -> Any:
        """Note who sets the PTR of an address; two resources cannot, and the first one stands."""
        is_computed = _is_later(backend) or _is_later(address)

        def claim(backend: Any, address: Any) -> Any:
            try:
                key = (str(backend), str(parse_address(address)))
            except InvalidInputError:
                return address  # check says what is wrong with it
            shared = self._holders.claim_one(resource, resource_name, *key)
            return _refused(shared, is_computed) if shared else address

        return _when_known(claim, backend, address)

    def claim_records(
        self,
        resource: pulumi.Resource,
        resource_name: str,
        backend: pulumi.Input[str],
        records: Any,
        network: Any,
        fill: Any,
        exclude: Any,
    ) -> dict[str, Any]:
        """Note who sets the PTR records of many addresses; give the inputs that say which.

        Raises InvalidInputError with all that is wrong, and DuplicateAddressError.
        """

        def claim(backend: Any, records: Any, network: Any, fill: Any, exclude: Any) -> Any:
            given = {"network": network, "fill": fill}
            try:
                given["records"] = None if records is None else records_text(records)
                given["exclude"] = None if exclude is None else exclude_lines(exclude)
                found, wrong = check_records(given)
                if wrong:
                    raise InvalidInputError(wrong)
            except InvalidInputError as error:
                raise stop(_of_resource(resource_name, error)) from None
            shared = self._holders.claim_many(resource, resource_name, str(backend), found.table)
            return _refused(shared, is_computed) if shared else record_inputs(found)

        values = (backend, records, network, fill, exclude)
        keys = ("records", "network", "fill", "exclude")
        is_computed = any(_is_later(value) or _holds_later(value) for value in values)
        if is_computed:
            claimed = pulumi.Output.all(*values).apply(lambda known: claim(*known))
            # One that was not given stays absent in a preview, too, where all of this is unknown.
            given = zip(keys, values[1:], strict=True)
            return {
                key: claimed.apply(lambda inputs, key=key: inputs.get(key))  # type: ignore[misc]
                for key, value in given
                if value is not None
            }
        return dict(claim(*values))

    def claim_ttl(
        self, resource_name: str, backend: Any, hostname: Any, address: Any, ttl: Any
    ) -> Any:
        """Note the TTL of an RRset; it has one (RFC 2181 section 5.2)."""

        def claim(backend: Any, hostname: Any, address: Any, ttl: Any) -> Any:
            if ttl is None:
                return None
            try:
                kind = record_type(parse_address(address))
                name = parse_hostname(hostname)
            except InvalidInputError:
                return ttl  # check says what is wrong with it
            held, holder = self._ttls.setdefault((str(backend), name, kind), (ttl, resource_name))
            if held != ttl:
                raise stop(
                    InvalidInputError(
                        f"{resource_name!r} gives the {kind} records of {name} a TTL of {ttl} and "
                        f"{holder!r} one of {held}; they are one RRset, which has one TTL "
                        "(RFC 2181 section 5.2)",
                        "ttl",
                    )
                )
            return ttl

        return _when_known(claim, backend, hostname, address, ttl)

    def note_forward(
        self,
        record: pulumi.Resource,
        hostname: Any,
        inputs: Sequence[Any],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        """Remember a forward record, so that PTR records of its hostname come after it."""
        name = _literal_hostname(hostname)
        if name is not None:
            waits = any(_is_later(value) for value in inputs) or (
                opts is not None and bool(opts.depends_on or opts.parent or opts.provider)
            )
            self._forwards.setdefault(name, []).append((record, not waits))

    def siblings(self, backend: Any, hostname: Any, address: Any) -> Any:
        """Give all addresses that the program declares for a hostname, as far as they are plain."""
        name = _literal_hostname(hostname)
        if name is None or _is_later(backend):
            return None
        addresses = self._addresses.setdefault((backend, name), [])
        if isinstance(address, str):
            addresses.append(address)

        async def all_of_them() -> list[str]:
            await asyncio.sleep(0)  # by then the program's own code has run
            return sorted(addresses)

        return pulumi.Output.from_input(all_of_them())

    def forward_dependencies(
        self, hostname: Any, given: Sequence[pulumi.Resource]
    ) -> Sequence[Any] | pulumi.Output[Any]:
        """Give what a PTR record comes after: what it names, and forward records of its hostname.

        Those declared later in the program count too, if they depend on nothing themselves: so no
        circle can arise.
        """
        name = _literal_hostname(hostname)
        if name is None:
            return list(given)
        earlier = [record for record, _ in self._forwards.get(name, [])]

        async def needs() -> list[pulumi.Resource]:
            await asyncio.sleep(0)  # by then the program's own code has run
            free = [record for record, is_free in self._forwards.get(name, []) if is_free]
            found = [*given, *earlier, *free]
            return [one for at, one in enumerate(found) if one not in found[:at]]

        return pulumi.Output.from_input(needs())

    def look_ahead(self, record: PtrRecord, inputs: dict[str, Any], forwards: int) -> None:
        """In a preview, warn about what will be in the way of a new or changed PTR record."""
        if not self.settings.preview_checks or not pulumi.runtime.is_dry_run():
            return
        hostname, address = _literal_hostname(inputs["hostname"]), inputs["address"]
        self._looks.watch(
            record, inputs, lambda: bool(forwards or self._leads_to(hostname, address))
        )

    def _leads_to(self, hostname: str | None, address: Any) -> bool:
        """Tell whether a forward record of the program has this address, or may have it."""
        records = [record for record, _ in self._forwards.get(hostname, [])]
        given = [getattr(record, "given_address", None) for record in records]
        return any(one is None or _is_later(one) or _is_same(one, address) for one in given)

    def _finish_pending(self, backend: str) -> None:
        """Let a backend finish what an earlier run left; the engine's own calls are too late."""
        if backend in self._caught_up:
            return
        self._caught_up.add(backend)
        if not self._session.backends.may_finish_pending(backend):
            return
        try:
            warning = self._session.backends.get(backend).finish_pending()
        except RdnsError:
            return  # the resource's own operations say what is wrong
        if warning:
            pulumi.log.warn(warning)

    def _sets_addresses(self, backend: str) -> bool:
        try:
            return issubclass(self._session.backends.type_of(backend), AddressBackend)
        except ConfigError:
            return False  # check says what is wrong with it


_programs: weakref.WeakKeyDictionary[Any, Program] = weakref.WeakKeyDictionary()


def current() -> Program:
    """Give the program that is running: one per connection to the engine."""
    monitor = get_monitor()
    if monitor not in _programs:
        _programs[monitor] = Program()
    return _programs[monitor]


def stop(error: RdnsError) -> RdnsError:
    """Make an error that ends a program with its sentence alone, and is still of its own class."""
    kind = type(error)
    both = type(kind.__name__, (kind, pulumi.RunError), {"__module__": kind.__module__})
    stopping = both.__new__(both, *error.args)
    stopping.__dict__.update(error.__dict__)
    stopping.args = error.args
    assert isinstance(stopping, RdnsError)
    return stopping


def _is_later(value: object) -> bool:
    return isinstance(value, pulumi.Output) or asyncio.iscoroutine(value) or asyncio.isfuture(value)


def _is_same(one: Any, other: Any) -> bool:
    """Compare two addresses in any spelling; what is computed or wrong may be the same."""
    try:
        return parse_address(one) == parse_address(other)
    except InvalidInputError:
        return True


def _when_known(function: Callable[..., Any], *values: Any) -> Any:
    """Call now where all values are plain, else as soon as the engine knows them."""
    if any(_is_later(value) for value in values):
        return pulumi.Output.all(*values).apply(lambda known: function(*known))
    return function(*values)


def _refused(shared: Shared, is_computed: bool) -> Any:
    """Raise the error about two resources; in an update, when the first one stands."""
    error = stop(shared.error)
    if is_computed and not pulumi.runtime.is_dry_run():
        return _raise_after(shared.first, error)
    raise error


async def _raise_after(first: pulumi.Resource, error: RdnsError) -> None:
    """End the program when ``first`` is registered: an error at once would cancel its create."""
    with contextlib.suppress(Exception):
        # Not for ever: the first one may depend on the resource that waits here.
        await asyncio.wait_for(first.urn.future(), _LONGEST_CREATE)
    raise error


def _holds_later(value: object) -> bool:
    """Tell whether a map or a list has a computed value in it."""
    if isinstance(value, Mapping):
        return any(type(one) is not str and _is_later(one) for one in value.values())
    return isinstance(value, list | tuple) and any(map(_is_later, value))


def _of_resource(resource_name: str, error: InvalidInputError) -> InvalidInputError:
    """Write all findings about a set below each other, with the set's name."""
    lines = [f"{name}: {why}" if name else why for name, why in error.findings]
    return InvalidInputError(f"{resource_name!r}:\n  " + "\n  ".join(lines))


def _literal_hostname(value: Any) -> str | None:
    try:
        return parse_hostname(value)
    except InvalidInputError:
        return None
