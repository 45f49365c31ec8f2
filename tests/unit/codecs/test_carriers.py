"""Carriers other than dicts: lists of pairs, objects of HTTP and gRPC libraries."""

from __future__ import annotations

import http.client
import importlib
import wsgiref.headers
from collections import UserDict
from collections.abc import Collection, Iterator
from types import MappingProxyType
from typing import Any

import pytest
import werkzeug.datastructures
from multidict import CIMultiDict, CIMultiDictProxy

from jaeger_client.codecs import (
    B3Codec,
    B3SingleCodec,
    BinaryCodec,
    Codec,
    CompositeCodec,
    TextCodec,
    W3CCodec,
    ZipkinCodec,
)
from jaeger_client.errors import InvalidCarrierError
from jaeger_client.span_context import SpanContext

# gRPC has no types.
grpc_aio: Any = importlib.import_module("grpc.aio")

HTTP = TextCodec(url_encoding=True)
CODECS: dict[str, Codec] = {
    "jaeger": HTTP,
    "text": TextCodec(),
    "b3": B3Codec(),
    "b3single": B3SingleCodec(),
    "w3c": W3CCodec(),
    "all": CompositeCodec([W3CCodec(), B3Codec(), HTTP]),
}
EACH = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
CONTEXT = SpanContext(0xABC, 0xDEF, None, 1, {"key": "a b"})


class Request:
    """Headers that can only be added to."""

    def __init__(self) -> None:
        self.added: list[tuple[str, str]] = []

    def add(self, name: str, value: str) -> None:
        self.added.append((name, value))

    def items(self) -> Iterator[tuple[str, str]]:
        return iter(self.added)


CARRIERS: dict[str, Any] = {
    "empty list": list,
    "kafka": lambda: [("offset", b"1"), ("empty", None)],
    "kafka with lists": lambda: [["offset", b"1"]],
    "asgi": lambda: [(b"host", b"bakery")],
    "grpc": lambda: [("host", "bakery")],
    "grpc.aio": lambda: grpc_aio.Metadata(("host", "bakery")),
    "http.client": http.client.HTTPMessage,
    "wsgiref": wsgiref.headers.Headers,
    "werkzeug": werkzeug.datastructures.Headers,
    "multidict": CIMultiDict,
    "add": Request,
}


def parts(context: SpanContext | None) -> tuple[object, ...]:
    """Return what all formats carry."""
    assert context is not None
    return context.trace_id, context.span_id, context.flags, context.baggage


@EACH
@pytest.mark.parametrize("make", CARRIERS.values(), ids=CARRIERS)
def test_a_context_can_be_written_and_read(codec: Codec, make: Any) -> None:
    """Ids, flags and baggage come back from each kind of carrier."""
    carrier = make()

    codec.inject(CONTEXT, carrier)

    assert parts(CONTEXT) == parts(codec.extract(carrier))


@EACH
@pytest.mark.parametrize("name", [name for name in CARRIERS if name != "add"])
def test_a_second_context_replaces_the_first(codec: Codec, name: str) -> None:
    """As a forwarded message has it, whose headers contain the sender's context."""
    carrier = CARRIERS[name]()
    codec.inject(CONTEXT, carrier)
    count = len(carrier)

    codec.inject(SpanContext(1, 2, None, 0, {"key": "c"}), carrier)

    assert (1, 2, 0, {"key": "c"}) == parts(codec.extract(carrier))
    assert count == len(carrier)


@pytest.mark.parametrize(
    ("pairs", "added"),
    [
        ([], ("uberctx-Key", b"a%20b")),
        ([("offset", b"1")], ("uberctx-Key", b"a%20b")),
        ([("offset", None)], ("uberctx-Key", b"a%20b")),
        ([("host", "bakery")], ("uberctx-Key", "a%20b")),
        ([(b"host", b"bakery")], (b"uberctx-key", b"a%20b")),
        ([(b"host", "bakery")], (b"uberctx-key", "a%20b")),
    ],
)
def test_pairs_have_the_types_of_the_first(
    pairs: list[tuple[object, object]], added: tuple[object, object]
) -> None:
    """In an empty list, as Kafka has them; names in bytes are in lower case."""
    HTTP.inject(SpanContext(1, 2, None, 1, {"Key": "a b"}), pairs)

    assert added == pairs[-1]


def test_an_earlier_pair_is_replaced_whatever_its_case_and_type() -> None:
    """Other pairs, among them those without a name in text, stay in their order."""
    pairs: list[object] = [
        (b"Uber-Trace-Id", b"9:9:0:1"),
        (5, b"five"),
        ["UBER-TRACE-ID", b"8:8:0:1"],
        ("offset", b"1"),
    ]

    HTTP.inject(SpanContext(1, 2, None, 1), pairs)

    assert [(5, b"five"), ("offset", b"1"), (b"uber-trace-id", b"1:2:0:1")] == pairs


@EACH
@pytest.mark.parametrize("kind", ["tuple", "list", "items", "frozenset"])
def test_any_collection_of_pairs_can_be_read(codec: Codec, kind: str) -> None:
    """Such as the metadata of gRPC, a tuple of named tuples."""
    headers: dict[str, str] = {}
    codec.inject(CONTEXT, headers)

    pairs: dict[str, Collection[object]] = {
        "tuple": tuple(headers.items()),
        "list": list(headers.items()),
        "items": headers.items(),
        "frozenset": frozenset(headers.items()),
    }

    assert parts(CONTEXT) == parts(codec.extract(pairs[kind]))


