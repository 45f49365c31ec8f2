"""A Celery application whose tasks are spans, and whose children close the tracer."""

from __future__ import annotations

import importlib
import os
import signal
from pathlib import Path
from typing import Any

from jaeger_client import Config, Tracer

# Celery has no types.
celery: Any = importlib.import_module("celery")
signals: Any = importlib.import_module("celery.signals")

QUEUE = Path(os.environ["TEST_FOLDER"], "queue")
DONE = Path(os.environ["TEST_FOLDER"], "done")
TASKS = 4

QUEUE.mkdir(exist_ok=True)
DONE.mkdir(exist_ok=True)

app = celery.Celery("celery_service", broker="filesystem://")
app.conf.broker_transport_options = {
    "data_folder_in": str(QUEUE),
    "data_folder_out": str(QUEUE),
    "control_folder": str(QUEUE),
}

tracers: list[Tracer] = []


def start_tracing(**kwargs: Any) -> None:
    """Create a tracer whose interval is longer than any test."""
    settings = {
        "sampler": {"type": "const", "param": 1},
        "reporter_flush_interval": 300,
    }
    tracers.append(Config(settings, service_name="celery").new_tracer())


def stop_tracing(**kwargs: Any) -> None:
    """Send what is queued."""
    tracers[0].close()


def bake(number: int) -> None:
    """Finish a span; in the last task to run, let the worker shut down."""
    with tracers[0].start_active_span(f"/{number}"):
        DONE.joinpath(str(number)).touch()
        if len(list(DONE.iterdir())) == TASKS:
            os.kill(os.getppid(), signal.SIGTERM)


task = app.task(bake, name="bake")


def send_tasks(**kwargs: Any) -> None:
    """Send all tasks to this worker."""
    for number in range(TASKS):
        task.delay(number)


signals.worker_process_init.connect(start_tracing)
signals.worker_process_shutdown.connect(stop_tracing)
signals.worker_ready.connect(send_tasks)
