"""What is left of an `Output` in an f-string.

Seen in SDK 3.220 to 3.272: `str()` of an Output is a text of several sentences, which begins with
the one below; with PULUMI_ERROR_OUTPUT_STRING it is an error of the SDK's own. When the sentence
changes, such a text is refused as any other that is no address and no hostname.
"""

from __future__ import annotations

_BEGIN = "Calling __str__ on an Output[T] is not supported"


def has_formatted_output(value: object) -> bool:
    """Whether a text was made with an Output in it, whose value it cannot hold."""
    return isinstance(value, str) and _BEGIN in value
