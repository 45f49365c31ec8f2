"""
The interface of a codec, and what all codecs share: contexts, carriers and values.

Carriers come from other services. `extract` raises only `CorruptContextError` for the
content of a carrier and `InvalidCarrierError` for its type. It does not access the
values of other names, and stores a bounded amount of data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Protocol, TypeGuard, cast

from jaeger_client.span_context import SpanContext


class Headers(Protocol):
    """A carrier that a context is written into."""

    def __setitem__(self, name: str, value: object, /) -> None: ...


class Codec:
    """
    Writes span contexts into carriers of one format and reads them back.

    The tracer calls it on the application's threads, concurrently. Subclass it to add a
    format: see `register_codec`, and `extra_codecs` of the tracer.
    """

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """
        Write *span_context* into *carrier*.

        The tracer always passes a context. The codecs of this library accept a span,
        too, as those of 4.8 did.

        Raises:
            InvalidCarrierError: If the format cannot be written into the carrier.
        """
        raise NotImplementedError

    def extract(self, carrier: object) -> SpanContext | None:
        """
        Return the context in *carrier*, or `None` if there is none.

        Raises:
            InvalidCarrierError: If the format cannot be read from the carrier.
            CorruptContextError: If the context in it cannot be read.
        """
        raise NotImplementedError

    def count_dropped_baggage(self, count: Callable[[int], object]) -> None:
        """Call *count* with the number of dropped items whenever any are dropped."""


def context_of(thing: object) -> SpanContext:
    """Return the context of a span, which codecs of 4.8 accepted, or *thing* itself."""
    if isinstance(thing, SpanContext):
        return thing
    # Tests of applications pass objects with the attributes of a context.
    return cast("SpanContext", getattr(thing, "context", thing))


def without_trace(
    baggage: dict[str, str] | None,
    *,
    flags: int | None = None,
    debug_id: str | None = None,
) -> SpanContext:
    """Return a context without ids; with flags, it decides about sampling."""
    return SpanContext(None, None, None, flags, baggage, debug_id)  # type: ignore[arg-type]  # no ids


def set_extra(context: SpanContext, name: str, value: object) -> None:
    """Set an attribute that has no slot, because few contexts have it."""
    setattr(context, name, value)


def is_writable(carrier: object) -> TypeGuard[Headers]:
    """Return whether *carrier* is a dict or another mapping that can be changed."""
    return isinstance(carrier, (dict, MutableMapping))


def is_mapping(carrier: object) -> TypeGuard[Mapping[str, object]]:
    """Return whether *carrier* is a dict or another mapping."""
    return isinstance(carrier, (dict, Mapping))


def is_list(value: object) -> TypeGuard[list[object]]:
    """Return whether *value* is a list."""
    return isinstance(value, list)


def sole(value: object) -> object:
    """Return *value*, or its element if it is a list of one, as some carriers have."""
    return value[0] if is_list(value) and len(value) == 1 else value


def header_text(value: object) -> str | None:
    """Return a header's value as text, or `None` if it is neither text nor bytes."""
    if type(value) is str:
        return value
    value = sole(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None
