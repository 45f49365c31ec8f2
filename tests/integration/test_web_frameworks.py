"""Flask, FastAPI and Django behind real servers: spans, parents, ends of responses."""

from __future__ import annotations

import asyncio
import http.client
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.foreign.decoders import tag_pairs
from tests.integration.server_processes import TIMEOUT
from tests.integration.web_servers import COMMANDS, run

if TYPE_CHECKING:
    from tests.integration.server_processes import Server
    from tests.integration.span_sink import SpanSink

# Up to four servers are started, each of which imports a framework.
pytestmark = pytest.mark.timeout(180)

APPLICATIONS = {
    "flask": ("flask", "", "<int:number>"),
    "django": ("django", "", "<int:number>"),
    "django, asynchronous view in a thread": ("django", "/async", "<int:number>"),
    "django, asynchronous": ("django-asgi", "/async", "<int:number>"),
    "django, synchronous view in an event loop": ("django-asgi", "", "<int:number>"),
    "fastapi": ("fastapi", "", "{number}"),
}
"""Server, beginning of the paths, and spelling of a parameter in a route."""

OTHER_APPLICATIONS = {
    "flask with gevent": ("flask-gevent", "", "<int:number>"),
    "django with gevent": ("django-gevent", "", "<int:number>"),
    "django, asynchronous, with gunicorn": (
        "django-gunicorn",
        "/async",
        "<int:number>",
    ),
    "fastapi with gunicorn": ("fastapi-gunicorn", "", "{number}"),
}

applications = pytest.mark.parametrize(
    ("server_name", "prefix", "parameter"),
    [
        *(pytest.param(*values, id=name) for name, values in APPLICATIONS.items()),
        *(
            pytest.param(*values, id=name, marks=pytest.mark.long)
            for name, values in OTHER_APPLICATIONS.items()
        ),
    ],
)


def tags_of(span: Any) -> dict[str, Any]:
    """Return the tags of a span."""
    return dict(tag_pairs(span.tags))


