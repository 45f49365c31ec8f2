"""
HTTP to a collector: one payload, one POST.

`HttpSender` is for Thrift and Zipkin JSON, whose only answer is the status.
`OtlpHttpSender` knows what OTLP promises beyond it: which failures pass by
themselves, when to come again, and how many spans were refused.
"""

from __future__ import annotations

import zlib
from typing import Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.closing import Closable
from jaeger_client._internal.diagnostics import Notice
from jaeger_client._internal.http_client import (
    HttpClient,
    HttpOptions,
    HttpResponse,
    parse_url,
)
from jaeger_client.errors import (
    AnswerError,
    ConfigError,
    PayloadTooLargeError,
    RefusedError,
    RetryableSendError,
    SendError,
)
from jaeger_client.senders.partial_success import (
    parse_partial_success,
    parse_status_message,
)
from jaeger_client.senders.retry_after import parse_retry_after

DEFAULT_MAX_PAYLOAD: Final = 4 * 1024 * 1024
"""Bytes of one request's body before compression."""

OTLP_CONTENT_TYPE: Final = "application/x-protobuf"
"""Media type of OTLP in protobuf."""

_RETRYABLE_STATUSES: Final = frozenset({429, 502, 503, 504})
_PAYLOAD_TOO_LARGE: Final = 413
_WRONG_PATH: Final = frozenset({404, 405})
_PATH_HINT: Final = (
    "the path of the endpoint selects the format: /v1/traces is OTLP, /api/v2/spans "
    "Zipkin, /api/traces Thrift"
)
_OK: Final = 200
_LEAST_MAX_PAYLOAD: Final = 16 * 1024
# Of 5,000 spans level 1 leaves 32 % in 10 ms, level 6 30 % in 20 ms.
_GZIP_LEVEL: Final = 1
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS  # zlib writes a gzip header


class HttpSender(Closable):
    """
    Posts payloads to *url*.

    *content_type* is the encoder's. *max_payload* counts before compression.

    Raises:
        ConfigError: If *url* or *max_payload* cannot be used.
    """

    rejected_spans: int = 0
    """Spans of accepted payloads that the backend did not keep, since the start."""

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
        if max_payload <= 0:
            msg = f"max_payload must be more than 0 bytes, got {max_payload}"
            raise ConfigError(msg)
        self._shown_url = str(parse_url(url))
        self._url = url
        self._headers = {"content-type": content_type}
        self._gzip = gzip
        self._max_payload = max_payload
        self._clock = clock
        self._client = HttpClient(options, clock=clock)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} to {self._shown_url} by {self._client!r}>"

    @property
    def max_payload(self) -> int:
        """Most bytes of one body; shrinks when the server says 413."""
        return self._max_payload

    def send(self, payload: bytes, timeout: float | None = None) -> None:
        """
        Post *payload* and wait for the response, for *timeout* seconds at most.

        Raises:
            RefusedError: If nothing listens there.
            PayloadTooLargeError: If the server takes less; see `max_payload`.
            RetryableSendError: If the connection failed or no answer came in time.
            SendError: If the server did not take it, or the sender is closed.
        """
        response = self._post(payload, timeout)
        if not response.is_success:
            raise self._refusal(payload, response)

    def after_fork_in_child(self) -> None:
        """Forget the parent's connection without a word to the server."""
        self._client.after_fork_in_child()

    def close(self) -> None:
        """Close the connection. Idempotent."""
        self._client.close()

    def _post(self, payload: bytes, timeout: float | None) -> HttpResponse:
        headers = self._headers
        if self._gzip:
            payload = _compress(payload)
            headers = {**headers, "content-encoding": "gzip"}
        if timeout is not None:
            timeout = min(timeout, self._client.options.timeout)
        return self._client.request(
            "POST",
            self._url,
            payload,
            headers,
            timeout=timeout,
        )

    def _refusal(self, payload: bytes, response: HttpResponse) -> SendError:
        msg = f"POST {self._shown_url} was answered {response.status}"
        if response.excerpt:
            msg = f"{msg}: {response.excerpt}"
        if response.status in _WRONG_PATH:
            msg = f"{msg}; {_PATH_HINT}"
        limit = len(payload) // 2
        if response.status != _PAYLOAD_TOO_LARGE or limit < _LEAST_MAX_PAYLOAD:
            return SendError(msg)
        self._max_payload = limit
        return PayloadTooLargeError(msg, limit=limit)


class OtlpHttpSender(HttpSender):
    """
    Posts OTLP payloads to *url*, which ends in `/v1/traces`.

    Raises:
        ConfigError: If *url* or *max_payload* cannot be used.
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
        self._refused_some = Notice(
            "%s refused %d spans of a batch that it took: %s",
            clock=clock,
        )

    def send(self, payload: bytes, timeout: float | None = None) -> None:
        """
        Post *payload*, wait for the response, count what was refused of it.

        Waits for *timeout* seconds at most.

        Raises:
            PayloadTooLargeError: If the server takes less; see `max_payload`.
            RetryableSendError: If the failure may pass: the connection failed or
                was refused, no answer came in time, or its status is 429, 502,
                503 or 504. `retry_after` is what the server asked for.
            SendError: If the server did not take it, or the sender is closed.
        """
        try:
            response = self._post(payload, timeout)
        except RefusedError as exc:
            raise RetryableSendError(str(exc)) from exc
        if not response.is_success:
            raise self._refusal(payload, response)
        self._count_rejected(response)

    def probe(self, timeout: float = 1.0) -> bool:
        """Return whether a backend there takes OTLP, by an empty request."""
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
        return response.status == _OK

    def _refusal(self, payload: bytes, response: HttpResponse) -> SendError:
        refusal = super()._refusal(payload, _with_status_message(response))
        if response.status not in _RETRYABLE_STATUSES:
            return refusal
        retry_after = parse_retry_after(
            response.headers.get("retry-after"),
            self._clock.time(),
        )
        return RetryableSendError(str(refusal), retry_after=retry_after)

    def _count_rejected(self, response: HttpResponse) -> None:
        try:
            partial = parse_partial_success(response.body)
        except AnswerError:
            # Taken, as the status says. Some servers answer 200 with JSON.
            return
        self.rejected_spans += partial.rejected_spans
        if partial.rejected_spans or partial.error_message:
            self._refused_some.warn(
                self._shown_url,
                partial.rejected_spans,
                response.excerpt_of(partial.error_message) or "it does not say why",
            )


def _compress(payload: bytes) -> bytes:
    compressor = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_WINDOW)
    return compressor.compress(payload) + compressor.flush()


def _with_status_message(response: HttpResponse) -> HttpResponse:
    # OTLP wraps the reason in a google.rpc Status, unreadable as text.
    if response.headers.get("content-type") != OTLP_CONTENT_TYPE:
        return response
    try:
        reason = parse_status_message(response.body)
    except AnswerError:
        return response
    return response.but(body=reason.encode())
