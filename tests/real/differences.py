"""
Differences that Jaeger may show for the program that uses everything, with reasons.

Everything that is not in one of these three lists must be the same.
"""

from __future__ import annotations

from tests.real.comparison import Difference, LostTrace

Differences = tuple[Difference | LostTrace, ...]

TWENTY_THOUSAND = (
    '"ttttttttttttttttttt..." (20000 characters, SHA-256 9c5adb716acf9f1d)'
)
PACKET_SIZE = Difference(
    "only a packet of UDP is too small for the large span",
    trace="too_large",
    ours=("jaeger.truncated: bool true",),
    theirs=(
        "log at 1700000033.001000",
        '  event: string "page 0"',
        f"  text: string {TWENTY_THOUSAND}",
        "log at 1700000033.001999",
        '  event: string "page 1"',
        f"  text: string {TWENTY_THOUSAND}",
    ),
)

NO_DEBUG_FLAG = "OTLP has no debug flag; a tag marks debug traces"

THRIFT: Differences = (PACKET_SIZE,)
"""Our client over HTTP and Thrift, against our client over UDP."""

OTLP: Differences = (
    PACKET_SIZE,
    Difference(
        "OTLP has other names for the client; Jaeger shows ours as well",
        ours=("opencensus.exporterversion: string Jaeger-Python-(version)",),
        theirs=(
            "jaeger.version: string Python-(version)",
            'telemetry.sdk.language: string "python"',
            'telemetry.sdk.name: string "jaeger-client"',
            "telemetry.sdk.version: string (version)",
        ),
    ),
    Difference(
        NO_DEBUG_FLAG,
        trace="debug_id",
        ours=('CHILD_OF "debug id"',),
        theirs=('CHILD_OF "debug id"', "jaeger.debug: bool true"),
    ),
    Difference(
        NO_DEBUG_FLAG,
        trace="debug_id",
        ours=('jaeger-debug-id: string "ticket 42"',),
        theirs=(
            'jaeger-debug-id: string "ticket 42"',
            "jaeger.debug: bool true",
        ),
    ),
    Difference(
        NO_DEBUG_FLAG,
        trace="priority_up",
        ours=('CHILD_OF "priority up"',),
        theirs=('CHILD_OF "priority up"', "jaeger.debug: bool true"),
    ),
    Difference(
        NO_DEBUG_FLAG,
        trace="priority_up",
        ours=("kept: bool true",),
        theirs=("jaeger.debug: bool true", "kept: bool true"),
    ),
)
"""Our client over OTLP, against our client over UDP."""

BYTES_AS_TEXT = "bytes stay bytes; 4.8 wrote the text of a Python literal"
EPOCH = "fixed: a start of 0 is the epoch, not now"
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
            "bytes.empty: binary null",
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
        "fixed: any duration is at least 1 us, because Jaeger marks 0 as negative",
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
        "fixed: a finish before the start gives duration 0",
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
        "fixed: the sampler is called when there is baggage but no trace",
        trace="only_baggage",
    ),
    LostTrace("fixed: an integer outside 64 bits cost the batch", "huge_integers"),
    LostTrace("fixed: a lone surrogate cost the batch", "lone_surrogates"),
    LostTrace(
        "fixed: a reference without a trace id cost the datagram",
        "reference_to_nothing",
    ),
    LostTrace("fixed: a span too large for a packet cost the batch", "too_large"),
)
"""jaeger-client 4.8 over UDP, against our client over UDP."""
