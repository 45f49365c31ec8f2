"""Each codec reads what it has written, for all ids, flags and baggage."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.codecs import (
    B3Codec,
    B3SingleCodec,
    BinaryCodec,
    Codec,
    CompositeCodec,
    TextCodec,
    W3CCodec,
    ZipkinCodec,
    span_context_from_string,
    span_context_to_string,
)
from jaeger_client.span_context import SpanContext

pytestmark = pytest.mark.usefixtures("codec_implementation")

trace_ids = st.integers(1, 2**128 - 1) | st.integers(1, 2**64 - 1)
span_ids = st.integers(1, 2**64 - 1)
parent_ids = st.none() | span_ids
flags = st.integers(0, 3)
keys = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", max_size=10)
# Without lone surrogates, which are replaced.
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
baggages = st.dictionaries(keys, values, max_size=5)
contexts = st.builds(SpanContext, trace_ids, span_ids, parent_ids, flags, baggages)

Everything = tuple[int, int, int | None, int, dict[str, str]]


def everything(context: SpanContext | None) -> Everything | None:
    """Return the parts of a context."""
    if context is None:
        return None
    return (
        context.trace_id,
        context.span_id,
        context.parent_id,
        context.flags,
        context.baggage,
    )


def there_and_back(codec: Codec, context: SpanContext) -> Everything | None:
    """Inject into a dict and extract from it."""
    carrier: dict[str, object] = {}
    codec.inject(context, carrier)
    return everything(codec.extract(carrier))


@pytest.mark.parametrize("url_encoding", [False, True])
@given(contexts)
def test_text(url_encoding: bool, context: SpanContext) -> None:
    """Everything is read again, except text in TEXT_MAP that could forge a header."""
    again = there_and_back(TextCodec(url_encoding), context)

    if not url_encoding:
        context.baggage = without_line_breaks(context.baggage)
    assert everything(context) == again


def without_line_breaks(baggage: dict[str, str]) -> dict[str, str]:
    """Omit values that contain CR, LF or NUL."""
    return {key: value for key, value in baggage.items() if not {*"\r\n\0"} & {*value}}


@given(contexts)
def test_b3(context: SpanContext) -> None:
    """Everything is read again; a debug context, which is sampled, has both bits."""
    if context.flags & 2:
        context.flags = 3

    assert everything(context) == there_and_back(B3Codec(), context)
    assert everything(context) == there_and_back(B3SingleCodec(), context)
    assert everything(context) == there_and_back(
        CompositeCodec([W3CCodecWithoutTrace(), B3Codec(True)]), context
    )


class W3CCodecWithoutTrace(W3CCodec):
    """Finds no context, so that the next format is read."""

    def extract(self, carrier: object) -> SpanContext | None:
        """Find nothing."""
        return None


long_values = st.builds(
    "{0}{1}".format,
    values,
    st.integers(0, 4000).map(lambda length: "x %,=;+"[length % 7] * length),
)


@given(st.permutations([*range(4)]), contexts)
def test_composite(order: list[int], context: SpanContext) -> None:
    """In any order everything is read again, except the parent if W3C is read first."""
    codecs = [TextCodec(url_encoding=True), B3Codec(), B3SingleCodec(), W3CCodec()]
    if context.flags & 2:
        context.flags = 3
    context.baggage.pop("", None)  # W3C has no empty keys
    again = there_and_back(CompositeCodec([codecs[at] for at in order]), context)

    if order[0] == 3:
        context.parent_id = None
    assert everything(context) == again


@pytest.mark.parametrize(
    "codec",
    [
        TextCodec(),
        TextCodec(url_encoding=True),
        B3Codec(),
        B3SingleCodec(),
        CompositeCodec([B3SingleCodec(), W3CCodec(), TextCodec(url_encoding=True)]),
    ],
    ids=["text", "headers", "b3", "b3single", "composite"],
)
@given(long_values)
def test_long_values(codec: Codec, value: str) -> None:
    """A value of any characters is read completely, up to the limit."""
    context = SpanContext(1, 2, None, 1, {"key": value})
    again = there_and_back(codec, context)

    if isinstance(codec, TextCodec) and not codec.url_encoding:
        context.baggage = without_line_breaks(context.baggage)
    assert everything(context) == again


@given(long_values)
def test_long_values_in_binary(value: str) -> None:
    """A value is read completely if it and its key are within the limit."""
    context = SpanContext(1, 2, None, 1, {"key": value})
    carrier = bytearray()
    BinaryCodec().inject(context, carrier)

    assert everything(context) == everything(BinaryCodec().extract(carrier))


keys = st.from_regex(r"[a-z][a-z0-9_*/-]{0,9}(@[a-z][a-z0-9]{0,9})?", fullmatch=True)
values = st.from_regex(r"[ -+\--<>-~]{0,9}[!-+\--<>-~]", fullmatch=True)
states = st.dictionaries(keys, values, max_size=31).map(
    lambda members: ",".join(f"{key}={value}" for key, value in members.items())
)


tokens = st.text(f"{string.ascii_letters}{string.digits}!#$%&'*+-.^_`|~", min_size=1)


@given(contexts, states, st.dictionaries(tokens, values), st.booleans())
def test_w3c(
    context: SpanContext, state: str, baggage: dict[str, str], is_random: bool
) -> None:
    """Everything but the parent is read again; a debug context has both bits."""
    context.baggage = context.baggage | baggage
    context.has_random_trace_id = is_random
    context.trace_state = state or None
    context.flags = 3 if context.flags & 2 else context.flags
    context.baggage.pop("", None)  # the format has no empty keys
    carrier: dict[str, object] = {}
    W3CCodec().inject(context, carrier)
    again = W3CCodec().extract(carrier)

    assert again is not None
    context.parent_id = None
    assert everything(context) == everything(again)
    assert context.trace_state == again.trace_state
    assert is_random == again.has_random_trace_id


@given(contexts)
def test_binary(context: SpanContext) -> None:
    """Ids, flags and baggage are read again."""
    carrier = bytearray()
    BinaryCodec().inject(context, carrier)

    assert everything(context) == everything(BinaryCodec().extract(carrier))


@given(contexts)
def test_zipkin(context: SpanContext) -> None:
    """Ids and flags are read again; the format has no baggage."""
    ids = everything(context)

    assert ids is not None
    assert (*ids[:4], {}) == there_and_back(ZipkinCodec(), context)


@given(trace_ids, span_ids, parent_ids, st.integers(0, 2**31 - 1))
def test_strings(
    trace_id: int, span_id: int, parent_id: int | None, all_flags: int
) -> None:
    """The text of a context holds ids and flags of every size, in either case."""
    text = span_context_to_string(trace_id, span_id, parent_id, all_flags)

    expected = trace_id, span_id, parent_id, all_flags
    assert expected == span_context_from_string(text)
    assert expected == span_context_from_string(text.upper())
