"""A Celery application whose broker is a folder; each task reports a span."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]  # it has none

from tests.integration.programs.make_tracer import make_tracer

folder = os.environ["TEST_BROKER"]
app: Any = Celery(
    "celery_tasks",
    broker="filesystem://",
    broker_transport_options={
        "data_folder_in": folder,
        "data_folder_out": folder,
        "control_folder": f"{folder}/control",
    },
)
app.conf.task_ignore_result = True
# Longer than any test may take: spans must not need it.
tracer = make_tracer(reporter_flush_interval=300)


@app.task  # type: ignore[untyped-decorator]  # as above
def work(number: int) -> None:
    """Report a span."""
    tracer.start_span(f"task {number}").finish()
