"""The Django middleware and its decorator, without a server."""

# Django has no types.
# pyright: reportArgumentType=false, reportMissingTypeStubs=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import asyncio
import gc
import io
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest
from asgiref.sync import ThreadSensitiveContext
from django.conf import settings
from django.core.exceptions import (
    MiddlewareNotUsed,
    PermissionDenied,
    SuspiciousOperation,
)
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import include, path, re_path, resolve
from django.utils.asyncio import async_unsafe
from django.utils.decorators import method_decorator
from django.views import View

from jaeger_client import Span
from jaeger_client.instrumentation.django import (
    DjangoTracer,
    DjangoTracing,
    OpenTracingMiddleware,
)
from jaeger_client.testing import MemoryTracer, memory_tracer
from tests.unit.instrumentation import django_project
from tests.unit.spans import fields_of, pairs_of

django_project.configure()


MIDDLEWARE: Final = "jaeger_client.instrumentation.django.OpenTracingMiddleware"
PROPAGATED: Final = {"HTTP_UBER_TRACE_ID": "abc:def:0:1"}


class Seen:
    """What views and callbacks have seen."""

    tracer: ClassVar[Any] = None
    spans: ClassVar[list[Any]] = []


def cake(request: Any, number: int = 0) -> HttpResponse:
    """Record the span of the request, and whether it is active."""
    tracing = settings.OPENTRACING_TRACING
    Seen.spans += [tracing.get_span(request), tracing.tracer.active_span]
    return HttpResponse(b"cake")


def boom(request: Any) -> HttpResponse:
    """Fail."""
    raise LookupError


def not_found(request: Any) -> HttpResponse:
    """Reject."""
    raise Http404


def unavailable(request: Any) -> HttpResponse:
    """Respond with an error."""
    return HttpResponse(status=503)


def stream(request: Any) -> StreamingHttpResponse:
    """Respond in parts."""

    def parts() -> Iterator[bytes]:
        Seen.spans.append(Seen.tracer.active_span)
        yield b"1"
        yield b"2"

    return StreamingHttpResponse(parts())


def file(request: Any) -> FileResponse:
    """Respond with a file."""
    return FileResponse(io.BytesIO(b"cake"))


class Oven(View):  # type: ignore[misc]  # untyped base
    """A view that is a class."""

    def get(self, request: Any) -> HttpResponse:
        """Respond."""
        return HttpResponse(b"cake")


urlpatterns = [
    path("", cake),
    path("cakes/<int:number>", cake),
    path("boom", boom),
    path("not-found", not_found),
    path("unavailable", unavailable),
    path("stream", stream),
    path("file", file),
    path("oven", Oven.as_view()),
    path("shop/", include([path("cakes/<int:number>", cake)])),
    re_path(r"^old/(?P<number>\d+)$", cake),
]


class Broken:
    """A value without text."""

    def __str__(self) -> str:
        raise LookupError


def failing_middleware(get_response: Any) -> Any:
    """Return middleware that fails."""

    def fail(request: Any) -> HttpResponse:
        raise LookupError

    return fail


def user_middleware(get_response: Any) -> Any:
    """Return middleware that sets an attribute of requests."""

    def set_user(request: Any) -> Any:
        request.user, request.nothing, request.broken = "ann", "", Broken()
        return get_response(request)

    return set_user


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Forget what other tests have seen."""
    Seen.spans.clear()
    yield
    if hasattr(settings, "OPENTRACING_TRACING"):
        del settings.OPENTRACING_TRACING


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return a tracer."""
    with memory_tracer() as tracer:
        Seen.tracer = tracer
        yield tracer


def get(
    tracer: MemoryTracer | None,
    url: str,
    *,
    middleware: tuple[str, ...] = (),
    headers: dict[str, str] | None = None,
    **options: Any,
) -> Any:
    """Return the response of the site with the settings in *options*."""
    if tracer is not None:
        options["OPENTRACING_TRACING"] = DjangoTracing(tracer)
    chain = [MIDDLEWARE, *(f"{__name__}.{name}" for name in middleware)]
    with override_settings(MIDDLEWARE=chain, **options):
        return Client(raise_request_exception=False).get(url, **(headers or {}))


def only(tracer: MemoryTracer) -> Span:
    """Return the only finished span."""
    (span,) = tracer.spans
    return span


def tags_of(span: Span) -> dict[str, object]:
    """Return the tags without those of the sampler."""
    return dict(pairs_of(span))


