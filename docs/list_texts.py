"""
Prints every text of the package that people read; `make texts` calls it.

Docstrings, comments, and the texts of errors and log lines, with file and line, in the
order of the files, so that they can be proofread in one go. Those of the compiled core
in Cython, too.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple  # noqa: TID251 - not part of the package

PACKAGE: Final = Path(__file__).parents[1] / "src" / "jaeger_client"
SUFFIXES: Final = {".py", ".pxd", ".pxi", ".pyx"}
MIN_WORDS: Final = 3
"""Shorter strings are keys and names."""


class Text(NamedTuple):
    """A text and the line where it begins."""

    line: int
    kind: str
    content: str


def texts_of(path: Path) -> list[Text]:
    """Return the texts of a module, in their order."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    documented = set(_docstrings(tree))
    strings = (_message(node) for node in ast.walk(tree) if node not in documented)
    docstrings = (
        Text(node.lineno, "docstring", str(node.value)) for node in documented
    )
    return sorted({*docstrings, *filter(None, strings), *_comments(source)})


def texts_of_cython(path: Path) -> list[Text]:
    """Return the texts of a module in Cython, which `ast` cannot parse."""
    source = path.read_text(encoding="utf-8")
    return sorted({*_strings(source), *_comments(source)})


def _strings(source: str) -> Iterator[Text]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.STRING:
            continue
        # Not evaluated: it may be an f-string.
        line, content = token.start[0], token.string.lstrip("bfru").strip("\"'")
        if "/*" in content or "#define" in content:  # code in C
            for comment in re.findall(r"/\*.*?\*/", content, re.DOTALL):
                yield Text(line, "comment", comment)
        elif '"""' in token.string:
            yield Text(line, "docstring", content)
        elif len(content.split()) >= MIN_WORDS:
            yield Text(line, "message", content)


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    # A string that is a statement of its own documents what is before or around it.
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str()) as text):
                yield text
            case _:
                pass


def _message(node: ast.AST) -> Text | None:
    match node:
        case ast.JoinedStr(values=values):
            content = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}"
                for part in values
            )
        case ast.Constant(value=str(content)):
            pass
        case _:
            return None
    if len(content.split()) < MIN_WORDS:
        return None
    return Text(getattr(node, "lineno", 0), "message", content)


def _comments(source: str) -> Iterator[Text]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Text(token.start[0], "comment", token.string)


def main() -> int:
    """Print all texts."""
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix not in SUFFIXES:
            continue
        for text in (texts_of if path.suffix == ".py" else texts_of_cython)(path):
            content = " ".join(text.content.split())
            print(f"{path.relative_to(PACKAGE)}:{text.line}: {text.kind}: {content}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
