"""
A Celery application whose tasks are spans.

A task takes a list of steps, does the first and sends the rest as the next task:

- "stop" ends the worker by SIGTERM, "wait" waits until the test opens a pipe;
- "/soft" is interrupted by its soft time limit, "/hang" killed by its hard one;
- any other is a span of that name.

With TEST_TRACER=signals, children create and close the tracer by Celery's signals;
otherwise it is created at import, before the children are forked, and not closed.
"""

from __future__ import annotations

import importlib
import os
import signal
from itertools import repeat
from pathlib import Path
from typing import Any

import opentracing

from jaeger_client import Config

# Celery has no types.
celery: Any = importlib.import_module("celery")
signals: Any = importlib.import_module("celery.signals")

FOLDER = Path(os.environ["TEST_FOLDER"])
LIMITS = {"/soft": {"soft_time_limit": 2}, "/hang": {"time_limit": 2}}

app = celery.Celery("celery_service", broker="filesystem://")
app.conf.broker_transport_options = {
    "data_folder_in": str(FOLDER / "in"),
    "data_folder_out": str(FOLDER / "out"),
    "control_folder": str(FOLDER / "control"),
    "polling_interval": 0.05,
}
app.conf.task_ignore_result = True


def start_tracing(**kwargs: Any) -> None:
    """Create a tracer whose interval is longer than any test."""
    settings = {
        "sampler": {"type": "const", "param": 1},
        "reporter_flush_interval": 300,
    }
    Config(settings, service_name="celery").initialize_tracer()


def stop_tracing(**kwargs: Any) -> None:
    """Send what is queued."""
    tracer: Any = opentracing.global_tracer()
    tracer.close()


def bake(steps: list[str]) -> None:
    """Do the first step, and send the others however that ends."""
    try:
        do(steps[0])
    finally:
        if len(steps) > 1:
            send(*steps[1:])


def do(step: str) -> None:
    """Do one step."""
    if step == "stop":
        os.kill(os.getppid(), signal.SIGTERM)
        return
    if step == "wait":
        (FOLDER / "pipe").read_text()
        return
    with opentracing.global_tracer().start_active_span(step):
        if step == "/soft":
            while True:
                signal.pause()
        if step == "/hang":
            # Holds the interpreter lock, so no signal handler runs.
            assert 1 in repeat(0)


task = app.task(bake, name="bake")


def send(*steps: str) -> None:
    """Send a task."""
    task.apply_async([steps], **LIMITS.get(steps[0], {}))


def deliver(**kwargs: Any) -> None:
    """Move what was sent to where the worker reads, which sees whole messages only."""
    for message in (FOLDER / "out").iterdir():
        message.rename(FOLDER / "in" / message.name)


def send_first(**kwargs: Any) -> None:
    """Send the task that the test has chosen."""
    send(*os.environ["TEST_STEPS"].split())


if os.environ["TEST_TRACER"] == "signals":
    signals.worker_process_init.connect(start_tracing)
    signals.worker_process_shutdown.connect(stop_tracing)
else:
    start_tracing()
signals.after_task_publish.connect(deliver)
signals.worker_ready.connect(send_first)
