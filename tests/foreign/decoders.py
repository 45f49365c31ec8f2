"""
Decoders of other projects, which share no code with the encoders.

Thrift by thriftpy2, with the IDL written from the description of the wire format; OTLP
by the classes of opentelemetry-proto; Zipkin by the standard library's JSON. Each
decodes a whole payload and rejects one that has bytes left over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

import jaeger_client

IDL = Path(jaeger_client.__file__).parent / "allinone" / "idl"

# By import_module, because thriftpy2 has no types, so nothing here could be checked.
thriftpy2: Any = import_module("thriftpy2")
protocols: Any = import_module("thriftpy2.protocol")
transports: Any = import_module("thriftpy2.transport")

# The names of structs in the results: `jaeger.Batch`, `jaeger.Span`, `jaeger.Tag` ...
agent: Any = thriftpy2.load(str(IDL / "agent.thrift"), module_name="agent_thrift")
jaeger: Any = agent.jaeger

COMPACT_PROTOCOL_ID = 0x82


@dataclass(frozen=True)
class Message:
    """One call of `emitBatch`, as received."""

    name: str
    message_type: int
    """4 means oneway."""
    sequence_id: int
    batch: Any
    """A `jaeger.Batch`."""


def decode_message(payload: bytes) -> Message:
    """Return the `emitBatch` message of a datagram, of either protocol."""
    buffer = transports.TMemoryBuffer(payload)
    is_compact = payload[0] == COMPACT_PROTOCOL_ID
    make = protocols.TCompactProtocol if is_compact else protocols.TBinaryProtocol
    protocol = make(buffer)
    name, message_type, sequence_id = protocol.read_message_begin()
    arguments = agent.Agent.emitBatch_args()
    arguments.read(protocol)
    protocol.read_message_end()
    _refuse_rest(buffer)
    return Message(name, message_type, sequence_id, arguments.batch)


def decode_emit_batch(payload: bytes) -> Any:
    """Return the `jaeger.Batch` of a datagram."""
    return decode_message(payload).batch


def decode_batch(payload: bytes) -> Any:
    """Return the `jaeger.Batch` that is the body of an HTTP request."""
    buffer = transports.TMemoryBuffer(payload)
    batch = jaeger.Batch()
    batch.read(protocols.TBinaryProtocol(buffer))
    _refuse_rest(buffer)
    return batch


def decode_otlp(payload: bytes) -> Any:
    """Return the `ExportTraceServiceRequest` that is the body of an HTTP request."""
    return trace_service_pb2.ExportTraceServiceRequest.FromString(payload)


def decode_zipkin(payload: bytes) -> list[dict[str, Any]]:
    """Return the spans of a Zipkin v2 list."""
    spans: list[dict[str, Any]] = json.loads(payload)
    return spans


def tag_pairs(tags: Any) -> list[tuple[str, object]]:
    """Return key and value of each `jaeger.Tag`, the value in the type of `vType`."""
    names = "vStr", "vDouble", "vBool", "vLong", "vBinary"
    return [(tag.key, getattr(tag, names[int(tag.vType)])) for tag in tags or ()]


def attribute_pairs(attributes: Any) -> list[tuple[str, object]]:
    """Return key and value of each OTLP attribute, the value in its type."""
    return [(item.key, _any_value(item.value)) for item in attributes]


def _any_value(value: Any) -> object:
    name: str = value.WhichOneof("value")
    return getattr(value, name)


def _refuse_rest(buffer: Any) -> None:
    rest = buffer.read(1)
    if rest:
        msg = f"bytes left over, from {rest!r}"
        raise ValueError(msg)
