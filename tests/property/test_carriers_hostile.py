"""Lists of pairs of any content: one kind of error, and pairs that can be sent."""

from __future__ import annotations

import contextlib
import importlib
import re
from typing import Any, Final

import opentracing
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentracing import Format

from jaeger_client.codecs import Codec, CodecOptions, CompositeCodec
from jaeger_client.codecs.registry import make_codecs_for
from jaeger_client.span_context import SpanContext
from tests.property.test_codecs_hostile import check, names, texts, values

pytestmark = pytest.mark.usefixtures("codec_implementation")

# gRPC has no types.
grpc: Any = importlib.import_module("grpc")

FORMATS: Final = ["jaeger", "b3", "b3single", "w3c"]


def codecs(options: CodecOptions) -> list[Codec]:
    """Return the codecs of all formats, and one of all together."""
    each = [make_codecs_for((name,), options) for name in FORMATS[1:]]
    made = [codecs[Format.HTTP_HEADERS] for codecs in each]
    jaeger = make_codecs_for(("jaeger", "b3"), options)[Format.HTTP_HEADERS]
    return [*made, jaeger, CompositeCodec([*made, jaeger])]


CODECS: Final = codecs(CodecOptions())
FOR_GRPC: Final = codecs(CodecOptions(lower_case_headers=True))

pairs = st.tuples(names, values) | st.tuples(names, values).map(list)
anything = st.none() | st.integers() | st.text(max_size=3) | st.tuples(names)
lists = st.lists(pairs | anything, max_size=8)
contexts = st.builds(
    SpanContext,
    st.integers(1, (1 << 128) - 1),
    st.integers(1, (1 << 64) - 1),
    st.none() | st.integers(1, (1 << 64) - 1),
    st.integers(0, 3),
    st.dictionaries(st.text(max_size=9) | texts, texts, max_size=4),
)


@given(lists | lists.map(tuple))
def test_extract_from_any_list(carrier: Any) -> None:
    """It gives a context within all bounds, or raises OpenTracing's errors."""
    before = list(carrier)
    for codec in CODECS:
        with contextlib.suppress(
            opentracing.InvalidCarrierException,
            opentracing.SpanContextCorruptedException,
        ):
            check(codec.extract(carrier))
    assert before == list(carrier)


@given(contexts, lists)
def test_inject_into_any_list(context: SpanContext, carrier: list[Any]) -> None:
    """It adds pairs that can be read again, or raises and adds nothing."""
    codec = CODECS[-1]
    before = list(carrier)
    try:
        codec.inject(context, carrier)
    except opentracing.InvalidCarrierException:
        assert before == carrier
    else:
        read = codec.extract(carrier)
        assert read is not None
        assert (context.trace_id, context.span_id) == (read.trace_id, read.span_id)


@given(contexts)
def test_what_is_injected_for_grpc_is_valid_metadata(context: SpanContext) -> None:
    """The rules of gRPC for keys and values hold, whatever the baggage is."""
    for codec in FOR_GRPC:
        metadata: list[tuple[str, bytes]] = []
        codec.inject(context, metadata)

        for key, value in metadata:
            assert re.fullmatch(r"(?!grpc-)[0-9a-z_.-]+(?<!-bin)", key)
            assert re.fullmatch(rb"[ -~]*", value)


@pytest.mark.parametrize("codec", FOR_GRPC)
def test_grpc_accepts_it(codec: Codec) -> None:
    """The call is made, and fails for the reason that no server is there."""
    metadata: list[tuple[str, bytes]] = []
    baggage = {"userId": "é", "a!": "b", "thumb-bin": "c", " ": "d", "e": " f "}
    codec.inject(SpanContext(1, 2, 3, 3, baggage), metadata)

    with (
        grpc.insecure_channel("127.0.0.1:1") as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        channel.unary_unary("/shop/buy")(b"", metadata=tuple(metadata), timeout=10)

    assert grpc.StatusCode.UNAVAILABLE is caught.value.code()
