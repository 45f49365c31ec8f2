"""One span used by several threads, by a signal handler and by finalizers at once."""

from __future__ import annotations

import gc
import itertools
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import pytest

from jaeger_client._internal.tag_lists import Log, Tag
from jaeger_client.sampler import Decision, RootSpan, Sampler, Undecided
from jaeger_client.span import Span
from jaeger_client.testing import MemoryTracer
from tests.unit.racing import run_together
from tests.unit.spans import fields_of

WRITERS = 4
READERS = 2
ROUNDS = 100
SPANS = 60
"""Only the first read of a span's list converts it, so several spans are needed."""


class WaitingSampler(Sampler):
    """Decides when the root span finishes."""

    def __init__(self) -> None:
        super().__init__()

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        return True, DecisionAtTheEnd()


class DecisionAtTheEnd(Undecided):
    """Samples everything when a decision is needed."""

    @property
    def watched_tags(self) -> frozenset[str]:
        return frozenset()

    def decide(self, root: RootSpan, *, is_final: bool) -> Decision | None:
        return (True, {"decided": True}) if is_final else None


@pytest.fixture(params=["decided", "undecided"])
def tracer(request: pytest.FixtureRequest) -> MemoryTracer:
    """Return a tracer whose sampler decides at the start or at the end of a root."""
    tracer = MemoryTracer()
    if request.param == "undecided":
        tracer.sampler = WaitingSampler()
    return tracer


@pytest.fixture
def span(tracer: MemoryTracer) -> Span:
    """Return a root span."""
    return tracer.start_span("op", tags={"first": 0})


def started(tracer: MemoryTracer) -> Iterator[Span]:
    """Start one span after the other."""
    for _ in range(SPANS):
        yield tracer.start_span("op", tags={"first": 0})


def numbers(span: Span) -> Counter[object]:
    """Return how often each number was set as a tag of *span*, by its writer."""
    return Counter((tag.key, tag.value) for tag in span.tags if tag.key[0] == "w")


def logged_numbers(span: Span) -> Counter[object]:
    """Return how often each number was logged on *span*, by its writer."""
    return Counter(item for log in span.logs for item in fields_of(log).items())


def expected() -> Counter[object]:
    """Return what all writers together record, each of it once."""
    return Counter(
        (f"w{writer}", number) for writer in range(WRITERS) for number in range(ROUNDS)
    )


def writers(write: Callable[[str, int], object]) -> list[Callable[[], None]]:
    """Return functions that call *write* with their name and with each number."""

    def writer(name: str) -> Callable[[], None]:
        def run() -> None:
            for number in range(ROUNDS):
                write(name, number)

        return run

    return [writer(f"w{index}") for index in range(WRITERS)]


def readers(read: Callable[[], object]) -> list[Callable[[], None]]:
    """Return functions that read a few times."""

    def run() -> None:
        for _ in range(5):
            read()

    return [run] * READERS


def test_reading_tags_among_writers_loses_none(tracer: MemoryTracer) -> None:
    """Tags set while other threads read `tags` are there, once each."""
    for span in started(tracer):
        run_together(
            *writers(span.set_tag),
            *readers(lambda span=span: [tag.vType for tag in span.tags]),  # type: ignore[misc]
        )

        assert expected() == numbers(span)


def test_reading_logs_among_writers_loses_none(tracer: MemoryTracer) -> None:
    """Logs made while other threads read `logs` are there, once each."""
    for span in started(tracer):
        run_together(
            *writers(lambda name, number, span=span: span.log_kv({name: number})),  # type: ignore[misc]
            *readers(lambda span=span: [log.timestamp for log in span.logs]),  # type: ignore[misc]
        )

        assert expected() == logged_numbers(span)


@pytest.fixture
def collections_switch_threads() -> Iterator[None]:
    """Collect garbage all the time, with a callback that lets other threads run."""
    threshold = gc.get_threshold()

    def switch(phase: str, info: dict[str, int]) -> None:
        del phase, info
        time.sleep(0)  # noqa: TID251 - waits for nothing, only lets others run

    gc.callbacks.append(switch)
    gc.set_threshold(3)
    yield
    gc.set_threshold(*threshold)
    gc.callbacks.remove(switch)


@pytest.mark.usefixtures("collections_switch_threads")
def test_collections_among_readers_and_writers_lose_nothing(
    tracer: MemoryTracer,
) -> None:
    """Creating an object may collect garbage, and callbacks of that switch threads."""
    for span in started(tracer):
        run_together(
            *writers(lambda name, number, span=span: span.log_kv({name: number})),  # type: ignore[misc]
            *readers(lambda span=span: len(span.logs)),  # type: ignore[misc]
        )

        assert expected() == logged_numbers(span)


def test_encoders_among_writers_see_every_earlier_tag(span: Span) -> None:
    """`tag_items` never misses a tag that was there before, however `tags` is read."""
    seen: list[int] = []

    def encode() -> None:
        counts = [len([*span.tag_items]) for _ in range(ROUNDS)]
        seen.extend(after - before for before, after in itertools.pairwise(counts))

    run_together(
        encode,
        *writers(span.set_tag),
        *readers(lambda: span.tags),
    )

    assert min(seen) >= 0


def test_tags_appended_to_the_list_among_writers_are_stored(span: Span) -> None:
    """Threads may append to `span.tags` while others call `set_tag`."""
    run_together(
        *writers(span.set_tag)[:2],
        *writers(lambda name, number: span.tags.append((name, number)))[2:],
    )

    assert expected() == numbers(span)


