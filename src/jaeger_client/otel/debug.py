"""
Debug traces in OpenTelemetry, which has no flag for them.

In a span context, debug is a member of the trace state, `jaeger=debug`, as in the W3C
codec. OpenTelemetry's trace flag 0x02 means random trace ids, and is never used for
debug.

A debug id requests a debug trace in a request without a trace. The propagator stores it
in the context, where the sampler finds it when it decides on the root.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from opentelemetry.context import Context, create_key, get_value, set_value
from opentelemetry.trace import TraceState

DEBUG_ID_KEY: Final = create_key("jaeger-debug-id")
"""Key of the debug id in a context."""

DEBUG_MEMBER: Final = ("jaeger", "debug")
"""Key and value of the member of the trace state that marks a debug trace."""

_MAX_MEMBERS: Final = 32
"""Maximum number of members of a trace state."""


def debug_id_of(context: Context | None) -> str | None:
    """Return the debug id in *context*, by default the current one, or `None`."""
    debug_id = get_value(DEBUG_ID_KEY, context)
    return debug_id if isinstance(debug_id, str) else None


def with_debug_id(debug_id: str, context: Context) -> Context:
    """Return *context* with the debug id."""
    return set_value(DEBUG_ID_KEY, debug_id, context)


def is_debug(state: TraceState | None) -> bool:
    """Return whether a trace with this state is a debug trace."""
    key, value = DEBUG_MEMBER
    return state is not None and state.get(key) == value


def with_debug(state: TraceState | None) -> TraceState:
    """Return *state* with the debug member first; the last of 32 others is dropped."""
    key, _ = DEBUG_MEMBER
    members: Iterable[tuple[str, str]] = () if state is None else state.items()
    others = [member for member in members if member[0] != key]
    return TraceState([DEBUG_MEMBER, *others[: _MAX_MEMBERS - 1]])
