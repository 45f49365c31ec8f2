"""
Spans as Zipkin v2 JSON, a list a payload.

The fields of a span in zipkin2-api.yaml that are written: `traceId` (16 or 32 hex
digits), `id`, `parentId`, `name`, `kind`, `timestamp` (µs, at least 1), `duration`
(µs), `debug`, `shared`, `localEndpoint`, `remoteEndpoint`, `tags` (text to text) and
`annotations` (`timestamp`, `value`).

All values become text. Zipkin shows names in lower case, hides spans of 0 µs and treats
a tag `error` of any value as an error. For one span that it cannot read it rejects the
whole list: anything of that kind, an id of 0 or a time that is not a whole number,
raises here, so that the span is made plain or left out by itself.
"""

from __future__ import annotations

import base64
import ipaddress
import json
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Final, TypeAlias

from jaeger_client._internal.clock import SYSTEM_CLOCK, Clock
from jaeger_client.constants import (
    DEBUG_FLAG,
    JAEGER_IP_TAG_KEY,
    SPAN_KIND,
    SPAN_KIND_CLIENT,
    SPAN_KIND_CONSUMER,
    SPAN_KIND_PRODUCER,
    SPAN_KIND_SERVER,
)
from jaeger_client.encoding.packing import (
    LARGE_SPAN,
    Frame,
    PackingEncoder,
    dropped_items,
    duration_us,
)
from jaeger_client.encoding.plain import (
    exact_text,
    non_finite_text,
    plain_items,
    plain_text,
)
from jaeger_client.encoding.varint import MASK_64, MASK_128, MAX_I64
from jaeger_client.model import (
    LogItem,
    Process,
    SpanData,
    SpanLosses,
    TagItem,
    TagValue,
)

Endpoint: TypeAlias = dict[str, str | int]
"""The known ones of the fields `serviceName`, `ipv4`, `ipv6` and `port`."""

_CALLING_KINDS: Final = frozenset({SPAN_KIND_CLIENT, SPAN_KIND_PRODUCER})
_ENTRY_KINDS: Final = frozenset({SPAN_KIND_SERVER, SPAN_KIND_CONSUMER})
_KINDS: Final = _CALLING_KINDS | _ENTRY_KINDS

_PEER_SERVICE: Final = "peer.service"
_PEER_HOSTNAME: Final = "peer.hostname"
_PEER_ADDRESS: Final = "peer.address"
_PEER_PORT: Final = "peer.port"
_PEER_IPS: Final = ("peer.ipv4", "peer.ipv6", _PEER_HOSTNAME)
_PEER_KEYS: Final = frozenset({_PEER_SERVICE, _PEER_ADDRESS, _PEER_PORT, *_PEER_IPS})

_MAX_IP_LENGTH: Final = 100
_MAX_PORT: Final = 65_535

