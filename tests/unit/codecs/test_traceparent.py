"""The header `traceparent`; its use with others is tested in `test_w3c`."""

from __future__ import annotations

import pytest

from jaeger_client.span_context import NO_BAGGAGE
from tests.codec_implementations import Functions

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
VALID = f"00-{TRACE}-{SPAN}-01"


class Text(str):
    """A subclass of str."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("text", "flags", "is_random"),
    [
        (VALID, 1, False),
        (f"00-{TRACE}-{SPAN}-00", 0, False),
        (f"00-{TRACE}-{SPAN}-02", 0, True),
        (f"00-{TRACE}-{SPAN}-ff", 1, True),
        (f"01-{TRACE}-{SPAN}-01", 1, False),
        (f"cc-{TRACE}-{SPAN}-01-what-\u00e9", 1, False),
        (Text(VALID), 1, False),
    ],
)
def test_ids_and_flags_are_read(
    functions: Functions, text: str, flags: int, *, is_random: bool
) -> None:
    """Of later versions, the known fields are read; flags are sampled and random id."""
    context = functions["read_parent"](text, None)

    assert (int(TRACE, 16), int(SPAN, 16)) == (context.trace_id, context.span_id)
    assert (flags, is_random) == (context.flags, context.has_random_trace_id)
    assert context.parent_id is None
    assert context.baggage is NO_BAGGAGE


def test_each_character_counts(functions: Functions) -> None:
    """With any character replaced, only other digits and versions are valid."""
    for at, before in enumerate(VALID):
        for other in "-:gGA \n\0\u0661":
            if other != before:
                text = f"{VALID[:at]}{other}{VALID[at + 1 :]}"
                assert functions["read_parent"](text, None) is None
        if before != "-":
            text = f"{VALID[:at]}1{VALID[at + 1 :]}"
            assert functions["read_parent"](text, None) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        VALID[:-1],
        f"{VALID}0",
        f"{VALID}-",
        f"{VALID}-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"01-{TRACE}-{SPAN}-01.more",
        f"01-{TRACE}-{SPAN}-01-\n",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}-{SPAN}0-01",
        f"00-{TRACE}0-{SPAN[:-1]}-01",
    ],
)
def test_invalid_texts_are_none(functions: Functions, text: str) -> None:
    """They are never an error."""
    assert functions["read_parent"](text, None) is None
