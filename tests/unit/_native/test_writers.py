"""The compiled writers: hostile spans, other threads, references."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from jaeger_client.encoding import (
    JaegerBinaryEncoder,
    JaegerCompactEncoder,
    jaeger_binary,
    jaeger_compact,
    otlp_writer,
)
from jaeger_client.encoding.packing import LogsTooLargeError
from jaeger_client.model import SpanLosses
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.tracer import Tracer
from tests.foreign.decoders import decode_batch, decode_emit_batch, tag_pairs
from tests.foreign.spans import LARGE, FinishedSpan, Ids, encode_all, reference
from tests.unit.racing import run_together

native = pytest.importorskip(
    "jaeger_client._native.writers",
    reason="the compiled writers are not built",
)

Decode = Callable[[bytes], Any]
GOOD = "the span that follows"
MANY = 100_000

COMPACT = native.CompactWriter(jaeger_compact.CompactWriter())
BINARY = native.BinaryWriter(jaeger_binary.BinaryWriter())
OTLP = native.OtlpWriter(otlp_writer)

FORMATS = pytest.mark.parametrize(
    ("encoder", "writer", "decode"),
    [
        (JaegerCompactEncoder, COMPACT, decode_emit_batch),
        (JaegerBinaryEncoder, BINARY, decode_batch),
    ],
    ids=["compact", "binary"],
)
WRITERS = pytest.mark.parametrize(
    "writer", [COMPACT, BINARY, OTLP], ids=["compact", "binary", "otlp"]
)


class Item:
    """A tag that calls *action* when it is read."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action = action

    def __iter__(self) -> Iterator[object]:
        self.action()
        return iter(("acting", 1))


class Acting:
    """Items that call *action* when they are read, and when they are counted."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action = action

    def __iter__(self) -> Iterator[object]:
        self.action()
        yield "acting", 1
        self.action()

    def __len__(self) -> int:
        self.action()
        return 5


def shrink_tags(span: FinishedSpan, items: list[Any]) -> None:
    """Remove all tags while they are read."""
    span.tag_items = [Item(items.clear), ("a", 1), *[("b", 2)] * 50]
    items.extend(span.tag_items)
    items[0] = Item(items.clear)
    span.tag_items = items


def grow_tags(span: FinishedSpan, items: list[Any]) -> None:
    """Append tags while they are read."""
    items += [Item(lambda: items.extend([("more", 1)] * 100)), ("a", 1)]
    span.tag_items = items


def grow_dict(span: FinishedSpan, items: list[Any]) -> None:
    """Add to the dict whose items are a log's fields."""
    fields: dict[Any, Any] = {"a": 1}
    fields["b"] = 2

    def grow() -> None:
        fields[str(len(fields))] = 1

    span.tag_items = [Item(grow)]
    span.log_items = [(1, fields.items()), (2, [Item(grow)]), (3, fields.items())]


def shrink_logs(span: FinishedSpan, items: list[Any]) -> None:
    """Remove all logs while they are read."""
    items += [(1, Acting(items.clear)), (2, []), (3, [("a", 1)])]
    span.log_items = items


def shrink_references(span: FinishedSpan, items: list[Any]) -> None:
    """Remove all references while they are read."""

    class Context(Ids):
        def __getattribute__(self, name: str) -> Any:
            items.clear()
            return super().__getattribute__(name)

    items += [reference("child_of", 1, 2), reference("child_of", 3, 4)]
    items[0] = items[0]._replace(referenced_context=Context(1, 2))
    span.references = items


def write_again(span: FinishedSpan, items: list[Any]) -> None:
    """Use the same writer within a call of it."""

    def write() -> None:
        for writer in (COMPACT, BINARY):
            writer.write_spans(bytearray(), [], [FinishedSpan()] * 100, LARGE)

    span.tag_items = [Item(write)] * 5


@FORMATS
@pytest.mark.parametrize(
    "prepare",
    [
        shrink_tags,
        grow_tags,
        grow_dict,
        shrink_logs,
        shrink_references,
        write_again,
    ],
)
def test_a_span_that_changes_while_it_is_read(
    encoder: Any,
    writer: Any,
    decode: Decode,
    prepare: Callable[[FinishedSpan, list[Any]], None],
) -> None:
    """It is sent or counted, and the spans beside it are sent unchanged."""
    span = FinishedSpan(operation_name="changes")
    prepare(span, [])
    good = FinishedSpan(operation_name=GOOD, tag_items=[("k", "v")])
    losses = SpanLosses()
    made = encoder(losses)
    made._span_writer = writer
    (payload,) = encode_all(made, [good, span, good])

    spans = decode(payload.body).spans
    first, *changed, last = spans
    assert [GOOD, GOOD] == [first.operationName, last.operationName]
    assert [("k", "v")] == tag_pairs(first.tags) == tag_pairs(last.tags)
    assert 1 == len(changed) + losses.not_encodable


