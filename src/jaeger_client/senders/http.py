"""
HTTP to a collector: each payload is the body of one POST.

`HttpSender` is for Thrift and Zipkin JSON, where only the status of the response
matters: any 2xx is success, except with a web page as body. The sender never retries.
It raises `RetryableSendError` for a broken connection, and the reporter sends the
payload again. After status 413 the maximum payload is half of the rejected one. What
OTLP specifies beyond the status is in `otlp`.
"""

from __future__ import annotations

import math
import zlib
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.http_client.client import HttpClient
from jaeger_client._internal.http_client.messages import HttpResponse, parse_url
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client._internal.limits import MAX_COUNT, above_zero
from jaeger_client.errors import PayloadTooLargeError, SendError

if TYPE_CHECKING:
    from typing_extensions import Self

DEFAULT_MAX_PAYLOAD: Final = 4 * 1024 * 1024
"""Maximum size of a request's body in bytes, before compression."""

_PAYLOAD_TOO_LARGE: Final = 413
_WRONG_PATH: Final = frozenset({404, 405})
_PATH_HINT: Final = (
    "the path of the endpoint selects the format: /v1/traces is OTLP, /api/v2/spans "
    "Zipkin, /api/traces Thrift"
)
_WEB_PAGE: Final = "text/html"
_PORT_HINT: Final = (
    "a web page, so this is not a collector: Jaeger's collector listens on port 14268 "
    "with the path /api/traces, or on port 4318 with /v1/traces; 16686 is its web "
    "interface"
)
# A server that rejects payloads of this size is misconfigured: no reduction below it.
_MIN_PAYLOAD: Final = 16 * 1024
# Level 1 compresses 5,000 spans to 32 % in 10 ms, level 6 to 30 % in 20 ms.
_GZIP_LEVEL: Final = 1
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS  # zlib writes a gzip header


class HttpSender(AbstractContextManager["HttpSender"]):
    """
    Posts payloads to *url*. Used by one thread at a time.

    Args:
        url: Of the collector's endpoint.
        content_type: Media type of the payloads, that of the encoder.
        options: Timeouts, TLS, headers and proxy.
        gzip: Whether to compress payloads.
        max_payload: Maximum size of a payload in bytes, before compression.
        clock: Source of the time.

    Raises:
        ConfigError: If *url* or *max_payload* is not valid.
    """

    rejected_spans: int = 0
    """Number of spans in accepted payloads that the backend rejected so far."""

    def __init__(
        self,
        url: str,
        *,
        content_type: str,
        options: HttpOptions | None = None,
        gzip: bool = False,
        max_payload: int = DEFAULT_MAX_PAYLOAD,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._max_payload = above_zero(
            "max_payload", max_payload, maximum=MAX_COUNT, unit=" bytes"
        )
        self._shown_url = str(parse_url(url))
        self._url = url
        self._headers = {"content-type": content_type}
        self._gzip = gzip
        self._clock = clock
        self._client = HttpClient(options, clock=clock)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} to {self._shown_url} by {self._client!r}>"

    @property
    def max_payload(self) -> int:
        """Maximum payload size in bytes; halved when the server responds 413."""
        return self._max_payload

    def send(self, payload: bytes, timeout: float | None = None) -> None:
        """
        Post *payload* and wait up to *timeout* seconds for the response.

        Raises:
            RefusedError: If the connection is refused: nothing listens there.
            PayloadTooLargeError: If the server accepts less; see `max_payload`.
            RetryableSendError: If the connection failed or timed out.
            SendError: If the server did not accept it, or the sender is closed.
        """
        response = self._post(payload, timeout)
        if error := self._find_error(payload, response):
            raise error

    def after_fork_in_child(self) -> None:
        """Drop the parent's connection without a message to the server."""
        self._client.after_fork_in_child()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. Idempotent."""
        self._client.close()

    def _post(self, payload: bytes, timeout: float | None) -> HttpResponse:
        headers = self._headers
        if self._gzip:
            payload = _compress(payload)
            headers = {**headers, "content-encoding": "gzip"}
        return self._client.request(
            "POST",
            self._url,
            payload,
            headers,
            total_timeout=math.inf if timeout is None else timeout,
        )

    def _find_error(self, payload: bytes, response: HttpResponse) -> SendError | None:
        """Return the error for *response*, or None if *payload* was accepted."""
        msg = f"POST {self._shown_url}: the server responded {response.status}"
        if response.is_success:
            # Jaeger's web interface responds 200 with its page to any path.
            is_page = response.media_type == _WEB_PAGE
            return SendError(f"{msg} with {_PORT_HINT}") if is_page else None
        if reason := self._reason(response):
            msg = f"{msg}: {reason}"
        if response.status in _WRONG_PATH:
            msg = f"{msg}; {_PATH_HINT}"
        limit = len(payload) // 2
        if response.status != _PAYLOAD_TOO_LARGE or limit < _MIN_PAYLOAD:
            return SendError(msg)
        self._max_payload = limit
        return PayloadTooLargeError(msg, limit=limit)

    def _reason(self, response: HttpResponse) -> str:
        """Return the reason that the server gives in *response*, for messages."""
        return response.excerpt


def _compress(payload: bytes) -> bytes:
    compressor = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_WINDOW)
    return compressor.compress(payload) + compressor.flush()
