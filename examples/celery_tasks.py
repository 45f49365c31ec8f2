"""
Tasks of Celery that continue the trace of the process that sends them.

Celery sends signals around the publication and the run of each task. The client writes
its span context to the headers of the message, and the worker starts a span from them.

    pip install celery sqlalchemy
    cd examples
    celery -A celery_tasks worker --concurrency 2
    python celery_tasks.py

One of the tasks fails on purpose, so the worker logs a traceback.

The broker is a SQLite file, `BROKER`, so that the example needs no other server.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

import opentracing
from celery import Celery, signals
from opentracing import Format, SpanContextCorruptedException
from opentracing.ext import tags

from jaeger_client import Config

broker = os.environ.get("BROKER", f"{tempfile.gettempdir()}/bakery-broker.db")
app = Celery("bakery", broker=f"sqla+sqlite:///{broker}")
app.conf.task_ignore_result = True

# Created at import: the worker forks its children afterwards, and each of them sends
# its own spans.
Config(
    {"sampler": {"type": "const", "param": 1}}, service_name="bakery"
).initialize_tracer()


def inject(headers: dict[str, object], **_others: object) -> None:
    """Write the active span to the headers of a task that is published."""
    tracer = opentracing.global_tracer()
    if tracer.active_span is not None:
        tracer.inject(tracer.active_span.context, Format.TEXT_MAP, headers)


def begin(task: Any, task_id: str, **_others: object) -> None:
    """Start a span before a task; the headers are attributes of its request."""
    tracer = opentracing.global_tracer()
    try:
        caller = tracer.extract(Format.TEXT_MAP, vars(task.request))
    except SpanContextCorruptedException:
        caller = None
    task.request.scope = tracer.start_active_span(
        task.name,
        child_of=caller,
        tags={
            tags.COMPONENT: "celery",
            tags.SPAN_KIND: tags.SPAN_KIND_CONSUMER,
            "celery.task_id": task_id,
        },
    )


def fail(sender: Any, exception: BaseException, **_others: object) -> None:
    """Record the exception that ended a task."""
    error = type(exception), exception, exception.__traceback__
    sender.request.scope.span.record_exception(*error)


def end(task: Any, **_others: object) -> None:
    """Finish the span after a task."""
    task.request.scope.close()


signals.before_task_publish.connect(inject)
signals.task_prerun.connect(begin)
signals.task_failure.connect(fail)
signals.task_postrun.connect(end)


@app.task(name="bake")  # type: ignore[untyped-decorator]  # without types
def bake(cake: str) -> None:
    """Bake a cake, and have it delivered by another task."""
    if cake == "stone":
        msg = f"cannot bake a {cake}"
        raise ValueError(msg)
    deliver.delay(cake)


@app.task(name="deliver")  # type: ignore[untyped-decorator]  # without types
def deliver(cake: str) -> None:
    """Deliver a cake."""
    with opentracing.global_tracer().start_active_span("drive") as scope:
        scope.span.set_tag("cake", cake)


def main() -> None:
    """Send two tasks in a span."""
    tracer: Any = opentracing.global_tracer()
    with tracer.start_active_span("order"):
        bake.delay("apple cake")
        bake.delay("stone")
    print("sent" if tracer.close().result() else "not all was sent")


if __name__ == "__main__":
    main()
