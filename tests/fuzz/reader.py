"""
Values created from the bytes of a fuzzer.

Any bytes result in values, and a changed byte changes few of them, so that a fuzzer
which does not know the format still makes progress. After the end of the bytes, all
values are empty.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, TypeVar

T = TypeVar("T")

_MAX_DEPTH: Final = 4
_DOUBLE: Final = struct.Struct(">d")


class Reader:
    """Reads values from the beginning of *data*."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0

    @property
    def is_at_end(self) -> bool:
        """Whether nothing is left."""
        return self._offset >= len(self._data)

    def take(self, size: int) -> bytes:
        """Return the next *size* bytes, or as many as are left."""
        taken = self._data[self._offset : self._offset + size]
        self._offset += size
        return taken

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(len(self._data))

    def byte(self) -> int:
        """Return a number from 0 to 255."""
        return int.from_bytes(self.take(1), "big")

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of *choices*, by a byte."""
        return choices[self.byte() % len(choices)]

    def blob(self) -> bytes:
        """Return up to 255 bytes."""
        return self.take(self.byte())

    def text(self) -> str:
        """Return text, with a lone surrogate for each byte that is not UTF-8."""
        return self.blob().decode("utf-8", "surrogateescape")

    def integer(self) -> int:
        """Return an integer of any sign and size."""
        return int.from_bytes(self.blob(), "big", signed=True)

    def double(self) -> float:
        """Return any float, NaN and the infinities included."""
        number: float
        (number,) = _DOUBLE.unpack(self.take(_DOUBLE.size).ljust(_DOUBLE.size, b"\0"))
        return number

    def value(self, depth: int = 0) -> object:  # noqa: PLR0911 - one for each kind
        """Return an object of any kind; a letter selects which."""
        match chr(self.byte()):
            case "i":
                return self.integer()
            case "f":
                return self.double()
            case "b":
                return self.blob()
            case "t":
                return bool(self.byte() % 2)
            case "n":
                return None
            case "L":  # long text
                return self.text()[:4] * self.byte() * 16
            case "l" if depth < _MAX_DEPTH:
                return [self.value(depth + 1) for _ in range(self.byte() % 8)]
            case "d" if depth < _MAX_DEPTH:
                return {self.text(): self.value(depth + 1) for _ in range(3)}
            case "o":
                return self.odd()
            case _:
                return self.text()

    def odd(self) -> object:
        """Return an object whose own code misbehaves, or of an unusual type."""
        text = self.text()
        return self.one_of(
            [
                Raising(),
                RaisingTwice(),
                Liar(),
                OddText(text),
                OddNumber(len(text)),
                OddDict({text: text}),
                Word.WORD,
                Decimal(len(text)) / 7,
                ValueError(text),
                bytearray(text, "utf-8", "surrogateescape"),
                {text},
                object,
            ]
        )


class OddError(Exception):
    """Raised by the objects below; its own text cannot be read either."""

    def __str__(self) -> str:
        raise OddError


class Raising:
    """Cannot be converted to text."""

    def __repr__(self) -> str:
        msg = "no text"
        raise RuntimeError(msg)


class RaisingTwice:
    """Cannot be converted to text, and neither can the error that this raises."""

    def __repr__(self) -> str:
        raise OddError

    def __eq__(self, other: object) -> bool:
        raise OddError

    __hash__ = object.__hash__


class Liar:
    """Raises when its type is read."""

    @property  # type: ignore[misc]  # on purpose
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
        raise OddError


class OddText(str):
    """Text whose methods cannot be trusted."""

    __slots__ = ()

    def __str__(self) -> str:
        raise OddError

    def __len__(self) -> int:
        raise OddError

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        raise OddError

    def __eq__(self, other: object) -> bool:
        raise OddError

    __hash__ = str.__hash__


class OddNumber(int):
    """A number whose methods cannot be trusted."""

    def __repr__(self) -> str:
        raise OddError

    def __index__(self) -> int:
        raise OddError

    def __lt__(self, other: object) -> bool:
        raise OddError

    def __and__(self, other: object) -> int:
        raise OddError


class OddDict(dict[str, str]):
    """A dict that does not show its content."""

    def items(self) -> object:  # type: ignore[override]  # on purpose
        raise OddError

    def __iter__(self) -> object:  # type: ignore[override]  # on purpose
        raise OddError


class Word(str, enum.Enum):
    """Text that is a member of an enumeration."""

    WORD = "word"
