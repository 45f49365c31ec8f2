"""
A WSGI application for uWSGI: the response is the id of the request's span.

The response of `/hang` is the pid only, and the request never ends.
"""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable, Iterable, Iterator

from tests.integration.programs.make_tracer import make_tracer

tracer = make_tracer()
for _ in range(int(os.environ["TEST_SPANS_IN_MASTER"])):
    tracer.start_span("master").finish()


def application(
    environ: dict[str, object],
    start_response: Callable[[str, list[tuple[str, str]]], object],
) -> Iterable[bytes]:
    """Report a span; `/flush` sends it first, `/mule` starts another in the mule."""
    if environ["PATH_INFO"] == "/hang":
        start_response("200 OK", [])
        return hang()
    span = tracer.start_span("request")
    span.finish()
    if environ["PATH_INFO"] == "/flush":
        assert tracer.flush(timeout=5.0)
    if environ["PATH_INFO"] == "/mule":
        # Exists in the processes of uWSGI only.
        importlib.import_module("uwsgi").mule_msg(b"message")
    start_response("200 OK", [("content-type", "text/plain")])
    return [f"{os.getpid()} {span.trace_id:x}".encode()]


def hang() -> Iterator[bytes]:
    """Respond while the span is open."""
    with tracer.start_span("hang"):
        yield str(os.getpid()).encode()
        while True:
            signal.pause()