def test_tags_and_parent(tracer: MemoryTracer) -> None:
    """The span has OpenTracing's tags and continues the trace of the caller."""
    get(tracer, "/cakes/7?token=hidden", headers=PROPAGATED)

    assert (0xABC, 0xDEF) == (only(tracer).trace_id, only(tracer).parent_id)
    assert {
        "span.kind": "server",
        "component": "django",
        "http.method": "GET",
        "http.url": "http://testserver/cakes/7",
        "http.status_code": 200,
    } == tags_of(only(tracer))
    assert [only(tracer)] * 2 == Seen.spans


@pytest.mark.parametrize("headers", [{}, PROPAGATED])
@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/", "GET /"),
        ("/cakes/7", "GET /cakes/<int:number>"),
        ("/shop/cakes/7", "GET /shop/cakes/<int:number>"),
        ("/old/7", r"GET ^old/(?P<number>\d+)$"),
        ("/boom", "GET /boom"),
        ("/nowhere", "GET"),
    ],
)
def test_name(
    tracer: MemoryTracer, url: str, name: str, headers: dict[str, str]
) -> None:
    """It is the method and the route, in the first span of a trace and in a child."""
    get(tracer, url, headers=headers)

    assert name == only(tracer).operation_name


@pytest.mark.parametrize(("url", "name"), [("/cakes/7", "cake"), ("/oven", "Oven")])
def test_name_of_the_view(tracer: MemoryTracer, url: str, name: str) -> None:
    """With the setting, spans have the names that django_opentracing gave them."""
    get(tracer, url, OPENTRACING_OPERATION_NAME="view")

    assert name == only(tracer).operation_name


def test_url_beyond_latin_1(tracer: MemoryTracer) -> None:
    """It is encoded in UTF-8."""
    get(tracer, "/caf\u00e9/\u4e2d")

    url = tags_of(only(tracer))["http.url"]
    assert "http://testserver/caf%C3%A9/%E4%B8%AD" == url


def test_exception_of_a_view(tracer: MemoryTracer) -> None:
    """It is recorded, with the status of Django's response."""
    assert 500 == get(tracer, "/boom").status_code

    (log,) = only(tracer).logs
    tags = tags_of(only(tracer))
    assert (True, 500) == (tags["error"], tags["http.status_code"])
    assert "error" == fields_of(log)["event"]


def test_exception_of_other_middleware(tracer: MemoryTracer) -> None:
    """It is recorded, too."""
    assert 500 == get(tracer, "/", middleware=("failing_middleware",)).status_code

    assert tags_of(only(tracer))["error"] is True
    assert 1 == len(only(tracer).logs)


@pytest.mark.parametrize(
    ("url", "status", "error"),
    [("/not-found", 404, None), ("/nowhere", 404, None), ("/unavailable", 503, True)],
)
def test_status(
    tracer: MemoryTracer, url: str, status: int, error: bool | None
) -> None:
    """A status from 500 is an error, an exception that means less is none."""
    get(tracer, url)

    tags = tags_of(only(tracer))
    assert (status, error) == (tags["http.status_code"], tags.get("error"))
    assert [] == only(tracer).logs


def test_host_that_is_not_allowed(tracer: MemoryTracer) -> None:
    """It does not prevent the span."""
    get(tracer, "/cakes/7", headers={"HTTP_HOST": "me:secret@evil.example"})

    assert "http://evil.example/cakes/7" == tags_of(only(tracer))["http.url"]


def test_traced_attributes(tracer: MemoryTracer) -> None:
    """They become tags, also those set by middleware, but no empty ones."""
    get(
        tracer,
        "/cakes/7",
        middleware=("user_middleware",),
        OPENTRACING_TRACED_ATTRIBUTES=["path", "user", "nothing", "missing"],
    )

    tags = tags_of(only(tracer))
    assert ("/cakes/7", "ann") == (tags["path"], tags["user"])
    assert {"nothing", "missing"}.isdisjoint(tags)


