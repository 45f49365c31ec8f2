"""
Every error this library raises, split by whose fault it is.

Recording and reporting never raise into the application. What can raise is
start-up (`ConfigError`), `inject` and `extract` (the context errors), and the
network side, whose errors the worker catches, counts and logs.
"""

from __future__ import annotations

import opentracing

from jaeger_client._internal.shown import one_line

_MAX_MESSAGE = 4_000
"""Characters of a message. Where it quotes a value, that is bounded more tightly."""


class JaegerClientError(Exception):
    """
    The root of every error of this library.

    Its message is on one line and bounded, whatever it quotes.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message, _MAX_MESSAGE))


# The application's fault: settings and arguments.


class ConfigError(JaegerClientError, ValueError):
    """A setting cannot be used; the message names key, variable, value and need."""


class SamplingRateError(ConfigError, AssertionError):
    """
    A sampling rate is outside its range.

    It is an `AssertionError` too, for that is what jaeger-client 4.8 raised.
    """


class ForeignSpanContextError(JaegerClientError, ValueError):
    """A span context of another tracer was handed to this one."""

    def __init__(self, got: object) -> None:
        super().__init__(
            "inject() needs a jaeger_client.Span or SpanContext, "
            f"got {type(got).__name__}",
        )
        self.got = got


class RemovedError(JaegerClientError, NotImplementedError):
    """A name of jaeger-client 4.8 can be imported, but not used; see the message."""


class InvalidCarrierError(
    JaegerClientError,
    opentracing.InvalidCarrierException,  # type: ignore[misc]  # untyped base
):
    """A carrier is of a type that its format cannot use."""


class UnsupportedFormatError(
    JaegerClientError,
    opentracing.UnsupportedFormatException,  # type: ignore[misc]  # untyped base
):
    """No codec is registered for the format."""


# The peer's fault: what arrived from outside.


class CorruptContextError(
    JaegerClientError,
    opentracing.SpanContextCorruptedException,  # type: ignore[misc]  # untyped base
):
    """A carrier holds a span context that cannot be read."""


class CorruptBatchError(JaegerClientError, ValueError):
    """What arrived where spans are taken holds no batch that can be read."""


class AnswerError(JaegerClientError, ValueError):
    """A server answered something that cannot be followed."""


class StrategyError(AnswerError):
    """The answer names no sampling strategy that can be followed."""


class CreditsError(AnswerError):
    """The answer names no throttling balances."""


# The network's fault.


class SendError(JaegerClientError):
    """A payload was not handed to the network, or the backend refused it."""


class RetryableSendError(SendError):
    """A payload may be sent again, after *retry_after* seconds if that is not None."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedError(SendError):
    """Nothing listens at the other end (an ICMP refusal, a refused connection)."""


class PayloadTooLargeError(SendError):
    """The network takes no payload of this size; *limit* bytes is the new most."""

    def __init__(self, message: str, *, limit: int) -> None:
        super().__init__(message)
        self.limit = limit
