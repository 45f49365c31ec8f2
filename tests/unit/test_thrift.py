"""`jaeger_client.thrift` and the structs of `thrift_gen`, as 4.8 had them."""

# pyright: reportPrivateUsage=false
# Programs read private names of `thrift`.

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import opentracing
import pytest

from jaeger_client import (
    ConstSampler,
    SpanContext,
    Tracer,
    thrift,
)
from jaeger_client._internal.tag_lists import Log, Tag
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.thrift_gen.jaeger import ttypes

if TYPE_CHECKING:
    from types import TracebackType


@pytest.mark.parametrize(
    ("value", "attribute", "kept", "kind"),
    [
        ("abcdefgh", "vStr", "abcde", ttypes.TagType.STRING),
        (True, "vBool", True, ttypes.TagType.BOOL),
        (3, "vLong", 3, ttypes.TagType.LONG),
        (2.5, "vDouble", 2.5, ttypes.TagType.DOUBLE),
        (b"xx", "vBinary", b"xx", ttypes.TagType.BINARY),
        (None, "vStr", "None", ttypes.TagType.STRING),
        ([1], "vStr", "[1]", ttypes.TagType.STRING),
    ],
)
def test_make_tag_stores_a_value_in_the_attribute_of_its_type(
    value: object,
    attribute: str,
    kept: object,
    kind: int,
) -> None:
    """One attribute has the value; `vType` names it."""
    tag = thrift.make_tag("key", value, 5, 10)

    assert ("key", kind, kept) == (tag.key, tag.vType, getattr(tag, attribute))


def test_make_tag_formats_a_traceback_and_cuts_it_at_its_own_length() -> None:
    """A traceback may be longer than other text."""
    tag = thrift.make_tag("stack", a_traceback(), 3, 8)

    assert "  File " == str(tag.vStr)[:7]
    assert 8 == len(str(tag.vStr))


def a_traceback() -> TracebackType:
    """Return the traceback of an error."""
    with pytest.raises(LookupError) as caught:
        importlib.import_module("jaeger_client").__dict__["nothing"]
    return caught.tb


def test_make_tags_takes_a_dict_or_nothing() -> None:
    """Each pair becomes a tag, in their order."""
    assert [Tag.of("a", 1), Tag.of("b", "c")] == thrift.make_tags(
        {"a": 1, "b": "c"},
        10,
        10,
    )
    assert [] == thrift.make_tags(None, 10, 10)


def test_make_log_takes_seconds_and_keeps_microseconds() -> None:
    """The fields become tags."""
    assert Log(1_500_000, [Tag.of("a", 1)]) == thrift.make_log(1.5, {"a": 1}, 9, 9)


def test_make_process_has_the_name_and_the_tags() -> None:
    """Text in them is cut."""
    process = thrift.make_process("shop", {"a": "12345678"}, 3)

    assert ttypes.Process("shop", [Tag.of("a", "123")]) == process


def test_make_references_has_kind_and_signed_ids() -> None:
    """Ids of 64 bits and more become the signed halves of the IDL."""
    references = [
        opentracing.child_of(SpanContext(2**64 + 5, 7, 0, 1)),
        opentracing.follows_from(SpanContext(2**63, 2**64 - 1, 0, 1)),
    ]

    assert [
        ttypes.SpanRef(ttypes.SpanRefType.CHILD_OF, 5, 1, 7),
        ttypes.SpanRef(ttypes.SpanRefType.FOLLOWS_FROM, -(2**63), 0, -1),
    ] == thrift.make_references(references)
    assert thrift.make_references(None) is None


def test_make_jaeger_batch_has_everything_of_a_span() -> None:
    """Ids, times in microseconds, tags, logs and references."""
    tracer = Tracer("shop", InMemoryReporter(), ConstSampler(decision=True))
    parent = SpanContext(2**64 + 1, 2, None, 1)
    span = tracer.start_span(
        "op",
        child_of=parent,
        references=opentracing.follows_from(parent),
        tags={"a": 1},
        start_time=10.0,
    )
    span.log_kv({"event": "x"}, timestamp=10.5)
    process = thrift.make_process("shop", None, 9)

    unfinished = thrift.make_jaeger_batch([span], process).spans
    span.finish(12.0)
    batch = thrift.make_jaeger_batch([span], process)

    assert unfinished is not None
    assert 0 == unfinished[0].duration
    assert process == batch.process
    assert [
        ttypes.Span(
            traceIdLow=1,
            traceIdHigh=1,
            spanId=thrift.id_to_int(span.span_id),
            parentSpanId=2,
            operationName="op",
            references=[ttypes.SpanRef(1, 1, 1, 2)],
            flags=1,
            startTime=10_000_000,
            duration=2_000_000,
            tags=[Tag.of("a", 1)],
            logs=[Log(10_500_000, [Tag.of("event", "x")])],
        ),
    ] == batch.spans


@pytest.mark.parametrize(
    ("big", "signed"),
    [
        (None, None),
        (0, 0),
        (2**63 - 1, 2**63 - 1),
        (2**63, -(2**63)),
        (2**64 - 1, -1),
        (2**64 + 5, 5),
    ],
)
def test_id_to_int_is_the_signed_low_half(big: int | None, signed: int | None) -> None:
    """The IDL knows signed numbers of 64 bits only."""
    assert signed == thrift.id_to_int(big)


def test_the_private_names_of_4_8_are_there() -> None:
    """Programs used them."""
    assert Tag.of("k", "ab") == thrift._make_string_tag("k", "abc", 2)
    assert Tag.of("k", True) == thrift._make_bool_tag("k", True)
    assert Tag.of("k", 4) == thrift._make_long_tag("k", 4)
    assert Tag.of("k", 4.0) == thrift._make_double_tag("k", 4)
    assert (5, 1) == (thrift._id_to_low(2**64 + 5), thrift._id_to_high(2**64 + 5))
    assert thrift._id_to_low(None) is None
    assert thrift._id_to_high(None) is None
    assert Tag.of("k", "  Fi") == thrift._make_traceback_tag("k", a_traceback(), 4)


def test_the_structs_of_the_idl_are_values() -> None:
    """They compare by their fields and can be created empty."""
    assert ttypes.Batch(None, [ttypes.Span()]) == ttypes.Batch(spans=[ttypes.Span()])
    assert ttypes.BatchSubmitResponse(ok=True).ok
