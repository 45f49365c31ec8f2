"""A Celery application whose tasks are spans, and whose children close the tracer."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import opentracing
from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown, worker_ready

from jaeger_client import Config

QUEUE = Path(os.environ["TEST_FOLDER"], "queue")
DONE = Path(os.environ["TEST_FOLDER"], "done")
TASKS = 4

QUEUE.mkdir(exist_ok=True)
DONE.mkdir(exist_ok=True)

app = Celery("celery_service", broker="filesystem://")
app.conf.broker_transport_options = {
    "data_folder_in": str(QUEUE),
    "data_folder_out": str(QUEUE),
    "control_folder": str(QUEUE),
}
app.conf.worker_hijack_root_logger = False


@worker_process_init.connect
def start_tracing(**kwargs: Any) -> None:
    """Create a tracer whose interval is longer than any test."""
    settings = {
        "sampler": {"type": "const", "param": 1},
        "reporter_flush_interval": 300,
    }
    Config(settings, service_name="celery").initialize_tracer()


@worker_process_shutdown.connect
def stop_tracing(**kwargs: Any) -> None:
    """Send what is queued."""
    opentracing.global_tracer().close()


@app.task
def bake(number: int) -> None:
    """Finish a span; in the last task to run, let the worker shut down."""
    with opentracing.global_tracer().start_active_span(f"/{number}"):
        DONE.joinpath(str(number)).touch()
        if len(list(DONE.iterdir())) == TASKS:
            os.kill(os.getppid(), signal.SIGTERM)


@worker_ready.connect
def send_tasks(**kwargs: Any) -> None:
    """Send all tasks to this worker."""
    for number in range(TASKS):
        bake.delay(number)
