"""Inputs that hypothesis derives from those of a corpus."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st


def mutations_of(inputs: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return bytes, most of them those of *inputs* with a few changes."""
    known = st.sampled_from(inputs)
    pieces = st.binary(max_size=8) | known.flatmap(piece_of)
    changed = st.builds(
        change,
        known,
        st.lists(st.tuples(st.integers(0, 4096), st.integers(0, 16), pieces)),
    )
    return changed | st.binary(max_size=200)


def piece_of(data: bytes) -> st.SearchStrategy[bytes]:
    """Return a piece of *data*."""
    at = st.integers(0, len(data))
    return st.tuples(at, at).map(lambda ends: data[slice(*ends)])


def change(data: bytes, changes: Sequence[tuple[int, int, bytes]]) -> bytes:
    """Replace pieces of *data*: position, length, and the replacement."""
    for at, length, piece in changes:
        begin = at % (len(data) + 1)
        data = data[:begin] + piece + data[begin + length :]
    return data
