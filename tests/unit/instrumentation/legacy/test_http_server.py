"""Server spans."""

from __future__ import annotations

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from jaeger_client.instrumentation.legacy.config import CONFIG
from jaeger_client.instrumentation.legacy.http_server import (
    AbstractRequestWrapper,
    TornadoRequestWrapper,
    WSGIRequestWrapper,
    before_request,
)
from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import ours, tags_of

ENVIRON: dict[str, object] = {
    "REQUEST_METHOD": "GET",
    "wsgi.url_scheme": "http",
    "SERVER_NAME": "bakery",
    "SERVER_PORT": "8080",
    "SCRIPT_NAME": "/shop",
    "PATH_INFO": "/a cake",
    "QUERY_STRING": "kind=tart",
    "REMOTE_ADDR": "10.0.0.1",
    "REMOTE_PORT": "1234",
    "HTTP_X_CALLER": "till",
    "CONTENT_TYPE": "text/plain",
}


def wrapped(**changes: object) -> WSGIRequestWrapper:
    """Return a request; a value of `None` is left out."""
    environ = {**ENVIRON, **changes}
    return WSGIRequestWrapper.from_wsgi_environ(
        {key: value for key, value in environ.items() if value is not None}
    )


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, "http://bakery:8080/shop/a%20cake?kind=tart"),
        ({"HTTP_HOST": "example.com:81"}, "http://example.com:81/shop/a%20cake"),
        ({"SERVER_PORT": "80"}, "http://bakery/shop/a%20cake"),
        (
            {"wsgi.url_scheme": "https", "SERVER_PORT": "443"},
            "https://bakery/shop/a%20cake",
        ),
        ({"SCRIPT_NAME": None, "PATH_INFO": None}, "http://bakery:8080"),
        ({"SERVER_PORT": None, "wsgi.url_scheme": None}, "http://bakery/shop/a%20cake"),
        (
            {"PATH_INFO": "/ä".encode().decode("latin-1")},
            "http://bakery:8080/shop/%C3%A4",
        ),
        ({"PATH_INFO": "/€"}, "http://bakery:8080/shop/%3F"),
    ],
)
def test_the_url_of_a_wsgi_request(changes: dict[str, object], url: str) -> None:
    """As PEP 3333 reconstructs it."""
    query = "?kind=tart" if "?" in url else None
    request = wrapped(**{"QUERY_STRING": query and query[1:], **changes})

    assert url == request.full_url


def test_the_tags_of_a_server_span(
    tracer: MemoryTracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peer is named by a header of CONFIG; the span continues the trace."""
    monkeypatch.setattr(CONFIG, "caller_name_headers", ["X-Unused", "X-Caller"])
    headers: dict[str, object] = {
        "HTTP_UBER_TRACE_ID": "1:2:3:1",
        "HTTP_UBERCTX_CUSTOMER": "ann%20b",
    }

    span = ours(before_request(wrapped(**headers)))

    assert (1, 2) == (span.trace_id, span.parent_id)
    assert {"customer": "ann b"} == span.context.baggage
    assert "GET" == span.operation_name
    assert {
        "span.kind": "server",
        "http.url": "http://bakery:8080/shop/a%20cake?kind=tart",
        "http.method": "GET",
        "peer.ipv4": "10.0.0.1",
        "peer.service": "till",
        "peer.port": "1234",
    } == tags_of(span)
    assert "8080" == wrapped().server_port


def test_an_unusable_header_starts_a_trace(
    tracer: MemoryTracer, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged."""
    span = ours(before_request(wrapped(HTTP_UBER_TRACE_ID="no context"), tracer))

    assert span.parent_id is None
    assert "cannot be extracted" in caplog.text


def test_what_is_unknown_is_not_recorded(tracer: MemoryTracer) -> None:
    """Only the method and the URL are required."""
    request = wrapped(REMOTE_ADDR=None, REMOTE_PORT=None, REQUEST_METHOD="POST")
    span = ours(before_request(request))

    assert {"span.kind", "http.url", "http.method"} == set(tags_of(span))


@pytest.mark.parametrize("name", ["full_url", "headers", "method", "remote_ip"])
def test_a_wrapper_defines_the_properties(name: str) -> None:
    """The base class names the one that is missing."""
    with pytest.raises(NotImplementedError, match=name):
        getattr(AbstractRequestWrapper(), name)


def test_a_wrapper_of_ones_own(tracer: MemoryTracer) -> None:
    """The name of the span can be chosen."""

    class Request(WSGIRequestWrapper):
        @property
        def operation(self) -> str:
            return "bake"

    assert "bake" == ours(before_request(Request(ENVIRON, {}))).operation_name


def test_ports_are_not_required() -> None:
    """Neither that of the client nor that of the server."""
    request = AbstractRequestWrapper()

    assert (None, None) == (request.remote_port, request.server_port)


def test_a_request_to_tornado(tracer: MemoryTracer) -> None:
    """Its headers ignore case."""
    headers = HTTPHeaders({"Uber-Trace-Id": "1:2:3:1", "Host": "bakery"})
    start_line = RequestStartLine("GET", "/cake?a=1", "HTTP/1.1")
    request = HTTPServerRequest(headers=headers, start_line=start_line)
    request.remote_ip = "10.0.0.1"

    wrapper = TornadoRequestWrapper(request=request)
    span = ours(before_request(wrapper))

    assert 1 == span.trace_id
    assert ("10.0.0.1", "GET") == (wrapper.remote_ip, wrapper.method)
    assert "http://bakery/cake?a=1" == wrapper.full_url
