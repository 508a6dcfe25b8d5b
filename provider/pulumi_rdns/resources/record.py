"""What all record types have in common as resources of a program."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from pulumi_rdns.errors import InvalidInputError
from pulumi_rdns.properties.schema import SECRET_INPUTS
from pulumi_rdns.resources.engine.annotations import evaluate_annotations
from pulumi_rdns.resources.engine.errors import as_run_error
from pulumi_rdns.resources.engine.outputs import leave_to_the_registration
from pulumi_rdns.resources.engine.pickles import PROVIDERS
from pulumi_rdns.resources.inputs import secret_inputs

_PACKAGE = "pulumi-python"


class Record(pulumi.CustomResource):
    """A record as a resource: snake_case in Python, camelCase on the wire."""

    def __init_subclass__(cls) -> None:
        evaluate_annotations(cls)

    def __init__(
        self,
        kind: str,
        resource_name: str,
        inputs: Mapping[str, Any],
        outputs: Sequence[str],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        """Register the resource; ``outputs`` are the properties that are no inputs, camelCase.

        Raises InvalidInputError where the resource has a provider of its own.
        """
        token = f"{_PACKAGE}:dynamic/rdns:{kind}"
        _refuse_other_hosts(token, resource_name, opts)
        secret = secret_inputs({_camel(key): value for key, value in inputs.items()})
        props = {
            **{_snake(output): None for output in outputs},
            **inputs,
            **({} if secret is None else {_snake(SECRET_INPUTS): secret}),
            "__provider": PROVIDERS[kind],
        }
        super().__init__(token, resource_name, props, opts)
        leave_to_the_registration(self.__dict__.get(name) for name in props)

    def translate_input_property(self, prop: str) -> str:
        """Return the name on the wire."""
        return _camel(prop)

    def translate_output_property(self, prop: str) -> str:
        """Return the name in Python."""
        return _snake(prop)


def _refuse_other_hosts(
    token: str, resource_name: str, opts: pulumi.ResourceOptions | None
) -> None:
    """Keep all records in one provider host: what keeps a delete from a live record is in it."""
    if opts is None:
        return
    given = opts.providers
    providers = list(given.values()) if isinstance(given, Mapping) else [*(given or ())]
    if opts.provider:
        providers.append(opts.provider)
    inherited = opts.parent.get_provider(token) if opts.parent else None
    if inherited is not None or any(one.package == _PACKAGE for one in providers):
        raise as_run_error(
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
