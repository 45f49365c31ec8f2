"""
Reads JSON from servers and files into values of known types.

A response or a file may contain anything. Each method of `JsonReader` returns a value
of the type that it is named after, or raises the reader's error, with the name of the
value, the expected type and the actual value. They raise nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Final, cast

from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.shown import shown
from jaeger_client.errors import ResponseError

MAX_NUMBER: Final = sys.float_info.max
"""Largest finite float; integers in JSON have no limit."""


class JsonReader:
    """
    Reads documents of one kind.

    Args:
        what: Name of a document in error messages.
        error: The error to raise for unexpected content.
    """

    def __init__(self, what: str, error: type[ResponseError]) -> None:
        self._what = what
        self._error = error

    def decode(self, body: object) -> object:
        """Decode a JSON document, in bytes or text."""
        if not isinstance(body, (bytes, bytearray, str)):
            raise self._unexpected(self._what, "JSON in bytes", type(body))
        # Not at the top, because importing it takes 2 ms at start-up. Other threads may
        # fork; see the module `fork`.
        with forks_wait():
            import json  # noqa: PLC0415

        try:
            return json.loads(body)
        except (ValueError, RecursionError) as exc:
            msg = f"{self._what} must be JSON, got {shown(body)}: {exc}"
            raise self._error(msg) from exc

    def mapping(self, value: object, name: str = "") -> Mapping[str, object]:
        """Return a JSON object; *name* may be omitted for the whole document."""
        if isinstance(value, Mapping):
            return cast("Mapping[str, object]", value)
        raise self._unexpected(name or self._what, "an object", value)

    def sequence(self, value: object, name: str) -> Sequence[object]:
        """Return a list; `null`, which Go writes for an empty one, is empty."""
        if value is None:
            return ()
        if isinstance(value, (list, tuple)):
            return cast("Sequence[object]", value)
        raise self._unexpected(name, "a list", value)

    def string(self, value: object, name: str) -> str:
        """Return a string."""
        if isinstance(value, str):
            return value
        raise self._unexpected(name, "a string", value)

    def number(
        self,
        value: object,
        name: str,
        range_: str = "",
        minimum: float = -MAX_NUMBER,
        maximum: float = MAX_NUMBER,
    ) -> float:
        """Return a number from *minimum* to *maximum*, which *range_* describes."""
        if (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and minimum <= value <= maximum
        ):
            return value
        raise self._unexpected(name, f"a number {range_}".rstrip(), value)

    def _unexpected(self, name: str, expected: str, value: object) -> ResponseError:
        return self._error(f"{name} must be {expected}, got {shown(value)}")