def get(
    server: Server, path: str, headers: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    """Request *path* and return the response, whose body was read."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
    try:
        headers = {"Connection": "close", **(headers or {})}
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
    finally:
        connection.close()
    return response


def test_services_in_one_trace(sink: SpanSink) -> None:
    """Each request is a child of the call that another service has made."""
    servers: list[Server] = []
    with ExitStack() as stack:
        for name in ("fastapi", "flask", "django", "django-asgi"):
            following = [f"http://127.0.0.1:{server.port}" for server in servers[-1:]]
            server = run(sink, name, TEST_NEXT=" ".join(following))
            servers.append(stack.enter_context(server))
        servers[-1].get("/cakes/7")
        assert sink.wait_for(7), sink.names

    services = {
        span.spanId: batch.process.serviceName
        for batch in sink.batches
        for span in batch.spans
    }
    spans = {span.spanId: span for span in sink.spans}
    (current,) = (span for span in sink.spans if services[span.spanId] == "fastapi")
    chain: list[tuple[str, str]] = []
    while current is not None:
        chain.append((services[current.spanId], current.operationName))
        current = spans.get(current.parentSpanId)

    assert [
        ("fastapi", "GET /cakes/{number}"),
        ("flask", "call /cakes/7"),
        ("flask", "GET /cakes/<int:number>"),
        ("django", "call /cakes/7"),
        ("django", "GET /cakes/<int:number>"),
        ("django", "call /cakes/7"),
        ("django", "GET /cakes/<int:number>"),
    ] == chain
    assert 1 == len({span.traceIdLow for span in sink.spans})


@applications
def test_tags_of_a_request(
    sink: SpanSink, server_name: str, prefix: str, parameter: str
) -> None:
    """The span has OpenTracing's tags, and the trace id is in the response."""
    with run(sink, server_name) as server:
        get(server, "/health")
        response = get(
            server,
            f"{prefix}/cakes/7?token=hidden",
            {"uber-trace-id": "abc:def:0:1"},
        )
        assert sink.wait_for(1)

    (span,) = sink.spans
    tags = tags_of(span)
    service, component = server_name.partition("-")[0], tags.pop("component")
    assert f"GET {prefix}/cakes/{parameter}" == span.operationName
    assert (0xABC, 0xDEF) == (span.traceIdLow, span.parentSpanId)
    assert {"flask": "wsgi", "django": "django", "fastapi": "asgi"}[
        service
    ] == component
    assert tags.pop("method", "GET") == "GET"
    assert {
        "span.kind": "server",
        "http.method": "GET",
        "http.url": f"http://127.0.0.1:{server.port}{prefix}/cakes/7",
        "http.status_code": 200,
    } == tags
    assert f"{0xABC:016x}" == response.headers["x-trace-id"]


@applications
def test_exception(
    sink: SpanSink, server_name: str, prefix: str, parameter: str
) -> None:
    """The span of a request that has failed has the tag `error` and a log."""
    with run(sink, server_name) as server:
        response = get(server, f"{prefix}/boom")
        assert sink.wait_for(1)

    (span,) = sink.spans
    tags = tags_of(span)
    (log,) = span.logs
    assert 500 == response.status == tags["http.status_code"]
    assert tags["error"] is True
    fields = dict(tag_pairs(log.fields))
    assert ("error", "boom") == (fields["event"], fields["message"])
    assert "LookupError" in str(fields["error.kind"])
    assert "in boom" in str(fields["stack"])


@applications
def test_streamed_body(
    sink: SpanSink, server_name: str, prefix: str, parameter: str
) -> None:
    """The span is active in the body, whose spans are its children, and ends last."""
    with run(sink, server_name) as server:
        get(server, f"{prefix}/stream")
        assert sink.wait_for(3)

    assert Counter({"part": 2, f"GET {prefix}/stream": 1}) == Counter(sink.names)
    (request,) = (span for span in sink.spans if span.operationName != "part")
    parts = [span for span in sink.spans if span is not request]
    assert {request.spanId} == {part.parentSpanId for part in parts}
    assert all(end_of(part) <= end_of(request) for part in parts)


def end_of(span: Any) -> int:
    """Return when a span was finished, in microseconds."""
    return int(span.startTime + span.duration)


@pytest.mark.parametrize(
    ("server_name", "prefix"),
    # Django reads other bodies, those of the other kind, before it responds.
    [
        ("flask", ""),
        ("django", ""),
        ("django-asgi", "/async"),
        ("fastapi", ""),
        pytest.param("flask-gevent", "", marks=pytest.mark.long),
        pytest.param("fastapi-gunicorn", "", marks=pytest.mark.long),
        pytest.param("django-gunicorn", "/async", marks=pytest.mark.long),
    ],
)
def test_client_that_disconnects(sink: SpanSink, server_name: str, prefix: str) -> None:
    """The span of a response without end ends when the client disconnects."""
    with run(sink, server_name) as server:
        disconnect_from(server, f"{prefix}/endless")
        assert sink.wait_for(1)

    (span,) = sink.spans
    assert f"GET {prefix}/endless" == span.operationName
    assert 200 == tags_of(span)["http.status_code"]
    assert "error" not in tags_of(span)


def disconnect_from(server: Server, path: str) -> None:
    """Request *path*, and disconnect after the beginning of the response."""
    address = ("127.0.0.1", server.port)
    with socket.create_connection(address, TIMEOUT) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_view_that_is_cancelled(sink: SpanSink) -> None:
    """A client that disconnects from a view of Django causes no error."""
    with run(sink, "django-asgi") as server:
        address = ("127.0.0.1", server.port)
        with socket.create_connection(address, TIMEOUT) as connection:
            connection.sendall(
                b"GET /async/waiting HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            )
            assert server.log.wait_for("waiting")
        assert sink.wait_for(1)

    (span,) = sink.spans
    (log,) = span.logs
    assert "error" not in tags_of(span)
    assert [("event", "cancelled")] == list(tag_pairs(log.fields))


@applications
def test_sixteen_requests_at_once(
    sink: SpanSink, server_name: str, prefix: str, parameter: str
) -> None:
    """Each call is a child of the request that has made it."""
    numbers = range(1, 17)
    with (
        run(sink, "flask") as following,
        run(
            sink, server_name, TEST_NEXT=f"http://127.0.0.1:{following.port}"
        ) as server,
        ThreadPoolExecutor(len(numbers)) as pool,
    ):
        for number in numbers:
            headers = {"uber-trace-id": f"{number:x}:{number:x}:0:1"}
            pool.submit(get, server, f"{prefix}/cakes/{number}", headers)
        assert sink.wait_for(3 * len(numbers))

    spans = {span.spanId: span for span in sink.spans}
    for number in numbers:
        (call,) = (s for s in sink.spans if s.operationName == f"call /cakes/{number}")
        request = spans[call.parentSpanId]
        assert (number, number) == (call.traceIdLow, request.parentSpanId)
        (child,) = (s for s in sink.spans if s.parentSpanId == call.spanId)
        assert number == child.traceIdLow


def test_routes_of_routers_and_threads_of_fastapi(sink: SpanSink) -> None:
    """A route includes the prefix of its router; the span is active in a thread."""
    with (
        run(sink, "fastapi") as following,
        run(sink, "fastapi", TEST_NEXT=f"http://127.0.0.1:{following.port}") as server,
    ):
        get(server, "/api/sync/7")
        assert sink.wait_for(3)

    (request,) = (span for span in sink.spans if not span.parentSpanId)
    (call,) = (s for s in sink.spans if s.parentSpanId == request.spanId)
    assert "GET /api/sync/{number}" == request.operationName
    assert "call /cakes/7" == call.operationName


@pytest.mark.parametrize("server_name", COMMANDS)
def test_request_without_a_route(sink: SpanSink, server_name: str) -> None:
    """Its name is the method, so that clients cannot invent names."""
    with run(sink, server_name) as server:
        get(server, "/nowhere")
        get(server, "/cakes/7/8")
        assert sink.wait_for(2)

    assert ["GET", "GET"] == sink.names
    assert [404, 404] == [tags_of(span)["http.status_code"] for span in sink.spans]
    assert not any("error" in tags_of(span) for span in sink.spans)


def test_web_socket(sink: SpanSink) -> None:
    """A connection is one span, the parent of all in it, until it is closed."""
    with run(sink, "fastapi-gunicorn") as server:
        asyncio.run(talk(f"http://127.0.0.1:{server.port}/rooms/7", "one", "two"))
        assert sink.wait_for(3)

    (connection,) = (s for s in sink.spans if not s.operationName.startswith("mess"))
    messages = [span for span in sink.spans if span is not connection]
    (log,) = connection.logs
    assert "WEBSOCKET /rooms/{room}" == connection.operationName
    assert {connection.spanId} == {message.parentSpanId for message in messages}
    assert 101 == tags_of(connection)["http.status_code"]
    assert "error" not in tags_of(connection)
    assert ("event", "client disconnected") in tag_pairs(log.fields)


async def talk(url: str, *texts: str) -> None:
    """Send texts to a WebSocket, each of which comes back, and close it."""
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        for text in texts:
            await socket.send_str(text)
            assert text == await socket.receive_str()


@pytest.mark.parametrize("server_name", ["django-asgi", "fastapi"])
def test_shutdown_sends_the_last_spans(sink: SpanSink, server_name: str) -> None:
    """The spans are sent before uvicorn ends by a signal."""
    with run(sink, server_name, TEST_FLUSH_INTERVAL="300") as server:
        get(server, "/cakes/7")
        server.stop()
        assert sink.wait_for(1)
