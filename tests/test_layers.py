"""Calls go down only, and a new backend has its four touches."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_rdns.backends.base import AddressBackend, Backend, ZoneBackend
from pulumi_rdns.backends.registry import BACKENDS
from tests.backends.contract import BackendContract

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "provider" / "pulumi_rdns"
#: layer -> the layers of ours that it may call
BELOW = {
    "errors": set[str](),
    "model": {"errors"},
    "resolve": {"errors", "model"},
    "backends": {"errors", "model"},
    "logs": {"errors"},
    "workers": set[str](),
    "properties": {"errors", "model"},
    "records": {"errors", "model", "resolve", "backends", "workers"},
    "lifecycle": {"errors", "logs", "model", "properties", "backends", "records"},
    "resources": {"errors", "logs", "model", "properties", "backends", "records", "lifecycle"},
    "cli": {"errors", "logs", "workers", "model", "properties", "resolve", "backends", "records"},
}
#: what only some layers may import
OUTSIDE = {
    "pulumi": {"resources"},
    "dns": {"model", "resolve", "backends", "records"},
    "grpc": {"resources"},
    "requests": {"backends"},
    "socket": {"resolve", "backends"},
}
#: what does no I/O of all that
PURE = {"socket.AF_INET6", "socket.inet_aton", "socket.inet_pton"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(module: Path) -> set[str]:
    """List the dotted names that a module imports."""
    names = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parent = module.relative_to(PACKAGE.parent).parts[: -node.level] if node.level else ()
            origin = ".".join([*parent, *([node.module] if node.module else [])])
            names |= {f"{origin}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_a_module_calls_down_only(module: Path) -> None:
    layer = module.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if layer == "__init__":
        return
    for name in imported(module):
        top, *rest = name.split(".")
        if top == "pulumi_rdns":
            assert rest[0] in BELOW[layer] | {layer}, f"{layer} may not call {name}"
        elif top in OUTSIDE and name not in PURE:
            assert layer in OUTSIDE[top], f"{layer} may not import {top}"


@pytest.mark.parametrize("kind", sorted(BACKENDS))
def test_a_backend_has_its_class_its_contract_and_its_row(kind: str) -> None:
    backend = BACKENDS[kind].load()
    assert issubclass(backend, Backend)
    assert issubclass(backend, AddressBackend) or issubclass(backend, ZoneBackend)
    overrides = backend.finish_pending is not Backend.finish_pending
    assert BACKENDS[kind].finishes_pending == overrides

    folder = HERE / "backends" / kind
    assert folder.is_dir(), f"tests/backends/{kind} is missing"
    for file in folder.glob("test_*.py"):
        importlib.import_module(f"tests.backends.{kind}.{file.stem}")
    contracts = [cls for cls in _below(BackendContract) if f".backends.{kind}." in cls.__module__]
    assert contracts, f"tests/backends/{kind} has no subclass of the contract"

    readme = (HERE.parent / "README.md").read_text()
    assert f"| `{kind}`" in readme, f"README.md has no row for {kind} in its table of backends"


def _below(cls: type) -> list[type]:
    direct: list[type] = cls.__subclasses__()
    return direct + [found for sub in direct for found in _below(sub)]


@pytest.mark.parametrize("kind", sorted(BACKENDS))
def test_a_run_that_changes_nothing_imports_no_protocol(kind: str, tmp_path: Path) -> None:
    """What is imported for the look at an instance's settings, in a program and in its host."""
    settings = {
        "hostinger": {"apiToken": "token"},
        "powerdns": {"apiUrl": "http://127.0.0.1:1", "apiKey": "key"},
        "rfc2136": {"server": "127.0.0.1"},
        "zonefile": {"directory": "."},
    }
    script = (
        "import sys, json, pathlib\n"
        "from pulumi_rdns.backends.registry import Backends\n"
        "import pulumi_rdns.resources.ptr_record_set\n"
        "given = json.loads(sys.argv[1])\n"
        "print(Backends(given, pathlib.Path(sys.argv[2]), {}).get('main').name)\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    given = json.dumps({"main": {"type": kind, **settings.get(kind, {})}})
    command = [sys.executable, "-c", script, given, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    name, modules = ran.stdout.splitlines()
    assert name == "main"
    theirs = {"requests", "dns.message", "dns.update", "dns.resolver", "dns.zone"}
    ours = {f"pulumi_rdns.resources.{one}" for one in ("ptr_record", "forward_record", "preview")}
    assert not (theirs | ours).intersection(json.loads(modules))
