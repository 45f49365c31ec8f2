"""The interface of all reporters, and how any reporter is flushed and closed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import Future
from types import SimpleNamespace
from typing import cast

import pytest

from jaeger_client.reporter import BaseReporter, CompletedFuture
from jaeger_client.reporter.base import (
    close_quietly,
    close_reporter,
    completed,
    flush_reporter,
)
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext


def make_span(operation_name: str = "op") -> Span:
    """Return a finished span of no tracer."""
    return Span(SpanContext(1, 2, None, 1), None, operation_name)


def test_base_reporter_requires_report_span() -> None:
    """A derived reporter must define `report_span`; all else has a default."""
    reporter = BaseReporter()

    reporter.set_process(service_name="svc", tags={}, max_length=10)
    assert (True, True) == (reporter.flush(), reporter.close().result())
    with pytest.raises(NotImplementedError):
        reporter.report_span(make_span())


class Closing:
    """A reporter whose `close` and `flush` do as the test specifies."""

    def __init__(self, result: object) -> None:
        self.result = result

    def _do(self) -> object:
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    def close(self) -> object:
        """Accept no timeout, as in 4.8."""
        return self._do()

    def flush(self, timeout: float) -> object:
        """Accept a timeout."""
        return self._do()


def never_done() -> Future[bool]:
    """Return a future that is never completed."""
    return Future()


@pytest.mark.parametrize(
    ("result", "all_sent"),
    [
        (None, True),
        ("done", True),
        (CompletedFuture(result=True), True),
        (CompletedFuture(result=False), False),
        (never_done(), False),
        (RuntimeError("broken"), False),
    ],
    ids=["nothing", "text", "all", "some", "never", "error"],
)
def test_close_reporter(result: object, all_sent: bool) -> None:
    """A reporter's `close` may return anything and raise anything."""
    assert all_sent == close_reporter(Closing(result), timeout=0.01)


@pytest.mark.parametrize(
    ("result", "all_sent"),
    [(None, False), (True, True), (RuntimeError("broken"), False)],
)
def test_flush_reporter(result: object, all_sent: bool) -> None:
    """A reporter's `flush` may return anything and raise anything."""
    assert all_sent == flush_reporter(Closing(result), timeout=0.01)


def test_reporter_of_neither() -> None:
    """A reporter without `close` and `flush` has nothing left to send."""
    reporter = object()

    assert (True, True) == (
        close_reporter(reporter, 1.0),
        flush_reporter(reporter, 1.0),
    )


def test_timeout_is_passed_on() -> None:
    """A `close` that accepts a timeout gets it."""
    timeouts: list[float] = []

    class Reporter:
        def close(self, timeout: float) -> None:
            timeouts.append(timeout)

    close_reporter(Reporter(), 1.5)

    assert [1.5] == timeouts


class TimedFuture(Future[bool]):
    """A future that is completed, and stores the timeout of `result`."""

    timeout: float | None = None

    def result(self, timeout: float | None = None) -> bool:
        """Return that all was sent."""
        self.timeout = timeout
        return True


@pytest.mark.parametrize("timeout", [0.0, 600.0])
def test_a_future_is_waited_for_until_the_timeout(timeout: float) -> None:
    """What `close` itself took is subtracted."""
    future = TimedFuture()

    assert close_reporter(Closing(future), timeout)
    assert future.timeout is not None
    assert 0.0 <= future.timeout <= timeout
    assert bool(future.timeout) is bool(timeout)


def test_close_may_be_a_function() -> None:
    """A reporter may have any callable as its `close`."""
    closed: list[str] = []
    reporter = SimpleNamespace(close=lambda: closed.append("now"))

    assert close_reporter(reporter, 1.0)
    assert ["now"] == closed


def test_a_reporter_may_be_closed_where_no_module_has_futures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is no future is not waited for."""
    monkeypatch.delitem(sys.modules, "concurrent.futures")

    assert close_reporter(Closing("done"), 1.0)


def test_a_part_without_close_is_not_closed(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is logged."""
    close_quietly(object())

    assert [] == caplog.messages


def test_a_part_that_cannot_be_closed_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The line has the part, and nothing is raised."""
    part = Closing(ValueError("no"))

    close_quietly(part)

    assert [f"closing {part!r} failed"] == caplog.messages


@pytest.mark.parametrize("all_left", [False, True])
def test_future_where_nothing_can_be_imported(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    all_left: bool,
) -> None:
    """As without file descriptors: it does as a future that is done does."""
    monkeypatch.delattr("jaeger_client.reporter.future")
    monkeypatch.setitem(sys.modules, "jaeger_client.reporter.future", None)
    monkeypatch.setitem(sys.modules, "concurrent.futures", None)
    called: list[object] = []

    future = completed(all_left)
    future.add_done_callback(called.append)

    async def wait() -> bool:
        return await future

    assert all_left is future.result(1.0) is asyncio.run(wait())
    assert (True, None) == (future.done(), future.exception())
    assert (False, False, False) == (
        future.running(),
        future.cancel(),
        future.cancelled(),
    )
    assert [future] == called
    assert all_left is close_reporter(Closing(future), timeout=1.0)
    assert not isinstance(cast("object", future), Future)
    assert caplog.messages[-1].startswith(NO_FUTURE)


NO_FUTURE = "close() returns an object that is not a Future: ModuleNotFoundError"

IN_NEW_PROCESS = """
import sys
from jaeger_client import ConstSampler, Tracer
from jaeger_client.reporter import InMemoryReporter
future = Tracer("shop", InMemoryReporter(), ConstSampler(True)).close()
assert future.result() is True is future.done()
assert "concurrent.futures" not in sys.modules
import asyncio
from concurrent.futures import Future, as_completed, wait
assert isinstance(future, Future)
assert [future] == [*as_completed([future])] == [*wait([future]).done]
async def main():
    return await future, await asyncio.wrap_future(future)
assert asyncio.run(main()) == (True, True)
"""


def test_a_future_is_one_before_its_module_is_imported() -> None:
    """`close` does not import the module of `Future`, but what it returns is one."""
    subprocess.run([sys.executable, "-W", "error", "-c", IN_NEW_PROCESS], check=True)


def test_a_plain_future_has_no_other_attributes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Than a `Future` has."""
    monkeypatch.delitem(sys.modules, "concurrent.futures")
    future = completed(True)

    assert isinstance(future, Future)
    with pytest.raises(AttributeError, match="colour"):
        _ = future.colour  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def test_a_callback_that_fails_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As a `Future` does, it raises nothing."""
    monkeypatch.delitem(sys.modules, "concurrent.futures")

    completed(True).add_done_callback(lambda _: 1 / 0)

    assert "ZeroDivisionError" in caplog.text


def test_what_fails_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The line has the reporter, and the traceback follows."""
    reporter = Closing(ValueError("no"))

    flush_reporter(reporter, 1.0)
    close_reporter(reporter, 1.0)

    assert [f"flushing {reporter!r} failed", f"closing {reporter!r} failed"] == (
        caplog.messages
    )
    assert 2 == caplog.text.count("ValueError: no")
