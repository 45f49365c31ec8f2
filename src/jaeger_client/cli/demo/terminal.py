"""What the terminal can show: its width, its characters, colours."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TextIO

_COLOURS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}
_DIM = 2
_FALLBACK_SIZE = (100, 24)
"""What a width is where there is no terminal."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """What trees and bars are drawn with."""

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
    """What can be shown."""

    width: int
    has_colour: bool
    symbols: Symbols

    def colour(self, name: str, text: str) -> str:
        """Return *text* in a colour, if colours are wanted."""
        return self._coded(_COLOURS[name], text)

    def dim(self, text: str) -> str:
        """Return *text* less bright, if colours are wanted."""
        return self._coded(_DIM, text)

    def cut(self, text: str, width: int) -> str:
        """Return *text* in one line of at most *width* characters."""
        line = " ".join(text.split())
        if len(line) <= width:
            return line
        return line[: max(0, width - 1)] + self.symbols.ellipsis

    def _coded(self, code: int, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.has_colour and text else text


def look_at(stream: TextIO) -> Terminal:
    """
    Return what *stream* can show.

    Colours only on a terminal and without `NO_COLOR`, which any value but an
    empty one sets (no-color.org).
    """
    environ = os.environ  # noqa: TID251 - of the terminal, no setting of a tracer
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
