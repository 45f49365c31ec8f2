"""
Work for the programs of event loops, in a form that every loop can run.

A task is a generator. At each `yield` other tasks run: for a number, until that many
seconds have passed; for a function, until a worker thread has called it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import Any, Final, TypeAlias

import opentracing
from opentracing import Format

from jaeger_client import Tracer
from tests.integration.programs.loop_receivers import Receiver

Step: TypeAlias = "float | Callable[[], object]"
Task: TypeAlias = Iterator[Step]

TASKS: Final = 20
REQUESTS_OF_A_TASK: Final = 20
"""Number of requests of each task after the failure was detected."""
TICK: Final = 0.005
TIMEOUT: Final = 0.3
"""Timeout in seconds of `flush` and of `close`."""
TEST_TIMEOUT: Final = 30.0


class Calls:
    """Makes calls, and stores the longest duration of each kind in seconds."""

    def __init__(self) -> None:
        self.longest: dict[str, float] = {}

    def __call__(
        self, function: Callable[..., Any], *arguments: object, **options: object
    ) -> Any:
        """Call *function* and return its result."""
        began = time.perf_counter()
        result = function(*arguments, **options)
        self.note(function.__name__, time.perf_counter() - began)
        return result

    def note(self, name: str, seconds: float) -> None:
        """Record a duration in seconds."""
        self.longest[name] = max(seconds, self.longest.get(name, 0.0))


def request(
    tracer: opentracing.Tracer, number: int, call: Calls, *, inherits: bool
) -> Task:
    """
    Handle one request: a span, and under it one for each of these kinds.

    "query" is nested, "remote" continues an injected context, and "thread" comes from a
    worker thread. If that does not inherit the active span, it is passed.
    """
    scope = call(tracer.start_active_span, f"request {number}")
    yield 0
    headers: dict[str, str] = {}
    call(tracer.inject, scope.span.context, Format.HTTP_HEADERS, headers)
    query = call(tracer.start_active_span, f"query {number}")
    yield 0
    call(query.span.set_tag, "number", number)
    call(query.span.log_kv, {"event": "read"})
    call(query.close)
    parent = None if inherits else scope.span
    yield partial(work, tracer, f"thread {number}", parent)
    context = call(tracer.extract, Format.HTTP_HEADERS, headers)
    remote = call(tracer.start_span, f"remote {number}", child_of=context)
    yield 0
    call(remote.finish)
    call(scope.close)


def work(tracer: opentracing.Tracer, name: str, parent: Any) -> None:
    """Record one span in a worker thread."""
    if isinstance(tracer, Tracer):  # not the baseline
        assert (tracer.active_span is None) == (parent is not None)
    with tracer.start_active_span(name, child_of=parent):
        pass


def requests_of(tracer: opentracing.Tracer, *, inherits: bool) -> list[Task]:
    """Return `TASKS` requests."""
    call = Calls()
    return [request(tracer, n, call, inherits=inherits) for n in range(TASKS)]


class Measurement:
    """Requests and a flush while a receiver fails, and how they delay the loop."""

    def __init__(self, receiver: Receiver, *, inherits: bool) -> None:
        self._tracer: Any = receiver.tracer
        self._is_met = receiver.is_met
        self._inherits = inherits
        self._call = Calls()
        self._running = 0
        self._turns = 0

    def _requests(self) -> Task:
        """Handle requests until the receiver was used, and some more."""
        left = REQUESTS_OF_A_TASK
        deadline = time.monotonic() + TEST_TIMEOUT
        while left:
            yield from request(self._tracer, left, self._call, inherits=self._inherits)
            left -= self._is_met()
            assert time.monotonic() < deadline, f"not met: {self._tracer}"

    def _end(self) -> Task:
        """Flush and close in a worker thread; nothing can be sent until they end."""
        yield partial(self._tracer.flush, TIMEOUT)
        yield partial(self._tracer.close, TIMEOUT)

    def _counted(self, task: Task) -> Task:
        self._running += 1
        try:
            yield from task
        finally:
            self._running -= 1

    def _ticks(self, name: str) -> Task:
        """Measure how late the loop runs a task that is due."""
        yield 0
        self._turns = 0
        while self._running:
            due = time.perf_counter() + TICK
            yield TICK
            self._call.note(name, time.perf_counter() - due)
            self._turns += 1

    def phases(self) -> Iterator[list[Task]]:
        """Yield tasks that run concurrently, and then further ones."""
        requests = [self._counted(self._requests()) for _ in range(TASKS)]
        yield [self._ticks("lag"), *requests]
        if hasattr(self._tracer, "flush"):
            yield [self._ticks("lag at the end"), self._counted(self._end())]

    def figures(self) -> dict[str, float]:
        """Return the maximum of each duration in milliseconds, and the loop's turns."""
        figures = {name: 1e3 * took for name, took in self._call.longest.items()}
        return {**figures, "turns at the end": self._turns}


def measurements(
    receivers: Mapping[str, Receiver], *, inherits: bool
) -> Iterator[list[Task]]:
    """Yield the phases of all measurements, then print the figures by receiver."""
    figures: dict[str, dict[str, float]] = {}
    for name, receiver in receivers.items():
        with closing(receiver):
            measurement = Measurement(receiver, inherits=inherits)
            yield from measurement.phases()
            figures[name] = measurement.figures()
    print(json.dumps(figures))
