"""The codecs have the same results as slow, simple code of a few lines."""

from __future__ import annotations

import re
from collections import OrderedDict, UserDict
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias
from urllib.parse import quote, unquote, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaeger_client.codecs import BinaryCodec, TextCodec
from jaeger_client.codecs.base import is_list
from jaeger_client.codecs.headers import (
    encoding_except,
    percent_decoded,
    percent_encoded,
    plus_decoded,
)
from jaeger_client.codecs.items import MAX_BAGGAGE_SIZE
from jaeger_client.constants import MAX_BAGGAGE_ITEMS, MAX_BAGGAGE_VALUE_LENGTH
from jaeger_client.errors import CorruptContextError
from jaeger_client.span_context import SpanContext

pytestmark = pytest.mark.usefixtures("codec_implementation")

Ids: TypeAlias = tuple[int, int, int | None, int]

HEX = re.compile("[0-9A-Fa-f]+")
LONGEST_ENCODED = 512


class Environ:
    """Headers as a WSGI framework provides them: not a mapping, each name once."""

    def __init__(self, headers: Mapping[object, object]) -> None:
        self._headers = dict(headers)

    def items(self) -> Iterable[tuple[object, object]]:
        """Return names and values, once."""
        return iter(self._headers.items())


class Text(str):
    """Text of a subclass."""

    __slots__ = ()


def plain_text(value: object) -> str | None:
    """Read text, bytes, or a list of one of them."""
    if is_list(value) and len(value) == 1:
        value = value[0]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None


def plain_ids(value: object, *, url_encoding: bool) -> Ids:
    """Read an `uber-trace-id`."""
    text = plain_text(value)
    if text is None:
        raise CorruptContextError
    if url_encoding and len(text) <= LONGEST_ENCODED:
        text = unquote(text)
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != 4 or not all(map(HEX.fullmatch, parts)):
        raise CorruptContextError
    trace_id, span_id, parent_id, flags = (int(part, 16) for part in parts)
    if not (0 < trace_id < 1 << 128 and 0 < span_id < 1 << 64 > parent_id):
        raise CorruptContextError
    return trace_id, span_id, parent_id or None, flags & 0x7FFF_FFFF


def plain_value(value: object, *, url_encoding: bool) -> object:
    """Read a baggage item; numbers stay numbers."""
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= 64 else None
    text = plain_text(value)
    if text is None or not url_encoding:
        return text
    return unquote_plus(text)


def plain_extract(carrier: Mapping[object, object], *, url_encoding: bool) -> object:
    """Read ids and baggage of Jaeger's headers."""
    ids: Ids | None = None
    baggage: dict[str, object] = {}
    size_left = MAX_BAGGAGE_SIZE
    for key, value in carrier.items():
        name = key.decode("utf-8", "replace") if isinstance(key, bytes) else key
        if not isinstance(name, str):
            continue
        name = name.lower()
        if name == "uber-trace-id":
            ids = plain_ids(value, url_encoding=url_encoding)
        elif name.startswith("uberctx-"):
            item = plain_value(value, url_encoding=url_encoding)
            size = len(name) - len("uberctx-") + len(str(item))
            if item is None or size > size_left or len(baggage) >= MAX_BAGGAGE_ITEMS:
                continue
            if len(str(item).encode("utf-8", "replace")) > MAX_BAGGAGE_VALUE_LENGTH:
                continue
            size_left -= size
            baggage[name.removeprefix("uberctx-")] = item
    if ids is None:
        return (None, None, None, None, baggage) if baggage else None
    return (*ids, baggage)


def fast_extract(codec: TextCodec, carrier: object) -> object:
    """Extract, and return the parts of the context."""
    context = codec.extract(carrier)
    if context is None:
        return None
    ids = (context.trace_id, context.span_id, context.parent_id, context.flags)
    return (*ids, context.baggage)


def outcome(read: Callable[[], object]) -> str:
    """Return the result of a call as text, so that NaN equals NaN; or "corrupt"."""
    try:
        return repr(read())
    except CorruptContextError:
        return "corrupt"


