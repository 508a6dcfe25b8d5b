"""A vendor's SDK is there, or a sentence says how to get it."""

from __future__ import annotations

import importlib.metadata
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pulumi_rdns.backends.kit.sdk import import_sdk, require_sdk
from pulumi_rdns.errors import ConfigError

ROOT = Path(__file__).parents[3]
EXTRAS: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
    "optional-dependencies"
]


def test_an_sdk_that_is_installed_is_imported() -> None:
    require_sdk("main", "email", "hetzner")
    assert import_sdk("main", "email.mime.text", "hetzner") is sys.modules["email.mime.text"]


@pytest.mark.parametrize("ask", [require_sdk, import_sdk])
def test_one_that_is_missing_is_a_sentence_with_the_pip_line(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(ConfigError) as caught:
        ask("main", "no_such_sdk", "hetzner")
    assert str(caught.value).startswith("rdns:backends.main: ")
    assert "no_such_sdk" in str(caught.value)
    assert str(caught.value).endswith("pip install 'pulumi-rdns[hetzner]'")


def test_one_that_is_broken_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_an_sdk.py").write_text("import the_other_half_of_it\n")
    monkeypatch.syspath_prepend(tmp_path)
    require_sdk("main", "half_an_sdk", "hetzner")
    with pytest.raises(ConfigError, match="No module named 'the_other_half_of_it'"):
        import_sdk("main", "half_an_sdk", "hetzner")
    assert "half_an_sdk" not in sys.modules


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_is_installed_for_the_tests_in_a_version_that_it_allows(extra: str) -> None:
    pinned = (ROOT / "tests" / "requirements.txt").read_text()
    for text in EXTRAS[extra]:
        wanted = Requirement(text)
        version = importlib.metadata.version(wanted.name)
        assert version in wanted.specifier
        assert f"\n{wanted.name}=={version}" in pinned
