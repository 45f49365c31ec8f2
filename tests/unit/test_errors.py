"""The errors, which `except` clauses written for 4.8 still catch."""

from __future__ import annotations

import opentracing
import pytest

from jaeger_client import errors


@pytest.mark.parametrize(
    ("ours", "older"),
    [
        (errors.ConfigError, ValueError),
        (errors.SamplingRateError, ValueError),
        (errors.SamplingRateError, AssertionError),
        (errors.ForeignSpanContextError, ValueError),
        (errors.InvalidCarrierError, opentracing.InvalidCarrierException),
        (errors.UnsupportedFormatError, opentracing.UnsupportedFormatException),
        (errors.CorruptContextError, opentracing.SpanContextCorruptedException),
        (errors.StrategyError, ValueError),
        (errors.CreditsError, ValueError),
    ],
)
def test_older_clauses_catch(
    ours: type[Exception],
    older: type[Exception],
) -> None:
    """An error of ours is also the one that 4.8 or OpenTracing raised there."""
    assert issubclass(ours, older)


def test_one_tree() -> None:
    """Every error of the module is a `JaegerClientError`."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]

    assert all(issubclass(kind, errors.JaegerClientError) for kind in kinds)
    assert len(kinds) >= 14


def test_foreign_context_error_names_the_type() -> None:
    """The error of a foreign context names its type and stores it."""
    error = errors.ForeignSpanContextError(5)

    assert (
        "inject() needs a jaeger_client.Span or SpanContext, got int",
        5,
    ) == (str(error), error.got)


def test_send_errors_carry_numbers() -> None:
    """Send errors have the attributes that the worker uses."""
    retry = errors.RetryableSendError("busy", retry_after=2.5)
    large = errors.PayloadTooLargeError("large", limit=1000)

    assert (2.5, 1000) == (retry.retry_after, large.limit)
    assert errors.RetryableSendError("busy").retry_after is None
    assert isinstance(retry, errors.SendError)
