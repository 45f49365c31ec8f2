"""The values of spans; the same for every peer."""

from __future__ import annotations

SPANS_IN_BATCH = 100
"""Number of spans in a batch of `make_encoding`."""

CHILDREN_OF_PARENT = 4
"""Number of spans of a batch with the same parent; roots would have more tags."""

OTHER_HEADERS = {
    "host": "shop.example",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64)",
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "accept-language": "en",
    "connection": "keep-alive",
    "content-type": "application/json",
    "x-request-id": "b1946ac9-2af5-4b6a",
}
"""Eight headers of a request, none of them a tracer's."""


def make_tags(count: int) -> dict[str, object]:
    """Return *count* tags of mixed types."""
    return {f"key.{number}": _value(number) for number in range(count)}


def _value(number: int) -> object:
    return [f"value {number}", number, number % 2 == 0, number / 4][number % 4]


def encoded_tags(number: int, *, unseen: bool) -> dict[str, str | int | bool]:
    """
    Return the eight tags of a span to encode.

    Args:
        number: Unique to this span.
        unseen: Whether three of the values are unique to this span.
    """
    new = number if unseen else 17
    return {
        "span.kind": "client",
        "component": "http",
        "http.method": "GET",
        "http.url": f"http://shop.example/customers/{new}",
        "http.status_code": 200,
        "cached": True,
        "peer.port": 1024 + new * 7919,
        "request.id": f"r{new:x}",
    }
