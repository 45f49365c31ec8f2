"""What the tests of the hooks share: a global tracer, and servers on real sockets."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from jaeger_client.instrumentation.legacy import request_context
from jaeger_client.instrumentation.legacy.client_hooks import set_current_span_func
from jaeger_client.span import Span
from jaeger_client.testing import MemoryTracer, memory_tracer
from tests.unit.spans import pairs_of

if TYPE_CHECKING:
    import opentracing

servers: Any = importlib.import_module("tests.compat.programs.legacy.servers")

Install: TypeAlias = Callable[[str], Any]
"""Installs a hook by its name until the end of the test, and returns the module."""

Received: TypeAlias = "list[tuple[str, str, dict[str, str]]]"
"""Method, path and headers of the requests that servers got."""


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return a tracer in memory, which is OpenTracing's global one."""
    with memory_tracer(set_global=True) as tracer:
        yield tracer


@pytest.fixture
def install(tracer: MemoryTracer) -> Iterator[Install]:
    """Return a function that installs a hook."""
    with ExitStack() as stack:

        def install(name: str) -> Any:
            package = "jaeger_client.instrumentation.legacy.client_hooks"
            hook = importlib.import_module(f"{package}.{name}")
            hook.install_patches()
            stack.callback(hook.reset_patches)
            return hook

        yield install
    set_current_span_func(request_context.get_current_span)


@pytest.fixture(scope="session")
def ports() -> Iterator[Callable[[str], int]]:
    """Return a function that returns the port of a server by the server's name."""
    with ExitStack() as stack:
        started: dict[str, Any] = {}
        for name in ("Http", "Aws", "Redis", "Postgres", "Mysql"):
            server = started[name] = servers.start(getattr(servers, name))
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
        yield lambda name: int(started[name].server_address[1])


@pytest.fixture
def received(ports: Callable[[str], int]) -> Received:
    """Return the requests that HTTP servers get during the test."""
    requests: Received = servers.REQUESTS
    requests.clear()
    return requests


@pytest.fixture
def url(ports: Callable[[str], int]) -> str:
    """Return the URL of the HTTP server."""
    return f"http://127.0.0.1:{ports('Http')}"


def names_of(tracer: MemoryTracer) -> list[str]:
    """Return the names of the finished spans."""
    return [span.operation_name for span in tracer.spans]


def tags_of(span: opentracing.Span) -> dict[str, object]:
    """Return the tags of *span*, without those of the sampler."""
    return dict(pairs_of(ours(span)))


def ours(span: opentracing.Span) -> Span:
    """Return *span*, of which hooks do not know that it is of this library."""
    assert isinstance(span, Span)
    return span


def current_name() -> str | None:
    """Return the name of the current span."""
    span: Any = request_context.get_current_span()
    return None if span is None else str(span.operation_name)


def parent_of(span: Span, tracer: MemoryTracer) -> str | None:
    """Return the name of the parent of *span*, if it is finished."""
    for other in tracer.spans:
        if other.span_id == span.parent_id:
            return other.operation_name
    return None
