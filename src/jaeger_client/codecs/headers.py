"""
Finding a codec's own headers among all those that a request carries.

Header names repeat from request to request, so what each exact spelling means
is remembered: a foreign header then costs one look-up in a set, and a carrier
of nothing but remembered names a single question. The memory is bounded in
entries and in the length of a name, for strangers choose names; when it is full
it starts anew, so that names made up by one of them push the usual ones out for
a moment only.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias, cast

from jaeger_client.errors import InvalidCarrierError

MAX_NAMES: Final = 512
"""Names that are remembered, of each of the two kinds."""

MAX_NAME_LENGTH: Final = 64
"""Characters of the longest name that is remembered."""

HEADER_NAME: Final = "a valid HTTP header name (an RFC 9110 token)"
"""What a configured header name must be, in the words of error messages."""

_IN_TOKENS: Final = frozenset(f"{string.ascii_letters}{string.digits}!#$%&'*+-.^_`|~")


def is_token(text: str) -> bool:
    """Whether *text* can be the name of an HTTP header (RFC 9110, section 5.6.2)."""
    return bool(text) and _IN_TOKENS.issuperset(text)


class Header:
    """What a header is to a codec; stays as it is made."""

    __slots__ = ("key", "kind")

    key: str
    """The baggage key, where the header carries an item of baggage."""

    def __init__(self, kind: str, key: str = "") -> None:
        self.kind = kind
        self.key = key


Meaning: TypeAlias = Callable[[str], Header | None]
"""Tells what a name in lower case means, `None` for a foreign one."""


class HeaderNames:
    """The header names of one codec; safe from any thread."""

    foreign: set[object]
    """Names, as they were spelled, that mean nothing to the codec."""
    own: dict[object, Header]
    """Names, as they were spelled, and what they mean."""
    passed: set[object]
    """The foreign names, and those that the codec looks up by itself."""

    def __init__(self, meaning: Meaning, looked_up: Iterable[str] = ()) -> None:
        self._meaning = meaning
        self._looked_up = frozenset(looked_up)
        self.foreign = set()
        self.own = {}
        self.passed = set(self._looked_up)

    def own_headers(self, carrier: object) -> list[tuple[Header, object]]:
        """
        Return the codec's own headers with their values, in the carrier's order.

        Raises:
            InvalidCarrierError: If the carrier has no `items()`.
        """
        found: list[tuple[Header, object]] = []
        foreign, own = self.foreign, self.own
        for name, value in items_of(carrier):
            try:
                if name in foreign:
                    continue
                header = own.get(name) or self._learn(name)
            except TypeError:  # not hashable: no name of a header
                continue
            if header is not None:
                found.append((header, value))
        return found

    def _learn(self, name: object) -> Header | None:
        if isinstance(name, bytes):
            return self._meaning(name.decode("utf-8", "replace").lower())
        if not isinstance(name, str):
            return None
        header = self._meaning(name.lower())
        # Only plain text is remembered: other objects may be of any size.
        if type(name) is str and len(name) <= MAX_NAME_LENGTH:
            self._remember(name, header)
        return header

    def _remember(self, name: str, header: Header | None) -> None:
        if header is None:
            if len(self.foreign) >= MAX_NAMES:
                self.foreign = set()  # not clear(): others may be reading it
                self.passed = set(self._looked_up)
            self.foreign.add(name)
            self.passed.add(name)
            return
        if len(self.own) >= MAX_NAMES:
            self.own = {}
        self.own[name] = header


def items_of(carrier: object) -> Iterable[tuple[object, object]]:
    """
    Return the carrier's names and values.

    Raises:
        InvalidCarrierError: If the carrier has no `items()`.
    """
    items = getattr(carrier, "items", None)
    if callable(items):
        return cast("Iterable[tuple[object, object]]", items())
    msg = f"the carrier must have items(), got {type(carrier).__name__}"
    raise InvalidCarrierError(msg)
