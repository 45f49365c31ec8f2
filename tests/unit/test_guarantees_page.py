"""Each promise of docs/guarantees.md links to a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = (DOCS / "guarantees.md").read_text(encoding="utf-8")
LINK: Final = re.compile(r"\[`(\w+)`\]\s*\(([^)]+)\)")
PROMISES: Final = re.findall(r"^- .+(?:\n  .+)*", PAGE, re.MULTILINE)


def test_every_promise_links_to_a_test() -> None:
    """No line of the page is without a test."""
    without = [promise for promise in PROMISES if not LINK.search(promise)]

    assert [] == without


def test_every_link_leads_to_a_test() -> None:
    """The linked file defines the test of that name."""
    wrong = [
        link for link in LINK.findall(PAGE) if link[0] not in functions_in(link[1])
    ]

    assert [] == wrong


def functions_in(path: str) -> set[str]:
    """Return the names of the functions in a file that the page links to."""
    tree = ast.parse((DOCS / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