class FreedIds(Ids):
    """Ids that call *action* when they are freed."""

    action: Callable[[], object] = staticmethod(lambda: None)

    def __del__(self) -> None:
        self.action()


class FreedList(list[Any]):
    """A list that calls *action* when it is freed."""

    action: Callable[[], object] = staticmethod(lambda: None)

    def __del__(self) -> None:
        self.action()


def fresh(name: str, create: Callable[[], Any], action: Callable[[], object]) -> Any:
    """
    Return a span whose attribute *name* is a new object whenever it is read.

    The first of them calls *action* when it is freed.
    """

    class Fresh(FinishedSpan):
        """A span of an application."""

        has_acted = False

        def __getattribute__(self, wanted: str) -> Any:
            if wanted != name:
                return super().__getattribute__(wanted)
            created = create()
            if not Fresh.has_acted:
                Fresh.has_acted, created.action = True, action
            return created

    return Fresh()


@WRITERS
@pytest.mark.parametrize(
    ("name", "create"),
    [
        ("ids", lambda: FreedIds(1, 2)),
        ("references", lambda: FreedList([reference("child_of", 1, 2)])),
        ("references", FreedList),
        ("tag_items", lambda: FreedList([("a", 1)])),
        ("log_items", lambda: FreedList([(1, [("a", 1)])])),
    ],
)
def test_objects_that_are_freed_while_spans_are_read(
    writer: Any, name: str, create: Callable[[], Any]
) -> None:
    """A finalizer that empties the list of tags does so before it is read, or later."""
    tags = [(f"key{number}", "value" * 9) for number in range(50)]
    overwritten: list[Any] = []

    def clear() -> None:
        tags.clear()
        overwritten.extend(("x" * size, "y" * size) for size in range(200))

    span, other = fresh(name, create, clear), FinishedSpan(tag_items=tags)
    if name != "tag_items":
        span.tag_items = tags
    out, ends = bytearray(), list[int]()
    writer.write_spans(out, ends, [span, other, other], LARGE)

    expected, expected_ends = bytearray(), list[int]()
    writer.write_spans(expected, expected_ends, [other], LARGE)
    assert overwritten
    assert expected == out[ends[1] :]
    assert b"x" * 20 not in out


@FORMATS
def test_threads_that_change_spans_while_they_are_encoded(
    encoder: Any, writer: Any, decode: Decode
) -> None:
    """Each payload can be read, whatever other threads append and remove."""
    tags: list[Any] = [("a", 1)]
    fields: dict[str, Any] = {"event": "x"}
    logs: list[Any] = [(1, fields.items())]
    spans = [FinishedSpan(tag_items=tags, log_items=logs) for _ in range(20)]
    made = encoder(SpanLosses())
    made._span_writer = writer

    def encode() -> None:
        for _ in range(20):
            for payload in made.encode(spans, limit=LARGE):
                assert payload.span_count == len(decode(payload.body).spans)

    def append() -> None:
        for number in range(2_000):
            tags.append(("é" * (number % 9), number))
            logs.append((number, fields.items()))
            fields[str(number)] = "value"
            if number % 50 == 49:
                del tags[1:]
                del logs[1:]
                fields.clear()

    run_together(encode, append)


@WRITERS
def test_spans_before_one_that_raises_are_whole(writer: Any) -> None:
    """An exception leaves the bytes and the ends of the spans before it."""
    good, bad = FinishedSpan(), FinishedSpan(operation_name=None)
    expected, expected_ends = bytearray(b"start"), [5]
    writer.write_spans(expected, expected_ends, [good, good], LARGE)
    out, ends = bytearray(b"start"), [5]

    with pytest.raises(TypeError, match="NoneType"):
        writer.write_spans(out, ends, [good, good, bad, good], LARGE)

    assert expected == out
    assert expected_ends == ends
    assert len(out) == ends[-1]


