"""What a terminal would obey is shown and not obeyed, in all that is printed."""

from __future__ import annotations

import ast
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_rdns.model.terminal_text import escaped, escaped_lines

PACKAGE = Path(__file__).parents[2] / "provider" / "pulumi_rdns"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mail.example.com", "mail.example.com"),
        ("Büro “1” — 東京 🙂", "Büro “1” — 東京 🙂"),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("a\r\nb\tc\x7f", r"a\r\nb\tc\x7f"),
        ("\u202emoc.elpmaxe\u202c", r"\u202emoc.elpmaxe\u202c"),
        ("\u2067a\u2069\u200f\u061c", r"\u2067a\u2069\u200f\u061c"),
        ("a\u2028b\ufeff\u200b", r"a\u2028b\ufeff\u200b"),
        ("zone\udcff", r"zone\udcff"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(st.text(st.characters(codec=None)))
def test_whatever_the_text_is_nothing_in_it_is_obeyed(text: str) -> None:
    shown = escaped(text)
    shown.encode()
    kinds = {unicodedata.category(character) for character in shown}
    assert not kinds & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(one) for one in shown} & {
        "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"
    }  # fmt: skip
    assert escaped(shown) == shown


def test_lines_of_a_message_stay_lines() -> None:
    assert escaped_lines("one\ntwo\x1b[K\r\n") == "one\ntwo\\x1b[K\\r\n"


def prints(node: ast.AST) -> bool:
    name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    return name in ("print", "sys.stderr.write", "CheckFailure") or name.startswith("pulumi.log.")


@pytest.mark.parametrize("layer", ["cli", "resources"])
def test_a_function_that_prints_escapes(layer: str) -> None:
    printing = {
        f"{module.relative_to(PACKAGE)}: {node.name}": ast.unparse(node)
        for module in (PACKAGE / layer).rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef) and any(map(prints, ast.walk(node)))
    }
    raw = {name for name, text in printing.items() if "escaped" not in text}
    plain = {  # JSON, counts, a question, and nothing at all
        "cli": {
            "cli/doctor.py: run_doctor",
            "cli/doctor.py: _print",
            "cli/doctor_write.py: _ask",
            "cli/addresses.py: run_addresses",
            "cli/check.py: run_check",
            "cli/check.py: _print",
            "cli/terminal.py: clear",
        },
        "resources": set[str](),
    }
    assert raw == plain[layer]
