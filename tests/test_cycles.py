"""No module of the package imports itself over others, however late it does so."""

from __future__ import annotations

import ast
import gc
import graphlib
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "provider" / "pulumi_rdns"


def module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): file for file in PACKAGE.rglob("*.py")}


def imported(module: str, source: str) -> set[str]:
    """List the modules of ours that a module imports, also in functions and for types alone.

    That a module runs its own package first is no import: all modules do.
    """
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = ".".join(filter(None, [_above(module, node.level), node.module]))
            for alias in node.names:
                submodule = f"{origin}.{alias.name}"
                names.add(submodule if submodule in MODULES else origin)
    return names & MODULES.keys()


def _above(module: str, level: int) -> str:
    """Return the package that so many leading dots mean in a module."""
    parts = module.split(".")
    if MODULES[module].name != "__init__.py":
        parts.pop()
    return ".".join(parts[: len(parts) - level + 1]) if level else ""


def circle(imports: dict[str, set[str]]) -> list[str]:
    """Return a circle of imports, its first module also last; nothing where there is none."""
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]
    return []


def test_the_modules_of_the_package_import_each_other_in_no_circle() -> None:
    # What the collector finds while a tree is built may log a traceback, which builds one too.
    gc.collect()
    imports = {name: imported(name, file.read_text()) for name, file in MODULES.items()}
    assert len(imports) > 50
    assert "pulumi_rdns.errors" in imports["pulumi_rdns.cli.command"]
    assert circle(imports) == []


def test_imports_in_functions_and_for_types_alone_make_a_circle_too() -> None:
    late = "def f():\n    from pulumi_rdns import errors\n"
    typed = "if TYPE_CHECKING:\n    from pulumi_rdns.model.names import from_dns\n"
    imports = {
        "pulumi_rdns.model.names": imported("pulumi_rdns.model.names", late),
        "pulumi_rdns.errors": imported("pulumi_rdns.errors", typed),
    }
    one, other = imports
    assert circle(imports) in ([one, other, one], [other, one, other])
