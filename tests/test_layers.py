"""Calls go down only, and a new backend has its four touches."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pulumi_rdns.backends.base import AddressBackend, Backend, ZoneBackend
from pulumi_rdns.backends.registry import BACKENDS, Backends
from pulumi_rdns.errors import ConfigError
from tests.backends.contract import BackendContract

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "provider" / "pulumi_rdns"
#: layer -> the layers of ours that it may call
BELOW = {
    "errors": set[str](),
    "model": {"errors"},
    "resolve": {"errors", "model"},
    "backends": {"errors", "model", "workers"},
    "logs": {"errors", "model"},
    "pulumi_cli": {"errors"},
    "workers": set[str](),
    "properties": {"errors", "model"},
    "records": {"errors", "model", "resolve", "backends", "workers"},
    "lifecycle": {"errors", "logs", "pulumi_cli", "model", "properties", "backends", "records"},
    "resources": {
        *("errors", "logs", "pulumi_cli", "workers", "model", "properties", "backends"),
        *("records", "lifecycle"),
    },
    "cli": {
        *("errors", "logs", "pulumi_cli", "workers", "model", "properties", "resolve"),
        *("backends", "records"),
    },
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


@pytest.mark.parametrize("folder", [PACKAGE / "backends", HERE / "backends"], ids=str)
def test_every_folder_of_a_backend_is_in_the_registry(folder: Path) -> None:
    folders = {path.parent.name for path in folder.glob("*/__init__.py")} - {"kit"}
    different = sorted(folders.symmetric_difference(BACKENDS))
    assert not different, f"{folder} and the registry differ in {', '.join(different)}"


@pytest.mark.parametrize("kind", sorted(BACKENDS))
def test_a_backend_has_its_class_its_contract_and_its_pages(kind: str) -> None:
    entry = BACKENDS[kind]
    assert entry.path.startswith(f"pulumi_rdns.backends.{kind}:")
    backend = entry.load()
    assert issubclass(backend, AddressBackend) or issubclass(backend, ZoneBackend)
    overrides = backend.finish_pending is not Backend.finish_pending
    assert entry.finishes_pending == overrides
    assert contracts(kind), f"tests/backends/{kind} has no subclass of the contract"

    root = HERE.parent
    row = re.search(rf"^\| `{kind}` \|.*\]\((.+)\) \|$", (root / "README.md").read_text(), re.M)
    assert row, f"README.md has no row for {kind} in its table of backends"
    is_page = row[1].startswith("#") or (root / row[1]).is_file()
    assert is_page, f"README.md: {row[1]} is missing"
    assert f"`{kind}`" in (root / "CHANGELOG.md").read_text(), f"CHANGELOG.md has no {kind}"


def contracts(kind: str) -> list[type[BackendContract]]:
    """Import the tests of a backend, and return their subclasses of the contract."""
    for file in (HERE / "backends" / kind).glob("test_*.py"):
        importlib.import_module(f"tests.backends.{kind}.{file.stem}")
    return [cls for cls in _below(BackendContract) if f".backends.{kind}." in cls.__module__]


def minimal_settings(kind: str) -> Mapping[str, object]:
    """Return what the contract of a backend says that an instance needs."""
    return next(one.minimal_settings for one in contracts(kind) if hasattr(one, "minimal_settings"))


def _below(cls: type) -> list[type]:
    direct: list[type] = cls.__subclasses__()
    return direct + [found for sub in direct for found in _below(sub)]


@pytest.mark.parametrize("kind", sorted(BACKENDS))
def test_the_minimal_settings_of_a_backend_are_enough_and_no_more(
    kind: str, tmp_path: Path
) -> None:
    needed = minimal_settings(kind)
    Backends({"main": {"type": kind, **needed}}, tmp_path, {}).get("main")
    for key in needed:
        rest = {other: value for other, value in needed.items() if other != key}
        with pytest.raises(ConfigError, match=f"rdns:backends.main.{key}: is missing"):
            Backends({"main": {"type": kind, **rest}}, tmp_path, {}).get("main")


@pytest.mark.parametrize("kind", sorted(BACKENDS))
def test_a_run_that_changes_nothing_imports_no_protocol(kind: str, tmp_path: Path) -> None:
    """What is imported for the look at an instance's settings, in a program and in its host."""
    script = (
        "import sys, json, pathlib\n"
        "from pulumi_rdns.backends.registry import Backends\n"
        "import pulumi_rdns.resources.ptr_record_set\n"
        "given = json.loads(sys.argv[1])\n"
        "print(Backends(given, pathlib.Path(sys.argv[2]), {}).get('main').name)\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    given = json.dumps({"main": {"type": kind, **minimal_settings(kind)}})
    command = [sys.executable, "-c", script, given, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    name, modules = ran.stdout.splitlines()
    assert name == "main"
    theirs = {"requests", "dns.message", "dns.update", "dns.resolver", "dns.zone"}
    ours = {f"pulumi_rdns.resources.{one}" for one in ("ptr_record", "forward_record", "preview")}
    assert not (theirs | ours).intersection(json.loads(modules))
