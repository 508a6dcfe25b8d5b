"""Each module of the floors that hold everything up has a test module of its own name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.checks import COVERED

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "provider" / "pulumi_rdns"


def modules(folder: str) -> list[str]:
    names = (module.stem for module in (PACKAGE / folder).glob("*.py"))
    return sorted(f"{folder}/{name}" for name in names if name != "__init__")


@pytest.mark.parametrize("folder", COVERED)
def test_a_folder_that_is_listed_is_there(folder: str) -> None:
    assert modules(folder), f"{folder} is listed in tools/checks.py and has no module"


@pytest.mark.parametrize("module", [name for folder in COVERED for name in modules(folder)])
def test_a_module_has_a_test_module_of_its_name(module: str) -> None:
    folder, _, name = module.rpartition("/")
    file = TESTS / folder / f"test_{name}.py"
    assert file.is_file(), f"{module}.py has no {file.relative_to(TESTS.parent)}"
