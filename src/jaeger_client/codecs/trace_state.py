"""
`tracestate` of W3C trace context: what other tracers of a trace carry along.

It is handed on as it came, in its order. One that breaks the rules is left out as a
whole, as the recommendation has it; the trace goes on without. Debug is ours alone,
so it travels here, under our own key, and not in `traceparent`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

DEBUG_MEMBER: Final = "jaeger=debug"
"""The member that says that the trace is a debug trace."""

MAX_MEMBERS: Final = 32

BLANKS: Final = " \t"
"""What may stand around a header and its members."""

# All members, each at its longest: key, equals sign, value, comma. Only blanks and
# empty members make a state longer, and there may be any number of them.
_MAX_LENGTH: Final = MAX_MEMBERS * (256 + 1 + 256 + 1)
# As in level 2 of the specification, whose keys include all those of level 1.
_KEY: Final = r"[a-z0-9][a-z0-9_*/@-]{0,255}"
# Printable ASCII but for comma and equals sign, with no blank at the end.
_VALUE: Final = r"[ -+\--<>-~]{0,255}[!-+\--<>-~]"
_MEMBER: Final = re.compile(f"({_KEY})={_VALUE}").fullmatch


def read_state(headers: Sequence[str]) -> tuple[str | None, bool]:
    """Return what is to be carried along, and whether the trace is a debug trace."""
    state = ",".join(headers)
    # An empty member is allowed, and says nothing.
    members = [member for part in state.split(",") if (member := part.strip(BLANKS))]
    if not members or not _is_valid(members):
        return None, False
    if DEBUG_MEMBER not in members:
        unchanged = len(headers) == 1 and len(state) <= _MAX_LENGTH
        return (state.strip(BLANKS) if unchanged else ",".join(members)), False
    others = [member for member in members if member != DEBUG_MEMBER]
    return ",".join(others) or None, True


def with_debug(state: str | None) -> str:
    """Return *state* with the debug member at its beginning."""
    key = DEBUG_MEMBER.partition("=")[0] + "="
    members = state.split(",") if state else []
    others = [member for member in members if not member.strip().startswith(key)]
    return ",".join([DEBUG_MEMBER, *others[: MAX_MEMBERS - 1]])


def _is_valid(members: Sequence[str]) -> bool:
    if len(members) > MAX_MEMBERS:
        return False
    keys: set[str] = set()
    for member in members:
        match = _MEMBER(member)
        if match is None or match[1] in keys:
            return False
        keys.add(match[1])
    return True
