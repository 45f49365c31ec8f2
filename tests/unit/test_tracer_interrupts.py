"""A signal handler that raises, at any bytecode of a call, harms no later span."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from jaeger_client._internal.worker import BackgroundWorker
from jaeger_client.reporter import Reporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.tracer import Tracer
from tests.unit.bytecodes import PACKAGE, call_at, every_place, interrupt
from tests.unit.reporter.counting_metrics import CountingMetrics
from tests.unit.reporter.line_encoder import LineChannel

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

TIMEOUT = 30.0


class LateWorker(BackgroundWorker):
    """A worker whose thread does not start before the test permits it."""

    may_start = False

    def wake(self) -> None:
        """Wake, if permitted."""
        if self.may_start:
            super().wake()


class Inbox:
    """A sender that stores payloads without a lock of its own."""

    max_payload = 65_000
    rejected_spans = 0

    def __init__(self) -> None:
        self._payloads: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._names: set[str] = set()
        self.is_closed = False

    def send(self, payload: bytes) -> None:
        """Store *payload*."""
        self._payloads.put(payload)

    def after_fork_in_child(self) -> None:
        """Do nothing: no test forks."""

    def close(self) -> None:
        """Close."""
        self.is_closed = True

    def wait_for(self, name: str) -> None:
        """Wait until the span *name* was sent."""
        while name not in self._names:
            try:
                payload = self._payloads.get(timeout=TIMEOUT)
            except queue.Empty:
                pytest.fail(f"{name!r} does not arrive")
            self._names.update(payload.decode().split())


class Scene:
    """A tracer whose worker sends into memory."""

    def __init__(self, worker: BackgroundWorker | None = None) -> None:
        self.worker = worker or BackgroundWorker()
        self.sender = Inbox()
        self.reporter = Reporter(
            LineChannel(sender=self.sender),
            flush_interval=0.0,
            metrics_factory=CountingMetrics(),
            worker=self.worker,
        )
        self.tracer = Tracer(
            "interrupted",
            self.reporter,
            ConstSampler(decision=True),
            metrics_factory=CountingMetrics(),
            worker=self.worker,
        )
        self.span = self.tracer.start_span("interrupted")

    def finish_one(self, name: str) -> None:
        """Report a span."""
        self.tracer.start_span(name).finish()

    def finish_one_elsewhere(self, name: str) -> None:
        """Report a span on another thread."""
        thread = threading.Thread(target=self.finish_one, args=(name,), daemon=True)
        thread.start()
        thread.join(TIMEOUT)
        assert not thread.is_alive(), f"the thread that finishes {name!r} is blocked"

    def check_later_spans(self) -> None:
        """Check that spans of any thread leave, by themselves and by a flush."""
        self.finish_one("later")
        self.sender.wait_for("later")
        self.finish_one_elsewhere("elsewhere")
        self.sender.wait_for("elsewhere")
        self.finish_one("flushed")
        assert self.tracer.flush(TIMEOUT), "flush() failed"
        self.sender.wait_for("flushed")

    def check_close(self) -> None:
        """Check that the tracer can be closed."""
        assert self.tracer.close(TIMEOUT).result(), "close() failed"
        assert self.sender.is_closed, "the sender was not closed"
        assert not self.worker.is_running, "the thread has not ended"


def sleeping() -> Scene:
    """Return a scene whose worker runs, and sleeps."""
    scene = Scene()
    scene.finish_one("first")
    scene.sender.wait_for("first")
    return scene


def without_thread() -> Scene:
    """Return a scene whose flush sends on the thread that calls it."""
    scene = Scene(LateWorker())
    scene.finish_one("first")
    return scene


@contextmanager
def with_place(place: str) -> Generator[None]:
    """Add the place of the interrupt to what fails in the block."""
    try:
        yield
    except (AssertionError, pytest.fail.Exception) as error:
        pytest.fail(f"interrupted in {place}: {error}")


def finish_twice(scene: Scene) -> None:
    """Finish a span that is finished already."""
    scene.span.finish()
    scene.span.finish()


OPERATIONS: dict[str, Callable[[Scene], object]] = {
    "start_span": lambda scene: scene.tracer.start_span("x", tags={"a": 1}),
    "start_span, child": lambda scene: scene.tracer.start_span(child_of=scene.span),
    "start_active_span": lambda scene: scene.tracer.start_active_span("x").close(),
    "set_tag": lambda scene: scene.span.set_tag("a", [1]),
    # With a value that compiled code leaves to the Python method.
    "log_kv": lambda scene: scene.span.log_kv({"event": [1]}),
    "set_baggage_item": lambda scene: scene.span.set_baggage_item("a", "b"),
    "finish": lambda scene: scene.span.finish(),
    "finish twice": finish_twice,
    "report_span": lambda scene: scene.reporter.report_span(scene.span),
    "wake": lambda scene: scene.worker.wake(),
    "flush": lambda scene: scene.tracer.flush(TIMEOUT),
}


@pytest.mark.parametrize("make", [Scene, sleeping])
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_later_spans_arrive(
    make: Callable[[], Scene],
    operation: Callable[[Scene], object],
) -> None:
    """Spans of any thread still leave by themselves, and flush and close still work."""

    def run(at: int) -> str:
        scene = make()
        place = call_at(at, interrupt, lambda: operation(scene))
        with with_place(place):
            scene.check_later_spans()
            scene.check_close()
        return place

    assert sum(1 for _ in every_place(run)) > 5


@pytest.mark.parametrize("operation", ["flush", "wake"])
def test_later_spans_arrive_after_an_interrupt_in_the_standard_library(
    operation: str,
) -> None:
    """What `threading` does for a call leaves no lock held and no thread too many."""

    def run(at: int) -> str:
        scene = sleeping()
        runner = scene.worker._runner
        place = call_at(
            at,
            interrupt,
            lambda: OPERATIONS[operation](scene),
            counted=(PACKAGE, threading.__file__),
        )
        with with_place(place):
            scene.check_later_spans()
            assert runner is scene.worker._runner, "another thread was started"
            scene.check_close()
        return place

    assert sum(1 for _ in every_place(run)) > 5


def test_an_interrupted_flush_does_not_stop_the_worker() -> None:
    """A flush that sends on the calling thread leaves the worker free to send later."""

    def run(at: int) -> str:
        scene = without_thread()
        place = call_at(at, interrupt, lambda: scene.tracer.flush(TIMEOUT))
        assert isinstance(scene.worker, LateWorker)
        scene.worker.may_start = True
        scene.worker.wake()
        with with_place(place):
            scene.check_later_spans()
            scene.check_close()
        return place

    assert sum(1 for _ in every_place(run)) > 100


def test_an_interrupted_flush_loses_no_span() -> None:
    """A flush on the calling thread leaves what it has not sent to the next one."""

    def run(at: int) -> str:
        scene = without_thread()
        scene.finish_one("second")
        place = call_at(at, interrupt, lambda: scene.tracer.flush(TIMEOUT))
        with with_place(place):
            assert scene.tracer.flush(TIMEOUT), "flush() failed"
            scene.sender.wait_for("first")
            scene.sender.wait_for("second")
        return place

    assert sum(1 for _ in every_place(run)) > 100


@pytest.mark.parametrize("make", [sleeping, without_thread])
def test_an_interrupted_close_can_be_called_again(make: Callable[[], Scene]) -> None:
    """A second close completes one that was interrupted."""

    def run(at: int) -> str:
        scene = make()
        place = call_at(at, interrupt, lambda: scene.tracer.close(TIMEOUT))
        with with_place(place):
            scene.check_close()
        return place

    assert sum(1 for _ in every_place(run)) > 100
