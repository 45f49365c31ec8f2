"""
The modules and names of `opentracing_instrumentation` 3.3, for current libraries.

Spans have the names, tags and parents that version 3.3.1 gave them, and requests the
same headers. A library that is traced is imported when its hook is installed, not
before. Programs that cannot change their imports call `install_as` first.
"""

from __future__ import annotations

from jaeger_client.instrumentation.legacy import local_span, request_context, utils
from jaeger_client.instrumentation.legacy._alias import install_as
from jaeger_client.instrumentation.legacy.local_span import traced_function
from jaeger_client.instrumentation.legacy.request_context import (
    get_current_span,
    span_in_context,
    span_in_stack_context,
)

__all__ = [
    "get_current_span",
    "install_as",
    "local_span",
    "request_context",
    "span_in_context",
    "span_in_stack_context",
    "traced_function",
    "utils",
]
