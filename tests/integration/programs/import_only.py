"""Prints the modules, threads and handlers that an import and a new tracer add."""

from __future__ import annotations

import logging
import sys
import threading

import jaeger_client

heavy = {"urllib3", "ssl", "asyncio", "http.client", "tornado", "thrift"}
print("imported", sorted(heavy & set(sys.modules)))
from tests.integration.programs.make_tracer import make_tracer  # noqa: E402 - after the question

make_tracer()
print("made", sorted(heavy & set(sys.modules)))
print("threads", threading.active_count())
print(
    "handlers",
    logging.getLogger().handlers,
    logging.getLogger("jaeger_tracing").handlers,
)
print("version", jaeger_client.__version__)
