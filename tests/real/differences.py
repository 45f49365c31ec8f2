"""
Where Jaeger may show the program that uses everything otherwise, and why.

Whatever is not in one of these two lists has to be the same.
"""

from __future__ import annotations

from tests.real.comparison import Difference, LostTrace

Differences = tuple[Difference | LostTrace, ...]

OTLP: Differences = ()
"""Our client over OTLP, against our client over UDP."""

BYTES_AS_TEXT = "mended: 4.8 wrote bytes as the text of a Python literal"
EPOCH = "mended: a start of 0 is the epoch, not now"
NEGATIVE = (
    "warning Negative duration detected, sanitizing end timestamp. "
    "Original end timestamp: 2023-11-14 {} +0000 UTC, "
    "adjusted to: 2023-11-14 {} +0000 UTC"
)

OLD_CLIENT: Differences = (
    Difference(
        BYTES_AS_TEXT,
        trace="tag_values",
        ours=(
            'bytes.empty: binary ""',
            'bytes.text: binary "b25seSBBU0NJSQ=="',
            'bytes: binary "AP8gYnl0ZXM="',
        ),
        theirs=(
            "bytes.empty: string \"b''\"",
            "bytes.text: string \"b'only ASCII'\"",
            "bytes: string \"b'\\\\x00\\\\xff bytes'\"",
        ),
    ),
    Difference(
        BYTES_AS_TEXT,
        trace="logs",
        ours=('bytes: binary "AQI="',),
        theirs=("bytes: string \"b'\\\\x01\\\\x02'\"",),
    ),
    Difference(
        "mended: any duration is at least 1 us, for Jaeger marks 0 as negative",
        trace="odd_times",
        ours=(
            "starts 1700000000.000000, lasts 1 us",
            'CHILD_OF "odd times"',
        ),
        theirs=(
            "starts 1700000000.000000, lasts 0 us",
            'CHILD_OF "odd times"',
            NEGATIVE.format("22:13:20", "22:13:20.000000001"),
        ),
    ),
    Difference(
        "mended: a finish before the start gives duration 0",
        trace="odd_times",
        ours=(NEGATIVE.format("22:13:20.25", "22:13:20.250000001"),),
        theirs=(NEGATIVE.format("22:13:19.5", "22:13:20.250000001"),),
    ),
    Difference(
        EPOCH,
        trace="odd_times",
        ours=(
            'span "since the epoch" of everything',
            "  starts 0.000000, lasts 1700000018000000 us",
            '  CHILD_OF "odd times"',
        ),
        theirs=(),
    ),
    Difference(
        EPOCH,
        trace="odd_times",
        ours=('span "odd times" of everything',),
        theirs=(
            'span "since the epoch" of everything',
            "  starts 1700000017.000000, lasts 1000000 us",
            '  CHILD_OF "odd times"',
            'span "odd times" of everything',
        ),
    ),
    LostTrace(
        "mended: the sampler is asked when there is baggage but no trace",
        trace="only_baggage",
    ),
    LostTrace("mended: an integer outside 64 bits cost the batch", "huge_integers"),
    LostTrace("mended: a lone surrogate cost the batch", "lone_surrogates"),
    LostTrace(
        "mended: a reference without a trace id cost the datagram",
        "reference_to_nothing",
    ),
    LostTrace("mended: a span too large for a packet cost the batch", "too_large"),
)
"""jaeger-client 4.8 over UDP, against our client over UDP."""