def test_all_readers_get_the_same_objects(span: Span) -> None:
    """Threads that read `tags` at the same time get one list of the same tags."""
    for number in range(100):
        span.set_tag("n", number)
    lists: list[list[Tag]] = []
    ids: list[list[int]] = []

    def read() -> None:
        tags = span.tags
        lists.append(tags)
        ids.append([id(tag) for tag in tags])

    run_together(*[read] * READERS)

    assert all(tags is span.tags for tags in lists)
    assert ids[0] == ids[1]


def test_tags_of_the_decision_come_into_a_list_that_was_read() -> None:
    """A root whose `tags` was read before the decision shows the sampler's tags."""
    tracer = MemoryTracer()
    tracer.sampler = WaitingSampler()
    span = tracer.start_span("op")
    tags = span.tags

    span.finish()

    assert tags is span.tags
    assert [("decided", True)] == [(tag.key, tag.value) for tag in tags]


def actions_on(span: Span) -> list[Callable[[], None]]:
    """Return functions that bring the decision, read the tags, and set one."""

    def decide() -> None:
        _ = span.context

    def read() -> None:
        _ = span.tags

    def write() -> None:
        span.set_tag("w", 1)

    return [decide, read, write]


def test_a_decision_among_writers_loses_no_tag() -> None:
    """A tag set during the decision is stored, and so are the sampler's."""
    for _ in range(50):
        tracer = MemoryTracer()
        tracer.sampler = WaitingSampler()
        span = tracer.start_span("op")

        run_together(*actions_on(span))

        found = sorted(tag.key for tag in span.tags)
        assert ["decided", "w"] == found


def test_baggage_of_several_threads_is_stored(span: Span) -> None:
    """`set_baggage_item` from several threads loses no item, and logs each once."""

    def write(name: str, number: int) -> None:
        if number < 50:
            span.set_baggage_item(f"{name}-{number}", str(number))

    run_together(*writers(write))

    baggage = {f"w{w}-{n}": str(n) for w in range(WRITERS) for n in range(50)}
    assert baggage == span.context.baggage
    assert len(baggage) == len(span.logs)


def test_baggage_and_priority_of_several_threads_are_stored(span: Span) -> None:
    """A priority set while another thread sets baggage is not undone by it."""
    for _ in range(50):
        span.context.flags = 1

        def set_baggage() -> None:
            for number in range(20):
                span.set_baggage_item("key", str(number))

        def set_priority() -> None:
            span.set_tag("sampling.priority", 1)

        run_together(set_baggage, set_priority)

        assert 3 == span.context.flags


@contextmanager
def frequent_signals(handler: Callable[[], object]) -> Generator[None]:
    """Call *handler* in the main thread as often as signals can come."""
    before = signal.signal(signal.SIGALRM, lambda _number, _frame: handler())
    signal.setitimer(signal.ITIMER_REAL, 1e-4, 1e-4)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="needs signals"
)
def test_signal_handler_that_records_on_the_interrupted_span(span: Span) -> None:
    """A handler may set, log and read on the span whose call it interrupted."""
    handled: list[int] = []

    def handle() -> None:
        number = len(handled)
        handled.append(number)
        span.set_tag("handled", number).log_kv({"handled": number})
        span.set_baggage_item("handled", str(number))
        _ = span.tags, span.logs

    with frequent_signals(handle):
        for number in range(1500):
            span.set_tag("w", number).log_kv({"w": number})
            if not number % 100:
                span.set_baggage_item(f"b{number}", "")
                _ = span.tags, span.logs

    tags = Counter(tag.key for tag in span.tags)
    logs = Counter(key for log in span.logs for key in fields_of(log))
    assert handled
    assert (1500, len(handled)) == (tags["w"], tags["handled"])
    assert (1500, len(handled)) == (logs["w"], logs["handled"])
    assert 16 == len(span.context.baggage)


class Finalized:
    """Garbage in a cycle whose finalizer records on a span."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.cycle = self

    def __del__(self) -> None:
        self.span.set_tag("f", 1).log_kv({"f": 1})


@pytest.fixture
def collector() -> Iterator[None]:
    """Leave the collector to the test, and all objects but its own out of it."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_finalizer_that_records_on_the_span_in_use() -> None:
    """What a finalizer records while a span gets its first tags and logs is stored."""
    tracer = MemoryTracer()
    recorded: Counter[str] = Counter()
    for _ in range(200):
        for threshold in range(1, 4):
            gc.set_threshold(0)
            span = tracer.start_span("op")
            Finalized(span)
            gc.set_threshold(threshold)
            span.set_tag("w", 1).log_kv({"w": 1})
            gc.set_threshold(0)
            gc.collect()
            recorded.update(tag.key for tag in span.tags if tag.key in "fw")
            recorded.update(key for log in span.logs for key in fields_of(log))

    assert {"w": 1200, "f": 1200} == recorded


def test_objects_are_created_for_every_pair(span: Span) -> None:
    """What `tags` and `logs` return has objects only, also among writers."""
    kinds: set[type] = set()

    def read() -> None:
        kinds.update(type(tag) for tag in [*span.tags])
        kinds.update(type(log) for log in [*span.logs])

    run_together(
        *writers(lambda name, number: span.set_tag(name, number).log_kv({})),
        *readers(read),
    )
    read()

    assert {Tag, Log} == kinds
