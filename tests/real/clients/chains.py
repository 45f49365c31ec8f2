"""Chains of services that call each other, and what each of their spans saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.real.clients.service import Answer, Order, Service

Hop = dict[str, Any]
"""What a client holds a span to be."""

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
    return list(spans_of(row[0].obey(following["order"] | first, headers)))


def spans_of(answer: Answer | None) -> Iterator[Hop]:
    """Yield the spans of a response and of those in it."""
    while answer is not None:
        yield answer["server"]
        if answer["client"] is not None:
            yield answer["client"]
        answer = answer["next"]


def assert_one_trace(hops: Sequence[Hop], *, wide: bool) -> None:
    """Check trace ids, and that each span is the parent of the next."""
    first: str = hops[0]["trace_id"]
    assert [first] * len(hops) == [hop["trace_id"] for hop in hops]
    assert (len(first) > 16) == wide
    callers = [hop["span_id"] for hop in hops[:-1]]
    assert callers == [hop["parent_id"] for hop in hops[1:]]
