"""
Spans as Zipkin v2 JSON, for HTTP port 9411: each payload is one list of spans.

The fields of a span (`Span` in zipkin2-api.yaml of openzipkin/zipkin-api):

```text
traceId         16 or 32 hex digits, lower case
id, parentId    16 hex digits; no parentId in a root
name            text in lower case, as Zipkin shows it
kind            CLIENT, SERVER, PRODUCER or CONSUMER, from the tag `span.kind`
timestamp       start in µs; left out if it is not above 0
duration        µs, at least 1: Zipkin does not show a duration of 0
debug, shared   true or left out; shared: the server span has the id of the client span
localEndpoint   the process: serviceName, ipv4 or ipv6
remoteEndpoint  the peer, from the tags `peer.*`: the same fields and port
tags            text to text
annotations     logs: timestamp (µs) and value, the text of a sole field `event` or
                JSON of all fields
```

For example, a payload of one span with one log:

```text
[{"traceId":"00000000000000ab","id":"00000000000000cd","name":"get","duration":1500,
  "parentId":"00000000000000ab","timestamp":1700000000000000,
  "localEndpoint":{"serviceName":"shop"},"kind":"SERVER","tags":{"http.method":"GET"},
  "annotations":[{"timestamp":1700000000000200,"value":"cache miss"}]}]
```

All tag values become text: bytes as Base64, truth values as `true` and `false`. Of
several tags with the same key, the last one is written. Zipkin treats a tag `error` of
any value as an error, so `error=false` is left out. Tags of the process are written to
root, server and consumer spans.

Zipkin rejects a whole list for one span that it cannot read. An id of 0 or a time that
is not a whole number therefore raises here, so that only that span is copied or left
out.
"""

from __future__ import annotations

import base64
import ipaddress
import json
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Final, TypeAlias

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
    Frame,
    PackingEncoder,
    dropped_items,
    duration_us,
    write_logs,
)
from jaeger_client.encoding.plain import (
    exact_int,
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
    TagItem,
    TagValue,
)

Endpoint: TypeAlias = dict[str, str | int]
"""Fields of an endpoint: any of `serviceName`, `ipv4`, `ipv6` and `port`."""

# The four kinds of Zipkin; `internal` and others stay a tag.
_CALLING_KINDS: Final = frozenset({SPAN_KIND_CLIENT, SPAN_KIND_PRODUCER})
_ENTRY_KINDS: Final = frozenset({SPAN_KIND_SERVER, SPAN_KIND_CONSUMER})
_KINDS: Final = _CALLING_KINDS | _ENTRY_KINDS

# Tags of OpenTracing's semantic conventions that describe the peer.
_PEER_SERVICE: Final = "peer.service"
_PEER_HOSTNAME: Final = "peer.hostname"
_PEER_ADDRESS: Final = "peer.address"
_PEER_PORT: Final = "peer.port"
_PEER_IPS: Final = ("peer.ipv4", "peer.ipv6", _PEER_HOSTNAME)
_PEER_KEYS: Final = frozenset({_PEER_SERVICE, _PEER_ADDRESS, _PEER_PORT, *_PEER_IPS})

# A longer text is not an address and is not parsed.
_MAX_IP_LENGTH: Final = 100
_MAX_PORT: Final = 65_535

# Compact, and characters beyond ASCII as UTF-8 instead of escapes.
_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class ZipkinJsonEncoder(PackingEncoder):
    """
    Encodes each payload as one JSON list, for HTTP port 9411.

    Used by one thread at a time.
    """

    content_type = "application/json"

    def _use_process(self, process: Process) -> int:
        tags = _text_tags(plain_items(process.tags))
        name = plain_text(process.service_name).lower()
        self._endpoint: Endpoint = {"serviceName": name}
        # An `ip` that is an address moves to the endpoint; any other stays a tag.
        if address := _address(tags.get(JAEGER_IP_TAG_KEY, "")):
            self._endpoint |= address
            del tags[JAEGER_IP_TAG_KEY]
        self._process_tags = tags
        return len((_to_json(self._endpoint) + _to_json(tags)).encode())

    def _write_span(self, out: bytearray, span: SpanData, max_size: int) -> None:
        fields = _to_json(self._fields(span)).encode()
        out += b"," + fields[:-1]  # without the closing brace
        if logs := [*span.log_items]:
            # The fields and the annotations are encoded apart, because encoding of logs
            # stops at the size of a payload.
            annotations = bytearray()
            write_logs(annotations, logs, self._write_log, max_size)
            # [1:] removes the comma before the first annotation.
            out += b',"annotations":[%b]' % bytes(annotations[1:])
        out += b"}"

    def _fields(self, span: SpanData) -> dict[str, object]:
        """Return the fields of *span* without the annotations."""
        tags = _text_tags(span.tag_items)
        if span.dropped_tags or span.dropped_logs:
            tags |= _text_tags(dropped_items(span))
        # Zipkin treats a tag `error` of any value as an error.
        if tags.get("error", "").lower() == "false":
            del tags["error"]
        kind = tags.get(SPAN_KIND)
        fields = _identity(span) | {"localEndpoint": self._endpoint}
        if kind in _KINDS:
            fields["kind"] = tags.pop(SPAN_KIND).upper()
        if not _PEER_KEYS.isdisjoint(tags) and (
            endpoint := _pop_remote_endpoint(tags, kind)
        ):
            fields["remoteEndpoint"] = endpoint
        if span.shares_span_id:
            fields["shared"] = True
        if kind in _ENTRY_KINDS or not span.ids.parent_id:
            tags = self._process_tags | tags
        if tags:
            fields["tags"] = tags
        return fields

    def _write_log(self, out: bytearray, log: LogItem) -> None:
        timestamp, items = log
        texts = _text_tags(items)
        value = texts["event"] if texts.keys() == {"event"} else _to_json(texts)
        annotation = {"timestamp": _checked_integer(timestamp), "value": value}
        out += b"," + _to_json(annotation).encode()

    def _frame(self) -> Frame:
        def before(_count: int, _spans_size: int) -> bytes:
            return b"["

        return Frame(before, after=b"]", separator_size=1)  # the comma


