"""What `import pulumi_rdns` offers."""

from __future__ import annotations

import importlib.metadata
import pydoc

import pytest

import pulumi_rdns as rdns


def test_the_package_says_its_version() -> None:
    assert rdns.__version__ == importlib.metadata.version("pulumi-rdns")
    assert rdns.__version__ in pydoc.plain(pydoc.render_doc(rdns))
    assert "__version__" in dir(rdns)


def test_a_package_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(_name: str) -> str:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert rdns.__version__ == "unknown"


def test_every_name_that_is_offered_is_there_and_no_other_is() -> None:
    for name in dir(rdns):
        assert getattr(rdns, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'PtrRecrod'"):
        rdns.PtrRecrod  # noqa: B018
