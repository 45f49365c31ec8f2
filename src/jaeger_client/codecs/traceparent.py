"""
The header `traceparent` of W3C Trace Context (w3.org/TR/trace-context).

    {version, 00}-{trace, 32 digits}-{span, 16 digits}-{flags, 2 digits}

Digits are hexadecimal and in lower case. Later versions may have more fields. Flags are
sampled, 0x01, and random trace id, 0x02, which is not Jaeger's debug flag.

`_native.headers` has the compiled counterpart of `read_parent`.
"""

from __future__ import annotations

import re
from typing import Final

from jaeger_client.constants import SAMPLED_FLAG
from jaeger_client.span_context import SpanContext

RANDOM_FLAG: Final = 0x02
"""The lowest 56 bits of the trace id are random."""

_TRACEPARENT: Final = re.compile(
    r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
).fullmatch


def read_parent(text: str, baggage: dict[str, str] | None) -> SpanContext | None:
    """Return the context in a `traceparent`, or `None` if it is invalid."""
    match = _TRACEPARENT(text)
    if match is None:
        return None
    version, trace, span, flags, more = match.groups()
    if version == "ff" or (version == "00" and more):
        return None
    trace_id, span_id, bits = int(trace, 16), int(span, 16), int(flags, 16)
    if not trace_id or not span_id:
        return None
    context = SpanContext(trace_id, span_id, None, bits & SAMPLED_FLAG, baggage)
    context.has_random_trace_id = bool(bits & RANDOM_FLAG)
    return context
