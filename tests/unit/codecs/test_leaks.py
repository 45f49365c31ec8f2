"""No function of codecs leaks a reference or memory."""

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from typing import Final

import pytest

from jaeger_client.codecs import B3Codec, B3SingleCodec, Codec, TextCodec, W3CCodec
from jaeger_client.errors import CorruptContextError
from jaeger_client.span_context import NO_BAGGAGE, SpanContext

CODECS: Final[list[Codec]] = [
    TextCodec(),
    TextCodec(url_encoding=True),
    B3Codec(),
    B3SingleCodec(),
    W3CCodec(),
]
PLAIN: Final = SpanContext(0x463AC35C9F6413AD, 0x48485A3953BB6124, None, 1)
CONTEXTS: Final = [
    PLAIN,
    SpanContext(1 << 127, 2, 3, 3, {"user": "J\u00fcrgen K", "tenant": "acme"}),
    SpanContext(1, 2, 3, 0, {"a b": "x", "big": "x" * 5000, "number": 5}),  # type: ignore[dict-item]  # as in 4.8
]
FOREIGN: Final = {"Host": "a", "Accept": "*/*", "X-Request-Id": "5"}
CORRUPT: Final[dict[str, object]] = {
    "uber-trace-id": "1:2:3",
    "b3": "x-y",
    "x-b3-traceid": "g",
    "traceparent": f"00-{'g' * 32}-{'1' * 16}-01",
    "uberctx-k": None,
}


def round_trips() -> None:
    """Inject and extract in all formats: 60 round trips."""
    for codec in CODECS:
        for context in CONTEXTS:
            headers: dict[str, object] = dict(FOREIGN)
            codec.inject(context, headers)
            codec.extract(headers)
            codec.extract([*headers.items()])
            codec.extract([(name.encode(), value) for name, value in headers.items()])
            with suppress(CorruptContextError):
                codec.extract(CORRUPT)


def in_use() -> tuple[int, int]:
    """Return the number of blocks, and of references to what all contexts share."""
    gc.collect()
    shared = [NO_BAGGAGE, PLAIN, SpanContext, str, dict, tuple]
    return sys.getallocatedblocks(), sum(map(sys.getrefcount, shared))


def growth(turns: int) -> tuple[int, int]:
    """Return by how much `in_use` is greater after so many turns."""
    before = in_use()
    for _ in range(turns):
        round_trips()
    after = in_use()
    return after[0] - before[0], after[1] - before[1]


@pytest.mark.parametrize(
    "number",
    [
        50_000,
        pytest.param(
            1_000_000, marks=[pytest.mark.long, pytest.mark.timeout(900)], id="million"
        ),
    ],
)
def test_round_trips_leave_nothing_behind(number: int) -> None:
    """They leave neither blocks of memory nor references to what all contexts share."""
    turns = number // 60
    # What is logged, learned and cached at first is no leak, and grows once.
    growths = [growth(turns // 4) for _ in range(4)]

    blocks, references = map(min, zip(*growths, strict=True))
    # A leak in one of the operations of a turn is twice as many.
    assert blocks < turns // 8
    assert abs(references) < turns // 8
