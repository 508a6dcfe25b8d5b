"""The words that arguments take, for type checkers and editors; `check` says what else is wrong.

The words are those of `pulumi_rdns.model.specs`; a test holds the two together.
"""

from __future__ import annotations

from typing import Literal

OnConflict = Literal["fail", "overwrite"]
OnForwardConflict = Literal["fail", "add", "overwrite"]
OnDelete = Literal["remove-written", "remove", "restore"]
OnForwardDelete = Literal["remove-written", "remove"]
ForwardPolicy = Literal["verify", "strict", "warn", "skip"]
