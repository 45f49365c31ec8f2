"""A Django site in one module: `wsgi` and `asgi` serve it; responses are the pid."""

# Django has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import include, path

from jaeger_client.instrumentation.asgi import TracerLifespan
from tests.integration.programs.web_calls import call_next, make_tracer

tracer = make_tracer("django")
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    SECRET_KEY="of no use",
    ROOT_URLCONF=sys.modules[__name__],
    MIDDLEWARE=[
        "jaeger_client.instrumentation.django.OpenTracingMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    LOGGING_CONFIG=None,
    OPENTRACING_EXCLUDED_PATHS=["/health"],
    OPENTRACING_RESPONSE_HEADER="x-trace-id",
    OPENTRACING_TRACED_ATTRIBUTES=["method"],
)


def response() -> HttpResponse:
    """Return the pid."""
    return HttpResponse(str(os.getpid()).encode())


def cake(request: HttpRequest, number: int) -> HttpResponse:
    """Call the next service."""
    call_next(tracer, f"/cakes/{number}")
    return response()


async def async_cake(request: HttpRequest, number: int) -> HttpResponse:
    """Call the next service in a thread, in a task."""
    await asyncio.create_task(asyncio.to_thread(call_next, tracer, f"/cakes/{number}"))
    return response()


def health(request: HttpRequest) -> HttpResponse:
    """Respond."""
    return response()


def boom(request: HttpRequest) -> HttpResponse:
    """Fail."""
    msg = "boom"
    raise LookupError(msg)


async def async_boom(request: HttpRequest) -> HttpResponse:
    """Fail."""
    return boom(request)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    """Respond in two parts, each a span."""

    def parts() -> Iterator[bytes]:
        for part in (str(os.getpid()).encode(), b""):
            with tracer.start_active_span("part"):
                yield part

    return StreamingHttpResponse(parts())


async def async_stream(request: HttpRequest) -> StreamingHttpResponse:
    """Respond in two parts, each a span."""

    async def parts() -> AsyncIterator[bytes]:
        for part in (str(os.getpid()).encode(), b""):
            with tracer.start_active_span("part"):
                yield part

    return StreamingHttpResponse(parts())


def endless(request: HttpRequest) -> StreamingHttpResponse:
    """Respond until the client disconnects."""

    def parts() -> Iterator[bytes]:
        while True:
            yield b"x" * 10_000

    return StreamingHttpResponse(parts())


async def async_endless(request: HttpRequest) -> StreamingHttpResponse:
    """Respond until the client disconnects."""

    async def parts() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 10_000
            await asyncio.sleep(0)

    return StreamingHttpResponse(parts())


async def async_waiting(request: HttpRequest) -> HttpResponse:
    """Wait until the client disconnects, and Django cancels the view."""
    print("waiting", flush=True)
    await asyncio.Event().wait()
    return response()


asynchronous: list[Any] = [
    path("cakes/<int:number>", async_cake),
    path("boom", async_boom),
    path("stream", async_stream),
    path("endless", async_endless),
    path("waiting", async_waiting),
]
urlpatterns: list[Any] = [
    path("async/", include(asynchronous)),
    path("cakes/<int:number>", cake),
    path("health", health),
    path("boom", boom),
    path("stream", stream),
    path("endless", endless),
]

django.setup()
wsgi = get_wsgi_application()
asgi = TracerLifespan(get_asgi_application(), tracer)
