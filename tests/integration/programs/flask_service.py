"""
A Flask application that knows nothing of tracing; `/state` shows what is active.

Serves on the listening socket whose number is the argument, until SIGINT.
"""

from __future__ import annotations

import sys
import threading

from flask import Flask
from werkzeug.serving import make_server

application = Flask(__name__)


@application.get("/bake")
@application.get("/sell")
def respond() -> str:
    """Respond to requests that tests sample."""
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
