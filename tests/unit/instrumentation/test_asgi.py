"""The ASGI middleware that records requests, without a server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import opentracing
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from jaeger_client import Span
from jaeger_client.errors import ConfigError
from jaeger_client.instrumentation.asgi import (
    Message,
    Receive,
    Scope,
    Send,
    TracingMiddleware,
)
from jaeger_client.testing import MemoryTracer, memory_tracer
from tests.unit.spans import fields_of, pairs_of

START: Final[Message] = {"type": "http.response.start", "status": 200, "headers": []}
END: Final[Message] = {"type": "http.response.body", "body": b"cake"}
SPAN: Final = "jaeger_client.span"

Application = Callable[[Any, Any, Any], Awaitable[None]]


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return a tracer."""
    with memory_tracer() as tracer:
        yield tracer


def serve(app: Application, /, **scope: Any) -> list[Message]:
    """Return what the application sends in response to a request."""
    return asyncio.run(serving(app, **scope))


async def serving(app: Application, /, **scope: Any) -> list[Message]:
    """Return what the application sends in response to a request."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    whole: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [],
        **scope,
    }
    await app(whole, receive, send)
    return sent


def sending(*messages: Message) -> Application:
    """Return an application that sends the messages."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


hello: Final = sending(START, END)


def only(tracer: MemoryTracer) -> Span:
    """Return the only finished span."""
    (span,) = tracer.spans
    return span


def tags_of(span: Span) -> dict[str, object]:
    """Return the tags without those of the sampler."""
    return dict(pairs_of(span))


def test_tags_and_name(tracer: MemoryTracer) -> None:
    """A request without a route is named by its method; its URL has no query."""
    sent = serve(
        TracingMiddleware(hello, tracer),
        scheme="https",
        path="/café x",
        query_string=b"token=hidden",
        headers=[(b"host", b"bakery.example")],
    )

    assert [START, END] == sent
    assert "GET" == only(tracer).operation_name
    assert {
        "span.kind": "server",
        "component": "asgi",
        "http.method": "GET",
        "http.url": "https://bakery.example/caf%C3%A9%20x",
        "http.status_code": 200,
    } == tags_of(only(tracer))


def test_raw_path(tracer: MemoryTracer) -> None:
    """It is what the client has sent, so it is preferred."""
    serve(
        TracingMiddleware(hello, tracer, query_in_url=True),
        path="/a/b",
        raw_path=b"/a%2Fb",
        query_string=b"number=7&access_token=hidden",
        server=("127.0.0.1", 80),
    )

    url = str(tags_of(only(tracer))["http.url"])
    assert url.startswith("http://127.0.0.1:80/a%2Fb?number=7&access_token=(")
    assert "=hidden" not in url


def test_context_of_the_caller(tracer: MemoryTracer) -> None:
    """The span continues the trace of the headers."""
    headers = [(b"Uber-Trace-Id", b"abc:def:0:1"), (b"uberctx-user", b"ann")]
    users: list[str | None] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        span: Any = scope[SPAN]
        users.append(span.get_baggage_item("user"))

    serve(TracingMiddleware(app, tracer), headers=headers)

    assert (0xABC, 0xDEF) == (only(tracer).trace_id, only(tracer).parent_id)
    assert ["ann"] == users


