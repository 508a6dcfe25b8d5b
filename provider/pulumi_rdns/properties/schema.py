"""The tables of properties, and what each of them drives: check, diff, reading and writing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from pulumi_rdns.errors import Finding, InvalidInputError
from pulumi_rdns.model.specs import PtrPolicies
from pulumi_rdns.properties.values import SENTENCE, Kind

#: the properties of one resource, as the engine has them: key (camelCase) -> value
Properties: TypeAlias = Mapping[str, Any]
#: whether a value, or a part of it, is not known yet in a preview
IsUnknown: TypeAlias = Callable[[Any], bool]

Spec = TypeVar("Spec")
State = TypeVar("State")

#: a key of its own that the SDK adds to the properties of dynamic resources
PROVIDER = "__provider"
#: the inputs that are secret, which the outputs made from them then are too; absent where none is
SECRET_INPUTS = "secretInputs"
#: an input that check hears and never passes on, so that it is in no state: the number under which
#: the program has noted the resource in the ledger of the run
DECLARATION = "__declaration"
#: another one, of a forward record: the inputs of the PTR records that the same host has next
NEXT_PTRS = "__ptrs"


def declaration_of(props: Properties) -> int | None:
    """Return the number under which the program has noted a resource; None where it has not."""
    number = props.get(DECLARATION)
    return None if number is None else int(number)


class Property(NamedTuple):
    """One property of a resource type."""

    key: str
    #: the attribute of the specification or the state; dotted for one of its policies; None where
    #: no attribute has it
    attribute: str | None
    kind: Kind
    #: how it is made of the whole state, where the attribute alone does not say it
    made: Callable[[Any], Any] | None = None
    required: bool = False
    #: whether a change of it makes another record, and not an update
    replaces: bool = False
    #: of an output: the inputs that it shows, or parts of them
    shows: tuple[str, ...] = ()


class Checked(NamedTuple, Generic[Spec]):
    """Inputs as they are stored, and what they say."""

    inputs: dict[str, Any]
    #: attribute -> value, of all inputs that are there, known and right
    values: dict[str, Any]
    findings: list[Finding]


class Schema(Generic[Spec, State]):
    """The properties of one resource type."""

    def __init__(
        self,
        name: str,
        spec: type[Spec],
        state: type[State],
        inputs: Sequence[Property],
        outputs: Sequence[Property],
        *,
        live: Mapping[str, Property] = {},
    ) -> None:
        """Take the tables of a type.

        ``live`` replaces those inputs that look otherwise in the state: what was last seen there
        may be what no program can declare.
        """
        self.name = name
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self._spec = spec
        self._state = state
        self._live = tuple(live.get(one.key, one) for one in inputs)

    @property
    def token(self) -> str:
        """The type token of the dynamic resource."""
        return f"pulumi-python:dynamic/rdns:{self.name}"

    @property
    def input_keys(self) -> tuple[str, ...]:
        """The keys of all inputs, in the table's order."""
        return tuple(one.key for one in self.inputs)

    @property
    def output_keys(self) -> tuple[str, ...]:
        """The keys of what the provider gives beside the inputs, in the table's order."""
        return tuple(one.key for one in self.outputs)

    def check(
        self, props: Properties, is_unknown: IsUnknown, heard: Collection[str] = ()
    ) -> Checked[Spec]:
        """Bring inputs into the one form that is stored; what is unknown stays unknown.

        ``heard`` are keys that are not stored. There is one finding for each property that cannot
        be right.
        """
        inputs: dict[str, Any] = {}
        values: dict[str, Any] = {}
        findings = []
        for one in self.inputs:
            value = props.get(one.key)
            if value is None:
                if one.required:
                    findings.append(Finding(one.key, "is missing"))
            elif is_unknown(value):
                inputs[one.key] = value
            else:
                try:
                    parsed = one.kind.parse(value)
                except InvalidInputError as error:
                    inputs[one.key] = value
                    findings.append(Finding(one.key, error.findings[0].reason))
                else:
                    inputs[one.key] = one.kind.write(parsed)
                    values[str(one.attribute)] = parsed
        if props.get(SECRET_INPUTS):
            inputs[SECRET_INPUTS] = props[SECRET_INPUTS]
        known = {*self.input_keys, PROVIDER, SECRET_INPUTS, *heard}
        findings += [Finding(key, "unknown property") for key in props if key not in known]
        return Checked(inputs, values, findings)

    def spec(self, inputs: Properties) -> Spec:
        """Read inputs that `check` found right and known."""
        return self.specified(self._values(inputs))

    def _values(self, inputs: Properties) -> dict[str, Any]:
        return _read(self.inputs, inputs)

    def specified(self, values: Mapping[str, Any]) -> Spec:
        """Put together the values of a `check` that found nothing wrong and nothing unknown."""
        return _built(self._spec, values)

    def state(self, outputs: Properties, **known: Any) -> State:
        """Read outputs out of the state; ``known`` are attributes that they may lack."""
        return _built(self._state, {**known, **self.remembered(outputs)})

    def remembered(self, outputs: Properties) -> dict[str, Any]:
        """Read those outputs that are there: attribute of the state -> value."""
        return _read((*self._live, *self.outputs), outputs)

    def live_inputs(self, state: State, *, without: Collection[str] = ()) -> dict[str, Any]:
        """Write what was seen as the inputs that would declare it: what shows drift."""
        return _written([one for one in self._live if one.key not in without], state)

    def state_outputs(self, state: State) -> dict[str, Any]:
        """Write everything that is remembered."""
        return _written((*self._live, *self.outputs), state)

    def changed(self, olds: Properties, news: Properties, is_unknown: IsUnknown) -> list[str]:
        """Return the keys of inputs that differ; one that is unknown in a preview counts as such.

        ``olds`` are outputs of the state, ``news`` checked inputs.
        """
        keys = [*self.input_keys, SECRET_INPUTS]
        return [key for key in keys if is_changed(key, olds, news, is_unknown)]

    def replacing(self, changes: Collection[str]) -> list[str]:
        """Return those of the changed inputs that make another record, and not an update."""
        replacing = {one.key for one in self.inputs if one.replaces}
        return [key for key in changes if key in replacing]

    def secret_outputs(self, inputs: Properties) -> set[str]:
        """Return the keys of outputs that show an input that is secret."""
        secret = set(inputs.get(SECRET_INPUTS) or ())
        return {one.key for one in (*self.inputs, *self.outputs) if secret.intersection(one.shows)}

    def secret_values(self, props: Properties) -> dict[str, Any]:
        """Return the inputs that are secret, and the outputs that are nothing but them."""
        sentences = {one.key for one in self.outputs if one.kind is SENTENCE}
        keys = {*(props.get(SECRET_INPUTS) or ()), *self.secret_outputs(props)} - sentences
        return {key: props[key] for key in keys if props.get(key) is not None}


