"""
OTLP over HTTP to a collector.

The OTLP specification (OTLP/HTTP) defines more than success and failure:

- Status 429, 502, 503 and 504 and failed connections are temporary. The reporter sends
  the payload again, with backoff, and not before `Retry-After`, which is a number of
  seconds or a date.
- Status 200 may come with a count of rejected spans, `partial_success`. Those spans
  must not be sent again.
- Other failures are final; the body contains the reason as a google.rpc `Status`.

Bodies of responses are protobuf; both messages have the same two fields:

```text
ExportTraceServiceResponse    1 ExportTracePartialSuccess partial_success
ExportTracePartialSuccess     1 int64 rejected_spans  2 string error_message
google.rpc.Status             1 int32 code            2 string message  3 details
```

A field begins with the varint `number << 3 | wire type`: 0 a varint, 1 eight bytes, 2 a
size and that many bytes, 5 four bytes. Unknown fields are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.http_client.messages import HttpResponse
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client.errors import (
    RefusedError,
    ResponseError,
    RetryableSendError,
    SendError,
)
from jaeger_client.senders.http import DEFAULT_MAX_PAYLOAD, HttpSender

OTLP_CONTENT_TYPE: Final = "application/x-protobuf"
"""Media type of OTLP in protobuf."""

MAX_RETRY_AFTER: Final = 60.0
"""Maximum delay in seconds that a server may request; the queue fills meanwhile."""

_OK: Final = 200
_RETRYABLE_STATUSES: Final = frozenset({429, 502, 503, 504})

_SECONDS: Final = re.compile(r"[0-9]+")

# Wire types.
_VARINT: Final = 0
_LENGTH_DELIMITED: Final = 2
_FIXED_SIZES: Final = {1: 8, 5: 4}  # bytes of fixed64 and fixed32

_MAX_VARINT_SIZE: Final = 10  # bytes for 64 bits
_MORE_FOLLOW: Final = 0x80  # set in all bytes of a varint but the last
_MESSAGE_FIELD: Final = 2  # error_message, and Status.message
_MAX_INT64: Final = (1 << 63) - 1
_MASK_64: Final = (1 << 64) - 1


class OtlpHttpSender(HttpSender):
    """
    Posts OTLP payloads to *url*, which ends in `/v1/traces`.

    Arguments are those of `HttpSender`; compression is on by default.

    Raises:
        ConfigError: If *url* or *max_payload* is not valid.
    """

    def __init__(
        self,
        url: str,
        *,
        content_type: str = OTLP_CONTENT_TYPE,
        options: HttpOptions | None = None,
        gzip: bool = True,
        max_payload: int = DEFAULT_MAX_PAYLOAD,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(
            url,
            content_type=content_type,
            options=options,
            gzip=gzip,
            max_payload=max_payload,
            clock=clock,
        )
        self._rejection = RateLimitedWarning(
            "%s rejected %d spans of a batch that it accepted: %s",
            clock=clock,
        )

    def send(self, payload: bytes, timeout: float | None = None) -> None:
        """
        Post *payload*, wait for the response, and count the spans that it rejects.

        Waits up to *timeout* seconds.

        Raises:
            PayloadTooLargeError: If the server accepts less; see `max_payload`.
            RetryableSendError: If the failure is temporary: the connection failed, was
                refused or timed out, or the status is 429, 502, 503 or 504.
                `retry_after` is the delay that the server requested.
            SendError: If the server did not accept it, or the sender is closed.
        """
        try:
            response = self._post(payload, timeout)
        except RefusedError as exc:
            raise RetryableSendError(str(exc)) from exc
        if error := self._find_error(payload, response):
            raise error
        self._count_rejected(response)

    def probe(self, timeout: float = 1.0) -> bool:
        """Send an empty request; return whether the server accepts it as OTLP."""
        try:
            response = self._client.request(
                "POST",
                self._url,
                b"",
                self._headers,
                timeout=timeout,
            )
        except SendError:
            return False
        return response.status == _OK and self._find_error(b"", response) is None

    def _find_error(self, payload: bytes, response: HttpResponse) -> SendError | None:
        error = super()._find_error(payload, response)
        if error is None or response.status not in _RETRYABLE_STATUSES:
            return error
        header = response.headers.get("retry-after")
        delay = parse_retry_after(header, self._clock.time())
        return RetryableSendError(str(error), retry_after=delay)

    def _reason(self, response: HttpResponse) -> str:
        # The reason is inside a google.rpc Status, which is not text.
        if response.media_type == OTLP_CONTENT_TYPE:
            try:
                status = parse_rejection(response.body)
            except ResponseError:
                pass
            else:
                return response.request.excerpt_of(status.message)
        return response.excerpt

    def _count_rejected(self, response: HttpResponse) -> None:
        try:
            rejected, message = parse_partial_success(response.body)
        except ResponseError:
            # The status already means success. Some servers respond 200 with JSON.
            return
        self.rejected_spans += rejected
        if rejected or message:
            reason = response.request.excerpt_of(message) or "no reason given"
            self._rejection.warn(self._shown_url, rejected, reason)


def parse_retry_after(header: str | None, now: float) -> float | None:
    """
    Return the delay in *header*, `Retry-After`, from 0 to `MAX_RETRY_AFTER` seconds.

    Returns `None` without a valid header. *now* is in seconds since the epoch, because
    *header* may be a date.
    """
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        seconds: float | None = float(text)
    else:
        seconds = _seconds_until(text, now)
    return None if seconds is None else min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _seconds_until(http_date: str, now: float) -> float | None:
    # Imported here, because that takes 20 ms and few servers send dates.
    with forks_wait():
        from email.utils import mktime_tz, parsedate_tz  # noqa: PLC0415 - see above

    parsed = parsedate_tz(http_date)
    if parsed is None:
        return None
    try:
        return mktime_tz(parsed) - now
    except (ValueError, OverflowError):
        return None


class Rejection(NamedTuple):
    """The two fields of `ExportTracePartialSuccess` and of `Status`."""

    number: int = 0
    """Number of rejected spans, or the code of the status."""
    message: str = ""
    """The reason, or a warning if no span was rejected."""


def parse_partial_success(body: bytes) -> Rejection:
    """
    Parse an `ExportTraceServiceResponse`.

    Raises:
        ResponseError: If *body* is not one.
    """
    # A field that occurs several times is one message in parts, to be concatenated.
    parts = [
        value
        for number, value in _iterate_fields(body)
        if number == 1 and isinstance(value, bytes)
    ]
    return parse_rejection(b"".join(parts))


def parse_rejection(body: bytes) -> Rejection:
    """
    Parse an `ExportTracePartialSuccess` or a google.rpc `Status`.

    Raises:
        ResponseError: If *body* is neither.
    """
    count, message = 0, ""
    for number, value in _iterate_fields(body):
        if number == 1 and isinstance(value, int):
            # Above that it is a negative int64 in two's complement: count it as none.
            count = value if value <= _MAX_INT64 else 0
        elif number == _MESSAGE_FIELD and isinstance(value, bytes):
            message = value.decode("utf-8", "replace")
    return Rejection(count, message)


def _iterate_fields(body: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each varint and delimited field; skip fixed ones."""
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
            raise ResponseError(msg)
        if wire_type == _LENGTH_DELIMITED:
            yield number, body[offset : offset + size]
        offset += size


def _read_size(body: bytes, offset: int, wire_type: int) -> tuple[int, int]:
    if wire_type == _LENGTH_DELIMITED:
        return _read_varint(body, offset)
    if wire_type in _FIXED_SIZES:
        return _FIXED_SIZES[wire_type], offset
    msg = f"no field has wire type {wire_type}"
    raise ResponseError(msg)


def _read_varint(body: bytes, offset: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(body[offset : offset + _MAX_VARINT_SIZE]):
        value |= (byte & 0x7F) << 7 * index
        if not byte & _MORE_FOLLOW:
            # Protobuf ignores bits above 64, too.
            return value & _MASK_64, offset + index + 1
    msg = f"a number at byte {offset} does not end"
    raise ResponseError(msg)
