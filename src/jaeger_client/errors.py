"""
Every error this library raises, split by whose fault it is.

Recording and reporting never raise into the application. Errors come from start-up
(`ConfigError`), from `inject` and `extract` (the context errors), and from the network
side, whose errors the background thread catches, counts and logs.
"""

from __future__ import annotations

import opentracing

from jaeger_client._internal.shown import one_line

_MAX_MESSAGE = 4_000
"""Maximum length of a message. A value that it quotes has a lower limit."""


class JaegerClientError(Exception):
    """
    The root of every error of this library.

    Its message is a single line of bounded length, whatever it quotes.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message, _MAX_MESSAGE))


# The application's fault: settings and arguments.


class ConfigError(JaegerClientError, ValueError):
    """A setting cannot be used; the message names key, variable, value and range."""


class SamplingRateError(ConfigError, AssertionError):
    """
    A sampling rate is outside its range.

    It is an `AssertionError` too, as in jaeger-client 4.8.
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
    """A name of jaeger-client 4.8 that can be imported, but no longer used."""


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


# The peer's fault: data from outside.


class CorruptContextError(
    JaegerClientError,
    opentracing.SpanContextCorruptedException,  # type: ignore[misc]  # untyped base
):
    """A carrier holds a span context that cannot be read."""


class CorruptBatchError(JaegerClientError, ValueError):
    """Data received in place of a batch of spans cannot be decoded."""


class ResponseError(JaegerClientError, ValueError):
    """A server sent a response that cannot be used."""


class StrategyError(ResponseError):
    """The response contains no sampling strategy that can be used."""


class CreditsError(ResponseError):
    """The response contains no throttling balances."""


# The network's fault.


class SendError(JaegerClientError):
    """A payload was not passed to the network, or the backend rejected it."""


class RetryableSendError(SendError):
    """A payload may be sent again, after *retry_after* seconds if that is not None."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedError(SendError):
    """Nothing listens at the address (ICMP port unreachable, connection refused)."""


class PayloadTooLargeError(SendError):
    """The network rejected a payload of this size; *limit* bytes is the new maximum."""

    def __init__(self, message: str, *, limit: int) -> None:
        super().__init__(message)
        self.limit = limit