hexadecimal = st.text("0123456789abcdefABCDEF", min_size=1, max_size=34)
numbers = (
    st.text("0123456789abcdefABCDEF", min_size=16, max_size=16)
    | hexadecimal
    | st.sampled_from(["", "0", "1", "0" * 16, "f" * 32, "0" * 20 + "a"])
    | st.sampled_from(["+1", "-1", "0x1", "1_1", " 1 ", "\u0661", "%31", "\ud800"])
)
trace_ids = st.tuples(numbers, numbers, numbers, numbers).map(":".join) | st.builds(
    "{:016x}:{:016x}:{:x}:{:x}".format,
    st.integers(0, 1 << 64),
    st.integers(0, 1 << 64),
    st.integers(0, 1 << 64),
    st.integers(0, 300),
)
texts = (
    trace_ids
    | trace_ids.map(lambda text: text.replace(":", "%3A"))
    | st.text("ab%+20 C3A9,/\u00e9\u0661", max_size=12)
    | st.text(max_size=20)
    | st.sampled_from(["x" * 8185, "x" * 4000, "%41" * 2800, "+" * 8200])
)
values = (
    texts
    | texts
    | texts.map(lambda text: text.encode("utf-8", "replace"))
    | texts.map(Text)
    | texts.map(lambda text: [text])
    | st.none()
    | st.integers()
    | st.floats()
    | st.lists(st.integers(), max_size=2)
    | st.builds(object)
)
spellings = st.sampled_from(
    ["uber-trace-id", "Uber-Trace-Id", "UBER-TRACE-ID", "uberctx-key", "Uberctx-Key"]
)
names = (
    spellings
    | spellings.map(str.encode)
    | spellings.map(Text)
    | st.sampled_from(["uberctx-", "uberctx-b", "uber_trace_id", "uber-trace-idx"])
    | st.sampled_from(["host", "Accept", "x-1", "UBERCTX-\u212a", None, 5, ("a",)])
    | st.text(max_size=5)
)
Headers: TypeAlias = list[tuple[object, object]]
headers: st.SearchStrategy[Headers] = st.lists(st.tuples(names, values), max_size=6)
own_headers: st.SearchStrategy[Headers] = st.lists(
    st.tuples(spellings, trace_ids), max_size=1
)


def joined(first: Headers, last: Headers) -> dict[object, object]:
    """Make a dict of two lists."""
    return dict([*first, *last])


carriers = st.builds(joined, headers, own_headers)
kinds = st.sampled_from([dict, dict, OrderedDict, UserDict, Environ])
CODECS = {encoded: TextCodec(url_encoding=encoded) for encoded in (False, True)}


@pytest.mark.parametrize("url_encoding", [False, True])
@given(carriers, kinds)
def test_extract_agrees_with_simple_code(
    url_encoding: bool,
    carrier: dict[object, object],
    kind: Callable[[dict[object, object]], object],
) -> None:
    """The same context is read from any carrier, in any spelling and mapping."""
    codec = CODECS[url_encoding]

    expected = outcome(lambda: plain_extract(carrier, url_encoding=url_encoding))
    assert expected == outcome(lambda: fast_extract(codec, kind(carrier)))
    # A second time, when each name is known.
    assert expected == outcome(lambda: fast_extract(codec, kind(carrier)))


@pytest.mark.parametrize("count", [178, 179, 180, 181])
@pytest.mark.parametrize("size", [1, 360, 362, 600, 4096])
def test_bounds_are_the_same_for_plain_code(count: int, size: int) -> None:
    """Around the limits, the same items remain, also of a name that occurs twice."""
    carrier: dict[object, object] = {"uber-trace-id": "1:2:3:1"}
    carrier |= {f"uberctx-{number}": "x" * size for number in range(count)}
    carrier["Uberctx-7"] = "late"

    expected = plain_extract(carrier, url_encoding=True)
    assert expected == fast_extract(CODECS[True], carrier)


@given(st.text() | st.text("abc %+/~\u00e9\ud800", max_size=12))
def test_encoding_agrees_with_the_standard_library(text: str) -> None:
    """Text is percent-encoded as urllib does; lone surrogates become U+FFFD."""
    readable = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    assert quote(readable) == percent_encoded(text)
    assert quote(readable, safe="!,") == percent_encoded(text, encoding_except("!,"))
    assert quote(text.encode("utf-8", "replace")) == percent_encoded(
        text.encode("utf-8", "replace")
    )


@given(st.text() | st.text("%+20C3A9e\u00e9 ", max_size=16))
def test_decoding_agrees_with_the_standard_library(text: str) -> None:
    """Text is percent-decoded as urllib does, well-formed or not."""
    assert unquote(text) == percent_decoded(text)
    assert unquote_plus(text) == plus_decoded(text)


baggages = st.lists(st.tuples(st.binary(max_size=6), st.binary(max_size=6)), max_size=4)


@given(st.integers(0, (1 << 128) - 1), baggages, st.binary(max_size=3))
def test_binary_does_as_plain_code(
    trace_id: int,
    items: list[tuple[bytes, bytes]],
    rest: bytes,
) -> None:
    """Baggage of any bytes is read as UTF-8, the last item of a key wins."""
    head = trace_id.to_bytes(16, "big") + bytes(7) + b"\2" + bytes(8) + b"\1"
    body = b"".join(
        len(part).to_bytes(4, "big") + part for item in items for part in item
    )
    carrier = bytearray(head + len(items).to_bytes(4, "big") + body + rest)

    context = BinaryCodec().extract(carrier)
    assert isinstance(context, SpanContext)
    assert (trace_id, 2, None, 1) == (
        context.trace_id,
        context.span_id,
        context.parent_id,
        context.flags,
    )
    assert context.baggage == {
        key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
        for key, value in items
    }
