"""What all record types have in common as resources of a program."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.properties.schema import DECLARATION, SECRET_INPUTS
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.resources.engine.outputs import leave_to_the_registration
from pulumi_rdns.resources.engine.pickles import PROVIDERS
from pulumi_rdns.resources.inputs import secret_inputs
from pulumi_rdns.resources.program import Program

_PACKAGE = "pulumi-python"
_IMPORT = (
    "remove it: `pulumi up` adopts the record that is already there. Pulumi cannot import a "
    "resource of a Python program's own provider"
)


class Record(pulumi.CustomResource):
    """A record as a resource: snake_case in Python, camelCase on the wire."""

    def __init__(
        self,
        kind: str,
        resource_name: str,
        inputs: Mapping[str, Any],
        outputs: Sequence[str],
        stack: Program,
        opts: pulumi.ResourceOptions | None,
        records: Mapping[str, str] | None = None,
        *,
        has_forward: bool = False,
    ) -> None:
        """Register the resource; ``outputs`` are the properties that are no inputs, camelCase.

        ``stack`` is told of it; ``records`` are those of a set, where they are known.
        ``has_forward``: it names the forward record that it comes after.

        Raises InvalidInputError where it is to be imported.
        """
        if opts is not None and opts.import_ is not None:
            raise as_run_error(InvalidInputError(f"{resource_name!r}: {_IMPORT}", "import_"))
        token = f"{_PACKAGE}:dynamic/rdns:{kind}"
        is_read = opts is not None and opts.id is not None
        line = None if is_read else stack.expectations.expect(kind, resource_name, inputs, records)
        secret = secret_inputs({camel(key): value for key, value in inputs.items()})
        given = {**inputs, **({} if secret is None else {_snake(SECRET_INPUTS): secret})}
        props = {
            **{_snake(output): None for output in outputs},
            **given,
            **({} if line is None else {DECLARATION: line}),
            **self._unstored(),
            "__provider": PROVIDERS[kind],
        }
        super().__init__(token, resource_name, props, opts)
        unchanged = self.__dict__.get(_snake(outputs[0]))
        leave_to_the_registration(self.__dict__.get(name) for name in props)
        if not is_read:
            # Another provider may have other settings than the stack.
            is_own = getattr(self, "_provider", None) is not None
            stack.look_ahead(
                kind, self, None if is_own else given, unchanged, has_forward=has_forward
            )

    def _unstored(self) -> dict[str, Any]:
        """Return inputs that the provider hears of, and that are in no state."""
        return {}

    @property
    @pulumi.getter
    def backend(self) -> pulumi.Output[str]:
        """The backend instance that holds it."""
        return output(self, "backend")

    @property
    @pulumi.getter
    def ttl(self) -> pulumi.Output[int | None]:
        """The TTL in seconds; None where the program gave none."""
        return output(self, "ttl")

    def translate_input_property(self, prop: str) -> str:
        """Return the name on the wire."""
        return camel(prop)

    def translate_output_property(self, prop: str) -> str:
        """Return the name in Python."""
        return _snake(prop)


def output(resource: pulumi.Resource, name: str) -> pulumi.Output[Any]:
    """Return an output that a property of the resource's class documents."""
    found: pulumi.Output[Any] = pulumi.get(resource, name)
    return found


@functools.cache
def camel(name: str) -> str:
    """Return the name on the wire of a name in Python."""
    if name.startswith("_"):
        return name
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@functools.cache
def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
