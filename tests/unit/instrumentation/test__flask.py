"""Routes and exceptions of Flask applications behind the WSGI middleware."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Blueprint, Flask, abort
from opentracing.mocktracer import MockTracer

from jaeger_client import Span
from jaeger_client.instrumentation._flask import flask_route
from jaeger_client.instrumentation.wsgi import TracingMiddleware
from jaeger_client.testing import MemoryTracer, memory_tracer
from tests.unit.spans import fields_of, pairs_of


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return a tracer."""
    with memory_tracer() as tracer:
        yield tracer


def bakery() -> Flask:
    """Return an application."""
    app = Flask("bakery")
    shop = Blueprint("shop", "shop", url_prefix="/shop")

    @app.get("/cakes/<int:number>")
    @shop.get("/ovens/<name>")
    def respond(**_: Any) -> str:
        return "cake"

    @app.get("/boom")
    def boom() -> str:
        raise LookupError

    @app.get("/rejected")
    def rejected() -> str:
        abort(400)

    app.register_blueprint(shop)
    return app


def traced(tracer: Any) -> Flask:
    """Return the application with the middleware."""
    app = bakery()
    app.wsgi_app = TracingMiddleware(app.wsgi_app, tracer)  # type: ignore[method-assign]
    return app


def only(tracer: MemoryTracer) -> Span:
    """Return the only finished span."""
    (span,) = tracer.spans
    return span


@pytest.mark.parametrize("headers", [{}, {"uber-trace-id": "abc:def:0:1"}])
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/cakes/7", "GET /cakes/<int:number>"),
        ("/shop/ovens/big", "GET /shop/ovens/<name>"),
        ("/boom", "GET /boom"),
        ("/cakes/x", "GET"),
    ],
)
def test_name(
    tracer: MemoryTracer, path: str, name: str, headers: dict[str, str]
) -> None:
    """It has the route, in the first span of a trace and in a child."""
    traced(tracer).test_client().get(path, headers=headers).get_data()

    assert name == only(tracer).operation_name


def test_name_for_the_sampler() -> None:
    """The first span of a trace has its final name from the start."""
    names: list[str] = []

    class Tracer(MemoryTracer):
        def start_span(self, operation_name: Any = None, *args: Any, **kw: Any) -> Span:
            names.append(operation_name)
            return super().start_span(operation_name, *args, **kw)

    with Tracer() as tracer:
        client = traced(tracer).test_client()
        client.get("/cakes/7")
        client.get("/cakes/7", headers={"uber-trace-id": "abc:def:0:1"})

    assert ["GET /cakes/<int:number>", "GET"] == names


def test_name_behind_other_middleware(tracer: MemoryTracer) -> None:
    """The route is also found if the application is not known to the middleware."""
    app = bakery()
    other_middleware = functools.partial(app.wsgi_app)
    app.wsgi_app = TracingMiddleware(  # type: ignore[method-assign]
        other_middleware, tracer
    )

    app.test_client().get("/cakes/7")

    assert "GET /cakes/<int:number>" == only(tracer).operation_name


def test_exception(tracer: MemoryTracer) -> None:
    """It is recorded once, although Flask responds to it."""
    response = traced(tracer).test_client().get("/boom", buffered=True)

    (log,) = only(tracer).logs
    assert 500 == response.status_code
    assert "error" == fields_of(log)["event"]


def test_exception_that_flask_raises_again(tracer: MemoryTracer) -> None:
    """In tests of applications, it reaches the middleware as well."""
    app = traced(tracer)
    app.testing = True

    with pytest.raises(LookupError):
        app.test_client().get("/boom")

    assert 1 == len(only(tracer).logs)
    assert "GET /boom" == only(tracer).operation_name


def test_exception_of_an_excluded_path(tracer: MemoryTracer) -> None:
    """It is not recorded."""
    app = bakery()
    app.wsgi_app = TracingMiddleware(  # type: ignore[method-assign]
        app.wsgi_app, tracer, excluded_paths=["/boom"]
    )

    assert 500 == app.test_client().get("/boom").status_code
    assert [] == tracer.spans


def test_rejected_request(tracer: MemoryTracer) -> None:
    """An exception that means a status below 500 is no error."""
    traced(tracer).test_client().get("/rejected", buffered=True)

    assert "error" not in dict(pairs_of(only(tracer)))
    assert [] == only(tracer).logs


def test_application_without_the_middleware(tracer: MemoryTracer) -> None:
    """Its requests have no span; those of another application do."""
    traced(tracer)

    assert 500 == bakery().test_client().get("/boom").status_code
    assert [] == tracer.spans


def test_flask_itself_is_wrapped() -> None:
    """Instead of its `wsgi_app`, as for a server."""
    tracer = MockTracer()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/cakes/7",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
    }

    b"".join(TracingMiddleware(bakery(), tracer)(environ, lambda *_: None))
    # The body is no list, and was deleted.
    (span,) = tracer.finished_spans()

    assert "GET /cakes/<int:number>" == span.operation_name


@pytest.mark.parametrize("app", [None, object(), lambda: None])
def test_other_applications(app: object) -> None:
    """They have no routes of Flask."""
    assert flask_route(app, {}) is None
