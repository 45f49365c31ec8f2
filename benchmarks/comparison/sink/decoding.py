"""The content of payloads, decoded by libraries of other projects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

from tests.foreign.decoders import decode_batch, decode_emit_batch, decode_otlp

msgpack: Any = import_module("msgpack")

AGENT = "agent"
"""The name under which datagrams are stored; the others are paths of HTTP."""


class Arrived(NamedTuple):
    """One span, as far as it is counted."""

    name: str
    trace_id: int | bytes
    span_id: int | bytes


def decode(kind: str, payload: bytes) -> Iterator[Arrived]:
    """Yield the spans of a payload that came by this path, or as a datagram."""
    return DECODERS[kind](payload)


def _jaeger(batch: Any) -> Iterator[Arrived]:  # noqa: ANN401 - foreign
    for span in batch.spans:
        yield Arrived(span.operationName, span.traceIdLow, span.spanId)


def _datagram(payload: bytes) -> Iterator[Arrived]:
    return _jaeger(decode_emit_batch(payload))


def _thrift_body(payload: bytes) -> Iterator[Arrived]:
    return _jaeger(decode_batch(payload))


def _otlp(payload: bytes) -> Iterator[Arrived]:
    for resource in decode_otlp(payload).resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Arrived(span.name, span.trace_id, span.span_id)


def _datadog_maps(payload: bytes) -> Iterator[Arrived]:
    for trace in msgpack.unpackb(payload):
        for span in trace:
            yield Arrived(span["name"], span["trace_id"], span["span_id"])


def _datadog_rows(payload: bytes) -> Iterator[Arrived]:
    # Some of its maps have numbers as keys, which are indexes of the strings.
    strings, traces = msgpack.unpackb(payload, strict_map_key=False)
    for trace in traces:
        for _service, name, _resource, trace_id, span_id, *_ in trace:
            yield Arrived(strings[name], trace_id, span_id)


DECODERS: dict[str, Callable[[bytes], Iterator[Arrived]]] = {
    AGENT: _datagram,
    "/api/traces": _thrift_body,
    "/v1/traces": _otlp,
    "/v0.4/traces": _datadog_maps,
    "/v0.5/traces": _datadog_rows,
}
