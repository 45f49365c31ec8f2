"""
A gRPC service and a client, traced by the interceptors of `grpcio-opentracing`.

    pip install grpcio-opentracing
    python examples/grpc_service.py serve 50051
    python examples/grpc_service.py call 50051

The trace has a span `order` of the client, and a span of the client and one of the
server for each call, of which one is a stream. The interceptors do not support
`grpc.aio`; there, the span context is injected into the metadata of a call.

The messages are bytes, so that the program needs no generated code.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import grpc.aio
from grpc_opentracing import (
    open_tracing_client_interceptor,
    open_tracing_server_interceptor,
)
from grpc_opentracing.grpcext import intercept_channel, intercept_server
from opentracing import Format
from opentracing.ext import tags

from jaeger_client import Config, Tracer


def make_tracer(service_name: str) -> Tracer:
    """Return a tracer that drops baggage which gRPC cannot send, and counts it."""
    return Config(
        {"sampler": {"type": "const", "param": 1}, "lower_case_headers": True},
        service_name=service_name,
    ).new_tracer()


def bake(request: bytes, context: Any) -> bytes:
    """Respond to `/bakery/bake`; the context has the span of the call."""
    span = context.get_active_span()
    span.set_tag("customer", span.get_baggage_item("customer"))
    return b"a " + request


def watch(request: bytes, _context: grpc.ServicerContext) -> Iterator[bytes]:
    """Respond to `/bakery/watch`, by a stream."""
    for minute in range(3):
        yield b"%d: %s" % (minute, request)


def serve(port: str) -> None:
    """Serve until terminated."""
    tracer = make_tracer("bakery")
    handlers = {
        "bake": grpc.unary_unary_rpc_method_handler(bake),
        "watch": grpc.unary_stream_rpc_method_handler(watch),
    }
    server = intercept_server(
        grpc.server(ThreadPoolExecutor(4)),
        open_tracing_server_interceptor(tracer),
    )
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("bakery", handlers),)
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    number = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    print(number, flush=True)
    try:
        signal.pause()
    finally:
        server.stop(grace=5).wait()
        tracer.close()


def call(port: str) -> None:
    """Order three times: a call, a stream, and a call by asyncio."""
    tracer = make_tracer("shop")
    with tracer.start_active_span("order") as scope:
        scope.span.set_baggage_item("customer", "Ann B.")
        with grpc.insecure_channel(f"127.0.0.1:{port}") as plain:
            channel = intercept_channel(plain, open_tracing_client_interceptor(tracer))
            print(channel.unary_unary("/bakery/bake")(b"cake").decode())
            stream = channel.unary_stream("/bakery/watch")(b"cake")
            print(b", ".join(stream).decode())
        print(asyncio.run(call_by_asyncio(tracer, port)).decode())
    print("sent" if tracer.close().result() else "not all was sent")


async def call_by_asyncio(tracer: Tracer, port: str) -> bytes:
    """Call by `grpc.aio`; metadata is a list of pairs."""
    method = "/bakery/bake"
    kind = {tags.SPAN_KIND: tags.SPAN_KIND_RPC_CLIENT}
    with tracer.start_active_span(method, tags=kind) as scope:
        metadata: list[tuple[str, bytes]] = []
        tracer.inject(scope.span, Format.HTTP_HEADERS, metadata)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            response: bytes = await channel.unary_unary(method)(
                b"cake", metadata=metadata
            )
            return response


if __name__ == "__main__":
    {"serve": serve, "call": call}[sys.argv[1]](sys.argv[2])
