"""The words that arguments take, for type checkers and editors; `check` says what else is wrong.

The words are those of `pulumi_rdns.model.specs`; a test holds the two together.
"""

from __future__ import annotations

from typing import Literal

OnConflict = Literal["fail", "overwrite"]
OnForwardConflict = Literal["fail", "add", "overwrite"]
OnDelete = Literal["remove", "restore"]
ForwardPolicy = Literal["verify", "strict", "warn", "skip"]
