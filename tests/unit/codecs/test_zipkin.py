"""The codec for TChannel: four fields."""

from __future__ import annotations

from collections import UserDict
from types import SimpleNamespace

import opentracing
import pytest

from jaeger_client.codecs import ZipkinCodec, ZipkinSpanFormat
from jaeger_client.errors import CorruptContextError, InvalidCarrierError
from jaeger_client.span_context import SpanContext

CODEC = ZipkinCodec()


def fields(**changed: object) -> dict[str, object]:
    """Return the fields of a context, some of them changed."""
    return {"trace_id": 1, "span_id": 2, "parent_id": 3, "traceflags": 1, **changed}


def ids(context: SpanContext | None) -> tuple[int | None, ...] | None:
    """Return the parts of a context."""
    if context is None:
        return None
    return context.trace_id, context.span_id, context.parent_id, context.flags


def test_the_format_has_a_name() -> None:
    """The name of the format is that of 4.8."""
    assert "zipkin-span-format" == ZipkinSpanFormat


def test_ids_are_written_as_numbers() -> None:
    """The carrier contains the four fields only."""
    carrier: dict[str, object] = {}
    CODEC.inject(SpanContext(2**100, 2, None, 0, {"k": "v"}), carrier)

    assert fields(trace_id=2**100, parent_id=None, traceflags=0) == carrier


def test_mutable_mappings_are_carriers() -> None:
    """Any mutable mapping can be written and read."""
    carrier: UserDict[str, object] = UserDict()
    CODEC.inject(SpanContext(1, 2, 3, 1), carrier)

    assert (1, 2, 3, 1) == ids(CODEC.extract(carrier))


def test_dicts_and_objects_are_read() -> None:
    """Fields are keys of a dict or attributes of an object."""
    assert (1, 2, 3, 1) == ids(CODEC.extract(fields()))
    assert (1, 2, 3, 1) == ids(CODEC.extract(SimpleNamespace(**fields())))


@pytest.mark.parametrize("parent", [0, None])
def test_parent_zero_is_none(parent: int | None) -> None:
    """A parent of 0 or None is None."""
    assert (1, 2, None, 1) == ids(CODEC.extract(fields(parent_id=parent)))


def test_fields_may_be_missing_from_a_dict() -> None:
    """A missing field is None."""
    context = CODEC.extract({"trace_id": 1, "span_id": 2})

    assert (1, 2, None, None) == ids(context)
    assert context is not None
    assert not context.has_trace


@pytest.mark.parametrize("carrier", [{}, fields(trace_id=0), fields(trace_id=None)])
def test_no_trace_id_is_no_context(carrier: dict[str, object]) -> None:
    """A carrier without a trace id contains no context."""
    assert CODEC.extract(carrier) is None


@pytest.mark.parametrize("name", ["trace_id", "span_id", "parent_id", "traceflags"])
@pytest.mark.parametrize("value", ["1", -1, 2**128, 1.5, [1], object()])
def test_an_invalid_field_is_corrupt(name: str, value: object) -> None:
    """A field that is not a number, or too large, raises an error."""
    with pytest.raises(opentracing.SpanContextCorruptedException, match=name):
        CODEC.extract(fields(**{name: value}))


def test_span_ids_have_64_bits() -> None:
    """A span id of more than 64 bits is corrupt."""
    with pytest.raises(CorruptContextError, match="64 bits"):
        CODEC.extract(fields(span_id=2**64))


@pytest.mark.parametrize("carrier", [None, 5, [], "x", SimpleNamespace(trace_id=1)])
def test_other_carriers_are_invalid(carrier: object) -> None:
    """A carrier must be a mapping or have all attributes."""
    with pytest.raises(InvalidCarrierError):
        CODEC.extract(carrier)
    with pytest.raises(InvalidCarrierError):
        CODEC.inject({}, carrier)  # type: ignore[arg-type]  # the carrier comes first


def test_flags_have_31_bits() -> None:
    """They are an i32 on the wire; the message contains the value."""
    largest = CODEC.extract(fields(traceflags=2**31 - 1))
    assert largest is not None
    assert 2**31 - 1 == largest.flags
    with pytest.raises(
        CorruptContextError,
        match="^traceflags must be a number of at most 31 bits, got 2147483648$",
    ):
        CODEC.extract(fields(traceflags=2**31))
