"""Which release of this package runs."""

from __future__ import annotations

import importlib.metadata


def release() -> str:
    """Return the version, or that it is not installed."""
    try:
        return importlib.metadata.version("pulumi-rdns")
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
