"""The interceptors of grpcio-opentracing, and metadata as a carrier."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from opentracing import Format

from jaeger_client.codecs import CodecOptions
from jaeger_client.codecs.registry import make_codecs_for
from jaeger_client.testing import MemoryTracer, memory_tracer

# These have no types.
grpc: Any = importlib.import_module("grpc")
grpc_aio: Any = importlib.import_module("grpc.aio")
grpc_opentracing: Any = importlib.import_module("grpc_opentracing")
grpcext: Any = importlib.import_module("grpc_opentracing.grpcext")

FORMATS = ["jaeger", "b3", "b3single", "w3c"]
TIMEOUT = 50.0
HOSTILE_KEYS = ["UPPER", "a!b", "thumb-bin", "a b", "é", "\n"]


def echo(request: bytes, _context: object) -> bytes:
    """Respond with the request."""
    return request


def fail(_request: bytes, _context: object) -> bytes:
    """Fail."""
    msg = "burnt"
    raise ValueError(msg)


def count(_request: bytes, _context: object) -> Iterator[bytes]:
    """Respond with a stream."""
    yield from (b"1", b"2", b"3")


def join(requests: Iterator[bytes], _context: object) -> bytes:
    """Respond to a stream."""
    return b"".join(requests)


def each(requests: Iterator[bytes], _context: object) -> Iterator[bytes]:
    """Respond to a stream with a stream."""
    yield from requests


METHODS = {
    "echo": grpc.unary_unary_rpc_method_handler(echo),
    "fail": grpc.unary_unary_rpc_method_handler(fail),
    "count": grpc.unary_stream_rpc_method_handler(count),
    "join": grpc.stream_unary_rpc_method_handler(join),
    "each": grpc.stream_stream_rpc_method_handler(each),
}


@pytest.fixture
def tracer(request: pytest.FixtureRequest) -> Iterator[MemoryTracer]:
    """Return the tracer of both sides, with the parameters of the test."""
    name, lower_case = request.param
    with memory_tracer() as tracer:
        options = CodecOptions(lower_case_headers=lower_case)
        tracer.codecs.update(make_codecs_for((name,), options))
        yield tracer


EACH = pytest.mark.parametrize(
    "tracer",
    [(name, case) for name in FORMATS for case in (False, True)],
    indirect=True,
)
IN_LOWER_CASE = pytest.mark.parametrize(
    "tracer", [(name, True) for name in FORMATS], indirect=True
)


@contextmanager
def serving(tracer: MemoryTracer) -> Generator[str]:
    """Serve on a free port until the block ends."""
    with ThreadPoolExecutor(4) as pool:
        server = grpcext.intercept_server(
            grpc.server(pool), grpc_opentracing.open_tracing_server_interceptor(tracer)
        )
        handlers = grpc.method_handlers_generic_handler("shop", METHODS)
        server.add_generic_rpc_handlers((handlers,))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()


@contextmanager
def connected(tracer: MemoryTracer) -> Generator[Any]:
    """Serve, and connect a channel that the client's interceptor traces."""
    with serving(tracer) as address, grpc.insecure_channel(address) as channel:
        yield grpcext.intercept_channel(
            channel, grpc_opentracing.open_tracing_client_interceptor(tracer)
        )


def parents(tracer: MemoryTracer) -> list[tuple[str, str, dict[str, str]]]:
    """Return name, name of the parent and baggage of each span but the root."""
    names = {span.span_id: span.operation_name for span in tracer.spans}
    return sorted(
        (
            (span.operation_name, names[span.parent_id], span.baggage)
            for span in tracer.spans
            if span.parent_id
        ),
        key=str,
    )


@EACH
def test_all_kinds_of_calls(tracer: MemoryTracer) -> None:
    """The server's span is a child of the client's, with its baggage."""
    is_done = threading.Event()

    def note(_future: object) -> None:
        is_done.set()

    with connected(tracer) as channel, tracer.start_active_span("root") as scope:
        scope.span.set_baggage_item("key", "a b")
        assert b"x" == channel.unary_unary("/shop/echo")(b"x")
        future = channel.unary_unary("/shop/echo").future(b"x")
        # Called after that of the interceptor, which finishes the span.
        future.add_done_callback(note)
        assert b"x" == future.result()
        assert is_done.wait(TIMEOUT)
        assert b"x" == channel.unary_unary("/shop/echo").with_call(b"x")[0]
        assert [b"1", b"2", b"3"] == list(channel.unary_stream("/shop/count")(b""))
        assert b"ab" == channel.stream_unary("/shop/join")(iter([b"a", b"b"]))
        assert [b"a"] == list(channel.stream_stream("/shop/each")(iter([b"a"])))

    assert 1 == len({span.trace_id for span in tracer.spans})
    calls = {"count": 1, "each": 1, "echo": 3, "join": 1}
    assert [
        (f"/shop/{name}", parent, {"key": "a b"})
        for name, times in calls.items()
        for parent in (f"/shop/{name}", "root")
        for _ in range(times)
    ] == parents(tracer)


@EACH
def test_an_error_of_the_server(tracer: MemoryTracer) -> None:
    """Both spans have the tag `error`."""
    with connected(tracer) as channel, pytest.raises(grpc.RpcError, match="burnt"):
        channel.unary_unary("/shop/fail")(b"")

    assert 2 == len(tracer.spans)
    assert all(
        ("error", True) in {(tag.key, tag.value) for tag in span.tags}
        for span in tracer.spans
    )


@IN_LOWER_CASE
def test_baggage_that_grpc_cannot_send(tracer: MemoryTracer) -> None:
    """With `lower_case_headers` no key breaks a call."""
    with connected(tracer) as channel, tracer.start_active_span("root") as scope:
        for key in HOSTILE_KEYS:
            scope.span.set_baggage_item(key, "é\n")
        assert b"x" == channel.unary_unary("/shop/echo")(b"x")

    assert 1 == len({span.trace_id for span in tracer.spans})


@IN_LOWER_CASE
@pytest.mark.parametrize("kind", ["list", "tuple", "Metadata"])
def test_metadata_is_a_carrier(tracer: MemoryTracer, kind: str) -> None:
    """Of calls by `grpc` and by `grpc.aio`; a tuple is made of a list."""

    async def call(address: str, metadata: object) -> bytes:
        async with grpc_aio.insecure_channel(address) as channel:
            result: bytes = await channel.unary_unary("/shop/echo")(
                b"x", metadata=metadata
            )
            return result

    with serving(tracer) as address, tracer.start_active_span("root") as scope:
        scope.span.set_baggage_item("key", "a b")
        carrier: Any = grpc_aio.Metadata() if kind == "Metadata" else []
        tracer.inject(scope.span, Format.HTTP_HEADERS, carrier)
        metadata = tuple(carrier) if kind == "tuple" else carrier
        assert b"x" == asyncio.run(call(address, metadata))
        if kind != "Metadata":
            with grpc.insecure_channel(address) as channel:
                echoed = channel.unary_unary("/shop/echo")(b"x", metadata=metadata)
                assert b"x" == echoed

    assert {("/shop/echo", "root")} == {
        (name, parent) for name, parent, _ in parents(tracer)
    }
    assert all({"key": "a b"} == baggage for _, _, baggage in parents(tracer))
    context = tracer.extract(Format.HTTP_HEADERS, metadata)
    assert scope.span.span_id == getattr(context, "span_id", None)