_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class ZipkinJsonEncoder(PackingEncoder):
    """One JSON list a payload, for HTTP 9411."""

    content_type = "application/json"

    def __init__(
        self, losses: SpanLosses | None = None, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        super().__init__(losses, clock=clock)
        self.set_process(Process(service_name=""))

    def _use_process(self, process: Process) -> int:
        tags = _text_tags(plain_items(process.tags))
        name = plain_text(process.service_name).lower()
        self._endpoint: Endpoint = {"serviceName": name}
        if address := _address(tags.get(JAEGER_IP_TAG_KEY, "")):
            self._endpoint |= address
            del tags[JAEGER_IP_TAG_KEY]
        self._process_tags = tags
        return len((_to_json(self._endpoint) + _to_json(tags)).encode())

    def _bodies(self, spans: Sequence[SpanData]) -> list[bytes]:
        bodies: list[bytes] = []
        for span in spans:
            body = _to_json(self._fields(span)).encode()
            if logs := [*span.log_items]:
                pieces: list[bytes] = []
                self._append_logs(pieces, logs)
                annotations = b"".join(pieces)[1:]  # the first has no comma before it
                body = b'%b,"annotations":[%b]}' % (body[:-1], annotations)
            bodies.append(body)
            if len(body) > LARGE_SPAN:
                break
        return bodies

    def _fields(self, span: SpanData) -> dict[str, object]:
        """Return the fields of *span* but the annotations."""
        tags = _text_tags(span.tag_items)
        if span.dropped_tags or span.dropped_logs:
            tags |= _text_tags(dropped_items(span))
        if tags.get("error", "").lower() == "false":
            del tags["error"]
        kind = tags.get(SPAN_KIND)
        fields = _identity(span) | {"localEndpoint": self._endpoint}
        if kind in _KINDS:
            fields["kind"] = tags.pop(SPAN_KIND).upper()
        if not _PEER_KEYS.isdisjoint(tags) and (
            endpoint := _take_remote_endpoint(tags, kind)
        ):
            fields["remoteEndpoint"] = endpoint
        if span.shares_span_id:
            fields["shared"] = True
        if kind in _ENTRY_KINDS or not span.ids.parent_id:
            tags = self._process_tags | tags
        if tags:
            fields["tags"] = tags
        return fields

    def _append_each_log(self, pieces: list[bytes], logs: Sequence[LogItem]) -> None:
        for timestamp, items in logs:
            texts = _text_tags(items)
            value = texts["event"] if texts.keys() == {"event"} else _to_json(texts)
            annotation = {"timestamp": _whole(timestamp), "value": value}
            pieces.append(b"," + _to_json(annotation).encode())

    def _frame(self) -> Frame:
        def before(_count: int, _spans_size: int) -> bytes:
            return b"["

        return Frame(before, after=b"]", separator=b",")


def _identity(span: SpanData) -> dict[str, object]:
    """Return ids, name and times."""
    context = span.ids
    trace_id = _id(context.trace_id & MASK_128)
    duration = duration_us(span.start_time, span.end_time)
    fields: dict[str, object] = {
        "traceId": f"{trace_id:032x}" if trace_id >> 64 else f"{trace_id:016x}",
        "id": f"{_id(context.span_id & MASK_64):016x}",
        "name": exact_text(span.operation_name).lower(),
        "duration": max(1, min(duration, MAX_I64)),
    }
    if context.parent_id:
        fields["parentId"] = f"{context.parent_id & MASK_64:016x}"
    if context.flags & DEBUG_FLAG:
        fields["debug"] = True
    start = _whole(int(span.start_time * 1e6))
    if start > 0:
        fields["timestamp"] = start
    return fields


def _id(number: int) -> int:
    if not number:
        msg = "an id must not be 0"
        raise ValueError(msg)
    return number


def _whole(number: int) -> int:
    """Return *number*, or the nearest of 64 bits; raise for one of another type."""
    if type(number) is not int:
        msg = f"needs a whole number, got one {type(number).__name__}"
        raise TypeError(msg)
    return max(-MAX_I64, min(number, MAX_I64))


def _text_tags(items: Iterable[TagItem]) -> dict[str, str]:
    return {exact_text(key): _text(value) for key, value in items}


def _text(value: TagValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not isfinite(value):
        return non_finite_text(value)
    return str(value) if isinstance(value, (int, float)) else exact_text(value)


def _take_remote_endpoint(tags: dict[str, str], kind: str | None) -> Endpoint:
    """
    Return the peer's endpoint by OpenTracing's `peer.*` tags.

    As with Zipkin's own clients a tag is removed from *tags* where the endpoint holds
    all of it. A host name stays, because an endpoint has no field for it. It becomes
    the name of a called service that has no other, so that the graph of services shows
    it; not of callers, each of which would be a node.
    """
    endpoint: Endpoint = {}
    address = tags.get(_PEER_ADDRESS)
    host, port = _host_and_port(address) if address else ("", None)
    if tags.get(_PEER_SERVICE):
        endpoint["serviceName"] = tags.pop(_PEER_SERVICE).lower()
    elif kind in _CALLING_KINDS and (name := _host_name(tags, host)):
        endpoint["serviceName"] = name.lower()
    for key in _PEER_IPS:
        if key in tags:
            _take(tags, key, endpoint, _address(tags[key]))
    if host and (found := _address(host)):
        _take(tags, _PEER_ADDRESS, endpoint, found | ({"port": port} if port else {}))
    # Zipkin accepts a port alone, but it does not identify a peer.
    if endpoint and _PEER_PORT in tags and (port := _port(tags[_PEER_PORT])):
        _take(tags, _PEER_PORT, endpoint, {"port": port})
    return endpoint


def _take(
    tags: dict[str, str], key: str, endpoint: Endpoint, found: Mapping[str, str | int]
) -> None:
    """Move the fields *found* in a tag to *endpoint*, unless that has other values."""
    if found and all(
        endpoint.get(name, value) == value for name, value in found.items()
    ):
        endpoint.update(found)
        del tags[key]


def _host_name(tags: Mapping[str, str], host: str) -> str:
    """Return the name of the peer's host, if it has one that is not an address."""
    names = (tags.get(_PEER_HOSTNAME, ""), host)
    return next((name for name in names if name and not _address(name)), "")


def _host_and_port(address: str) -> tuple[str, int | None]:
    """Return host and port of `host`, `host:port` and `[IPv6]:port`, else no host."""
    if "/" in address or "@" in address:  # a URL or a connection string
        return "", None
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        return host, _port(rest.removeprefix(":"))
    if _address(address):
        return address, None
    host, colon, rest = address.rpartition(":")
    if not colon:
        return address, None
    port = _port(rest)
    return (host, port) if port else ("", None)


def _port(text: str) -> int | None:
    """Return a port, or `None`: Zipkin rejects a whole list for one beyond 65,535."""
    if not text.isdecimal() or len(text) > len(str(_MAX_PORT)):
        return None
    port = int(text)
    return port if 0 < port <= _MAX_PORT else None


def _address(text: str) -> Endpoint:
    """
    Return the field of an IP address, or nothing if *text* is not an address.

    OpenTracing's tags may hold an IPv4 address as a number, which is negative in some
    languages.
    """
    try:
        if len(text) > _MAX_IP_LENGTH:
            return {}
        if text.removeprefix("-").isdecimal():
            number = int(text)
            signed = number + (1 << 32) if number < 0 else number
            return {"ipv4": str(ipaddress.IPv4Address(signed))}
        address = ipaddress.ip_address(text)
    except ValueError:
        return {}
    if isinstance(address, ipaddress.IPv4Address):
        return {"ipv4": str(address)}
    if address.ipv4_mapped is not None:
        return {"ipv4": str(address.ipv4_mapped)}
    # Without the zone, as in `%eth0`, which Zipkin rejects.
    return {"ipv6": str(ipaddress.IPv6Address(int(address)))}
