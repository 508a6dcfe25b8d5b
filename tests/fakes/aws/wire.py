"""The query protocol of EC2, by botocore's model of it; and what that model says is not so."""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, SubElement, tostring

import botocore.session
from botocore.validate import ParamValidator

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"


@functools.cache
def _model() -> Any:
    return botocore.session.get_session().get_service_model("ec2")


def parse(body: str) -> tuple[str, dict[str, Any]]:
    """Read the action and its parameters out of a form."""
    form = dict(parse_qsl(body, keep_blank_values=True))
    action = form.pop("Action")
    assert form.pop("Version") == "2016-11-15"
    shape = _model().operation_model(action).input_shape
    query = _read(shape, form, "")
    assert isinstance(query, dict)
    assert not form, f"{action} has no {', '.join(form)}"
    _judge(query, shape)
    return action, query


def render(action: str, answer: dict[str, Any], request_id: str) -> str:
    """Write the answer to an action."""
    shape = _model().operation_model(action).output_shape
    _judge(answer, shape)
    root = Element(f"{action}Response", {"xmlns": NAMESPACE})
    SubElement(root, "requestId").text = request_id
    _write(root, shape, answer)
    return tostring(root, encoding="unicode")


def _judge(values: dict[str, Any], shape: Any) -> None:
    report = ParamValidator().validate(values, shape)
    assert not report.has_errors(), report.generate_report()


def _read(shape: Any, form: dict[str, str], prefix: str) -> Any:
    if shape.type_name == "structure":
        found = {}
        for name, member in shape.members.items():
            key = member.serialization.get("queryName") or member.serialization.get("name", name)
            value = _read(member, form, f"{prefix}{key[0].upper()}{key[1:]}")
            if value is not None:
                found[name] = value
        return found
    if shape.type_name == "list":
        numbers = [at for at in range(1, 1001) if f"{prefix}.{at}" in form]
        return [form.pop(f"{prefix}.{at}") for at in numbers] or None
    text = form.pop(prefix, None)
    if text is None or shape.type_name == "string":
        return text
    return text == "true" if shape.type_name == "boolean" else int(text)


def _write(parent: Element, shape: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        member = shape.members[name]
        element = SubElement(parent, member.serialization.get("name", name))
        if member.type_name == "structure":
            _write(element, member, value)
        elif member.type_name == "list":
            for one in value:
                _write(SubElement(element, "item"), member.member, one)
        else:
            element.text = str(value)
