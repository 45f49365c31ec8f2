"""What a server answered; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jaeger_client.frozen import Frozen

MAX_ANSWER: Final = 1 << 20
"""Bytes of an answer's body that are kept; the rest is not read."""

_EXCERPT_LENGTH: Final = 200
_SUCCESS: Final = range(200, 300)


class HttpResponse(Frozen):
    """What a server answered."""

    status: int
    """The status code."""
    headers: Mapping[str, str]
    """Headers by their names in lower case."""
    body: bytes
    """The first `MAX_ANSWER` bytes of the body, as they came."""
    is_truncated: bool = False
    """Whether the body was longer."""

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success."""
        return self.status in _SUCCESS

    @property
    def excerpt(self) -> str:
        """The first 200 characters of the body on one line, for messages."""
        # Four bytes are the longest UTF-8 character.
        text = self.body[: 4 * _EXCERPT_LENGTH].decode("utf-8", "replace")
        return excerpt_of(text)


def excerpt_of(text: str) -> str:
    """
    Return the first 200 characters of *text* on one line, for messages.

    Unlike `shown.one_line` it joins words that white space separates, because error
    pages in HTML have many line breaks.
    """
    one_line = " ".join(text[: 4 * _EXCERPT_LENGTH].split())
    shown = "".join(c if c.isprintable() else "?" for c in one_line)
    return shown[:_EXCERPT_LENGTH]
