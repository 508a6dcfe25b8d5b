"""Reverse DNS as code: PTR records, ordered after the forward records that they depend on."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_rdns import errors
    from pulumi_rdns.resources.addresses import get_addresses
    from pulumi_rdns.resources.forward_confirmed_host import ForwardConfirmedHost
    from pulumi_rdns.resources.forward_record import ForwardRecord
    from pulumi_rdns.resources.hosts import read_hosts
    from pulumi_rdns.resources.ptr_record import PtrRecord
    from pulumi_rdns.resources.ptr_record_set import PtrRecordSet

    #: the version of the installed package; "unknown" where it only lies on the path
    __version__: str

__all__ = [
    "ForwardConfirmedHost",
    "ForwardRecord",
    "PtrRecord",
    "PtrRecordSet",
    "errors",
    "get_addresses",
    "read_hosts",
]

#: name -> the module that has it, imported when the name is first used: a program, and the host of
#: its providers, pay for what they use
_MODULES = {
    "ForwardConfirmedHost": "resources.forward_confirmed_host",
    "ForwardRecord": "resources.forward_record",
    "PtrRecord": "resources.ptr_record",
    "PtrRecordSet": "resources.ptr_record_set",
    "get_addresses": "resources.addresses",
    "read_hosts": "resources.hosts",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return importlib.import_module("pulumi_rdns.errors")
    if name == "__version__":
        return _version()
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def _version() -> str:
    import importlib.metadata

    try:
        return importlib.metadata.version("pulumi-rdns")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
