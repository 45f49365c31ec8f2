"""
Kind and status of an OTLP span, read from its tags as Jaeger reads them.

An `error` that is true beats `otel.status_code`, which beats `http.status_code`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from jaeger_client.encoding import protobuf
from jaeger_client.encoding.tables import PieceTable, Tables
from jaeger_client.model import TagItem

NOTED: Final = frozenset(
    {
        "error",
        "http.status_code",
        "http.status_message",
        "otel.status_code",
        "otel.status_description",
        "span.kind",
    },
)
"""Tags of a span that say something about its kind or status."""

_KINDS: Final = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
_CODES: Final = {"UNSET": 0, "OK": 1, "ERROR": 2}
_LONGEST_KNOWN: Final = 16
"""Characters of a text that is looked up; a description is not worth keeping."""

_ERROR: Final = _CODES["ERROR"]


def hides(key: str, value: object) -> bool:
    """Return whether the tag is said by kind or status, and so is no attribute."""
    if key == "error":
        return value is True  # Jaeger shows it for the status
    if key == "span.kind":
        return isinstance(value, str) and value in _KINDS
    if key == "otel.status_code":
        return isinstance(value, str) and value.upper() in _CODES
    return key == "otel.status_description" and isinstance(value, str)


def kind_and_status_writer(tables: Tables) -> Callable[[list[TagItem]], bytes]:
    """Return the function that writes fields 6 and 15 of a span of noted tags."""
    known = PieceTable[tuple[TagItem, ...]](_of_items)
    tables.all.append(known)

    def kind_and_status(notes: list[TagItem]) -> bytes:
        key = tuple(notes)
        for _, value in notes:
            # Exact types only: True is an int, and 1 and True are one dict key.
            if type(value) is not int and not _is_short_text(value):
                return _of_items(key)
        piece = known.get(key)
        return known.make(key) if piece is None else piece

    return kind_and_status


def _is_short_text(value: object) -> bool:
    return type(value) is str and len(value) <= _LONGEST_KNOWN


def _of_items(items: Iterable[TagItem]) -> bytes:
    return _kind_and_status(dict(items))


def _kind_and_status(notes: Mapping[str, object]) -> bytes:
    """Return fields 6 and 15 of a span, as far as *notes* on its tags give any."""
    kind = _KINDS.get(str(notes.get("span.kind")), 0)
    code = _code(notes, is_server=kind == _KINDS["server"])
    message = _message(notes, code)
    status = protobuf.text_field(2, message) if message else b""
    if code:
        status += b"\x18" + bytes((code,))
    field = b"\x30" + bytes((kind,)) if kind else b""
    return field + (protobuf.message_field(15, status) if status else b"")


def _code(notes: Mapping[str, object], *, is_server: bool) -> int:
    if notes.get("error") is True:
        return _ERROR
    explicit = notes.get("otel.status_code")
    if isinstance(explicit, str):
        return _CODES.get(explicit.upper(), 0)
    http_status = _number(notes.get("http.status_code"))
    # Of a server's answers 4xx are the client's fault.
    return _ERROR if http_status >= (500 if is_server else 400) else 0


def _message(notes: Mapping[str, object], code: int) -> str:
    message = notes.get("otel.status_description")
    if message is None and code and "otel.status_code" not in notes:
        message = notes.get("http.status_message")
    return message if isinstance(message, str) else ""


def _number(value: object) -> int:
    try:
        return int(value) if isinstance(value, (int, str)) else 0
    except ValueError:
        return 0
