"""The compiled writer of OTLP spans writes what the reference writes, and no more."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from jaeger_client import ConstSampler, Tracer
from jaeger_client.encoding import OtlpEncoder, otlp_writer
from jaeger_client.encoding.packing import LogsTooLargeError
from jaeger_client.model import SpanLosses
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.span import Span
from tests.foreign.decoders import attribute_pairs
from tests.foreign.formats import otlp_spans
from tests.foreign.spans import FinishedSpan, Ids, encode_one, reference

native = pytest.importorskip(
    "jaeger_client._native.writers", reason="the compiled writers are not built"
)


def make_encoder(writer: Any) -> OtlpEncoder:
    """Return an encoder with a compiled writer, or with the one in Python."""
    encoder = OtlpEncoder(SpanLosses())
    encoder._span_writer = writer
    return encoder


plain, compiled = make_encoder(None), make_encoder(native.OtlpWriter(otlp_writer))

ENCODERS = pytest.mark.parametrize(
    "encoder", [plain, compiled], ids=["plain", "compiled"]
)
LARGE = 8_000_000

Written: TypeAlias = tuple[bytes, list[int], type[BaseException] | None]


def write(encoder: OtlpEncoder, spans: list[Any], max_size: int = LARGE) -> Written:
    """Return bytes, ends, and the type of the exception, behind a span of a byte."""
    out, ends, raised = bytearray(b"x"), [1], None
    try:
        encoder._write_spans(out, ends, spans, max_size)
    except Exception as error:  # noqa: BLE001 - which it is, the test decides
        raised = type(error)
        del out[ends[-1] :]  # as the encoder does
    return bytes(out), ends, raised


class Text(str):
    """A subclass of str that lies."""

    __slots__ = ()

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        """Return something else."""
        return b"lie"

    def __len__(self) -> int:
        return 1_000_000


class Number(int):
    """A subclass of int that lies."""

    def to_bytes(self, *_: object, **__: object) -> bytes:
        """Return too much."""
        return b"lie" * 100

    def __rshift__(self, _: object) -> Number:
        return self

    def __mul__(self, _: object) -> Number:
        return self


class Real(float):
    """A subclass of float that lies."""

    __slots__ = ()

    def __mul__(self, _: object) -> Any:
        return "lie"


class Pairs(list[Any]):
    """A list that lies about its length and contents."""

    def __len__(self) -> int:
        return 1_000_000

    def __iter__(self) -> Iterator[Any]:
        yield "lie", 1
        yield "lie", 2


class Tags(dict[Any, Any]):
    """A dict that lies about its items."""

    def items(self) -> Any:
        """Return other items."""
        return [("lie", 1)]


class Raising:
    """An object whose every use raises."""

    def _raise(self, *_: object) -> Any:
        msg = "raised by a test"
        raise ValueError(msg)

    __bool__ = __iter__ = __len__ = __index__ = __int__ = __float__ = _raise
    __eq__ = __and__ = __mul__ = __getattr__ = __str__ = _raise
    __hash__ = None  # type: ignore[assignment]  # raises, too


ODD_VALUES: list[Any] = [
    *(None, (), [], {}, object(), Raising(), Ellipsis, 1j),
    *(Text("text"), Number(5), Real(0.5), bytearray(b"b"), memoryview(b"b")),
    *(2**63, -(2**63) - 1, 2**64, 2**128, -1, 10**5000),
    *("\ud800", "a\udfffb", "\U0010ffff", "é" * 63, "é" * 64, "\u20ac" * 42),
    *(float("nan"), float("inf"), float("-inf"), 5e-324, -0.0, 1e308),
    *("", b"", b"\x00", "\x00", True, False, 0),
    *("x" * size for size in (113, 114, 115, 126, 127, 128, 16_383, 16_384, 70_000)),
    *(b"x" * size for size in (126, 127, 128)),
]

SPECIAL_KEYS = [
    "span.kind",
    "error",
    "otel.status_code",
    "otel.status_description",
    "http.status_code",
    "http.status_message",
    "event",
]
SPECIAL_VALUES: list[Any] = [
    *("internal", "server", "client", "producer", "consumer", "Server"),
    *("OK", "ok", "Error", "unset", "UN\u017fET", "OK\x00", "odd", "/K", "\xef\xab"),
    *(399, 400, 404, 499, 500, "404", " 404", "4_04", "\u0664\u0660\u0664", "404.0"),
    *("1" * 9, "1" * 10, "0" * 5000, "-404", "+404", "", 404.0, b"404"),
    *(True, False, None, float("nan"), float("inf"), "\ud800", "é"),
]


def odd_spans(value: Any) -> Iterator[FinishedSpan]:
    """Yield spans that have *value* in one of their parts."""
    ids = Ids(1, 2, 3, 1)
    for name in ("trace_id", "span_id", "parent_id", "flags"):
        odd = Ids(1, 2, 3, 1)
        setattr(odd, name, value)
        yield FinishedSpan(ids=odd)
        yield FinishedSpan(ids=ids, references=[reference("child_of", value, 3)])
    for name in vars(FinishedSpan()):
        span = FinishedSpan(ids=ids)
        setattr(span, name, value)
        yield span
    for items in (
        [("k", value)],
        [(value, "v")],
        [("k", "v", value)],
        [["k", value]],
        (("k", value), ("l", 1)),
        {"k": value}.items(),
        {"k": value},
        Pairs([("k", value)]),
        Tags(k=value),
        [value],
        [("k", 1), ("k", value)],
        [("k", value), ("l", 1), ("k", 2)],
    ):
        yield FinishedSpan(tag_items=items, log_items=[(1, items)])
    yield FinishedSpan(log_items=[(value, [("k", 1)])])
    yield FinishedSpan(log_items=[(1, value)])
    yield FinishedSpan(log_items=[value])
    yield FinishedSpan(log_items=((1, [("k", value)]),))
    yield FinishedSpan(log_items=Pairs([(1, [("k", value)])]))


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: type(value).__name__)
def test_odd_parts(value: object) -> None:
    """An object of any type gives the same bytes or exception, wherever it is."""
    for span in odd_spans(value):
        assert write(plain, [span]) == write(compiled, [span])


@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 200])
def test_number_of_tags(count: int) -> None:
    """Any number of tags gives the same bytes, with the same keys or others."""
    spans = [
        FinishedSpan(tag_items=[(f"k{n}", n) for n in range(count)]),
        FinishedSpan(tag_items=[("é", n) for n in range(count)]),
    ]

    assert write(plain, spans) == write(compiled, spans)


@pytest.mark.parametrize("key", SPECIAL_KEYS)
@pytest.mark.parametrize("others", [{}, {"error": True}, {"span.kind": "server"}])
def test_special_tags(key: str, others: dict[str, Any]) -> None:
    """Tags that become kind, status or name of an event give the same bytes."""
    for value in SPECIAL_VALUES:
        for other in SPECIAL_KEYS:
            items = [*others.items(), (key, value), (other, "OK"), (key[:-1], value)]
            span = FinishedSpan(
                tag_items=items, log_items=[(1, items), (2, dict(items).items())]
            )

            assert write(plain, [span]) == write(compiled, [span])


@pytest.mark.parametrize("code", [2**64, 2**64 + 200, 2**64 + 500, 10**9])
def test_a_status_code_of_many_digits(code: int) -> None:
    """It is read as the number that it is, not as the lowest bits of that."""
    spans = [FinishedSpan(tag_items=[("http.status_code", str(code))])]

    assert write(plain, spans) == write(compiled, spans)


@pytest.mark.parametrize("key", SPECIAL_KEYS)
def test_a_key_that_begins_with_the_bytes_of_a_special_one(key: str) -> None:
    """It is another key, if its characters take two bytes each in memory."""
    other = (key + key[-1] * (len(key) % 2)).encode().decode("utf-16-le")
    items = [(other.ljust(len(key), "x"), "server"), (key, "404")]
    spans = [FinishedSpan(tag_items=items, log_items=[(1, items)])]

    assert write(plain, spans) == write(compiled, spans)


def test_keys_of_equal_bytes() -> None:
    """Texts that are stored with other sizes of characters are not the same key."""
    key, other = next(
        (chr(low), chr(low + 256 * high))
        for low in range(ord("A"), ord("z"))
        for high in range(1, 200)
        if hash(chr(low)) % 256 == hash(chr(low + 256 * high)) % 256
    )
    spans = [FinishedSpan(tag_items=[(key, 1), (other, 2)])]

    assert write(plain, spans) == write(compiled, spans)


def test_keys_of_equal_hashes() -> None:
    """Keys are told apart whose hashes have the same lowest bits, which are all 1."""
    keys = [str(key) for key in range(5_000) if hash(str(key)) % 256 == 255][:5]
    spans = [FinishedSpan(tag_items=[(key, key) for key in [*keys, *keys]])]

    assert write(plain, spans) == write(compiled, spans)


def test_status_code_after_a_large_number() -> None:
    """The number of an earlier tag of that key is replaced, so it cannot overflow."""
    items = [("http.status_code", (1 << 63) - 1), ("http.status_code", "999")]
    spans = [FinishedSpan(tag_items=items)]

    assert write(plain, spans) == write(compiled, spans)


@pytest.mark.parametrize("size", [*range(100, 135), *range(16_350, 16_390)])
def test_sizes_around_those_of_more_bytes(size: int) -> None:
    """Where the size of a message takes a byte more, the message is moved for it."""
    span = FinishedSpan(tag_items=[("k", "x" * size)], log_items=[(1, [("k", "x")])])
    small = FinishedSpan(
        operation_name="x" * (size - 60), log_items=[(1, [("k", "é")])]
    )
    large_event = FinishedSpan(log_items=[(1, [("k", "x" * size)])])
    spans = [span, small, large_event]

    assert write(plain, spans) == write(compiled, spans)


@ENCODERS
def test_whole_spans_before_an_exception(encoder: OtlpEncoder) -> None:
    """If a span raises, the spans before it are delivered, and nothing of it."""
    good = FinishedSpan()
    bad = FinishedSpan(log_items=[(1, [("k", object())])])
    whole, ends, _ = write(encoder, [good, good])

    assert (whole, ends, KeyError) == write(encoder, [good, good, bad, good])


@ENCODERS
def test_stops_at_the_maximum(encoder: OtlpEncoder) -> None:
    """The first span that exceeds the maximum is the last one written."""
    span = FinishedSpan()
    one, _, _ = write(encoder, [span])
    size = len(one) - 1

    assert [1, 1 + size] == write(encoder, [span] * 9, max_size=size)[1]
    assert [1, 1 + size, 1 + 2 * size] == write(encoder, [span] * 9, size + 1)[1]


@ENCODERS
def test_logs_that_are_too_large(encoder: OtlpEncoder) -> None:
    """Writing stops at the first log that exceeds the maximum."""
    read: list[int] = []

    def logs() -> Iterator[Any]:
        for number in range(1000):
            read.append(number)
            yield number, [("k", "x" * 100)]

    for items in (list(logs()), tuple(logs()), logs()):
        written = write(encoder, [FinishedSpan(log_items=items)], max_size=5_000)
        assert (b"x", [1], LogsTooLargeError) == written


def test_arguments_are_checked() -> None:
    """A buffer of another type raises; nothing is written through it."""
    writer, spans = native.OtlpWriter(otlp_writer), [FinishedSpan()]
    with pytest.raises(TypeError):
        writer.write_spans(b"", [], spans, 1)
    with pytest.raises(TypeError):
        writer.write_spans(None, [], spans, 1)
    with memoryview(bytearray(5)) as view, pytest.raises(BufferError):
        writer.write_spans(view.obj, [], spans, 1)


def test_a_text_keeps_its_size() -> None:
    """No UTF-8 is stored in a string of the application."""
    texts = ["é" * 100, "\u20ac" * 100, "\U0001f600" * 100]
    before = [sys.getsizeof(text) for text in texts]
    items = [(text, text) for text in texts]
    span = FinishedSpan(
        operation_name=texts[0], tag_items=items, log_items=[(1, items)]
    )
    write(compiled, [span])

    assert before == [sys.getsizeof(text) for text in texts]


class ChangesList:
    """A value that changes the list it is in when it is written."""

    def __init__(self, change: Callable[[], object]) -> None:
        self.change = change

    def __bool__(self) -> bool:
        self.change()
        return True


@pytest.mark.parametrize("changed", ["tags", "logs"])
def test_lists_that_are_emptied_while_they_are_read(changed: str) -> None:
    """A list that becomes shorter is read up to its new end, and no further."""
    tags: list[Any] = [(f"key{n}", f"value{n}") for n in range(20)]
    logs: list[Any] = [(n, [("k", "v")]) for n in range(20)]
    target = tags if changed == "tags" else logs

    class Log:
        """A log that is read by Python code."""

        def __iter__(self) -> Iterator[Any]:
            target.clear()
            yield 1
            yield [("k", "v")]

    class Tag:
        """A tag that is read by Python code."""

        def __iter__(self) -> Iterator[Any]:
            target.clear()
            yield "k"
            yield "v"

    target.insert(1, Log() if changed == "logs" else Tag())
    write(compiled, [FinishedSpan(tag_items=tags, log_items=logs)])

    assert [] == target


def finished_span(tracer: Tracer) -> Span:
    """Return a span of this client with tags and logs of each kind."""
    span = tracer.start_span("op", tags={"a": "b", "n": 1})
    span.set_tag("later", 0.5)
    span.log_kv({"event": "e", "n": True})
    span.finish()
    return span


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("operation_name", "other"),
        ("operation_name", 5),
        ("start_time", 5),
        ("end_time", None),
        ("end_time", -1.0),
        ("trace_id", 2**128),
        ("span_id", "x"),
        ("parent_id", 7),
        ("first_tags", {"é": b"x"}),
        ("first_tags", None),
        ("decision_tags", {"a": 2}),
        ("decision_tags", [("a", 2)]),
        ("decision_tags", 5),
        ("more_tags", [("a", 3), ("later", 4)]),
        ("more_tags", {"a": 3}.items()),
        ("log_items", ()),
        ("log_items", [(5, (("k", 1), ("k", 2)))]),
        ("log_items", None),
        ("references", [reference("follows_from", 8, 9)]),
        ("dropped_tags", 5),
        ("dropped_logs", -5),
        ("flags", 3),
        ("tag_items", [("patched", 1)]),
        ("ids", Ids(5, 6)),
    ],
)
def test_assigned_attributes(
    name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A span is written as its attributes say, even assigned or patched ones."""
    tracer = Tracer("service", InMemoryReporter(), ConstSampler(decision=True))
    span, other = finished_span(tracer), finished_span(tracer)
    try:
        setattr(span, name, value)
    except AttributeError:  # a property
        monkeypatch.setattr(Span, name, value)

    spans = [span, other]
    assert write(plain, spans) == write(compiled, spans)


