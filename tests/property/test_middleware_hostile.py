"""The middleware, with requests that no server sends."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.instrumentation import asgi, wsgi
from jaeger_client.testing import MemoryTracer, memory_tracer

VALUES: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(st.characters(exclude_categories=())),  # lone surrogates, too
    st.binary(),
    st.lists(st.binary(), max_size=3),
    st.builds(object),
)
ENVIRONS: Final = st.dictionaries(
    st.one_of(
        st.sampled_from(
            [
                "HTTP_HOST",
                "HTTP_JAEGER_BAGGAGE",
                "HTTP_JAEGER_DEBUG_ID",
                "HTTP_UBER_TRACE_ID",
                "HTTP_UBERCTX_USER",
                "PATH_INFO",
                "QUERY_STRING",
                "REQUEST_METHOD",
                "SCRIPT_NAME",
                "SERVER_NAME",
                "SERVER_PORT",
                "jaeger_client.span",
                "werkzeug.request",
                "wsgi.file_wrapper",
                "wsgi.url_scheme",
            ]
        ),
        st.text(),
    ),
    VALUES,
)
NAMES: Final = st.one_of(
    st.sampled_from([b"host", b"uber-trace-id", b"jaeger-baggage", b"uberctx-user"]),
    st.binary(),
)
HEADERS: Final = st.one_of(st.lists(st.tuples(NAMES, st.binary())), VALUES)
SCOPES: Final = st.dictionaries(
    st.sampled_from(
        [
            "app",
            "extensions",
            "jaeger_client.span",
            "method",
            "path",
            "query_string",
            "raw_path",
            "root_path",
            "scheme",
            "server",
        ]
    ),
    VALUES,
)
MESSAGES: Final = st.lists(
    st.dictionaries(
        st.sampled_from(["code", "headers", "more_body", "status", "trailers", "type"]),
        VALUES
        | st.sampled_from(
            [
                "http.disconnect",
                "http.response.body",
                "http.response.start",
                "websocket.accept",
                "websocket.close",
                "websocket.disconnect",
            ]
        ),
    ),
    max_size=4,
)


def traced(middleware: Any, app: Any, tracer: MemoryTracer) -> Any:
    """Return an application with all options of the middleware."""
    return middleware(
        app,
        tracer,
        excluded_paths=["/health", "/static/*"],
        response_header="x-trace-id",
        query_in_url=True,
    )


@given(ENVIRONS)
def test_any_environ(environ: dict[str, Any]) -> None:
    """The application is called once with the same values, and its response sent."""
    calls: list[dict[str, Any]] = []
    expected = dict(environ)

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        calls.append(environ)
        start_response("200 OK", [])
        return [b"cake"]

    with memory_tracer() as tracer:
        body = traced(wsgi.TracingMiddleware, app, tracer)(environ, print)

    assert [b"cake"] == list(body)
    (passed,) = calls
    assert _foreign(expected) == _foreign(passed)


def _foreign(environ: dict[str, Any]) -> dict[str, Any]:
    """Return what is not the middleware's."""
    return {
        key: value
        for key, value in environ.items()
        if not key.startswith("jaeger_client.")
    }


@given(SCOPES, HEADERS, st.sampled_from(["http", "websocket"]), MESSAGES)
def test_any_scope_and_messages(
    scope: dict[str, Any], headers: Any, kind: str, messages: list[dict[str, Any]]
) -> None:
    """All messages reach the server, as they were but for the added header."""
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return messages[0] if messages else {}

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        for message in messages:
            await send(message)

    with memory_tracer() as tracer:
        call = traced(asgi.TracingMiddleware, app, tracer)
        asyncio.run(call({**scope, "headers": headers, "type": kind}, receive, send))

    assert [_without_headers(message) for message in messages] == [
        _without_headers(message) for message in sent
    ]


def _without_headers(message: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key != "headers"}
