"""Client spans, for any HTTP client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NoReturn

import opentracing
import pytest

from jaeger_client.instrumentation.legacy._requests import AbstractRequestWrapper
from jaeger_client.instrumentation.legacy.config import CONFIG
from jaeger_client.instrumentation.legacy.http_client import before_http_request
from jaeger_client.instrumentation.legacy.interceptors import (
    ClientInterceptors,
    OpenTracingInterceptor,
)
from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import ours, tags_of
from tests.unit.spans import Anything


class Request(AbstractRequestWrapper):
    """A request that stores its headers."""

    url = "http://bakery/cake"
    host = "bakery"

    def __init__(self, **headers: str) -> None:
        self.sent = headers

    @property
    def method(self) -> str:
        return "GET"

    @property
    def full_url(self) -> str:
        return self.url

    @property
    def host_port(self) -> tuple[str | None, int | None]:
        return self.host, 80

    def add_header(self, key: str, value: str) -> None:
        self.sent[key] = value

    @property
    def _headers(self) -> Mapping[str, str]:
        return self.sent


@pytest.fixture(autouse=True)
def no_interceptors() -> Iterator[None]:
    """Remove the interceptors of the test."""
    yield
    ClientInterceptors.clear()


def test_a_request_has_a_span_and_its_context(tracer: MemoryTracer) -> None:
    """The extractor returns the parent."""
    request, parent = Request(), tracer.start_span("root")
    span = ours(before_http_request(request, lambda: parent))

    assert ("GET", parent.span_id) == (span.operation_name, span.parent_id)
    assert {
        "span.kind": "client",
        "http.url": "http://bakery/cake",
        "peer.ipv4": "bakery",
        "peer.port": 80,
    } == tags_of(span)
    assert {"uber-trace-id": "1:2:1:1"} == request.sent


def test_headers_name_the_service_and_the_operation(
    tracer: MemoryTracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their names are in CONFIG; case is ignored."""
    monkeypatch.setattr(CONFIG, "callee_name_headers", ["X-Callee"])
    monkeypatch.setattr(CONFIG, "callee_endpoint_headers", ["X-Endpoint"])
    request = Request(**{"x-callee": "oven", "X-ENDPOINT": "bake"})

    span = ours(before_http_request(request, lambda: None))

    assert "GET:bake" == span.operation_name
    assert "oven" == tags_of(span)["peer.service"]


@pytest.mark.parametrize(
    ("url", "recorded"),
    [
        ("http://ann:secret@bakery/cake?a=b@c", "http://bakery/cake?a=b@c"),
        ("//ann@bakery", "//bakery"),
        ("http://bakery/?to=//ann@bakery", "http://bakery/?to=//ann@bakery"),
        ("http://[::1]:80/", "http://[::1]:80/"),
    ],
)
def test_credentials_in_the_url_are_not_recorded(
    tracer: MemoryTracer, url: str, recorded: str
) -> None:
    """Neither as part of the URL nor of the host."""
    request = Request()
    request.url, request.host = url, "ann:secret@bakery"

    tags = tags_of(before_http_request(request, lambda: None))

    assert (recorded, "bakery") == (tags["http.url"], tags["peer.ipv4"])


def test_an_unknown_host_is_not_recorded(tracer: MemoryTracer) -> None:
    """Nor is an unknown port."""

    class Unknown(Request):
        @property
        def host_port(self) -> tuple[str | None, int | None]:
            return None, None

    span = before_http_request(Unknown(), lambda: None)

    assert {"span.kind", "http.url"} == set(tags_of(span))


class Interceptor(OpenTracingInterceptor):
    """Sets a tag and a header."""

    def process(self, request: AbstractRequestWrapper, span: opentracing.Span) -> None:
        """Mark both."""
        span.set_tag("order", "seen")
        request.add_header("X-Seen", "yes")


class Broken(OpenTracingInterceptor):
    """Raises."""

    def process(self, request: object, span: object) -> NoReturn:
        """Raise."""
        msg = "flour"
        raise KeyError(msg)


def test_interceptors_see_the_request(
    tracer: MemoryTracer, caplog: pytest.LogCaptureFixture
) -> None:
    """One that raises is logged; the others are called and the request is sent."""
    ClientInterceptors.append(Interceptor())
    ClientInterceptors.insert(0, Broken())
    request = Request()

    span = ours(before_http_request(request, lambda: None))

    assert "seen" == tags_of(span)["order"]
    assert {"X-Seen", "uber-trace-id"} == set(request.sent)
    assert "KeyError" in caplog.text


def test_only_interceptors_are_accepted() -> None:
    """The error shows what came."""
    wrong: Anything = 5
    with pytest.raises(ValueError, match="OpenTracingInterceptor, got 5"):
        ClientInterceptors.append(wrong)

    assert [] == ClientInterceptors.get_interceptors()


@pytest.mark.parametrize(
    ("error", "logged"),
    [(opentracing.UnsupportedFormatException(), False), (KeyError("x"), True)],
)
def test_a_tracer_that_cannot_inject_does_not_prevent_the_request(
    error: Exception, logged: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """If it does not know the format, nothing is logged either."""

    class Tracer(opentracing.Tracer):  # type: ignore[misc]  # untyped base
        def inject(
            self, span_context: Anything, format: Anything, carrier: Anything
        ) -> NoReturn:
            raise error

    request, span = Request(), opentracing.Span(Tracer(), opentracing.SpanContext())

    opentracing_tracer = opentracing.global_tracer()
    opentracing.set_global_tracer(StartsOne(span))
    try:
        assert span is before_http_request(request, lambda: None)
    finally:
        opentracing.set_global_tracer(opentracing_tracer)
    assert logged is ("cannot be added" in caplog.text)


class StartsOne(opentracing.Tracer):  # type: ignore[misc]  # untyped base
    """Returns the same span at each start."""

    def __init__(self, span: opentracing.Span) -> None:
        super().__init__()
        self._span = span

    def start_span(self, *args: Anything, **kwargs: Anything) -> opentracing.Span:
        """Return the span."""
        return self._span
