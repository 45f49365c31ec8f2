"""What a server answered; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from jaeger_client._internal.frozen import Frozen
from jaeger_client._internal.shown import HIDDEN, MAX_EXCERPT, excerpt_of

MAX_ANSWER: Final = 1 << 20
"""Bytes of an answer's body that are kept; the rest is not read."""

_SUCCESS: Final = range(200, 300)

_OPEN_HEADERS: Final = frozenset(
    {"content-encoding", "content-type", "host", "user-agent"}
)
"""Headers of requests whose values are no secrets."""

_CREDENTIAL: Final = r"[^\s,;]{8,}"
"""A piece of a header's value that may be one. Shorter ones occur in any text."""


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
    sent_headers: Mapping[str, str] = MappingProxyType({})
    """Headers of the request by their names in lower case."""

    _secret: ClassVar = ("sent_headers",)

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success."""
        return self.status in _SUCCESS

    @property
    def excerpt(self) -> str:
        """The first 200 characters of the body on one line, for messages."""
        # Four bytes are the longest UTF-8 character.
        text = self.body[: 4 * MAX_EXCERPT].decode("utf-8", "replace")
        return self.excerpt_of(text)

    def excerpt_of(self, text: str) -> str:
        """
        Return the first 200 characters of *text*, a part of the body, on one line.

        Credentials that were sent are hidden: servers quote what they refuse.
        """
        return excerpt_of(without_credentials(text, self.sent_headers))


def without_credentials(text: str, sent_headers: Mapping[str, str]) -> str:
    """Return *text* with the credentials among *sent_headers* hidden."""
    for name, value in sent_headers.items():
        if name not in _OPEN_HEADERS:
            for credential in re.findall(_CREDENTIAL, value):
                text = text.replace(credential, HIDDEN)
    return text
