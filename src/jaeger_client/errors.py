"""
All errors that this library raises, grouped by their cause.

Recording and reporting never raise into the application. Errors are raised by start-up
(`ConfigError`), by `inject` and `extract` (the context errors), and by senders; those
are caught, counted and logged by the background thread.
"""

from __future__ import annotations

import opentracing

from jaeger_client._internal.shown import one_line

_MAX_MESSAGE = 4_000
"""Maximum length of a message in characters; quoted values have lower limits."""


class JaegerClientError(Exception):
    """
    The base class of all errors of this library.

    The message is a single line of bounded length, whatever it quotes.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message, _MAX_MESSAGE))


# Caused by the application: settings and arguments.


class ConfigError(JaegerClientError, ValueError):
    """A setting is not valid; the message names its key, variable, value and range."""


class SamplingRateError(ConfigError, AssertionError):
    """
    A sampling rate is outside its range.

    Also an `AssertionError`, as in jaeger-client 4.8.
    """


class ForeignSpanContextError(JaegerClientError, ValueError):
    """A span context of another tracer was passed to this one."""

    def __init__(self, got: object) -> None:
        super().__init__(
            "inject() needs a jaeger_client.Span or SpanContext, "
            f"got {type(got).__name__}",
        )
        self.got = got


class RemovedError(JaegerClientError, NotImplementedError):
    """A function of jaeger-client 4.8 that exists but can no longer be called."""


class InvalidCarrierError(
    JaegerClientError,
    opentracing.InvalidCarrierException,  # type: ignore[misc]  # untyped base
):
    """A carrier is of a type that its format does not support."""


class UnsupportedFormatError(
    JaegerClientError,
    opentracing.UnsupportedFormatException,  # type: ignore[misc]  # untyped base
):
    """No codec is registered for the format."""


# Caused by a peer: data from outside.


class CorruptContextError(
    JaegerClientError,
    opentracing.SpanContextCorruptedException,  # type: ignore[misc]  # untyped base
):
    """A carrier holds a span context that cannot be read."""


class CorruptBatchError(JaegerClientError, ValueError):
    """A batch of spans cannot be decoded."""


class ResponseError(JaegerClientError, ValueError):
    """The content of a response is not valid."""


class StrategyError(ResponseError):
    """A response contains no valid sampling strategy."""


class CreditsError(ResponseError):
    """A response contains no valid throttling credits."""


# Caused by the network or the backend.


class SendError(JaegerClientError):
    """A payload could not be sent, or the backend rejected it."""


class RetryableSendError(SendError):
    """A payload may be sent again, after *retry_after* seconds unless it is `None`."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedError(SendError):
    """Nothing listens on the port (ICMP port unreachable, connection refused)."""


class PayloadTooLargeError(SendError):
    """The network rejected a payload of this size; *limit* bytes is the new maximum."""

    def __init__(self, message: str, *, limit: int) -> None:
        super().__init__(message)
        self.limit = limit