def is_changed(key: str, olds: Properties, news: Properties, is_unknown: IsUnknown) -> bool:
    """Whether one property differs; what is unknown in a preview counts as changed."""
    new = news.get(key)
    return is_unknown(new) or olds.get(key) != new


def _read(properties: Sequence[Property], props: Properties) -> dict[str, Any]:
    return {
        one.attribute: one.kind.read(props[one.key])
        for one in properties
        if one.attribute is not None and props.get(one.key) is not None
    }


def _written(properties: Sequence[Property], state: object) -> dict[str, Any]:
    """Write properties, without those that are absent, as the engine leaves them out too."""
    found = {one.key: _property(one, state) for one in properties}
    return {key: value for key, value in found.items() if value is not None}


def _property(one: Property, state: Any) -> Any:
    if one.made is not None:
        return one.made(state)
    value = state
    for name in str(one.attribute).split("."):
        value = getattr(value, name)
    return None if value is None else one.kind.write(value)


def _built(kind: type[Spec], values: Mapping[str, Any]) -> Spec:
    plain = {name: value for name, value in values.items() if "." not in name}
    policies = {
        name.removeprefix("policies."): value
        for name, value in values.items()
        if name.startswith("policies.")
    }
    if policies:
        plain["policies"] = PtrPolicies(**policies)
    return kind(**plain)
