"""
Encodes a large span between two others while memory is limited.

Run as a program. For each format and implementation, and for each amount of memory, it
prints how many of the small spans were sent, and how many of the large one.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from jaeger_client.model import SpanLosses
from tests.foreign.formats import FORMATS
from tests.foreign.spans import FinishedSpan

MB = 1 << 20
SIZE = 40 * MB
"""Above 32 MB, glibc never reuses memory that was freed."""


def limit_memory(more: int) -> None:
    """Let the process allocate *more* bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    size = pages * resource.getpagesize() + more
    _, maximum = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size, maximum))


def main() -> None:
    """Encode with less and less memory."""
    small = FinishedSpan(operation_name="small")
    large = FinishedSpan(operation_name="large", tag_items=[("k", "x" * SIZE)])
    for make_encoder, names in FORMATS:
        compiled = make_encoder(SpanLosses())._span_writer
        for writer in {compiled, None}:
            for megabytes in (160, 100):
                losses = SpanLosses()
                encoder = make_encoder(losses)
                encoder._span_writer = writer
                limit_memory(megabytes * MB)
                payloads = [*encoder.encode([small, large, small], limit=65_000)]
                limit_memory(1_000 * MB)
                # On a slow machine one of them may be empty.
                bodies = [payload.body for payload in payloads if payload.span_count]
                sent = [name for body in bodies for name in names(body)]
                lost = losses.too_large + losses.not_encodable
                large_count = sent.count("large") + lost
                sys.stdout.write(f"{sent.count('small')} {large_count}\n")


if __name__ == "__main__":
    main()
