"""Everything recorded on a span is stored, cut and typed as documented."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jaeger_client._internal.tag_lists import TagType
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import MemoryTracer

PLAIN = (
    st.text()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.binary(max_size=20)
)
ANYTHING = st.recursive(
    st.none() | PLAIN | st.complex_numbers() | st.dates() | st.fractions(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
TYPES = {
    str: TagType.STRING,
    float: TagType.DOUBLE,
    bool: TagType.BOOL,
    int: TagType.LONG,
    bytes: TagType.BINARY,
}


def make_span() -> Span:
    """Return a span without a tracer."""
    return Span(SpanContext(1, 2, None, 1), None, "op")


@given(st.lists(st.tuples(st.text(), PLAIN)))
def test_plain_values_are_stored(pairs: list[tuple[str, object]]) -> None:
    """Tags of plain values are read as they were set, in order, with duplicates."""
    span = make_span()

    for key, value in pairs:
        span.set_tag(key, value)

    stored = [(tag.key, tag.value) for tag in span.tags]
    assert [pair for pair in pairs if pair[0] != "sampling.priority"] == stored


@given(st.dictionaries(st.text(min_size=1), ANYTHING))
def test_first_tags_are_as_later_tags(tags: dict[str, object]) -> None:
    """Tags passed at the start are stored exactly as tags set one by one."""
    at_start = Span(SpanContext(1, 2, None, 1), None, "op", tags)
    one_by_one = make_span()
    for key, value in tags.items():
        one_by_one.set_tag(key, value)

    assert repr(one_by_one.tags) == repr(at_start.tags)


@given(ANYTHING)
def test_every_value_has_a_type(value: object) -> None:
    """Any value is stored as one of five types, which `vType` names."""
    (tag,) = make_span().set_tag("key", value).tags
    (field,) = make_span().log_kv({"key": value}).logs[0].fields

    assert tag.value is not None
    assert TYPES[type(tag.value)] == tag.vType
    assert repr(tag) == repr(field)


@given(st.text(max_size=50), st.integers(min_value=0, max_value=40))
def test_text_is_cut_to_a_prefix(text: str, longest: int) -> None:
    """Text is cut to a prefix of at most `max_tag_value_length` characters."""
    tracer = MemoryTracer()
    tracer.max_tag_value_length = longest

    span = tracer.start_span("op").set_tag("key", text)

    assert text[:longest] == span.tags[-1].value


@given(st.one_of(st.floats(), st.integers()))
def test_times_fit_64_bits(moment: float) -> None:
    """Any time is a number, or replaced by now, and fits 64 bits of microseconds."""
    span = MemoryTracer().start_span("op", start_time=moment)
    span.log_kv({}, timestamp=moment)
    span.finish(moment)

    times = (span.start_time, span.end_time or 0.0)
    assert all(abs(time) * 1e6 < 2**63 for time in times)
    assert abs(span.logs[0].timestamp) < 2**63


@given(st.dictionaries(st.text(), st.text()), st.text(), st.none() | st.text())
def test_baggage_is_a_dict_with_one_item_changed(
    baggage: dict[str, str],
    key: str,
    value: str | None,
) -> None:
    """`with_baggage_item` works as on a dict, and does not change the old context."""
    before = dict(baggage)
    expected = {**baggage, key: value}
    if value is None:
        del expected[key]

    context = SpanContext(1, 2, None, 1, baggage).with_baggage_item(key, value)

    assert (expected, before) == (context.baggage, baggage)
