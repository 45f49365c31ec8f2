"""
A program written for `opentracing_instrumentation`; only its imports were changed.

Run it:

    python examples/legacy_instrumentation.py

A client orders a cake from a WSGI application, which looks it up in a database. The
spans form one trace: `order`, `GET` of the client, `GET` of the server, and
`sqlite3:select`.
"""

from __future__ import annotations

import sqlite3
import threading
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIServer, make_server

from jaeger_client import Config
from jaeger_client.instrumentation.legacy import span_in_context, traced_function
from jaeger_client.instrumentation.legacy.client_hooks import install_all_patches
from jaeger_client.instrumentation.legacy.client_hooks import sqlite3 as sqlite3_hook
from jaeger_client.instrumentation.legacy.http_server import (
    WSGIRequestWrapper,
    before_request,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

tracer = Config(
    {"sampler": {"type": "const", "param": 1}}, service_name="bakery"
).initialize_tracer()


def traced(application: WSGIApplication) -> WSGIApplication:
    """Return an application that handles each request in a span."""

    def middleware(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        span = before_request(WSGIRequestWrapper.from_wsgi_environ(environ))
        with span, span_in_context(span):
            return application(environ, start_response)

    return middleware


def application(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Look up the cake that the path names."""
    with closing(sqlite3.connect(":memory:")) as database:
        found = database.execute("select 'a ' || ?", (environ["PATH_INFO"][1:],))
        (cake,) = found.fetchone()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{cake}\n".encode()]


@traced_function
def order(url: str) -> str:
    """Order a cake."""
    with urllib.request.urlopen(url) as response:  # noqa: S310 - our own address
        return str(response.read().decode()).strip()


def serve_one(server: WSGIServer, during: Callable[[], None]) -> None:
    """Handle one request on another thread while *during* runs."""
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    during()
    thread.join()


def main() -> None:
    """Order a cake and report the spans."""
    install_all_patches()
    # The old package has no such hook, so `install_all_patches` does not install it.
    sqlite3_hook.install_patches()
    with make_server("127.0.0.1", 0, traced(application)) as server:
        url = f"http://127.0.0.1:{server.server_port}/tart"
        serve_one(server, lambda: print(order(url)))
    if tracer is not None:
        print("sent" if tracer.close().result() else "not all was sent")


if __name__ == "__main__":
    main()