def test_usual_spans_are_compiled() -> None:
    """Spans of this client are written without the reference."""
    tracer = Tracer("service", InMemoryReporter(), ConstSampler(decision=True))
    spans = [finished_span(tracer)]
    spans[0].set_tag("a", "again")
    encoder = make_encoder(native.OtlpWriter(None))

    assert write(plain, spans) == write(encoder, spans)


def test_a_span_whose_tags_were_read() -> None:
    """Tag and Log objects, which the application may change, are written as pairs."""
    tracer = Tracer("service", InMemoryReporter(), ConstSampler(decision=True))
    span = finished_span(tracer)
    span.tags[0].vStr = "changed"
    span.logs[0].fields[0].vStr = "changed, too"
    (decoded,) = otlp_spans(encode_one(OtlpEncoder(SpanLosses()), span))

    assert write(plain, [span]) == write(compiled, [span])
    assert "changed" == dict(attribute_pairs(decoded.attributes))["a"]
    assert "changed, too" == decoded.events[0].name


def test_threads_that_change_spans() -> None:
    """While other threads change a span, each payload can be read."""
    tracer = Tracer("service", InMemoryReporter(), ConstSampler(decision=True))
    spans = [finished_span(tracer) for _ in range(100)]
    encoder = compiled
    done = threading.Event()

    def change(step: int) -> None:
        number = 0
        while not done.is_set():
            span = spans[number % len(spans)]
            span.set_tag(f"é{number % 50}", "x" * (number % 200))
            span.log_kv({"event": number, "k": "v"})
            if number % 7 == step:
                del span.tags[:]
                span.logs = []
            number += 1

    threads = [threading.Thread(target=change, args=(step,)) for step in (3, 5)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    for thread in threads:
        thread.start()
    try:
        for _ in range(30):
            payloads = list(encoder.encode(spans, limit=LARGE))
            names = [span.name for span in otlp_spans(payloads[0].body)]
            assert ["op"] * len(spans) == names
    finally:
        done.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
