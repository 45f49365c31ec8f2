"""No function of codecs leaks a reference or memory."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
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


def growth(work: Callable[[], None], times: int) -> tuple[int, int]:
    """Return by how many blocks and references the process has grown."""
    shared = [None, True, 1, "", NO_BAGGAGE, PLAIN, SpanContext, str, dict]

    def references() -> int:
        return sum(map(sys.getrefcount, shared))

    for _ in range(20):
        work()
    gc.collect()
    before = sys.getallocatedblocks(), references()
    for _ in range(times):
        work()
    gc.collect()
    return sys.getallocatedblocks() - before[0], references() - before[1]


@pytest.mark.parametrize(
    "round_trips_of_each",
    [
        10_000,
        pytest.param(
            1_000_000, marks=[pytest.mark.long, pytest.mark.timeout(900)], id="million"
        ),
    ],
)
def test_round_trips_leave_nothing_behind(round_trips_of_each: int) -> None:
    """Neither blocks of memory nor references to what all contexts share."""
    blocks, references = growth(round_trips, round_trips_of_each // 60)

    assert blocks < 100
    # None has other users, and from 3.12 on it is immortal.
    assert abs(references) < 100
