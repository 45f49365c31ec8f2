"""
Spans as Zipkin v2 JSON, a list a payload.

Zipkin knows text only, so every value becomes text; it shows names in lower
case, hides spans of 0 us and takes a tag `error` of any value for an error.
For one span that it cannot read it refuses the whole list: whatever it would
stumble over, an id of 0 or a time that is no whole number, raises here, so that
the span is made plain or left out by itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Final

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client._internal.frozen import Frozen
from jaeger_client.constants import DEBUG_FLAG, JAEGER_IP_TAG_KEY
from jaeger_client.encoding.packing import (
    LARGE_SPAN,
    LOG_BLOCK,
    PackingEncoder,
    dropped_items,
)
from jaeger_client.encoding.plain import plain_items, plain_text
from jaeger_client.encoding.tables import non_finite_text
from jaeger_client.encoding.varint import MASK_64, MASK_128
from jaeger_client.encoding.zipkin_endpoint import (
    PEER_KEYS,
    Endpoint,
    parse_address,
    take_remote_endpoint,
)
from jaeger_client.model import (
    LogItem,
    Process,
    SpanData,
    SpanLosses,
    TagItem,
    TagValue,
)

_KINDS: Final = frozenset({"client", "server", "producer", "consumer"})
_ENTRY_KINDS: Final = frozenset({"server", "consumer"})
_LARGEST_NUMBER: Final = (1 << 63) - 1


class ZipkinJsonEncoder(PackingEncoder):
    """
    One JSON list a payload, for HTTP 9411.

    Args:
        losses: Where spans left out or shrunk are counted.
        clock: Where time comes from.
    """

    content_type = "application/json"

    def __init__(
        self,
        losses: SpanLosses,
        *,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(losses, clock=clock)
        self.set_process(Process(service_name=""))

    def _use_process(self, process: Process) -> int:
        tags = _text_tags(plain_items(process.tags))
        name = plain_text(process.service_name).lower()
        self._endpoint: Endpoint = {"serviceName": name}
        if address := parse_address(tags.get(JAEGER_IP_TAG_KEY, "")):
            self._endpoint |= address
            del tags[JAEGER_IP_TAG_KEY]
        self._process_tags = tags
        return len((_json(self._endpoint) + _json(tags)).encode())

    def _bodies(self, spans: Sequence[SpanData]) -> list[bytes]:
        bodies: list[bytes] = []
        for span in spans:
            bodies.append(self._span(span))
            if len(bodies[-1]) > LARGE_SPAN:
                break
        return bodies

    def _span(self, span: SpanData) -> bytes:
        tags = _text_tags(span.tag_items)
        if span.dropped_tags or span.dropped_logs:
            tags |= _text_tags(dropped_items(span))
        if tags.get("error", "").lower() == "false":
            del tags["error"]
        kind = tags.get("span.kind")
        fields = _identity(span) | {"localEndpoint": self._endpoint}
        if kind in _KINDS:
            fields["kind"] = tags.pop("span.kind").upper()
        if not PEER_KEYS.isdisjoint(tags) and (
            endpoint := take_remote_endpoint(tags, kind)
        ):
            fields["remoteEndpoint"] = endpoint
        if span.shares_span_id:
            fields["shared"] = True
        if kind in _ENTRY_KINDS or not span.ids.parent_id:
            tags = self._process_tags | tags
        if tags:
            fields["tags"] = tags
        logs = [*span.log_items]
        if logs and len(logs) <= LOG_BLOCK:
            fields["annotations"] = [_annotation(*log) for log in logs]
        body = b"," + _json(fields).encode()
        return self._with_annotations(body, logs) if len(logs) > LOG_BLOCK else body

    def _with_annotations(self, body: bytes, logs: list[LogItem]) -> bytes:
        pieces: list[bytes] = []
        self._append_log_blocks(pieces, logs)
        annotations = b"".join(pieces)[1:]  # without the first comma
        return b"".join((body[:-1], b',"annotations":[', annotations, b"]}"))

    def _append_each_log(self, pieces: list[bytes], logs: Sequence[LogItem]) -> None:
        for timestamp, items in logs:
            pieces.append(b"," + _json(_annotation(timestamp, items)).encode())

    def _frame(self) -> _ListFrame:
        return _ListFrame()


class _ListFrame(Frozen):
    """Brackets. Each span brings the comma before it; the first one's is cut."""

    most: int = 1

    def size(self, count: int, spans_size: int) -> int:  # noqa: ARG002 - no matter here
        """Return the bytes around the spans: two brackets, less a comma."""
        return 1

    def around(self, spans: list[bytes], spans_size: int) -> bytes:  # noqa: ARG002 - no matter here
        """Return the payload."""
        return b"".join((b"[", spans[0][1:], *spans[1:], b"]"))


def _identity(span: SpanData) -> dict[str, object]:
    """Return ids, name and times."""
    context = span.ids
    trace_id = _id(context.trace_id & MASK_128)
    fields: dict[str, object] = {
        "traceId": f"{trace_id:032x}" if trace_id >> 64 else f"{trace_id:016x}",
        "id": f"{_id(context.span_id & MASK_64):016x}",
        "name": _exact(span.operation_name).lower(),
        "duration": _duration(span),
    }
    if context.parent_id:
        fields["parentId"] = f"{context.parent_id & MASK_64:016x}"
    if context.flags & DEBUG_FLAG:
        fields["debug"] = True
    start = _whole(int(span.start_time * 1000000))
    if start > 0:  # to Zipkin 0 is no time
        fields["timestamp"] = start
    return fields


def _id(number: int) -> int:
    if not number:
        msg = "an id must not be 0"
        raise ValueError(msg)
    return number


def _duration(span: SpanData) -> int:
    if span.end_time is None:
        return 1
    return max(1, _whole(int((span.end_time - span.start_time) * 1000000)))


def _whole(number: int) -> int:
    """Return *number*, or the nearest of 64 bits; raise for one of another type."""
    if type(number) is not int:
        msg = f"needs a whole number, got one {type(number).__name__}"
        raise TypeError(msg)
    return max(-_LARGEST_NUMBER, min(number, _LARGEST_NUMBER))


def _annotation(timestamp: int, fields: Iterable[TagItem]) -> dict[str, object]:
    texts = _text_tags(fields)
    value = texts["event"] if texts.keys() == {"event"} else _json(texts)
    return {"timestamp": _whole(timestamp), "value": value}


def _text_tags(items: Iterable[TagItem]) -> dict[str, str]:
    return {_exact(key): _text(value) for key, value in items}


def _text(value: TagValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not isfinite(value):
        return non_finite_text(value)
    return str(value) if isinstance(value, (int, float)) else _exact(value)


def _exact(text: object) -> str:
    """Return *text*, or raise: then the span is made plain first."""
    if type(text) is not str:
        msg = f"needs text, got {type(text).__name__}"
        raise TypeError(msg)
    return text


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