@WRITERS
def test_the_span_that_fills_the_payload_is_the_last(writer: Any) -> None:
    """Spans after the first one that exceeds the size are not read."""
    out, ends = bytearray(), list[int]()
    spans: list[Any] = [FinishedSpan(), FinishedSpan(), None]
    writer.write_spans(out, ends, spans[:1], LARGE)

    writer.write_spans(out, ends, spans, 2 * len(out) - 1)

    assert [len(out) // 2, len(out)] == ends


@WRITERS
def test_every_character(writer: Any) -> None:
    """Each character is written as UTF-8 encodes it."""
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]))
    out = bytearray()
    writer.write_spans(out, [], [FinishedSpan(tag_items=[("k", text)])], LARGE)

    assert text.encode() in out


@WRITERS
def test_too_many_logs_are_not_read(writer: Any) -> None:
    """Logs are written only up to the size of a payload."""
    logs: list[Any] = [(1, [("k", "v" * 100)])] * 1000 + [None]

    with pytest.raises(LogsTooLargeError):
        writer.write_spans(bytearray(), [], [FinishedSpan(log_items=logs)], 50_000)


@WRITERS
def test_logs_of_a_span_count_by_themselves(writer: Any) -> None:
    """They are as large as a payload at most, without the spans before."""
    span = FinishedSpan(log_items=[(1, [("k", "v" * 100)])] * 100)
    out, ends = bytearray(), list[int]()
    writer.write_spans(out, ends, [span], LARGE)

    writer.write_spans(out, ends, [span], len(out) + 1)

    assert [len(out) // 2, len(out)] == ends


@WRITERS
def test_logs_that_are_too_large_are_removed(writer: Any) -> None:
    """After the exception, the buffer has the bytes of the spans before."""
    good = FinishedSpan()
    bad = FinishedSpan(log_items=[(1, [("k", "v" * 100)])] * 1000)
    expected, out, ends = bytearray(), bytearray(), list[int]()
    writer.write_spans(expected, [], [good], LARGE)

    with pytest.raises(LogsTooLargeError):
        writer.write_spans(out, ends, [good, bad], 5_000)

    assert (expected, [len(expected)]) == (out, ends)


@pytest.mark.parametrize(
    "text",
    [
        *("\x7f", "\x80", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff"),
        *("\U00010000", "\U0010ffff"),
    ],
)
def test_the_bounds_of_utf8(text: str) -> None:
    """Characters around those that need one byte more are written as UTF-8."""
    out = bytearray()
    BINARY.write_spans(out, [], [FinishedSpan(tag_items=[("k", text + "!")])], LARGE)

    data = (text + "!").encode()
    assert len(data).to_bytes(4, "big") + data + b"\0" in out


@WRITERS
def test_a_buffer_that_is_in_use(writer: Any) -> None:
    """If the buffer cannot grow, neither it nor the ends change."""
    out, ends = bytearray(b"x"), [1]

    with memoryview(out), pytest.raises(BufferError):
        writer.write_spans(out, ends, [FinishedSpan()], LARGE)

    assert (bytearray(b"x"), [1]) == (out, ends)


@WRITERS
@pytest.mark.parametrize(
    "arguments",
    [(b"", [], []), (bytearray(), (), []), (None, [], []), (bytearray(), None, [])],
)
def test_arguments_of_other_types(writer: Any, arguments: tuple[Any, ...]) -> None:
    """Only a bytearray and a list are accepted."""
    with pytest.raises(TypeError):
        writer.write_spans(*arguments, LARGE)


def every_kind_of_span() -> list[Any]:
    """Return spans that take every branch of the writers, those that raise too."""
    tracer = Tracer("shop", InMemoryReporter(), ConstSampler(decision=True))
    with tracer:
        root = tracer.start_span("root", tags={"tag": "é", "n": 2**40})
        root.set_tag("later", 1.5).set_tag("bytes", b"x").log_kv({"event": "e"})
        root.finish()
        objects = tracer.start_span("objects", child_of=root)
        objects.set_tag("k", True)
        assert objects.tags
        assert not objects.logs
        odd = tracer.start_span("odd")
        odd.start_time = float("nan")
        references = [reference("follows_from", 2**100, 3)]
        return [
            root,
            objects,
            FinishedSpan(tag_items=(("k", "v"),), references=references),
            FinishedSpan(tag_items={"k": float("inf")}.items(), dropped_tags=1),
            FinishedSpan(log_items=[(1, [("k", 1)])] * 300, end_time=None),
            odd,
            FinishedSpan(ids=None),
            FinishedSpan(operation_name="\ud800"),
            FinishedSpan(tag_items=[("k", None)]),
            FinishedSpan(tag_items=[("k", 2**64)]),
            FinishedSpan(log_items=[(1.5, [])]),
            FinishedSpan(log_items=[()]),
            FinishedSpan(references=[reference("child_of", 1, "x")]),
        ]


@pytest.mark.parametrize(
    "writer", [native.CompactWriter, native.BinaryWriter, native.OtlpWriter]
)
def test_usual_spans_are_compiled(writer: Any) -> None:
    """Spans of this client are written without the reference."""
    tracer = Tracer("shop", InMemoryReporter(), ConstSampler(decision=True))
    span = tracer.start_span("op", tags={"text": "é", "number": 1, "real": 0.5})
    for number in range(50):
        span.set_tag(f"k{number}", value=True)
        span.log_kv({"event": "e", "bytes": b"x"})
    span.finish()
    out, ends = bytearray(), list[int]()

    writer(None).write_spans(out, ends, [span], LARGE)

    assert [len(out)] == ends


def write_all(writer: Any, spans: list[Any]) -> None:
    """Write each of *spans* by itself."""
    for span in spans:
        with suppress(Exception):  # many of them raise
            writer.write_spans(bytearray(), [], (span,), LARGE)


@WRITERS
def test_no_reference_and_no_memory_is_lost(writer: Any) -> None:
    """Whatever is written or raises, objects and memory are as before."""
    spans = every_kind_of_span()
    write_all(writer, spans)
    gc.collect()
    counts = [sys.getrefcount(span) for span in spans]
    blocks = sys.getallocatedblocks()

    for _ in range(200):
        write_all(writer, spans)

    gc.collect()
    assert counts == [sys.getrefcount(span) for span in spans]
    assert sys.getallocatedblocks() - blocks < 100


@WRITERS
def test_values_are_freed_with_their_span(writer: Any) -> None:
    """Nothing of a span is referenced after it was written."""

    class Value(list[int]):
        pass

    value, secret = Value(), "a secret: é" * 3
    size = sys.getsizeof(secret)
    span = FinishedSpan(tag_items=[("k", secret), ("l", value)])
    reference_to_value = weakref.ref(value)
    references = sys.getrefcount(secret)
    write_all(writer, [span])

    assert references == sys.getrefcount(secret)
    assert size == sys.getsizeof(secret)  # a copy in UTF-8 would be part of it
    span.tag_items = value = None  # type: ignore[assignment]  # freed
    assert reference_to_value() is None


def write_until_another_thread_runs(
    writer: Any, spans: list[Any], action: Callable[[], object] = lambda: None
) -> bytearray:
    """Write *spans* again and again until *action* has run; return the last bytes."""
    interval = sys.getswitchinterval()
    may_run, is_done = threading.Lock(), threading.Event()

    def run() -> None:
        with may_run:
            action()
            is_done.set()

    may_run.acquire()
    thread = threading.Thread(target=run)
    thread.start()
    out, payloads = bytearray(), 0
    try:
        # Only where the interpreter lock is released, the other thread runs.
        sys.setswitchinterval(3_600)
        may_run.release()
        while not is_done.is_set() and payloads < MANY:
            out.clear()
            writer.write_spans(out, [], spans, LARGE)
            payloads += 1
    finally:
        sys.setswitchinterval(interval)
        thread.join()

    assert 0 < payloads < MANY
    return out


@WRITERS
@pytest.mark.parametrize(
    "spans",
    [
        [FinishedSpan(tag_items=[("k", "v")] * 8)] * 128,
        [FinishedSpan(log_items=[(1, [("k", "v")])] * 4_000)],
    ],
    ids=["spans", "logs"],
)
def test_other_threads_run_between_pieces(writer: Any, spans: list[Any]) -> None:
    """A thread that waits for the interpreter gets it long before all is written."""
    out = write_until_another_thread_runs(writer, spans)

    expected = bytearray()
    writer.write_spans(expected, [], spans, LARGE)
    assert expected == out


@WRITERS
def test_logs_that_are_removed_between_two_pieces(writer: Any) -> None:
    """A span is written as it is when its piece begins."""
    first = FinishedSpan(log_items=[(1, [("k", "v")])] * 4_000)  # a piece of its own
    logs: list[Any] = [(1, [("k", "v")])]
    spans = [first, FinishedSpan(log_items=logs)]

    out = write_until_another_thread_runs(writer, spans, logs.clear)

    expected = bytearray()
    writer.write_spans(expected, [], [first, FinishedSpan(log_items=[])], LARGE)
    assert expected == out
