"""
Text of values from outside, for error messages, log lines and explanations.

The content of a request, a response, a setting or an application's object may be
huge, have line breaks and terminal escapes, contain a password, or raise when it is
converted to text. The functions of this module return one line of bounded length
without secrets, and do not raise. Their time and memory depend on the limit, not on
the size of the value, except where an object's own `repr` or `str` is called.

A secret is recognized by its context: the part of a URL before the `@`, the value that
follows a name such as `token`. In case of doubt the text is hidden.

Patterns are compiled on their first use: most programs use none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Final, cast

HIDDEN: Final = "(hidden)"
"""Replacement for a secret."""

MAX_SHOWN: Final = 1_000
"""Maximum length of a shown text, in characters."""

MAX_QUOTED: Final = 120
"""Maximum length of a value that an error message quotes, in characters."""

MAX_EXCERPT: Final = 200
"""Maximum length of the part of a response that a message quotes, in characters."""

_MAX_ITEMS: Final = 50
"""Maximum number of items of a container that are shown."""

_MAX_DISPLAYED: Final = 100
"""Maximum number of headers or list items of a setting that are shown."""

_MAX_NUMBER: Final = 1 << 64
"""Limit of numbers in settings; larger ones become text, see `_MAX_BITS`."""

_MAX_DEPTH: Final = 4
"""Maximum depth of nested containers that are shown."""

_MAX_BITS: Final = 4_096
"""
Maximum number of bits of a number whose digits are shown.

Python raises an error for numbers of more than 4,300 digits.
"""

_BRACKETS: Final[dict[type, str]] = {
    dict: "{}",
    list: "[]",
    tuple: "()",
    set: "{}",
    frozenset: "{}",
}

_WORDS: Final = (
    r"(?:access|api|auth|client|db|id|refresh|session|user)?[-_.]?"
    r"(?:pass(?:words?|wd|phrase)?|secrets?|tokens?)|"
    r"pwd?|o?auth(?:orization)?|bearer|"
    r"(?:access|account|api|license|private|secret|signing|subscription)[-_.]?key|"
    r"(?:key|session)[-_.]?id|credentials?|session|cookie|jwt|sig(?:nature)?"
)
# Whole words only: `passenger` and `author` do not name secrets.
_SECRET_NAME: Final = rf"(?i:(?:^|[^a-z0-9])(?:{_WORDS})(?:$|[^a-z0-9]))"
_CAMEL_CASE: Final = r"(?<=[a-z0-9])(?=[A-Z])"
_PERCENT: Final = r"%([0-9A-Fa-f]{2})"
# The lookbehind allows one match per name, so that the time is linear.
_NAME: Final = (
    r"(?<![\w.%-])([\w.%-]+)(?:\[\w{0,20}\])?\\{0,4}['\"]?\s*(?:=>?|:(?!//))\s*"
)
# A value may be the first of a list, and JSON within JSON has escaped quotes.
_QUOTED: Final = (
    r"[\[(]?(?:'(?:[^'\\]|\\.)*(?:'|$)|\"(?:[^\"\\]|\\.)*(?:\"|$)|"
    r"\\{1,4}['\"][^'\"]*)"
)
_VALUE_IN_TEXT: Final = rf"(?is:{_QUOTED}|(?:bearer\s|basic\s)?[^\s,;&'\"}}]+)"
_VALUE_OF_SETTING: Final = rf"(?s:{_QUOTED}|[^,;&\r\n]+)"
_CREDENTIALS: Final = r"(?i)\b(bearer|basic)\s(?:[\w.~+/-]{16,}|[\w.~+/-]+@$)"
"""The value of the header `Authorization`; few words have 16 characters."""

_PEM: Final = "-----BEGIN"
"""Beginning of a key, which may have been passed in place of its file name."""

_SECRET_PARAMETERS: Final = frozenset({"key", "code", "sign"})
"""Parameters of a URL's query whose values are secrets, besides those of `_WORDS`."""


def is_secret_name(name: str) -> bool:
    """Return whether the value of a setting or field *name* is likely a secret."""
    words = re.sub(_CAMEL_CASE, "_", name[:MAX_SHOWN])
    return re.search(_SECRET_NAME, words) is not None


