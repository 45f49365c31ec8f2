"""The interface of throttlers, and the throttler that needs no server."""

from __future__ import annotations

import pytest

import jaeger_client.throttler
from jaeger_client.errors import ConfigError
from jaeger_client.reporter import NullReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import FakeClock
from jaeger_client.throttler import LocalThrottler, Throttler
from jaeger_client.tracer import Tracer
from tests.unit.sampler.fakes import CountingFactory, empty_limiters


def allowed(throttler: LocalThrottler, operation: str, count: int = 100) -> int:
    """Return how many of *count* debug spans may start at this moment."""
    return sum(throttler.is_allowed(operation) for _ in range(count))


def test_every_old_name_imports() -> None:
    """All names of `jaeger_client.throttler` of 4.8 can be imported."""
    old_names = {
        "DEFAULT_THROTTLER_REFRESH_INTERVAL",
        "MINIMUM_CREDITS",
        "RemoteThrottler",
        "Throttler",
        "ThrottlerMetrics",
    }

    assert set() == old_names - set(jaeger_client.throttler.__all__)
    assert (1.0, 5) == (
        jaeger_client.throttler.MINIMUM_CREDITS,
        jaeger_client.throttler.DEFAULT_THROTTLER_REFRESH_INTERVAL,
    )


def test_the_base_decides_nothing() -> None:
    """Its `is_allowed` raises NotImplementedError."""
    throttler = Throttler()

    throttler.set_client_id(1)
    with pytest.raises(NotImplementedError):
        throttler.is_allowed("op")
    throttler.close()


def test_a_new_operation_may_start_ten_at_once() -> None:
    """The first traces that a user requests are recorded."""
    throttler = LocalThrottler(new_limiter=empty_limiters(FakeClock()))

    assert 10 == allowed(throttler, "op")


def test_in_the_long_run_one_per_second_may_start() -> None:
    """After the initial credits are spent, each second adds one."""
    clock = FakeClock()
    throttler = LocalThrottler(new_limiter=empty_limiters(clock))
    allowed(throttler, "op")

    clock.advance(3)

    assert 3 == allowed(throttler, "op")


def test_operations_have_separate_buckets() -> None:
    """An operation does not spend the credits of another."""
    throttler = LocalThrottler(1, 2, new_limiter=empty_limiters(FakeClock()))
    allowed(throttler, "busy")

    assert 2 == allowed(throttler, "calm")


def test_operations_beyond_the_limit_share_one_bucket() -> None:
    """Generated names do not fill the memory."""
    throttler = LocalThrottler(
        1,
        2,
        max_operations=1,
        new_limiter=empty_limiters(FakeClock()),
    )
    throttler.is_allowed("known")

    assert 2 == sum(throttler.is_allowed(f"random {n}") for n in range(1000))


def test_long_names_share_that_bucket() -> None:
    """Names of more than 1,024 characters are not stored."""
    throttler = LocalThrottler(1, 2, new_limiter=empty_limiters(FakeClock()))
    names = [f"{number:01025}" for number in range(10)]

    assert 2 == sum(throttler.is_allowed(name) for name in names)


@pytest.mark.parametrize(
    "rates",
    [(0, 1), (1, 0), (-1, 1), (float("nan"), 1), (1, float("inf")), ("1", 1)],
)
def test_rates_out_of_range_are_refused(rates: tuple[float, float]) -> None:
    """A rate must be a finite number of more than 0."""
    with pytest.raises(ConfigError, match="must be a number of more than 0"):
        LocalThrottler(*rates)


def test_repr_is_the_call_of_the_constructor() -> None:
    """The repr contains both rates."""
    assert "LocalThrottler(1.0, 10.0)" == repr(LocalThrottler())


def test_a_debug_trace_that_is_refused_is_counted_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each one is counted; at most one line per minute is logged."""
    tracer = Tracer(
        "shop",
        NullReporter(),
        ConstSampler(decision=False),
        metrics_factory=(factory := CountingFactory()),
        throttler=LocalThrottler(1, 2, new_limiter=empty_limiters(FakeClock())),
    )

    spans = [
        tracer.start_span("buy", child_of=SpanContext.with_debug_id("ticket"))
        for _ in range(3)
    ]
    by_priority = tracer.start_span("buy").set_tag("sampling.priority", 1)
    other = tracer.start_span("look").set_tag("sampling.priority", 1)

    assert [3, 3, 0, 0, 3] == [span.flags for span in (*spans, by_priority, other)]
    assert 2 == factory.counts["jaeger:throttled_debug_spans"]
    (line,) = caplog.messages
    assert line == (
        "a debug trace of 'buy' is refused: the throttler has no credit for it. It is "
        "recorded only if the sampler decides so"
    )
