"""
Reads the OTLP answer: how many spans the backend refused, and why. Pure.

Source: opentelemetry-proto, `ExportTraceServiceResponse` with
`partial_success = 1` of `rejected_spans = 1` (int64) and `error_message = 2`,
and google.rpc `Status` with `code = 1` and `message = 2`. Four wire types of
protobuf are all that may stand in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jaeger_client.errors import AnswerError

_VARINT: Final = 0
_LENGTH_DELIMITED: Final = 2
_FIXED_SIZES: Final = {1: 8, 5: 4}
_LONGEST_VARINT: Final = 10
_MAX_INT64: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class PartialSuccess:
    """What the backend says of spans that it did not take."""

    rejected_spans: int = 0
    """How many it refused."""
    error_message: str = ""
    """Why, or a warning if it refused none."""


def parse_partial_success(body: bytes) -> PartialSuccess:
    """
    Read an `ExportTraceServiceResponse`.

    Raises:
        AnswerError: If *body* is none.
    """
    rejected, message = 0, ""
    for number, value in _iterate_fields(body):
        if number == 1 and isinstance(value, bytes):
            rejected, message = _parse_rejection(value)
    return PartialSuccess(rejected, message)


def parse_status_message(body: bytes) -> str:
    """
    Return the message of a google.rpc `Status`, "" if it has none.

    Raises:
        AnswerError: If *body* is none.
    """
    return _parse_rejection(body)[1]


def _parse_rejection(body: bytes) -> tuple[int, str]:
    # `Status` has the same two fields of the same types.
    count, message = 0, ""
    for number, value in _iterate_fields(body):
        if number == 1 and isinstance(value, int):
            count = value if value <= _MAX_INT64 else 0
        elif number == 2 and isinstance(value, bytes):  # noqa: PLR2004 - the field's number
            message = value.decode("utf-8", "replace")
    return count, message


def _iterate_fields(body: bytes) -> Iterator[tuple[int, int | bytes]]:
    offset = 0
    while offset < len(body):
        tag, offset = _read_varint(body, offset)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            value, offset = _read_varint(body, offset)
            yield number, value
            continue
        size, offset = _read_size(body, offset, wire_type)
        if offset + size > len(body):
            msg = f"a field needs {size} bytes, got {len(body) - offset}"
            raise AnswerError(msg)
        yield number, body[offset : offset + size]
        offset += size


def _read_size(body: bytes, offset: int, wire_type: int) -> tuple[int, int]:
    if wire_type == _LENGTH_DELIMITED:
        return _read_varint(body, offset)
    if wire_type in _FIXED_SIZES:
        return _FIXED_SIZES[wire_type], offset
    msg = f"no field has wire type {wire_type}"
    raise AnswerError(msg)


def _read_varint(body: bytes, offset: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(body[offset : offset + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follow
            return value, offset + index + 1
    msg = f"a number at byte {offset} does not end"
    raise AnswerError(msg)