def without_secrets(text: str) -> str:
    """Hide secrets in a message: user information of URLs, values of secret names."""
    if "@" in text:
        text = re.sub(r"[^\s'\"]+", lambda word: _without_user_info(word[0]), text)
    return _without_values(text, _VALUE_IN_TEXT)


def setting_without_secrets(text: str, limit: int = MAX_SHOWN) -> str:
    """
    Return what can be shown of a single setting, at most about *limit* characters.

    Unlike in a message, a secret does not end at a blank or a quote.
    """

    def hide(head: str) -> str:
        if "//" in head:
            head = _without_user_info(head)
        elif "@" in head:
            head = re.sub(r"\S+", lambda word: _without_user_info(word[0]), head)
        return _without_values(head, _VALUE_OF_SETTING)

    return _cut(text, limit, hide)


def url_without_secrets(url: str) -> str:
    """Hide the values of secret parameters in the query of *url*."""
    return _without_values(url, _VALUE_OF_SETTING)


def one_line(text: str, limit: int = MAX_SHOWN) -> str:
    """Return *text* cut at *limit* characters, with unprintable ones escaped."""
    head = text[:limit]
    if not head.isprintable():
        head = "".join(
            c if c.isprintable() else c.encode("unicode_escape").decode() for c in head
        )[:limit]
    return f"{head}{_more(len(text) - limit)}"


def excerpt_of(text: str) -> str:
    """
    Return the beginning of the *text* of a response, on one line and printable.

    Unlike `one_line` it joins words that white space separates, because error pages in
    HTML have many line breaks.
    """
    line = " ".join(text[: 4 * MAX_EXCERPT].split())
    return "".join(c if c.isprintable() else "?" for c in line)[:MAX_EXCERPT]


def text_of(value: object, limit: int = MAX_SHOWN) -> str:
    """Return `str(value)` on one line, cut and without secrets."""
    return one_line(_cut(_converted(value, str), limit, without_secrets), 2 * limit)


def shown(value: object, limit: int = MAX_QUOTED) -> str:
    """Return `repr(value)` on one line, cut and without secrets."""
    return one_line(without_secrets(_Repr(limit).of(value, _MAX_DEPTH)), 2 * limit)


def displayable(value: object, *, is_secret: bool) -> object:
    """Return what can be shown of the value of a setting; numbers stay numbers."""
    try:
        return _displayable(value, is_secret=is_secret)
    except Exception:  # noqa: BLE001 - the value's own code may raise anything
        return HIDDEN if is_secret else shown(value)


def _displayable(  # noqa: PLR0911 - one for each type
    value: object, *, is_secret: bool
) -> object:
    whole: object = value  # Type checkers narrow `value` to partly unknown types.
    if value is None:
        return None
    if isinstance(value, Mapping) and (is_secret or not value):
        # Names of headers are shown; their values are not.
        names = islice(cast("Mapping[object, object]", value), _MAX_DISPLAYED)
        return {text_of(name): HIDDEN for name in names}
    if is_secret:
        return HIDDEN
    if isinstance(value, str):
        return setting_without_secrets(value)
    if isinstance(value, (int, float)) and -_MAX_NUMBER < value < _MAX_NUMBER:
        return value
    if isinstance(value, tuple):
        return tuple(map(text_of, cast("tuple[object, ...]", value)[:_MAX_DISPLAYED]))
    return shown(whole)


