"""Chains of services that call each other, and what each client knows of its spans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.real.clients.service import Order, Response, Service

Hop = dict[str, Any]
"""What a client knows about a span."""

FindService = Callable[[str], Service]
"""Returns the service of a client, or skips the test if a tool is missing."""


def send(
    row: Sequence[Service],
    forms: str | Sequence[str],
    first: Order,
    headers: Mapping[str, str] | None = None,
) -> list[Hop]:
    """
    Let each service call the next; return the spans in their order.

    Args:
        row: The services.
        forms: The format in which each takes its caller's context.
        first: Further parts of the order for the first one.
        headers: What the first one's caller sends.
    """
    each = [forms] * len(row) if isinstance(forms, str) else forms
    following: Order | None = None
    for service, form in reversed([*zip(row, each, strict=True)]):
        order: Order = {"format": form, "wide": first.get("wide", False)}
        if following is not None:
            order["next"] = following
        following = {"url": service.url, "order": order}
    assert following is not None
    return list(spans_of(row[0].execute(following["order"] | first, headers)))


def spans_of(response: Response | None) -> Iterator[Hop]:
    """Yield the spans of a response and of those in it."""
    while response is not None:
        yield response["server"]
        if response["client"] is not None:
            yield response["client"]
        response = response["next"]


def assert_one_trace(hops: Sequence[Hop], *, wide: bool) -> None:
    """Check trace ids, and that each span is the parent of the next."""
    first: str = hops[0]["trace_id"]
    assert [first] * len(hops) == [hop["trace_id"] for hop in hops]
    assert (len(first) > 16) == wide
    callers = [hop["span_id"] for hop in hops[:-1]]
    assert callers == [hop["parent_id"] for hop in hops[1:]]
