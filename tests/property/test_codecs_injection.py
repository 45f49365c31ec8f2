"""What is injected can be sent: names are tokens, values have no control characters."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

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
)
from jaeger_client.codecs.baggage import BaggageCodec
from jaeger_client.span_context import SpanContext

pytestmark = pytest.mark.usefixtures("codec_implementation")

# RFC 9110: names are tokens (5.6.2), values those that no client needs to quote (5.5).
TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
VALUE: Final = re.compile(r"([!-~]([\t -~]*[!-~])?)?").fullmatch

HEADERS: Final[dict[str, Callable[[], BaggageCodec]]] = {
    "jaeger": lambda: TextCodec(url_encoding=True),
    "b3": B3Codec,
    "b3single": B3SingleCodec,
    "w3c": W3CCodec,
}

odd_texts = st.text(st.sampled_from("aZ09-_ :;,=%+\t\r\n\0\x7f\x85\u00e9\u6771\ud800"))
texts = st.text(max_size=20) | odd_texts | st.sampled_from(["a", "User-Id", "k\r\nX"])
things = (
    texts
    | texts.map(lambda text: text.encode("utf-8", "replace"))
    | st.binary(max_size=20)
    | st.none()
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.builds(object)
)
baggages = st.dictionaries(things, things, max_size=6)
states = st.none() | things | st.sampled_from(["a=1,b=2", "\ta=1 ,\tb=2 "])


def context_of(baggage: object, state: object, flags: int) -> SpanContext:
    """Return a context as an application or an extracted request might create it."""
    context = SpanContext(1, 2, 3, flags, baggage)  # type: ignore[arg-type]  # any things
    context.trace_state = state  # type: ignore[assignment]  # as before
    return context


def check_headers(carrier: dict[object, object]) -> None:
    """Every client can send these headers, and every server reads them as they are."""
    for name, value in carrier.items():
        assert isinstance(name, str)
        assert TOKEN(name), name
        assert isinstance(value, str)
        assert VALUE(value), value


@pytest.mark.parametrize("name", [*HEADERS, "all"])
@given(baggages, states, st.integers(0, 3), things)
def test_headers_can_be_sent(
    name: str, baggage: object, state: object, flags: int, debug_id: str
) -> None:
    """Headers are valid for any baggage, trace state and debug id."""
    made: list[Codec] = [make() for make in HEADERS.values()]
    codec: Codec = CompositeCodec(made) if name == "all" else HEADERS[name]()

    for context in (
        context_of(baggage, state, flags),
        SpanContext.with_debug_id(debug_id),
    ):
        carrier: dict[object, object] = {}
        codec.inject(context, carrier)
        check_headers(carrier)


@given(baggages, things)
def test_text_maps_hold_no_line_breaks(baggage: object, debug_id: str) -> None:
    """Values of a text map are numbers, or Unicode text without CR, LF and NUL."""
    for context in (
        context_of(baggage, None, 1),
        SpanContext.with_debug_id(debug_id),
    ):
        carrier: dict[object, object] = {}
        TextCodec().inject(context, carrier)
        for name, value in carrier.items():
            assert isinstance(name, str)
            assert isinstance(value, (str, int, float))
            text = f"{name}{value}"
            text.encode()
            assert not {*text} & {*"\r\n\0"}


@pytest.mark.parametrize("name", [*HEADERS, "text", "binary"])
@given(st.dictionaries(texts, texts, max_size=6))
def test_every_item_is_injected_or_counted(name: str, baggage: dict[str, str]) -> None:
    """The counter includes the items that another process does not receive."""
    makers = {**HEADERS, "text": TextCodec, "binary": BinaryCodec}
    codec = makers[name]()
    carrier: object = bytearray() if name == "binary" else {}

    codec.inject(SpanContext(1, 2, None, 1, baggage), carrier)
    injected = len(baggage) - codec.dropped_baggage_items
    context = codec.extract(carrier)

    assert context is not None
    # Keys that differ only in case are one key to readers of headers.
    unlike = len(baggage) - len({key.lower() for key in baggage})
    assert injected - unlike <= len(context.baggage) <= injected