def as_text(value: object) -> str:
    """Return the text of *value* as it is written in a configuration."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.15g}"
        case None:
            return "none"
        case Mapping():
            items = cast("Mapping[object, object]", value).items()
            pairs = (f"{text_of(key)}={text_of(item)}" for key, item in items)
            return ", ".join(pairs) or "none"
        case tuple():
            return ", ".join(map(text_of, cast("tuple[object, ...]", value)))
        case _:
            return value if isinstance(value, str) else text_of(value)


class _Repr:
    """Formats values as `repr` does, up to *limit* characters."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit

    def of(self, value: object, depth: int) -> str:
        """Return the text of *value*, with *depth* levels of nested containers."""
        brackets = _BRACKETS.get(type(value))
        if brackets is not None and value:
            return self._container(cast("Iterable[object]", value), brackets, depth)
        text = self._leaf(value)
        self._left -= len(text)
        return text

    def _container(self, value: Iterable[object], brackets: str, depth: int) -> str:
        if not depth:
            return f"{brackets[0]}...{brackets[-1]}"
        # Atomic (see `signal_safe`): iterating while another thread changes the
        # container would raise.
        items = list(islice(value, _MAX_ITEMS + 1))
        parts: list[str] = []
        for item in items:
            if self._left <= 0 or len(parts) == _MAX_ITEMS:
                parts.append("...")
                break
            part = self.of(item, depth - 1)
            if isinstance(value, dict):
                of_key = cast("dict[object, object]", value).get(item)
                part = f"{part}: {self.of(of_key, depth - 1)}"
            parts.append(part)
        end = "," if brackets == "()" and len(parts) == 1 else ""
        return f"{brackets[0]}{', '.join(parts)}{end}{brackets[-1]}"

    def _leaf(self, value: object) -> str:
        limit = self._limit
        if type(value) is str:
            return repr(setting_without_secrets(value, limit))
        if type(value) is bytes or type(value) is bytearray:
            head = setting_without_secrets(repr(bytes(value[:limit])))
            return f"{head}{_more(len(value) - limit)}"
        return _cut(_converted(value, repr), limit, without_secrets)


def _converted(value: object, convert: Callable[[object], str]) -> str:
    try:
        if isinstance(value, int) and value.bit_length() > _MAX_BITS:
            return f"a very large {type(value).__name__}"
        # The method of `str` itself: a subclass may override every method.
        return str.__str__(convert(value))
    except Exception as error:  # noqa: BLE001 - the code is the application's
        method, raised = convert.__name__, type(error).__name__
        return f"<{type(value).__name__} whose {method}() raised {raised}>"


def _more(count: int) -> str:
    return f"... ({count} more)" if count > 0 else ""


def _cut(text: str, limit: int, hide: Callable[[str], str]) -> str:
    if len(text) <= limit:
        return hide(text)
    # An `@` may follow after the cut, so the text is treated as if one did.
    head = hide(f"{text[:limit]}@").removesuffix("@")
    return f"{head}{_more(len(text) - limit)}"


def _without_user_info(text: str) -> str:
    at = text.rfind("@")
    slashes, colon = text.find("//", 0, max(at, 0)), text.find(":", 0, max(at, 0))
    if colon < 0 and slashes < 0:
        return text  # as in me@example
    if slashes >= 0 and (colon < 0 or colon >= slashes - 1):
        begin = slashes + 2
    else:
        begin = 1 + max(text.rfind(character, 0, colon) for character in "=,/")
    return f"{text[:begin]}{HIDDEN}{text[at:]}"


def _without_values(text: str, value_pattern: str) -> str:
    if text.isidentifier():
        return text  # as most names; the patterns, compiled on first use, take 0.4 ms
    before, pem, _ = text.partition(_PEM)
    text = f"{before}{HIDDEN}" if pem else text
    names, values = re.compile(_NAME), re.compile(value_pattern)
    pieces: list[str] = []
    done = position = 0
    while name := names.search(text, position):
        position = name.end()
        value = values.match(text, position) if _names_secret(text, name) else None
        if value is not None:
            pieces += (text[done:position], HIDDEN)
            done = position = value.end()
    text = "".join([*pieces, text[done:]])
    return re.sub(_CREDENTIALS, rf"\1 {HIDDEN}", text)


def _names_secret(text: str, match: re.Match[str]) -> bool:
    name = match[1]
    if "%" in name:
        name = re.sub(_PERCENT, lambda code: chr(int(code[1], 16)), name)
    before = text[max(match.start() - 1, 0) : match.start()]
    if before in {"?", "&"} and name.lower() in _SECRET_PARAMETERS:
        return True
    # The first letter may belong to an escape, as in `\npassword`.
    return is_secret_name(name) or (before == "\\" and is_secret_name(name[1:]))
