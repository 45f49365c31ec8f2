"""A WSGI application for uWSGI: responds with the id of the request's span."""

from __future__ import annotations

import os
from collections.abc import Callable

from tests.integration.programs.make_tracer import make_tracer

tracer = make_tracer()
for _ in range(int(os.environ["TEST_SPANS_IN_MASTER"])):
    tracer.start_span("master").finish()


def application(
    environ: dict[str, object],
    start_response: Callable[[str, list[tuple[str, str]]], object],
) -> list[bytes]:
    """Report a span; `/flush` sends it before the response."""
    span = tracer.start_span("request")
    span.finish()
    if environ["PATH_INFO"] == "/flush":
        assert tracer.flush(timeout=5.0)
    start_response("200 OK", [("content-type", "text/plain")])
    return [f"{os.getpid()} {span.trace_id:x}".encode()]
