"""Spans of third parties whose times are not numbers."""

from __future__ import annotations

import tracemalloc

import pytest

from jaeger_client.model import SpanLosses
from tests.foreign.formats import ALL_FORMATS, MakeEncoder, ReadNames
from tests.foreign.spans import FinishedSpan, encode_all

pytestmark = pytest.mark.usefixtures("implementation")


@pytest.mark.parametrize("time", ["x" * 100, [1.0] * 100, b"x" * 100], ids=type)
@ALL_FORMATS
def test_a_sequence_in_place_of_a_time_takes_no_memory(
    make_encoder: MakeEncoder, names: ReadNames, time: object
) -> None:
    """The sequence is not multiplied by a million, and only this span is lost."""
    losses = SpanLosses()
    spans = [FinishedSpan(start_time=time), FinishedSpan(operation_name="good")]
    tracemalloc.start()
    try:
        (payload,) = encode_all(make_encoder(losses), spans)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert ["good"] == names(payload.body)
    assert 1 == losses.not_encodable
    assert peak < 5_000_000
