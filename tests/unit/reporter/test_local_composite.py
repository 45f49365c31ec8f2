"""One reporter that forwards to several."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

import pytest

from jaeger_client._internal.limits import MAX_SECONDS
from jaeger_client.reporter import (
    CompletedFuture,
    CompositeReporter,
    InMemoryReporter,
)
from jaeger_client.sampler import ConstSampler
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.tracer import Tracer


class Noting(InMemoryReporter):
    """Stores arguments, and returns the result it was created with."""

    def __init__(self, *, result: bool = True) -> None:
        super().__init__()
        self.result = result
        self.process: dict[str, object] = {}
        self.timeouts: list[float] = []

    def set_process(
        self,
        service_name: str,
        tags: Mapping[str, object],
        max_length: int,
    ) -> None:
        self.process = {"service": service_name, "tags": tags, "length": max_length}

    def flush(self, timeout: float = 0.0) -> bool:
        self.timeouts.append(timeout)
        return self.result

    def close(self, timeout: float = 0.0) -> CompletedFuture:
        self.timeouts.append(timeout)
        return CompletedFuture(self.result)


class Broken:
    """A reporter whose every method raises."""

    def _raise(self, *_args: object) -> NoReturn:
        msg = "broken"
        raise RuntimeError(msg)

    report_span = flush = close = _raise

    def __repr__(self) -> str:
        return "<Broken>"


def make_span() -> Span:
    """Return a span of no tracer."""
    return Span(SpanContext(1, 2, None, 1), None, "op")


def test_process_reaches_all() -> None:
    """`set_process` reaches every reporter."""
    first, second = Noting(), Noting()

    tracer = Tracer(
        "svc", CompositeReporter(first, second), ConstSampler(decision=True)
    )

    expected = {"service": "svc", "tags": tracer.tags, "length": 1024}
    assert (expected, expected) == (first.process, second.process)


def test_span_reaches_all() -> None:
    """`report_span` reaches every reporter, with the same span."""
    first, second = Noting(), Noting()
    span = make_span()

    CompositeReporter(first, second).report_span(span)

    assert ([span], [span]) == (first.get_spans(), second.get_spans())


def test_one_that_raises_does_not_affect_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A reporter that raises does not affect the others; a warning names it."""
    broken: Any = Broken()
    other = Noting()

    CompositeReporter(broken, other).report_span(make_span())

    assert 1 == len(other.get_spans())
    assert [
        "reporter <Broken> raised RuntimeError('broken'); the others continue",
    ] == caplog.messages


@pytest.mark.parametrize("results", [(True, True), (True, False), (False, True)])
def test_close_closes_all(results: tuple[bool, bool]) -> None:
    """`close` closes every reporter, and returns whether all of all was sent."""
    reporters = [Noting(result=result) for result in results]

    future = CompositeReporter(*reporters).close(timeout=10)

    assert (True, all(results)) == (future.done(), future.result())
    assert [1, 1] == [len(reporter.timeouts) for reporter in reporters]


@pytest.mark.parametrize("results", [(True, True), (True, False), (False, True)])
def test_flush_flushes_all(results: tuple[bool, bool]) -> None:
    """`flush` flushes every reporter, and returns whether all of all was sent."""
    reporters = [Noting(result=result) for result in results]

    assert all(results) == CompositeReporter(*reporters).flush(timeout=10)
    assert all(0 <= reporter.timeouts[0] <= 10 for reporter in reporters)
    assert [1, 1] == [len(reporter.timeouts) for reporter in reporters]


def test_timeout_is_shared() -> None:
    """No reporter gets more time than is left of the whole."""
    reporter = Noting()

    CompositeReporter(Noting(), reporter).close(timeout=0.5)

    assert 0 <= reporter.timeouts[0] <= 0.5


@pytest.mark.parametrize("timeout", [None, math.inf])
def test_timeout_may_be_none(timeout: float) -> None:
    """It is a long one, as of the tracer."""
    reporter = Noting()
    composite = CompositeReporter(reporter)

    assert (True, True) == (composite.flush(timeout), composite.close(timeout).result())
    assert [pytest.approx(MAX_SECONDS, abs=10)] * 2 == reporter.timeouts


def test_broken_reporters_can_be_closed() -> None:
    """Reporters that raise do not prevent the others from being flushed and closed."""
    broken: Any = Broken()
    other = Noting()
    reporter = CompositeReporter(broken, other)

    assert not reporter.flush()
    assert not reporter.close().result()
    assert 2 == len(other.timeouts)


def test_no_reporters() -> None:
    """A composite without reporters is done at once."""
    reporter = CompositeReporter()

    reporter.report_span(make_span())

    assert ((), True, True) == (
        reporter.reporters,
        reporter.flush(),
        reporter.close().result(),
    )
