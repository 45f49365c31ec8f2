"""A WSGI application whose tracer is created before the server forks."""

import os

import opentracing

from jaeger_client import Config

tracer = Config(
    config={"sampler": {"type": "const", "param": 1}},
    service_name="preforked",
).initialize_tracer()

# The thread that sends is busy before the fork.
tracer.start_span("preload", tags={"pid": os.getpid()}).finish()


def application(environ, start_response):
    """Respond with the id of the process."""
    headers = {
        name[5:].replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    parent = tracer.extract(opentracing.Format.HTTP_HEADERS, headers)
    pid = os.getpid()
    with tracer.start_active_span("request", child_of=parent, tags={"pid": pid}):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(pid).encode()]
