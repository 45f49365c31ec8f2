"""
A Flask application that does not trace itself; `/state` shows what is active.

Serves on the listening socket whose number is the argument, until SIGINT.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import urllib.request

from flask import Flask
from werkzeug.serving import make_server

application = Flask(__name__)


@application.get("/bake")
@application.get("/sell")
def respond() -> str:
    """Respond to requests that tests sample."""
    return "bread"


@application.get("/cakes/<int:number>")
def forward(number: int) -> str:
    """
    Request the same of the next service, `TEST_NEXT`, if there is one.

    By the API of OpenTelemetry, as its instrumentation of HTTP clients does.
    """
    for address in os.environ.get("TEST_NEXT", "").split():
        trace = importlib.import_module("opentelemetry.trace")
        propagate = importlib.import_module("opentelemetry.propagate")
        path = f"/cakes/{number}"
        tracer = trace.get_tracer("forward")
        with tracer.start_as_current_span(f"call {path}", kind=trace.SpanKind.CLIENT):
            headers: dict[str, str] = {}
            propagate.inject(headers)
            request = urllib.request.Request(f"{address}{path}", headers=headers)
            with urllib.request.urlopen(request, timeout=30) as response:
                response.read()
    return "bread"


@application.get("/state")
def state() -> dict[str, list[str]]:
    """Respond with threads, and the modules of tracing that were imported."""
    packages = {name.partition(".")[0] for name in sys.modules}
    return {
        "threads": [thread.name for thread in threading.enumerate()],
        "packages": sorted(packages & {"jaeger_client", "opentelemetry"}),
    }


if __name__ == "__main__":
    make_server("127.0.0.1", 0, application, fd=int(sys.argv[1])).serve_forever()
