"""A vendor's SDK: an extra of this package, imported when an instance first needs it."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from pulumi_rdns.errors import ConfigError


def require_sdk(instance: str, module: str, extra: str) -> None:
    """Check that an SDK is installed, without importing it. Raises ConfigError.

    ``module`` is its top-level module, ``extra`` its name among the extras of this package. For
    the constructor of a backend, so that a preview says what is missing.
    """
    if importlib.util.find_spec(module) is None:
        raise _missing(instance, f"the package {module} is not installed", extra)


def import_sdk(instance: str, module: str, extra: str) -> ModuleType:
    """Import a module of an SDK. Raises ConfigError with the line that installs it.

    ``module`` may be a submodule (``boto3.session``); ``extra`` is as in `require_sdk`. For the
    function that needs it: a run that does not use a backend imports nothing of its SDK.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise _missing(instance, f"{module} cannot be imported: {error}", extra) from error


def _missing(instance: str, reason: str, extra: str) -> ConfigError:
    return ConfigError(
        f"rdns:backends.{instance}: {reason}; install it into the program's environment with: "
        f"pip install 'pulumi-rdns[{extra}]'"
    )
