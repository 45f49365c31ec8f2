"""Creating and closing a tracer, and replacing its parts."""

from __future__ import annotations

import asyncio
import math
import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from jaeger_client import tracer as tracer_room
from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.constants import JAEGER_CLIENT_VERSION
from jaeger_client.reporter import InMemoryReporter, NullReporter
from jaeger_client.sampler import ConstSampler, Sampler
from jaeger_client.testing import MemoryTracer
from jaeger_client.throttler import Throttler
from jaeger_client.tracer import Reference, Tracer, TracerMetrics
from tests.unit.spans import Anything


class BareReporter:
    """A reporter without a base class, as 4.8 allowed."""

    def __init__(self) -> None:
        self.diary: list[object] = []

    def set_process(self, **process: object) -> None:
        self.diary.append(process)

    def report_span(self, span: object) -> None:
        self.diary.append(span)


class ClosingReporter(InMemoryReporter):
    """Closes as reporters of 4.8 did: without a timeout, with a future."""

    def __init__(self, result: object) -> None:
        super().__init__()
        self.result = result
        self.closed = 0

    def close(self) -> Any:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self.closed += 1
        return self.result


class ClosingSampler(Sampler):
    """Counts how often it was closed."""

    closed = 0

    def is_sampled(
        self,
        trace_id: int,
        operation: str = "",
    ) -> tuple[bool, dict[str, str]]:
        return True, {}

    def close(self) -> None:
        self.closed += 1


class NotingThrottler(Throttler):
    """Notes its client id and whether it was closed."""

    client_id: int | None = None
    closed = 0

    def set_client_id(self, client_id: int) -> None:
        self.client_id = client_id

    def is_allowed(self, operation: str) -> bool:
        return True

    def close(self) -> None:
        self.closed += 1


def make_tracer(reporter: Anything = None, **options: Anything) -> Tracer:
    """Return a tracer that samples everything."""
    options.setdefault("sampler", ConstSampler(decision=True))
    return Tracer("svc", reporter or InMemoryReporter(), **options)


def test_process_is_set_once_by_keyword() -> None:
    """`set_process(service_name=, tags=, max_length=)` is called once, by keyword."""
    reporter = BareReporter()

    tracer = make_tracer(reporter, tags={"a": 1}, max_tag_value_length=99)
    tracer.start_span("op").finish()

    process, _span = reporter.diary
    expected = {"service_name": "svc", "tags": tracer.tags, "max_length": 99}
    assert expected == process


def test_process_tags() -> None:
    """A tracer's tags are version, ip, hostname and the given ones."""
    tracer = make_tracer(tags={"a": 1})

    assert {"jaeger.version", "ip", "hostname", "a"} >= set(tracer.tags)
    assert JAEGER_CLIENT_VERSION == tracer.tags["jaeger.version"]
    assert JAEGER_CLIENT_VERSION.startswith("Python-5.")
    assert socket.gethostname() == tracer.tags["hostname"]


def test_process_tags_can_be_overridden() -> None:
    """Configured tags override version, ip and hostname, without looking these up."""
    tags = {"jaeger.version": "v", "ip": "i", "hostname": "h"}

    assert tags == make_tracer(tags=tags).tags


def test_given_tags_are_not_changed() -> None:
    """The caller's process tags are copied."""
    tags = {"a": 1}

    make_tracer(tags=tags)

    assert {"a": 1} == tags


def test_machine_without_name_and_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """No hostname or ip is not an error: the tags are missing then."""
    monkeypatch.setattr(tracer_room, "hostname", lambda: None)
    monkeypatch.setattr(tracer_room, "local_ip", lambda: None)

    assert {"jaeger.version"} == set(make_tracer().tags)


def test_client_uuid_with_a_throttler() -> None:
    """With a throttler there is a tag `client-uuid`, which the throttler gets, too."""
    throttler = NotingThrottler()

    tracer = make_tracer(throttler=throttler)

    assert throttler.client_id == tracer.tags["client-uuid"]
    assert isinstance(throttler.client_id, int)
    assert throttler.client_id.bit_length() <= 63


def test_no_client_uuid_without_a_throttler() -> None:
    """Without a throttler there is no tag `client-uuid`."""
    assert "client-uuid" not in make_tracer().tags


def test_reporter_can_be_replaced() -> None:
    """A reporter set later gets the spans that finish from then on."""
    tracer = make_tracer(NullReporter())
    reporter = BareReporter()
    span = tracer.start_span("op")

    tracer.reporter = reporter  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]  # applications do
    span.finish()

    assert [span] == reporter.diary


def test_sampler_can_be_replaced() -> None:
    """A sampler set later decides on the traces that begin from then on."""
    tracer = make_tracer()

    tracer.sampler = ConstSampler(decision=False)

    assert not tracer.start_span("op").is_sampled()


def test_tracer_is_truthy_and_no_more() -> None:
    """The tracer is truthy, not callable, and has no attribute `_tracer`."""
    tracer = make_tracer()

    assert (True, False, False) == (
        bool(tracer),
        callable(tracer),
        hasattr(tracer, "_tracer"),
    )


def test_names_of_the_module() -> None:
    """`Reference` and `TracerMetrics` are in `jaeger_client.tracer`."""
    assert isinstance(make_tracer().metrics, TracerMetrics)
    assert "child_of" == Reference("child_of", None).type


