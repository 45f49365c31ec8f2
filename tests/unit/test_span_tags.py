"""Tags: storing and reading values."""

from __future__ import annotations

import sys
from enum import Enum, IntEnum

import pytest

from jaeger_client._internal.tag_lists import Tag, TagType
from jaeger_client.sampler import ConstSampler
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import MemoryTracer
from tests.unit.spans import Hostile, pairs_of


def make_span(flags: int = 1) -> Span:
    """Return a span of no tracer."""
    return Span(SpanContext(1, 2, None, flags), tracer=None, operation_name="op")


class Limits:
    """A mock tracer as in tests of 4.8."""

    max_tag_value_length = 10


def test_tags_read_as_objects_of_48() -> None:
    """A tag has `key`, `vType` and one of `vStr, vBool, vLong, vDouble, vBinary`."""
    span = make_span()

    span.set_tag("text", "a").set_tag("flag", True).set_tag("count", 3)
    span.set_tag("share", 1.5).set_tag("raw", b"\x00")

    expected = [
        Tag("text", 0, vStr="a"),
        Tag("flag", 2, vBool=True),
        Tag("count", 3, vLong=3),
        Tag("share", 1, vDouble=1.5),
        Tag("raw", 4, vBinary=b"\x00"),
    ]
    assert expected == span.tags


def test_type_numbers() -> None:
    """`vType` is 0 for text, 1 double, 2 bool, 3 long, 4 binary."""
    numbers = (
        TagType.STRING,
        TagType.DOUBLE,
        TagType.BOOL,
        TagType.LONG,
        TagType.BINARY,
    )

    assert (0, 1, 2, 3, 4) == numbers


def test_bool_is_seen_before_int() -> None:
    """True is a bool tag, though Python takes it for an int."""
    span = make_span().set_tag("flag", True)

    assert (TagType.BOOL, True, None) == (
        span.tags[0].vType,
        span.tags[0].vBool,
        span.tags[0].vLong,
    )


def test_duplicate_tags_are_stored() -> None:
    """A second tag of the same key does not replace the first."""
    span = make_span().set_tag("key", 1).set_tag("key", 2)

    assert [("key", 1), ("key", 2)] == pairs_of(span)


def test_tags_after_finish_are_stored() -> None:
    """A tag set after `finish` is still appended."""
    tracer = MemoryTracer()
    span = tracer.start_span("op")

    span.finish()
    span.set_tag("late", 1)

    assert [("late", 1)] == pairs_of(tracer.spans[0])


def test_none_becomes_text() -> None:
    """None is recorded as 'None'."""
    span = make_span().set_tag("key", None)

    assert [("key", "None")] == pairs_of(span)


def test_other_values_become_text_when_set() -> None:
    """A list is recorded as it was when it was set, whatever becomes of it."""
    values = [1, 2]
    span = make_span().set_tag("key", values)

    values.append(3)

    assert [("key", "[1, 2]")] == pairs_of(span)


def test_start_tags_become_text_at_start() -> None:
    """A list among the first tags is recorded as it was at the start."""
    values = [1, 2]
    span = MemoryTracer().start_span("op", tags={"key": values})

    values.append(3)

    assert [("key", "[1, 2]")] == pairs_of(span)


def test_value_that_has_no_text_is_recorded_as_the_error() -> None:
    """A value whose `str()` raises is recorded as the error's text."""
    span = make_span().set_tag("key", Hostile())

    assert [("key", "touched")] == pairs_of(span)


def test_long_text_is_cut() -> None:
    """Text longer than the tracer's `max_tag_value_length` is cut to that length."""
    tracer = MemoryTracer()
    tracer.max_tag_value_length = 5

    span = tracer.start_span("op", tags={"first": "abcdefg", "fits": "abcde"})
    span.set_tag("second", "abcdefg").set_tag("other", ["abcdefg"])

    expected = [
        ("first", "abcde"),
        ("fits", "abcde"),
        ("second", "abcde"),
        ("other", "['abc"),
    ]
    assert expected == pairs_of(span)


def test_text_is_cut_at_1024_by_default() -> None:
    """By default, 1024 characters are stored."""
    span = make_span().set_tag("key", "x" * 2000)

    assert [("key", "x" * 1024)] == pairs_of(span)


def test_traceback_is_formatted_and_cut() -> None:
    """A traceback is formatted and cut at `max_traceback_length`, not at the text's."""
    tracer = MemoryTracer()
    tracer.max_tag_value_length, tracer.max_traceback_length = 5, 7
    span = tracer.start_span("op")

    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        span.set_tag("traceback", error.__traceback__)

    assert [("traceback", "  File ")] == pairs_of(span)