def test_headers_that_repeat(tracer: MemoryTracer) -> None:
    """Their values are joined, as those of a list are."""
    headers = [(b"jaeger-baggage", b"user=ann"), (b"jaeger-baggage", b"cake=7")]
    seen: list[dict[str, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        span: Any = scope[SPAN]
        seen.append(dict(span.context.baggage))

    serve(TracingMiddleware(app, tracer), headers=headers)

    assert [{"user": "ann", "cake": "7"}] == seen


def test_default_is_the_global_tracer_of_the_time() -> None:
    """A global tracer that is set after the middleware was created is used."""
    app = TracingMiddleware(hello)
    serve(app)

    with memory_tracer(set_global=True) as tracer:
        serve(app)

        assert 1 == len(tracer.spans)


def test_excluded_paths(tracer: MemoryTracer) -> None:
    """They get no span."""
    app = TracingMiddleware(hello, tracer, excluded_paths=["/health"])

    assert [START, END] == serve(app, path="/health")
    assert [] == tracer.spans


def test_invalid_options() -> None:
    """The error has the value and what is expected."""
    with pytest.raises(ConfigError, match="response_header .* got 'a b'"):
        TracingMiddleware(hello, response_header="a b")


def test_response_header(tracer: MemoryTracer) -> None:
    """It has the trace id; the message of the application is not changed."""
    app = TracingMiddleware(hello, tracer, response_header="X-Trace-Id")

    start, _ = serve(app, headers=[(b"uber-trace-id", b"abc:def:0:1")])

    assert [(b"x-trace-id", b"0000000000000abc")] == start["headers"]
    assert [] == START["headers"]


def test_scope_is_passed_on(tracer: MemoryTracer) -> None:
    """What the application writes to it is seen by middleware outside."""
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = "/cakes"

    async def outside(scope: Scope, receive: Receive, send: Send) -> None:
        await TracingMiddleware(app, tracer)(scope, receive, send)
        scopes.append(scope)

    serve(outside)

    assert "/cakes" == scopes[0]["route"]


def test_route_of_a_mounted_application(tracer: MemoryTracer) -> None:
    """It is found for the first span of a trace and for a child alike."""
    router = Starlette(routes=[Mount("/a", routes=[Route("/{b}", endpoint)])])
    inside = Starlette(
        routes=router.routes, middleware=[Middleware(TracingMiddleware, tracer=tracer)]
    )
    headers = [(b"uber-trace-id", b"abc:def:0:1")]
    for app in (TracingMiddleware(router, tracer), inside):
        serve(app, path="/a/7")
        serve(app, path="/a/7", headers=headers)

    assert {"GET /a/{b}"} == {span.operation_name for span in tracer.spans}
    assert 4 == len(tracer.spans)


async def endpoint(_: Any) -> PlainTextResponse:
    """Respond."""
    return PlainTextResponse("cake")


def test_operation_name(tracer: MemoryTracer) -> None:
    """A function of the application chooses the name."""
    app = TracingMiddleware(
        hello, tracer, operation_name=lambda scope: f"to {scope['path']}"
    )

    serve(app, path="/cakes")

    assert "to /cakes" == only(tracer).operation_name


def test_exception(tracer: MemoryTracer) -> None:
    """It is passed on and recorded; the status is that of the server's response."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        serve(TracingMiddleware(app, tracer))

    tags = tags_of(only(tracer))
    assert (True, 500) == (tags["error"], tags["http.status_code"])
    assert 1 == len(only(tracer).logs)


def test_exception_after_the_response_to_it(tracer: MemoryTracer) -> None:
    """Starlette responds with status 500 and raises the exception again."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await sending({**START, "status": 500}, END)(scope, receive, send)
        raise LookupError

    with pytest.raises(LookupError):
        serve(TracingMiddleware(app, tracer))

    assert tags_of(only(tracer))["error"] is True
    assert 1 == len(only(tracer).logs)


def test_span_is_active_in_tasks_and_threads(tracer: MemoryTracer) -> None:
    """So are the spans that the application starts there its children."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def task() -> None:
            tracer.start_span("task").finish()

        def thread() -> None:
            tracer.start_span("thread").finish()

        await asyncio.create_task(task())
        await asyncio.to_thread(thread)

    serve(TracingMiddleware(app, tracer))

    *children, request = tracer.spans
    assert [request.span_id] * 2 == [child.parent_id for child in children]


def test_requests_at_the_same_time(tracer: MemoryTracer) -> None:
    """Each has its own active span."""
    barrier = 16

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        tracer.start_span(f"child {scope['path']}").finish()
        await hello(scope, receive, send)

    async def main() -> None:
        traced = TracingMiddleware(
            app, tracer, operation_name=lambda scope: str(scope["path"])
        )
        paths = [f"/{number}" for number in range(barrier)]
        await asyncio.gather(*(serving(traced, path=path) for path in paths))

    asyncio.run(main())

    spans = {span.span_id: span for span in tracer.spans}
    children = [span for span in tracer.spans if span.parent_id]
    assert barrier == len(children)
    assert all(
        span.operation_name == f"child {spans[span.parent_id or 0].operation_name}"
        for span in children
    )


def test_scope_that_is_never_closed(tracer: MemoryTracer) -> None:
    """A span that an application leaves active does not reach the next request."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        tracer.start_active_span("left open")
        await hello(scope, receive, send)

    async def main() -> None:
        traced = TracingMiddleware(app, tracer)
        await serving(traced)
        assert tracer.active_span is None
        await serving(traced)

    asyncio.run(main())

    assert [None, None] == [span.parent_id for span in tracer.spans]


def test_application_that_is_never_continued(tracer: MemoryTracer) -> None:
    """Its span ends when it is deleted, and changes no other active span."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.get_running_loop().create_future()

    call = serving(TracingMiddleware(app, tracer))

    async def begin() -> None:
        call.send(None)

    asyncio.run(begin())
    with tracer.start_active_span("other") as other:
        call.close()
        assert tracer.active_span is other.span

    request, _ = tracer.spans
    assert "error" not in tags_of(request)
    assert {"event": "cancelled"} == fields_of(request.logs[0])


def test_middleware_inside_middleware(tracer: MemoryTracer) -> None:
    """The span of the inner one is a child of that of the outer one."""
    app = TracingMiddleware(TracingMiddleware(hello, tracer), tracer)

    serve(app, headers=[(b"uber-trace-id", b"abc:def:0:1")])

    outer, inner = tracer.spans
    assert [outer.span_id, 0xDEF] == [inner.parent_id, outer.parent_id]


def test_excluded_path_in_the_context_of_another_request(tracer: MemoryTracer) -> None:
    """The span of that request is not active in it."""
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(tracer.active_span)

    with tracer.start_active_span("another"):
        serve(TracingMiddleware(app, tracer, excluded_paths=["*"]))

    assert [None] == seen


def test_excluded_path_inside_middleware(tracer: MemoryTracer) -> None:
    """The span of the outer middleware stays active."""
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(tracer.active_span)

    inner = TracingMiddleware(app, tracer, excluded_paths=["*"])
    serve(TracingMiddleware(inner, tracer))

    assert tracer.spans == seen


def test_scope_that_is_used_again(tracer: MemoryTracer) -> None:
    """A repeated request is no child of the one before, which has ended."""
    inner = TracingMiddleware(hello, tracer)

    async def repeat(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)
        await inner(scope, receive, send)

    serve(TracingMiddleware(repeat, tracer))

    outer, first, second = tracer.spans
    assert [outer.span_id] * 2 == [first.parent_id, second.parent_id]


@pytest.mark.parametrize(
    "scope",
    [
        {"path": None, "headers": None, "method": None, "query_string": None},
        {"path": b"\xff", "raw_path": "/\u4e2d", "method": b"GET"},
        {"path": "/\udcff\u4e2d\0\r\n" * 100_000, "server": 7},
        {"headers": [("host", "\u4e2d" * 10_000), (b"\xff", b"\xff")]},
        {"headers": [(b"uber-trace-id", b"\xff\xfe")], SPAN: 7, "app": 7},
        {"scheme": 7, "server": (None, None), "client": None},
    ],
)
def test_odd_scope(tracer: MemoryTracer, scope: dict[str, Any]) -> None:
    """The request is served and recorded, whatever the scope has."""
    app = TracingMiddleware(
        hello, tracer, excluded_paths=["/x*"], query_in_url=True, response_header="x"
    )

    assert 2 == len(serve(app, **scope))

    assert len(str(tags_of(only(tracer))["http.url"])) <= 1_024


def test_malformed_headers_are_served(
    tracer: MemoryTracer, caplog: pytest.LogCaptureFixture
) -> None:
    """A scope that no server sends costs the span, and not the request."""
    app = TracingMiddleware(hello, tracer)

    assert [START, END] == serve(app, headers=[7])
    assert [] == tracer.spans


def test_other_types_are_passed_on(tracer: MemoryTracer) -> None:
    """The scope of a protocol that is not known stays as it is."""
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    scope = {"type": "webtransport"}
    traced: Any = TracingMiddleware(app, tracer)
    asyncio.run(traced(scope, None, None))
    asyncio.run(traced({}, None, None))

    assert seen[0] is scope
    assert [] == tracer.spans


class FlushedTracer(opentracing.Tracer):  # type: ignore[misc]  # untyped base
    """A tracer that records how it is flushed."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error
        self.timeouts: list[float] = []

    def flush(self, timeout: float) -> bool:
        """Record it."""
        self.timeouts.append(timeout)
        if self.error is not None:
            raise self.error
        return True


def shut_down(app: Application) -> list[str]:
    """Return the replies of an application to a server that starts and stops."""
    replies: list[str] = []
    requests = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> Message:
        return {"type": next(requests)}

    async def send(message: Message) -> None:
        replies.append(str(message["type"]))

    asyncio.run(app({"type": "lifespan"}, receive, send))  # type: ignore[arg-type]
    return replies


COMPLETE: Final = ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def without_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Raise, as Django does."""
    raise ValueError(scope["type"])


def test_shutdown_flushes_the_tracer() -> None:
    """Also if the application does not support the lifespan protocol."""
    tracer = FlushedTracer()
    app = TracingMiddleware(without_lifespan, tracer, flush_timeout=3.0)

    assert COMPLETE == shut_down(app)
    assert [3.0] == tracer.timeouts


def test_flush_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and the server continues."""
    app = TracingMiddleware(without_lifespan, FlushedTracer(OSError("broken")))

    assert COMPLETE == shut_down(app)
    assert any(record.levelno == logging.ERROR for record in caplog.records)


def test_tracer_without_flush() -> None:
    """The tracer of OpenTracing that records nothing has no such method."""
    assert COMPLETE == shut_down(TracingMiddleware(without_lifespan))


def test_flush_in_another_event_loop() -> None:
    """Where asyncio does not run, the flush blocks."""
    tracer = FlushedTracer()
    requests = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> Message:
        return {"type": next(requests)}

    async def send(message: Message) -> None:
        pass

    call = TracingMiddleware(without_lifespan, tracer)(
        {"type": "lifespan"}, receive, send
    )
    with pytest.raises(StopIteration):
        call.send(None)

    assert 1 == len(tracer.timeouts)


def test_repr() -> None:
    """It shows the application."""
    assert f"<TracingMiddleware of {hello!r}>" == repr(TracingMiddleware(hello))
