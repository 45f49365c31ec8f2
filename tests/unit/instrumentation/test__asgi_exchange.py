"""When the span of an ASGI request ends, and with which status."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from jaeger_client import Span
from jaeger_client.instrumentation.asgi import (
    Message,
    Receive,
    Scope,
    Send,
    TracingMiddleware,
)
from jaeger_client.testing import MemoryTracer, memory_tracer
from tests.unit.spans import fields_of, pairs_of

BODY = "http.response.body"
START = "http.response.start"


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return a tracer."""
    with memory_tracer() as tracer:
        yield tracer


def start(**fields: Any) -> Message:
    """Return the start of a response."""
    return {"type": START, "status": 200, "headers": [], **fields}


def ended_by(
    tracer: MemoryTracer,
    *messages: Message,
    kind: str = "http",
    received: tuple[Message, ...] = (),
) -> str | None:
    """
    Return the type of the message that ends the span of a request, if one does.

    The application receives the messages in *received* and then sends *messages*.
    """
    ends: list[str] = []

    def note(message: Message) -> None:
        if not ends and tracer.spans:
            ends.append(str(message["type"]))

    incoming = iter(received)

    async def receive() -> Message:
        return next(incoming)

    async def send(message: Message) -> None:
        pass

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in received:
            note(await receive())
        for message in messages:
            await send(message)
            note(message)

    scope: Scope = {"type": kind, "method": "GET", "path": "/", "headers": []}
    asyncio.run(TracingMiddleware(app, tracer)(scope, receive, send))
    assert 1 == len(tracer.spans)
    return ends[0] if ends else None


def tags_of(tracer: MemoryTracer) -> dict[str, object]:
    """Return the tags of the only span."""
    (span,) = tracer.spans
    return dict(pairs_of(span))


def logs_of(tracer: MemoryTracer) -> list[dict[str, object]]:
    """Return the logs of the only span."""
    (span,) = tracer.spans
    return [fields_of(log) for log in span.logs]


@pytest.mark.parametrize(
    "messages",
    [
        ({"type": BODY},),
        ({"type": BODY, "more_body": False},),
        ({"type": "http.response.zerocopysend"},),
        ({"type": "http.response.pathsend", "path": "/cake"},),
    ],
)
def test_last_part_of_a_response(
    tracer: MemoryTracer, messages: tuple[Message, ...]
) -> None:
    """It ends the span, also if the application goes on."""
    part: Message = {"type": BODY, "body": b"1", "more_body": True}

    end = ended_by(tracer, start(), part, *messages, {"type": "later"})

    assert messages[-1]["type"] == end
    assert 200 == tags_of(tracer)["http.status_code"]


def test_trailers(tracer: MemoryTracer) -> None:
    """If the response has trailers, the last of them ends the span."""
    trailers = "http.response.trailers"

    end = ended_by(
        tracer,
        start(trailers=True),
        {"type": BODY},
        {"type": trailers, "more_trailers": True},
        {"type": "between"},
        {"type": trailers},
    )

    assert trailers == end


def test_response_that_is_never_complete(tracer: MemoryTracer) -> None:
    """Its span ends when the application returns."""
    assert ended_by(tracer, start(), {"type": BODY, "more_body": True}) is None


def test_no_response(tracer: MemoryTracer) -> None:
    """Its span has no status."""
    assert ended_by(tracer) is None
    assert "http.status_code" not in tags_of(tracer)


def test_client_that_disconnects(tracer: MemoryTracer) -> None:
    """The span ends when the application learns it, with a log and without error."""
    received: tuple[Message, ...] = (
        {"type": "http.request"},
        {"type": "http.disconnect"},
    )

    assert "http.disconnect" == ended_by(tracer, start(), received=received)
    assert [{"event": "client disconnected"}] == logs_of(tracer)
    assert "error" not in tags_of(tracer)


def test_sending_to_a_client_that_has_disconnected(tracer: MemoryTracer) -> None:
    """By the specification, servers raise OSError then; the span ends."""

    async def send(message: Message) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    async def receive() -> Message:
        return {"type": "http.request"}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(BrokenPipeError):
        asyncio.run(TracingMiddleware(app, tracer)(scope, receive, send))

    assert ["client disconnected"] == [log["event"] for log in logs_of(tracer)]
    assert "error" not in tags_of(tracer)


def test_web_socket_that_the_client_closes(tracer: MemoryTracer) -> None:
    """It has the status 101, no method, and a log with the code of the close."""
    end = ended_by(
        tracer,
        kind="websocket",
        received=(
            {"type": "websocket.connect"},
            {"type": "websocket.receive", "text": "cake"},
            {"type": "websocket.disconnect", "code": 1001},
        ),
    )

    (span,) = tracer.spans
    assert "websocket.disconnect" == end
    assert "WEBSOCKET" == span.operation_name
    assert str(tags_of(tracer)["http.url"]).startswith("ws://")
    assert "http.method" not in tags_of(tracer)
    assert [{"event": "client disconnected", "code": 1001}] == logs_of(tracer)


@pytest.mark.parametrize(("code", "error"), [(1000, None), (1011, True)])
def test_web_socket_that_the_application_closes(
    tracer: MemoryTracer, code: int, error: bool | None
) -> None:
    """The close code of an internal error is an error."""
    end = ended_by(
        tracer,
        {"type": "websocket.accept"},
        {"type": "websocket.send", "text": "cake"},
        {"type": "websocket.close", "code": code},
        {"type": "later"},
        kind="websocket",
    )

    assert "websocket.close" == end
    assert 101 == tags_of(tracer)["http.status_code"]
    assert error == tags_of(tracer).get("error")
    assert [{"event": "connection closed", "code": code}] == logs_of(tracer)


def test_web_socket_that_is_rejected(tracer: MemoryTracer) -> None:
    """Servers respond with status 403 to a close before the acceptance."""
    assert "websocket.close" == ended_by(
        tracer, {"type": "websocket.close"}, {"type": "later"}, kind="websocket"
    )
    assert 403 == tags_of(tracer)["http.status_code"]


def test_web_socket_that_is_rejected_with_a_response(tracer: MemoryTracer) -> None:
    """The span has its status."""
    end = ended_by(
        tracer,
        {"type": "websocket.http.response.start", "status": 401, "headers": []},
        {"type": "websocket.http.response.body", "body": b""},
        {"type": "later"},
        kind="websocket",
    )

    assert "websocket.http.response.body" == end
    assert 401 == tags_of(tracer)["http.status_code"]


def test_trace_id_in_the_response_of_a_web_socket(tracer: MemoryTracer) -> None:
    """It is in the headers of `websocket.accept`, which may be left out."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})

    scope: Scope = {"type": "websocket", "path": "/", "headers": []}
    traced = TracingMiddleware(app, tracer, response_header="x-trace-id")
    asyncio.run(traced(scope, receive, send))

    span: Span = tracer.spans[0]
    header = (b"x-trace-id", f"{span.trace_id:016x}".encode())
    assert [{"type": "websocket.accept", "headers": [header]}] == sent


@pytest.mark.parametrize(
    "message", [{}, {"type": 7}, {"type": START}, {"type": START, "status": "x"}]
)
def test_odd_messages(tracer: MemoryTracer, message: Message) -> None:
    """They are passed on as they are: the server decides about them."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {}

    async def send(sent_message: Message) -> None:
        sent.append(sent_message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(message)

    scope: Scope = {"type": "http", "path": "/", "headers": []}
    asyncio.run(TracingMiddleware(app, tracer)(scope, receive, send))

    assert [message] == sent
    assert 1 == len(tracer.spans)