@pytest.mark.parametrize(
    "carrier",
    [
        werkzeug.datastructures.EnvironHeaders({"HTTP_UBER_TRACE_ID": "abc:def:0:1"}),
        CIMultiDictProxy(CIMultiDict({"Uber-Trace-Id": "abc:def:0:1"})),
        MappingProxyType({"uber-trace-id": "abc:def:0:1"}),
    ],
    ids=lambda carrier: type(carrier).__name__,
)
def test_headers_of_a_received_request(carrier: object) -> None:
    """They can be read, and writing to them is an error of ours."""
    assert (0xABC, 0xDEF, 1, {}) == parts(HTTP.extract(carrier))

    with pytest.raises(InvalidCarrierError, match=type(carrier).__name__):
        HTTP.inject(CONTEXT, carrier)


@EACH
def test_an_empty_list_has_no_context(codec: Codec) -> None:
    """It is not an error."""
    assert codec.extract([]) is None
    assert codec.extract(()) is None


@EACH
@pytest.mark.parametrize(
    "carrier", [[5], ["ab"], [("a", "b", "c")], [("a",)], [{"a": 1, "b": 2}], {"ab"}]
)
def test_elements_that_are_no_pairs(codec: Codec, carrier: Any) -> None:
    """The error names the kind of carrier and the element."""
    with pytest.raises(InvalidCarrierError) as caught:
        codec.extract(carrier)

    assert type(carrier).__name__ in str(caught.value)
    assert repr(next(iter(carrier))) in str(caught.value)


@EACH
def test_a_tuple_cannot_be_written(codec: Codec) -> None:
    """The error has the remedy."""
    with pytest.raises(InvalidCarrierError, match="inject into a list"):
        codec.inject(CONTEXT, (("host", "bakery"),))


class Refusing:
    """Raises whenever a header is set."""

    def __contains__(self, name: object) -> bool:
        return False

    def __setitem__(self, name: str, value: str) -> None:
        raise OSError(name)


class RefusingToAdd:
    """Raises whenever a header is added."""

    def add(self, name: str) -> None:
        raise AssertionError(name)


@EACH
@pytest.mark.parametrize(
    "carrier",
    [
        None,
        5,
        "text",
        b"bytes",
        bytearray(b"bytes"),
        memoryview(bytearray(b"bytes")),
        set[str](),
        [5],
        object(),
        Refusing(),
        RefusingToAdd(),
    ],
)
def test_a_carrier_that_takes_no_headers(codec: Codec, carrier: object) -> None:
    """The error is ours and names the type, whatever the carrier raised."""
    with pytest.raises(InvalidCarrierError, match=type(carrier).__name__):
        codec.inject(CONTEXT, carrier)


def test_numbers_become_text() -> None:
    """Baggage may have numbers, which only dicts can hold."""
    baggage: Any = {"count": 5}
    pairs: list[tuple[str, str]] = [("host", "bakery")]
    headers = wsgiref.headers.Headers()

    TextCodec().inject(SpanContext(1, 2, None, 1, baggage), pairs)
    TextCodec().inject(SpanContext(1, 2, None, 1, baggage), headers)

    assert ("uberctx-count", "5") == pairs[-1]
    assert "5" == headers["uberctx-count"]


def test_a_mutable_mapping_has_numbers_like_a_dict() -> None:
    """Numbers in baggage are written to any mutable mapping unchanged."""
    baggage: Any = {"count": 5}
    carrier: UserDict[str, object] = UserDict()

    TextCodec().inject(SpanContext(1, 2, None, 1, baggage), carrier)

    assert 5 == carrier["uberctx-count"]


def test_keys_that_differ_in_case_are_one_pair() -> None:
    """Of two keys that result in one header, the last is written."""
    pairs: list[tuple[str, str]] = [("host", "bakery")]

    HTTP.inject(SpanContext(1, 2, None, 1, {"Key": "a", "key": "b"}), pairs)

    assert [("uberctx-key", "b")] == pairs[2:]


@pytest.mark.parametrize(
    ("carrier", "got"),
    [
        (Refusing(), r"Refusing, which raised OSError\('uber-trace-id'\)"),
        (RefusingToAdd(), "RefusingToAdd, which raised TypeError.*add.*3 were given"),
    ],
)
def test_the_error_has_what_the_carrier_raised(carrier: object, got: str) -> None:
    """The error has the required methods, the type of the carrier and its error."""
    methods = r"__setitem__\(name, value\) or add\(name, value\)"
    message = f"^the carrier must accept headers by {methods}, got {got}"

    with pytest.raises(InvalidCarrierError, match=message):
        HTTP.inject(CONTEXT, carrier)


def test_text_that_is_not_ascii_becomes_utf_8() -> None:
    """In bytes, as Kafka's headers are."""
    pairs: list[tuple[str, bytes]] = []

    TextCodec().inject(SpanContext(1, 2, None, 1, {"k": "é"}), pairs)

    assert ("uberctx-k", "é".encode()) == pairs[-1]
    assert {"k": "é"} == getattr(TextCodec().extract(pairs), "baggage", None)


def test_names_in_bytes_need_not_be_utf_8() -> None:
    """They are foreign headers."""
    pairs = [(b"\xff", b"1"), (b"uber-trace-id", b"1:2:0:1")]

    assert (1, 2, 1, {}) == parts(HTTP.extract(pairs))


def test_two_parents_are_none() -> None:
    """W3C allows one `traceparent` only; a list may have two."""
    parent = f"00-{1:032x}-{2:016x}-01"

    assert W3CCodec().extract([("traceparent", parent)] * 2) is None


@pytest.mark.parametrize("codec", [BinaryCodec(), ZipkinCodec()])
def test_formats_without_headers_take_no_lists(codec: Codec) -> None:
    """Their carriers are a bytearray and a dict of numbers."""
    with pytest.raises(InvalidCarrierError, match="got list"):
        codec.inject(CONTEXT, [])
    with pytest.raises(InvalidCarrierError, match="list"):
        codec.extract([])