def test_subclasses_are_copied_to_plain_types() -> None:
    """Values of types derived from text and numbers are recorded as the plain type."""

    class Color(str, Enum):
        RED = "red"

    class Level(IntEnum):
        HIGH = 3

    class Share(float):
        pass

    span = make_span()
    span.set_tag("color", Color.RED).set_tag("level", Level.HIGH)
    span.set_tag("share", Share(0.5)).set_tag("buffer", bytearray(b"ab"))

    assert [
        ("color", "red"),
        ("level", 3),
        ("share", 0.5),
        ("buffer", b"ab"),
    ] == pairs_of(span)
    assert [str, int, float, bytes] == [type(tag.value) for tag in span.tags]


def test_huge_int_is_stored() -> None:
    """An integer beyond 64 bits is stored; the encoder converts it to text."""
    span = make_span().set_tag("key", 2**70)

    assert [("key", 2**70)] == pairs_of(span)


def test_tags_can_be_replaced() -> None:
    """`span.tags` can be set; later tags are appended to what was set."""
    span = make_span().set_tag("old", 1)

    span.tags = [("new", 2)]
    span.set_tag("newer", 3)

    assert [("new", 2), ("newer", 3)] == pairs_of(span)


def test_tags_stay_the_same_list() -> None:
    """`span.tags` is one list: what is changed in it stays changed."""
    span = make_span().set_tag("key", "secret")

    span.tags[0].vStr = "hidden"
    span.tags.append(Tag("more", TagType.LONG, vLong=1))
    span.set_tag("last", 2)

    assert [("key", "hidden"), ("more", 1), ("last", 2)] == pairs_of(span)


def test_objects_still_read_as_pairs() -> None:
    """`tag_items` are pairs, whether `tags` was read before or not."""
    span = make_span().set_tag("key", 1)

    plain = [(key, value) for key, value in span.tag_items]
    assert [("key", 1)] == [(tag.key, tag.value) for tag in span.tags]
    assert plain == [(key, value) for key, value in span.tag_items]


def test_add_tags_sets_each() -> None:
    """`add_tags` records every tag of a mapping, in its order."""
    span = make_span()

    span.add_tags({"b": 1, "a": None})

    assert [("b", 1), ("a", "None")] == pairs_of(span)


def test_owner_of_old_tests_will_do() -> None:
    """A mock tracer that only has `max_tag_value_length` will do for setting tags."""
    span = Span(SpanContext(1, 2, 3, 1), tracer=Limits(), operation_name="op")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # on purpose

    span.set_tag("key", "x" * 20).set_tag("list", ["x" * 20]).log_kv({"a": "x" * 20})

    assert [("key", "x" * 10), ("list", "['xxxxxxxx")] == pairs_of(span)
    assert [("a", "x" * 10)] == [(tag.key, tag.value) for tag in span.logs[0].fields]


def test_no_tracer_will_do() -> None:
    """A span made with `tracer=None` records, and can be finished and shown."""
    span = Span(SpanContext(1, 2, None, 1), tracer=None, operation_name="op")

    span.set_tag("sampling.priority", 1)
    span.finish()

    assert span.finished
    assert "1:2:0:3 .op" == repr(span)


@pytest.mark.parametrize("kind", ["client", "server"])
def test_is_rpc(kind: str) -> None:
    """A span whose `span.kind` is client or server is an RPC span."""
    span = make_span().set_tag("other", 1).set_tag("span.kind", kind)

    assert span.is_rpc()
    assert (kind == "client") == span.is_rpc_client()


def test_is_no_rpc() -> None:
    """The first `span.kind` decides; a producer's span is not an RPC span."""
    span = make_span().set_tag("span.kind", "producer").set_tag("span.kind", "client")

    assert not span.is_rpc()
    assert not span.is_rpc_client()
    assert not make_span().is_rpc()


def test_unsampled_span_records_nothing() -> None:
    """On an unsampled span, tags and logs are ignored and nothing is reported."""
    tracer = MemoryTracer()
    tracer.sampler = ConstSampler(decision=False)

    span = tracer.start_span("op", tags={"a": 1})
    span.set_tag("b", 2).log_kv({"c": 3})
    span.finish()

    assert ([], [], []) == (span.tags, span.logs, tracer.spans)


def test_set_tag_makes_no_object_for_a_plain_value() -> None:
    """Text within the limit is stored as the same object: nothing is copied."""
    value = f"not interned at {id(object())}"
    before = sys.getrefcount(value)

    span = make_span().set_tag("key", value)

    assert before + 1 == sys.getrefcount(value)
    assert value is span.tags[0].vStr