def test_attribute_that_raises(
    tracer: MemoryTracer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is no tag; the other attributes and the request are not affected."""
    attributes = ["broken", "path"]

    response = get(
        tracer,
        "/cakes/7",
        middleware=("user_middleware",),
        OPENTRACING_TRACED_ATTRIBUTES=attributes,
    )

    assert 200 == response.status_code
    assert "/cakes/7" == tags_of(only(tracer))["path"]
    assert "broken" not in tags_of(only(tracer))


def test_streaming_response(tracer: MemoryTracer) -> None:
    """The span is active in the body and ends with it."""
    response = get(tracer, "/stream")

    assert [] == tracer.spans
    assert b"12" == response.getvalue()
    assert [only(tracer)] == Seen.spans


@pytest.mark.parametrize("url", ["/stream", "/file"])
def test_streaming_response_that_is_closed(tracer: MemoryTracer, url: str) -> None:
    """The span ends when the server closes the response."""
    response = get(tracer, url)
    assert [] == tracer.spans

    response.close()

    assert 1 == len(tracer.spans)


def test_streaming_response_that_is_never_closed(tracer: MemoryTracer) -> None:
    """The span ends when the response is deleted."""
    response = get(tracer, "/stream")
    assert [] == tracer.spans

    del response
    gc.collect()

    assert 1 == len(tracer.spans)


def test_file_is_sent_by_the_server(tracer: MemoryTracer) -> None:
    """The response still refers to the file, which servers may send themselves."""
    with override_settings(OPENTRACING_TRACING=DjangoTracing(tracer)):
        response: Any = OpenTracingMiddleware(file)(RequestFactory().get("/file"))

    assert response.file_to_stream is not None
    response.close()
    assert 1 == len(tracer.spans)


def test_span_of_a_finished_request(tracer: MemoryTracer) -> None:
    """There is none any more."""
    response = get(tracer, "/")

    tracing = DjangoTracing(tracer)
    assert tracing.get_span(response.wsgi_request) is None
    assert tracing.get_span(object()) is None


def test_excluded_paths(tracer: MemoryTracer) -> None:
    """They get no span."""
    get(tracer, "/oven", OPENTRACING_EXCLUDED_PATHS=["/oven"])

    assert [] == tracer.spans


def test_response_header(tracer: MemoryTracer) -> None:
    """It has the trace id."""
    header = "x-trace-id"

    response = get(tracer, "/", headers=PROPAGATED, OPENTRACING_RESPONSE_HEADER=header)

    assert "0000000000000abc" == response.headers[header]


def test_default_is_the_global_tracer() -> None:
    """Without a tracer in the settings, the one at the time of the request is used."""
    with memory_tracer(set_global=True) as tracer:
        get(None, "/")

        assert 1 == len(tracer.spans)


def test_older_name_of_the_setting(tracer: MemoryTracer) -> None:
    """OPENTRACING_TRACER and DjangoTracer are those of django_opentracing 0.x."""
    get(None, "/", OPENTRACING_TRACER=DjangoTracer(tracer))

    assert 1 == len(tracer.spans)


def test_callback(tracer: MemoryTracer) -> None:
    """It is called with the span and the request, and may name the span."""

    def name(span: Span, request: Any) -> None:
        span.set_operation_name(f"to {request.path}")

    get(None, "/cakes/7", OPENTRACING_TRACING=DjangoTracing(tracer, name))

    assert "to /cakes/7" == only(tracer).operation_name


def test_callback_that_raises(
    tracer: MemoryTracer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """That is logged; the request is served and recorded."""

    def fail(span: Span, request: Any) -> None:
        raise LookupError

    tracing = DjangoTracing(tracer, fail)

    assert 200 == get(None, "/", OPENTRACING_TRACING=tracing).status_code
    assert 1 == len(tracer.spans)
    assert "tracing a request raised LookupError()" in caplog.text


def traced_alone(tracer: MemoryTracer, view: Callable[..., Any]) -> Any:
    """Return the response of a view that the decorator records."""
    decorated = DjangoTracing(tracer).trace("method", "missing")(view)
    return decorated(RequestFactory().get("/cakes/7"))


def test_middleware_that_is_not_used(tracer: MemoryTracer) -> None:
    """With OPENTRACING_TRACE_ALL off, only decorated views are recorded."""
    tracing = DjangoTracing(tracer)
    with override_settings(OPENTRACING_TRACE_ALL=False, OPENTRACING_TRACING=tracing):
        with pytest.raises(MiddlewareNotUsed):
            OpenTracingMiddleware(cake)

        assert settings.OPENTRACING_TRACING is tracing
        tracing.trace()(cake)(RequestFactory().get("/cakes/7"))

    assert 1 == len(tracer.spans)


def test_decorated_view(tracer: MemoryTracer) -> None:
    """Its requests have a span, with attributes of the request as tags."""
    settings.OPENTRACING_TRACING = DjangoTracing(tracer)

    assert b"cake" == traced_alone(tracer, cake).content

    tags = tags_of(only(tracer))
    assert (200, "GET") == (tags["http.status_code"], tags["method"])
    assert "GET /cakes/<int:number>" == only(tracer).operation_name
    assert [only(tracer)] * 2 == Seen.spans


def test_decorated_view_behind_the_middleware(tracer: MemoryTracer) -> None:
    """The decorator has no effect while all requests are recorded."""
    tracing = DjangoTracing(tracer)
    with override_settings(OPENTRACING_TRACING=tracing):
        handler = OpenTracingMiddleware(tracing.trace("path")(cake))
        handler(RequestFactory().get("/"))

    assert "path" not in tags_of(only(tracer))


def test_decorated_coroutine_behind_the_middleware(tracer: MemoryTracer) -> None:
    """The decorator has no effect on it, either."""
    tracing = DjangoTracing(tracer)

    @tracing.trace("path")
    async def view(request: Any) -> HttpResponse:
        return HttpResponse(b"cake")

    with override_settings(OPENTRACING_TRACING=tracing):
        call: Any = OpenTracingMiddleware(view)
        asyncio.run(wait_for(call(RequestFactory().get("/"))))

    assert "path" not in tags_of(only(tracer))


def test_decorated_view_of_a_request_that_has_a_route(tracer: MemoryTracer) -> None:
    """Django has found the route before it calls the view."""
    view = DjangoTracing(tracer).trace()(cake)
    request: Any = RequestFactory().get("/elsewhere")
    request.resolver_match = resolve("/cakes/7")
    settings.OPENTRACING_TRACING = DjangoTracing(tracer)

    view(request)

    assert "GET /cakes/<int:number>" == only(tracer).operation_name


def test_exception_of_a_request_without_a_span(tracer: MemoryTracer) -> None:
    """It is not recorded."""
    get(tracer, "/boom", OPENTRACING_EXCLUDED_PATHS=["/boom"])

    assert [] == tracer.spans


def test_streaming_response_of_another_class(tracer: MemoryTracer) -> None:
    """If its body cannot be replaced, the span ends when the view has returned."""

    class Other:
        streaming, status_code = True, 200

    assert isinstance(traced_alone(tracer, lambda _: Other()), Other)
    assert 1 == len(tracer.spans)


def test_decorated_method(tracer: MemoryTracer) -> None:
    """The request is found among the arguments."""
    tracing = DjangoTracing(tracer)

    class Shop(View):  # type: ignore[misc]  # untyped base
        @tracing.trace()
        def get(self, request: Any) -> HttpResponse:
            return HttpResponse(b"get")

        @method_decorator(tracing.trace())  # type: ignore[untyped-decorator]  # Django's
        def post(self, request: Any) -> HttpResponse:
            return HttpResponse(b"post")

    factory, view = RequestFactory(), Shop.as_view()

    assert b"get" == view(factory.get("/")).content
    assert b"post" == view(factory.post("/")).content
    assert 2 == len(tracer.spans)


def test_decorated_view_that_is_called_by_keyword(tracer: MemoryTracer) -> None:
    """The request is found there, too."""
    view: Any = DjangoTracing(tracer).trace()(lambda request: HttpResponse(b"cake"))

    view(request=RequestFactory().get("/"))

    assert 1 == len(tracer.spans)


def test_decorated_view_without_a_request(
    tracer: MemoryTracer, caplog: pytest.LogCaptureFixture
) -> None:
    """It is called as it is."""
    assert 7 == DjangoTracing(tracer).trace()(lambda: 7)()
    assert [] == tracer.spans


@pytest.mark.parametrize(
    ("error", "status", "is_error"),
    [
        (Http404, 404, False),
        (PermissionDenied, 403, False),
        (SuspiciousOperation, 400, False),
        (LookupError, 500, True),
    ],
)
def test_decorated_view_that_raises(
    tracer: MemoryTracer, error: type[Exception], status: int, is_error: bool
) -> None:
    """The span has the status with which Django responds."""

    def fail(request: Any) -> HttpResponse:
        raise error

    with pytest.raises(error):
        traced_alone(tracer, fail)

    tags = tags_of(only(tracer))
    assert (status, is_error) == (tags["http.status_code"], tags.get("error", False))


def test_decorated_coroutine(tracer: MemoryTracer) -> None:
    """It stays a coroutine function, and the span is active in it."""

    async def view(request: Any) -> HttpResponse:
        await asyncio.sleep(0)
        return cake(request)

    settings.OPENTRACING_TRACING = DjangoTracing(tracer)

    response = asyncio.run(traced_alone(tracer, view))

    assert b"cake" == response.content
    assert [only(tracer)] * 2 == Seen.spans


def test_view_that_returns_no_response(
    tracer: MemoryTracer, caplog: pytest.LogCaptureFixture
) -> None:
    """It is left to Django to complain; the span ends."""
    assert traced_alone(tracer, lambda _: None) is None
    assert 1 == len(tracer.spans)


def handle(
    tracer: MemoryTracer, view: Callable[[Any], Awaitable[Any]], **options: Any
) -> Awaitable[Any]:
    """Return the response of an asynchronous site."""
    options["OPENTRACING_TRACING"] = DjangoTracing(tracer)
    with override_settings(**options):
        middleware: Any = OpenTracingMiddleware(view)
    call: Awaitable[Any] = middleware(RequestFactory().get("/cakes/7"))
    return call


def test_asynchronous_site(tracer: MemoryTracer) -> None:
    """The span is active in the view and its tasks, and not after it."""

    async def view(request: Any) -> HttpResponse:
        return await asyncio.create_task(task(request))

    async def task(request: Any) -> HttpResponse:
        Seen.spans.append(tracer.active_span)
        return HttpResponse(b"cake")

    async def main() -> None:
        await handle(tracer, view)
        assert tracer.active_span is None

    asyncio.run(main())

    assert [only(tracer)] == Seen.spans


def test_attribute_of_a_database_in_an_asynchronous_site(tracer: MemoryTracer) -> None:
    """It is read on a thread without event loop, with the span active there."""

    class User:
        @async_unsafe  # type: ignore[untyped-decorator]  # Django's
        def __str__(self) -> str:
            Seen.spans.append(tracer.active_span)
            return "ann"

    async def view(request: Any) -> HttpResponse:
        request.user = User()
        return HttpResponse(b"cake")

    async def main() -> None:
        # As Django's handler does; it ends the thread.
        async with ThreadSensitiveContext():
            await handle(tracer, view, OPENTRACING_TRACED_ATTRIBUTES=["user", "path"])

    asyncio.run(main())

    tags = tags_of(only(tracer))
    assert ("ann", "/cakes/7") == (tags["user"], tags["path"])
    assert [only(tracer)] == Seen.spans


def test_asynchronous_view_that_is_cancelled(tracer: MemoryTracer) -> None:
    """Django cancels it if the client disconnects; that is no error."""

    async def view(request: Any) -> HttpResponse:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(wait_for(handle(tracer, view)))

    assert "error" not in tags_of(only(tracer))


async def wait_for(response: Awaitable[Any]) -> Any:
    """Return the response."""
    return await response


def test_excluded_path_of_an_asynchronous_site(tracer: MemoryTracer) -> None:
    """It gets no span."""

    async def view(request: Any) -> HttpResponse:
        return HttpResponse(b"cake")

    options = {"OPENTRACING_EXCLUDED_PATHS": ["/cakes/*"]}
    response = asyncio.run(wait_for(handle(tracer, view, **options)))

    assert b"cake" == response.content
    assert [] == tracer.spans


def test_asynchronous_streaming_response(tracer: MemoryTracer) -> None:
    """The span is active in the body and ends with it."""

    async def parts() -> AsyncIterator[bytes]:
        Seen.spans.append(tracer.active_span)
        yield b"1"
        yield b"2"

    async def view(request: Any) -> StreamingHttpResponse:
        return StreamingHttpResponse(parts())

    async def main() -> list[bytes]:
        response = await handle(tracer, view)
        assert [] == tracer.spans
        return [part async for part in response]

    assert [b"1", b"2"] == asyncio.run(main())
    assert [only(tracer)] == Seen.spans


def test_import_in_the_settings() -> None:
    """`DjangoTracing` can be created in the module of the settings."""
    program = (
        "import os, sys, types, django\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'site_settings'\n"
        "import site_settings\n"
        "django.setup()\n"
        "from django.conf import settings\n"
        "assert settings.OPENTRACING_TRACING is site_settings.OPENTRACING_TRACING\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=Path(__file__).parent / "django_site",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "" == done.stderr
