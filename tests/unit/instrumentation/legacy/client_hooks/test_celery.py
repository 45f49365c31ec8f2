"""The hook for Celery; the worker itself is tested by the program for 3.3."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest

from jaeger_client.instrumentation.legacy.client_hooks import celery as hook
from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import (
    Install,
    current_name,
    names_of,
    parent_of,
    tags_of,
)
from tests.unit.spans import Anything

celery: Anything = import_module("celery")


@pytest.fixture
def app() -> Anything:
    """Return an application that runs its tasks at once."""
    app = celery.Celery("bakery", broker="memory://", set_as_current=False)
    app.conf.task_always_eager = True
    return app


def test_a_task_runs_in_a_span(
    tracer: MemoryTracer, install: Install, app: Anything
) -> None:
    """The span that sends it is its parent, and has the same id of the task."""
    install("celery")
    bake: Anything = app.task(name="bake")(current_name)

    with tracer.start_active_span("root"):
        assert "Celery:run:bake" == bake.delay().get()

    run, sent, _ = tracer.spans
    assert ["Celery:run:bake", "Celery:apply_async:bake", "root"] == names_of(tracer)
    assert "Celery:apply_async:bake" == parent_of(run, tracer)
    assert tags_of(run)["celery.task_id"] == tags_of(sent)["celery.task_id"]
    assert current_name() is None


@pytest.mark.parametrize("ends", ["retry", "ignore", "failure"])
def test_each_end_of_a_task_finishes_its_span(
    tracer: MemoryTracer, install: Install, app: Anything, ends: str
) -> None:
    """In 3.3.1 a retry left it active for ever."""
    install("celery")

    def run(self: Anything) -> None:
        if ends == "retry" and not self.request.retries:
            raise self.retry(countdown=0)
        if ends == "ignore":
            raise celery.exceptions.Ignore
        if ends == "failure":
            msg = "no flour"
            raise ValueError(msg)

    task: Anything = app.task(name="task", bind=True)(run)
    task.apply_async()

    assert current_name() is None
    runs = [span for span in tracer.spans if "run" in span.operation_name]
    assert (2 if ends == "retry" else 1) == len(runs)
    assert (True if ends == "failure" else None) == tags_of(runs[0]).get("error")


def test_tasks_can_run_inside_tasks(
    tracer: MemoryTracer, install: Install, app: Anything
) -> None:
    """Also the same task."""
    install("celery")

    def run(self: Anything, depth: int) -> str | None:
        if depth:
            self.apply(args=(depth - 1,))
        return current_name()

    task: Anything = app.task(name="task", bind=True)(run)

    assert "Celery:run:task" == task.apply(args=(1,)).get()
    assert ["Celery:run:task", None] == [parent_of(s, tracer) for s in tracer.spans]


def test_the_context_travels_in_the_message(
    tracer: MemoryTracer, install: Install, app: Anything
) -> None:
    """If there is a current span; `send_task` has none of its own."""
    install("celery")
    app.conf.task_always_eager = False

    with tracer.start_active_span("root"):
        app.send_task("bake")
    app.send_task("bake")

    with app.connection_for_read() as connection:
        queue = connection.SimpleQueue("celery")
        messages = [queue.get(block=False) for _ in range(2)]
    headers = [message.headers.get("parent_span_context") for message in messages]
    assert [{"uber-trace-id": "1:1:0:1"}, None] == headers


@pytest.mark.parametrize("carrier", ["no dict", {"uber-trace-id": "no context"}])
def test_an_unusable_header_starts_a_trace(
    tracer: MemoryTracer, install: Install, carrier: Anything
) -> None:
    """The task runs, in a span."""
    install("celery")

    class Request(dict[str, object]):
        """A request with the header, which accepts attributes."""

    request = Request(parent_span_context=carrier)
    task: Anything = SimpleNamespace(request=request, name="bake")
    hook.task_prerun_handler(task, "1")
    hook.task_success_handler(task)

    (span,) = tracer.spans
    assert span.parent_id is None


def test_the_hook_can_be_removed(
    tracer: MemoryTracer, install: Install, app: Anything
) -> None:
    """Tasks run without spans then."""
    install("celery").reset_patches()
    bake: Anything = app.task(name="bake")(current_name)

    assert bake.delay().get() is None
    assert [] == tracer.spans


def test_a_fault_of_the_hook_does_not_prevent_the_task(
    tracer: MemoryTracer,
    install: Install,
    app: Anything,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The task is sent and runs without a span."""
    install("celery")
    monkeypatch.setattr(hook, "start_child_span", None)

    def run() -> int:
        return 5

    bake: Anything = app.task(name="bake")(run)

    assert 5 == bake.delay().get()
    assert [] == tracer.spans
