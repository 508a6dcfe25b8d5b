"""The types of a resource's outputs, looked up once.

Seen in SDK 3.220 to 3.272: the SDK reads the annotations of a resource's class to make whole
numbers and output types of what the engine sends, and evaluates their text anew for each resource:
a tenth of the time of a program with a thousand records. Annotations that are types already are
taken as they are. Nothing depends on it but that time.
"""

from __future__ import annotations

import contextlib
import inspect


def evaluate_annotations(cls: type) -> None:
    """Replace the text of a class's own annotations with the types that it names."""
    # A subclass in a program may name what is imported for its type checker alone.
    with contextlib.suppress(NameError):
        cls.__annotations__ = inspect.get_annotations(cls, eval_str=True)
