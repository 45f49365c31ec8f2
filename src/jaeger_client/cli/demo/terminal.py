"""The capabilities of a terminal: width, characters, colours."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TextIO

_COLOURS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}
_DIM = 2
_FALLBACK_SIZE = (100, 24)
"""Columns and lines if the output is not a terminal."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """The characters of trees and bars."""

    branch: str
    last: str
    line: str
    blank: str
    bar: str
    cross: str
    ellipsis: str
    micro: str


UNICODE = Symbols("├─ ", "└─ ", "│  ", "   ", "█", "✗", "…", "µ")
ASCII = Symbols("|- ", "`- ", "|  ", "   ", "#", "x", "~", "u")


@dataclass(frozen=True, slots=True)
class Terminal:
    """Formats text for an output stream."""

    width: int
    has_colour: bool
    symbols: Symbols

    def colour(self, name: str, text: str) -> str:
        """Return *text* in a colour, if colours are on."""
        return self._coded(_COLOURS[name], text)

    def dim(self, text: str) -> str:
        """Return *text* less bright, if colours are on."""
        return self._coded(_DIM, text)

    def cut(self, text: str, width: int) -> str:
        """Return *text* on one line of at most *width* characters."""
        line = " ".join(text.split())
        if len(line) <= width:
            return line
        return line[: max(0, width - 1)] + self.symbols.ellipsis

    def _coded(self, code: int, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.has_colour and text else text


def terminal_of(stream: TextIO) -> Terminal:
    """
    Return the capabilities of *stream*.

    Colours are on if it is a terminal and `NO_COLOR` is not set or is empty
    (no-color.org).
    """
    environ = os.environ  # noqa: TID251 - the terminal's, not a tracer's
    is_wanted = not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    return Terminal(
        width=shutil.get_terminal_size(_FALLBACK_SIZE).columns,
        has_colour=stream.isatty() and is_wanted,
        symbols=UNICODE if _can_encode(stream) else ASCII,
    )


def _can_encode(stream: TextIO) -> bool:
    try:
        "├└│█✗…µ".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True