def _identity(span: SpanData) -> dict[str, object]:
    """Return the fields that identify *span*: ids, name, times, debug."""
    context = span.ids
    trace_id = _checked_id(context.trace_id & MASK_128)
    duration = duration_us(span.start_time, span.end_time)
    fields: dict[str, object] = {
        "traceId": f"{trace_id:032x}" if trace_id >> 64 else f"{trace_id:016x}",
        "id": f"{_checked_id(context.span_id & MASK_64):016x}",
        "name": exact_text(span.operation_name).lower(),
        "duration": max(1, min(duration, MAX_I64)),
    }
    if context.parent_id:
        fields["parentId"] = f"{context.parent_id & MASK_64:016x}"
    if context.flags & DEBUG_FLAG:
        fields["debug"] = True
    start = _checked_integer(int(span.start_time * 1e6))
    if start > 0:
        fields["timestamp"] = start
    return fields


def _checked_id(number: int) -> int:
    if not number:
        msg = "an id must not be 0"
        raise ValueError(msg)
    return number


def _checked_integer(number: int) -> int:
    """Return *number* clamped to 64 signed bits; raise if it is not an int."""
    return max(-MAX_I64, min(exact_int(number), MAX_I64))


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


def _pop_remote_endpoint(tags: dict[str, str], kind: str | None) -> Endpoint:
    """
    Return the endpoint of the peer, from OpenTracing's `peer.*` tags.

    As in Zipkin's own clients, a tag is removed from *tags* if the endpoint contains
    its whole value. A host name stays a tag, because an endpoint has no field for it.
    If a called service has no `peer.service`, its host name becomes `serviceName`, so
    that the graph of services shows it. For callers it does not, because each of their
    hosts would become a node.
    """
    endpoint: Endpoint = {}
    address = tags.get(_PEER_ADDRESS)
    host, port = _host_and_port(address) if address else ("", None)
    if tags.get(_PEER_SERVICE):
        endpoint["serviceName"] = tags.pop(_PEER_SERVICE).lower()
    elif kind in _CALLING_KINDS and (name := _host_name(tags, host)):
        endpoint["serviceName"] = name.lower()
    # Some instrumentations set `peer.hostname` to an address, so it is one of these.
    for key in _PEER_IPS:
        if key in tags:
            _move_tag(tags, key, endpoint, _address(tags[key]))
    if host and (found := _address(host)):
        _move_tag(
            tags, _PEER_ADDRESS, endpoint, found | ({"port": port} if port else {})
        )
    # Zipkin accepts a port alone, but it does not identify a peer.
    if endpoint and _PEER_PORT in tags and (port := _port(tags[_PEER_PORT])):
        _move_tag(tags, _PEER_PORT, endpoint, {"port": port})
    return endpoint


def _move_tag(
    tags: dict[str, str], key: str, endpoint: Endpoint, found: Mapping[str, str | int]
) -> None:
    """Move the fields *found* in a tag to *endpoint*, unless they contradict it."""
    if found and all(
        endpoint.get(name, value) == value for name, value in found.items()
    ):
        endpoint.update(found)
        del tags[key]


def _host_name(tags: Mapping[str, str], host: str) -> str:
    """Return the name of the peer's host, or "" if only its address is known."""
    names = (tags.get(_PEER_HOSTNAME, ""), host)
    return next((name for name in names if name and not _address(name)), "")


def _host_and_port(address: str) -> tuple[str, int | None]:
    """Parse `host`, `host:port` or `[IPv6]:port`; return "" for any other text."""
    if "/" in address or "@" in address:  # a URL or a connection string
        return "", None
    if address.startswith("["):  # as in URLs: the colons of IPv6 are not a port's
        host, _, rest = address[1:].partition("]")
        return host, _port(rest.removeprefix(":"))
    if _address(address):  # IPv6 without brackets, so without a port
        return address, None
    host, colon, rest = address.rpartition(":")
    if not colon:
        return address, None
    port = _port(rest)
    return (host, port) if port else ("", None)


def _port(text: str) -> int | None:
    """Return the port, or `None`: Zipkin rejects a list with a port above 65,535."""
    if not text.isdecimal() or len(text) > len(str(_MAX_PORT)):
        return None
    port = int(text)
    return port if 0 < port <= _MAX_PORT else None


def _address(text: str) -> Endpoint:
    """
    Return the field for an IP address, or no field if *text* is not an address.

    OpenTracing's tags may hold an IPv4 address as a number, which is negative in some
    languages.
    """
    try:
        if len(text) > _MAX_IP_LENGTH:
            return {}
        if text.removeprefix("-").isdecimal():
            number = int(text)
            # Java, for example, has signed integers only: -1 is 255.255.255.255.
            signed = number + (1 << 32) if number < 0 else number
            return {"ipv4": str(ipaddress.IPv4Address(signed))}
        address = ipaddress.ip_address(text)
    except ValueError:
        return {}
    if isinstance(address, ipaddress.IPv4Address):
        return {"ipv4": str(address)}
    if address.ipv4_mapped is not None:  # ::ffff:1.2.3.4, from a socket for both
        return {"ipv4": str(address.ipv4_mapped)}
    # Through int: without a zone, such as `%eth0`, which Zipkin rejects.
    return {"ipv6": str(ipaddress.IPv6Address(int(address)))}