def test_debug_is_allowed_without_a_throttler() -> None:
    """Without a throttler every debug trace is allowed."""
    tracer = make_tracer()

    assert (None, True) == (tracer.throttler, tracer.is_debug_allowed("op"))


def test_close_closes_all_parts() -> None:
    """`close` closes reporter, sampler, throttler and the shared worker, once."""
    sampler, throttler = ClosingSampler(), NotingThrottler()
    reporter, worker = ClosingReporter(None), BackgroundWorker()
    tracer = make_tracer(reporter, sampler=sampler, throttler=throttler, worker=worker)

    first, second = tracer.close(), tracer.close()

    assert first is second
    assert (1, 1, 1) == (reporter.closed, sampler.closed, throttler.closed)


def test_close_gives_a_completed_future() -> None:
    """`close` returns a completed future; its result is whether everything was sent."""
    future = make_tracer().close()

    assert isinstance(future, Future)
    assert (True, True) == (future.done(), future.result())


@pytest.mark.parametrize("all_left", [False, True])
def test_close_returns_the_result_of_the_reporters_future(all_left: bool) -> None:
    """If the reporter's `close` returns a future, its result is used."""
    result: Future[bool] = Future()
    result.set_result(all_left)

    assert all_left == make_tracer(ClosingReporter(result)).close().result()


def test_close_can_be_awaited() -> None:
    """What `close` returns can be awaited in any event loop, and so can `aclose`."""

    async def close() -> tuple[bool, bool]:
        return await make_tracer().close(), await make_tracer().aclose()

    assert (True, True) == asyncio.run(close())


def test_async_with_closes_the_tracer() -> None:
    """`async with` gives the tracer, and closes it also when the block raises."""
    tracer = make_tracer()

    async def leave_by_error() -> None:
        async with tracer as entered:
            assert tracer is entered
            raise ValueError(1)

    with pytest.raises(ValueError, match="1"):
        asyncio.run(leave_by_error())
    assert " closed, " in repr(tracer)


def test_aclose_does_not_wait_for_threads_of_the_loop() -> None:
    """It works while the application keeps all threads of the loop's executor busy."""

    async def main() -> bool:
        end = threading.Event()
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as executor:
            loop.set_default_executor(executor)
            busy = loop.run_in_executor(None, end.wait, 5)
            closed = await make_tracer().aclose()
            was_busy = not busy.done()
            end.set()
            await busy
        return closed and was_busy

    assert asyncio.run(main())


def test_aclose_returns_at_its_timeout() -> None:
    """A reporter whose `close` hangs does not block `aclose` beyond the timeout."""
    end = threading.Event()

    class Reporter(InMemoryReporter):
        def close(self) -> Any:  # type: ignore[override]  # as of 4.8  # pyright: ignore[reportIncompatibleMethodOverride]
            end.wait(5)

    async def main() -> bool:
        closed = await make_tracer(Reporter()).aclose(timeout=0.01)
        end.set()
        return closed

    assert not asyncio.run(main())


@pytest.mark.parametrize("timeout", [10**400, math.inf])
def test_aclose_with_a_very_long_timeout(timeout: float) -> None:
    """A timeout that the event loop would refuse is shortened."""

    async def close() -> bool:
        return await make_tracer().aclose(timeout)

    assert asyncio.run(close())


def test_aclose_works_in_any_event_loop() -> None:
    """Without asyncio, as in the event loop of trio, it closes before it returns."""
    tracer = make_tracer()

    with pytest.raises(StopIteration) as stop:
        tracer.aclose().send(None)

    assert stop.value.value is True
    assert " closed, " in repr(tracer)


def test_close_passes_its_timeout_on() -> None:
    """A reporter whose `close` takes a timeout gets the tracer's."""
    timeouts: list[float] = []

    class Reporter(InMemoryReporter):
        def close(self, timeout: float = 0.0) -> Any:
            timeouts.append(timeout)

    make_tracer(Reporter()).close(timeout=1.25)

    assert [1.25] == timeouts


def test_parts_without_close() -> None:
    """Reporters and samplers without `close` are not an error."""
    sampler = object()

    tracer = make_tracer(BareReporter(), sampler=sampler)

    assert (True, True) == (tracer.flush(), tracer.close().result())


def test_flush_calls_the_reporter() -> None:
    """`flush` passes the timeout to the reporter and returns its result."""
    timeouts: list[float] = []

    class Reporter(InMemoryReporter):
        def flush(self, timeout: float = 0.0) -> bool:
            timeouts.append(timeout)
            return False

    assert not make_tracer(Reporter()).flush(timeout=2.5)
    assert [2.5] == timeouts


def test_tracer_is_a_context_manager() -> None:
    """`with tracer:` closes it at the end."""
    reporter = ClosingReporter(None)

    with make_tracer(reporter) as tracer:
        assert isinstance(tracer, Tracer)

    assert 1 == reporter.closed


def test_repr_shows_the_state() -> None:
    """The repr shows the service and whether the tracer is closed."""
    tracer = MemoryTracer("svc")

    assert repr(tracer).startswith("<Tracer 'svc' open, ")
    tracer.close()
    assert repr(tracer).startswith("<Tracer 'svc' closed, ")
