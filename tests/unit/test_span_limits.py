"""Limits on what one span stores: tags, logs, fields of a log, baggage."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from itertools import chain, repeat

import pytest
from opentracing import child_of, follows_from

from jaeger_client._internal.tag_lists import Log, Tag, TagList
from jaeger_client.config import Config
from jaeger_client.metrics import Metrics
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import ConstSampler
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.testing import MemoryTracer
from jaeger_client.tracer import Tracer
from tests.unit.racing import run_together
from tests.unit.spans import Anything, fields_of, pairs_of

DEFAULT = 4096


def limited(limit: int = 10) -> Tracer:
    """Return a tracer whose spans have at most *limit* tags and logs."""
    tracer = MemoryTracer()
    tracer.max_tags_per_span = tracer.max_logs_per_span = limit
    # Its tags would be the first ones.
    tracer.sampler = ConstSampler(decision=True)
    tracer.sampler.is_sampled = lambda trace_id, operation="": (True, {})  # type: ignore[method-assign]
    return tracer


def set_tags(span: Span, number: int) -> Span:
    """Set so many tags whose values are their numbers."""
    for value in range(number):
        span.set_tag("n", value)
    return span


def make_logs(span: Span, number: int) -> Span:
    """Make so many logs whose timestamps are their numbers."""
    for second in range(number):
        span.log_kv({"event": "e"}, timestamp=second)
    return span


def values(span: Span) -> list[object]:
    """Return the values of the tags, as encoders read them."""
    return [value for _, value in span.tag_items]


def seconds(span: Span) -> list[int]:
    """Return the timestamps of the logs, as encoders read them."""
    return [timestamp // 1_000_000 for timestamp, _ in span.log_items]


def halves(total: int, limit: int) -> list[int]:
    """Return the first and the newest of so many numbers."""
    numbers = list(range(total))
    first = limit // 2
    return numbers[:first] + numbers[total - (limit - first) :]


@pytest.mark.parametrize("limit", [1, 2, 7, 1024, 1025, DEFAULT, 5000])
def test_first_and_newest_logs_are_stored(limit: int) -> None:
    """Above the limit, the first half and the newest logs are stored."""
    span = make_logs(limited(limit).start_span("op"), limit + 20)

    assert halves(limit + 20, limit) == seconds(span)
    assert (20, 0) == (span.dropped_logs, span.dropped_tags)


@pytest.mark.parametrize("limit", [1, 2, 7, 1024, 1025, DEFAULT, 5000])
def test_first_and_newest_tags_are_stored(limit: int) -> None:
    """Above the limit, the first half and the newest tags are stored."""
    span = set_tags(limited(limit).start_span("op"), limit + 20)

    assert halves(limit + 20, limit) == values(span)
    assert (20, 0) == (span.dropped_tags, span.dropped_logs)


@pytest.mark.parametrize("limit", [10, 1024, DEFAULT])
def test_as_many_as_the_limit_are_stored(limit: int) -> None:
    """A span with exactly as many tags and logs as it may have loses none."""
    span = limited(limit).start_span("op")

    make_logs(set_tags(span, limit), limit)

    assert list(range(limit)) == values(span) == seconds(span)
    assert (0, 0) == (span.dropped_tags, span.dropped_logs)


def test_default_limits() -> None:
    """Without a setting, a span keeps 4,096 tags and 4,096 logs."""
    span = Span(SpanContext(1, 2, None, 1), None, "op")

    make_logs(set_tags(span, 100_000), 100_000)

    assert halves(100_000, DEFAULT) == values(span) == seconds(span)
    assert (95_904, 95_904) == (span.dropped_tags, span.dropped_logs)


def test_large_limit() -> None:
    """A limit of many thousands is respected; a few more may be dropped at a time."""
    limit = 50_000
    span = make_logs(limited(limit).start_span("op"), 2 * limit)

    kept = seconds(span)
    assert limit - 10 <= len(kept) <= limit
    assert list(range(limit // 2)) == kept[: limit // 2]
    assert 2 * limit == kept[-1] + 1 == len(kept) + span.dropped_logs


def test_tags_of_the_start() -> None:
    """Too many tags given at the start are reduced to the first and the last."""
    tags = {str(number): number for number in range(30)}

    span = limited(10).start_span("op", tags=tags)

    assert halves(30, 10) == values(span)
    assert 20 == span.dropped_tags
    assert 30 == len(tags)


def test_tags_of_the_start_and_later_ones() -> None:
    """The limit applies to initial and later tags together."""
    tags = {str(number): number for number in range(8)}
    span = limited(10).start_span("op", tags=tags)

    for number in range(8, 30):
        span.set_tag("n", number)

    assert halves(30, 10) == values(span)
    assert 20 == span.dropped_tags


def test_many_tags_of_the_start_and_later_ones() -> None:
    """The same applies with the default limit."""
    tags = {str(number): number for number in range(4000)}
    span = limited(DEFAULT).start_span("op", tags=tags)

    for number in range(4000, 5000):
        span.set_tag("n", number)

    assert halves(5000, DEFAULT) == values(span)


def test_tags_of_the_start_of_many_types() -> None:
    """Reduced tags are converted as all others are."""
    tags: dict[str, object] = {str(number): [number] for number in range(30)}

    span = limited(4).start_span("op", tags=tags)

    assert ["[0]", "[1]", "[28]", "[29]"] == values(span)


def test_tags_of_the_constructor() -> None:
    """Tags given to `Span` count as set one by one."""
    tags = {str(number): number for number in range(30)}

    span = Span(SpanContext(1, 2, None, 1), limited(10), "op", tags)

    assert halves(30, 10) == values(span)


def test_lists_that_were_read_are_limited() -> None:
    """The limit holds for the lists that `tags` and `logs` return, too."""
    span = limited(10).start_span("op")
    tags, logs = span.tags, span.logs

    make_logs(set_tags(span, 20), 20)
    tags.append(("n", 20))
    logs.append(Log(20_000_000))

    assert halves(21, 10) == [tag.value for tag in tags]
    assert halves(21, 10) == [log.timestamp // 1_000_000 for log in logs]
    assert (11, 11) == (span.dropped_tags, span.dropped_logs)
    assert tags is span.tags
    assert logs is span.logs


def test_reading_after_the_limit_gives_objects() -> None:
    """`tags` and `logs` of a span over its limits are lists of objects."""
    span = make_logs(set_tags(limited(10).start_span("op"), 20), 20)

    assert {Tag} == {type(tag) for tag in span.tags}
    assert {Log} == {type(log) for log in span.logs}
    assert halves(20, 10) == [tag.vLong for tag in span.tags]


def test_assigned_lists_are_limited() -> None:
    """Lists that are assigned are reduced like those that grow."""
    span = limited(4).start_span("op")

    span.tags = [("n", number) for number in range(10)]
    span.logs = [(number * 1_000_000, []) for number in range(10)]

    assert halves(10, 4) == values(span) == seconds(span)
    assert (6, 6) == (span.dropped_tags, span.dropped_logs)


def test_extended_lists_are_limited() -> None:
    """Lists that are extended are reduced at once, and pairs become objects."""
    span = limited(4).start_span("op")

    span.tags.extend(("n", number) for number in range(10))
    span.logs.extend([Log(number * 1_000_000) for number in range(10)])

    assert halves(10, 4) == [tag.vLong for tag in span.tags] == seconds(span)
    assert (6, 6) == (span.dropped_tags, span.dropped_logs)


def test_a_long_list_is_reduced_in_one_step() -> None:
    """Whatever is over the limit is dropped at once, in linear time."""
    drops: list[int] = []

    tags = TagList(("n", number) for number in range(10_000))
    tags.bounded(10, drops.append).trim()

    assert [9_990] == drops
    assert halves(10_000, 10) == [tag.vLong for tag in tags]


def test_ordinary_spans_store_no_count() -> None:
    """A span that has dropped nothing has 0 without storing an attribute."""
    span = set_tags(MemoryTracer().start_span("op"), 3)

    assert (0, 0) == (span.dropped_tags, span.dropped_logs)
    assert {} == vars(span)


def pickled(thing: Anything) -> Anything:
    """Return a copy by way of pickle."""
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickled])
def test_copies_of_the_lists_are_not_limited(
    duplicate: Callable[[Anything], Anything],
) -> None:
    """Copied and pickled tags and logs are equal to the originals, and independent."""
    span = make_logs(set_tags(limited(3).start_span("op"), 5), 5)

    tags, logs = duplicate(span.tags), duplicate(span.logs)
    tags.append(("more", 1))

    assert span.logs == logs
    assert [*span.tags, Tag.of("more", 1)] == tags


@pytest.mark.parametrize("limit", [None, 0, -1, "10", True, 2.5])
def test_limits_that_are_none(limit: object) -> None:
    """Where a tracer of old tests has no usable limits, the default ones apply."""

    class Owner:
        max_tag_value_length = 10
        max_tags_per_span = max_logs_per_span = limit

    span = Span(SpanContext(1, 2, None, 1), Owner(), "op")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # on purpose

    make_logs(set_tags(span, DEFAULT + 5), DEFAULT + 5)

    assert (DEFAULT, DEFAULT) == (len(values(span)), len(seconds(span)))


def test_unusable_limit_of_our_tracer() -> None:
    """A limit that is set to 0 is not used, at the start of a span neither."""
    tracer = limited(0)

    span = tracer.start_span("op", tags={"first": 0})
    make_logs(set_tags(span, 5), 5)

    assert [0, 0, 1, 2, 3, 4] == values(span)
    assert [0, 1, 2, 3, 4] == seconds(span)


def test_fields_of_a_log() -> None:
    """If a log has too many fields, the first and the last are stored, with a count."""
    span = MemoryTracer().start_span("op")

    span.log_kv({str(number): number for number in range(1_000_000)})

    fields = fields_of(span.logs[0])
    assert 1_000_000 - DEFAULT == fields.pop("jaeger.dropped_fields")
    assert halves(1_000_000, DEFAULT) == list(fields.values())


def test_baggage_of_one_key() -> None:
    """Changing one item again and again keeps its value and as many logs as allowed."""
    span = limited(10).start_span("op")

    for number in range(1000):
        span.set_baggage_item("key", str(number))

    assert {"key": "999"} == span.context.baggage
    assert (10, 990) == (len(span.logs), span.dropped_logs)
    assert "999" == fields_of(span.logs[-1])["value"]


def test_baggage_of_many_keys() -> None:
    """A span stores 4,096 items of baggage; a further one is dropped, not logged."""
    span = limited(20_000).start_span("op")

    for number in range(10_000):
        span.set_baggage_item(str(number), "old")

    assert [str(number) for number in range(DEFAULT)] == list(span.context.baggage)
    assert DEFAULT == len(span.logs)
    assert span.get_baggage_item("5000") is None


def test_full_baggage_can_be_changed() -> None:
    """Items of full baggage can be replaced, and deleted to add others."""
    full = {str(number): "old" for number in range(DEFAULT)}
    span = Span(SpanContext(1, 2, None, 1, full), MemoryTracer(), "op")

    span.set_baggage_item("missing", None).set_baggage_item("0", "new")
    span.set_baggage_item("1", None).set_baggage_item("last", "new")
    span.set_baggage_item("too many", "new")

    assert ("new", None, "new", None) == tuple(
        span.get_baggage_item(key) for key in ("0", "1", "last", "too many")
    )


@pytest.fixture
def counts() -> dict[str, int]:
    """Return the counts of `counting_tracer`, by name."""
    return {}


def counting_tracer(counts: dict[str, int]) -> Tracer:
    """Return a tracer with small limits that counts into *counts*."""

    def count(key: str, value: int) -> None:
        counts[key] = counts.get(key, 0) + value

    return Tracer(
        "svc",
        InMemoryReporter(),
        ConstSampler(decision=True),
        metrics=Metrics(count=count),
        max_tags_per_span=4,
        max_logs_per_span=3,
    )


def test_drops_are_counted(counts: dict[str, int]) -> None:
    """Each dropped tag, log, field and baggage item counts in the tracer's metrics."""
    span = counting_tracer(counts).start_span("op", tags={"a": 1, "b": 2})
    make_logs(set_tags(span, 10), 10)
    span.log_kv({str(number): number for number in range(DEFAULT + 7)})
    span.context = SpanContext(1, 2, None, 1, {str(n): "" for n in range(DEFAULT)})
    span.set_baggage_item("one more", "")

    assert (10, 8) == (span.dropped_tags, span.dropped_logs)
    assert (10 + 7, 8, 1) == tuple(
        counts[f"jaeger:dropped_{kind}"] for kind in ("tags", "logs", "baggage_items")
    )


def log_too_many_fields(span: Span) -> None:
    """Make a log of 5,000 fields."""
    span.log_kv({str(number): number for number in range(5000)})


def set_too_much_baggage(span: Span) -> None:
    """Set 5,000 items."""
    for number in range(5000):
        span.set_baggage_item(str(number), "")


LINES: list[tuple[Callable[[Span], object], str]] = [
    (
        lambda span: set_tags(span, 5),
        (
            "span 'op' has more than 4 tags: older ones after the first half are "
            "dropped. Use more spans, or raise max_tags_per_span"
        ),
    ),
    (
        lambda span: make_logs(span, 9),
        (
            "span 'op' has more than 3 logs: older ones after the first half are "
            "dropped. Use more spans, or raise max_logs_per_span"
        ),
    ),
    (
        log_too_many_fields,
        "a log of span 'op' has 5000 fields: all but 4096 are dropped. Use more logs",
    ),
    (
        set_too_much_baggage,
        (
            "span 'op' has 4096 baggage items: a further one is dropped. Baggage is "
            "sent with every request; use few keys"
        ),
    ),
]


@pytest.mark.parametrize(
    ("act", "line"), LINES, ids=["tags", "logs", "fields", "baggage"]
)
def test_drops_are_logged_once(
    act: Callable[[Span], object],
    line: str,
    counts: dict[str, int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The first drop of a kind is logged with the remedy, others a minute later."""
    act(counting_tracer(counts).start_span("op"))

    assert 1 == caplog.messages.count(line)


def test_first_references_are_stored(caplog: pytest.LogCaptureFixture) -> None:
    """Of an endless iterator of references the first 4,096 are used, with a warning."""
    tracer = MemoryTracer()
    parent = tracer.start_span("parent")
    others = repeat(follows_from(tracer.start_span("other").context))

    references = chain([child_of(parent.context)], others)
    span = tracer.start_span("op", references=references)  # pyright: ignore[reportArgumentType]  # any iterable is read

    assert DEFAULT == len(span.references or ())
    assert parent.span_id == span.parent_id
    assert [
        "a span has more than 4096 references: further ones are dropped. Use more spans"
    ] == caplog.messages


def test_limits_by_config(monkeypatch: pytest.MonkeyPatch) -> None:
    """`max_tags_per_span` and `max_logs_per_span` are keys, with variables."""
    monkeypatch.setenv("JAEGER_MAX_LOGS_PER_SPAN", "7")
    config = Config({"max_tags_per_span": 5}, service_name="svc")

    tracer = config.create_tracer(InMemoryReporter(), ConstSampler(decision=True))

    assert (5, 7) == (tracer.max_tags_per_span, tracer.max_logs_per_span)


@pytest.mark.parametrize("limit", [1, 10, 1500])
def test_many_threads_at_the_limit(limit: int) -> None:
    """However many threads record and read, the limit holds and drops are counted."""
    span = limited(limit).start_span("op")

    def record() -> None:
        make_logs(set_tags(span, 1000), 1000)

    def read() -> None:
        for _ in range(5):
            assert len([*span.tag_items]) <= limit + 3
            _ = span.tags, span.logs

    run_together(*[record] * 3, *[read] * 2)

    assert (limit, limit) == (len(span.tags), len(span.logs))
    assert (3000 - limit, 3000 - limit) == (span.dropped_tags, span.dropped_logs)
    assert {Tag, Log} == {type(each) for each in [*span.tags, *span.logs]}


def test_dropped_data_of_a_span_that_is_gone() -> None:
    """The lists do not keep their span alive, and work without it."""
    span = limited(2).start_span("op")
    tags = span.tags
    del span

    for number in range(5):
        tags.append(("n", number))

    assert [0, 4] == [tag.value for tag in tags]


def test_pairs_of_ordinary_spans_are_not_touched() -> None:
    """A tag list that is not read and stays short is a plain list of pairs."""
    span = set_tags(MemoryTracer().start_span("op"), 3)

    assert list is type(span.more_tags)
    assert [("n", 0), ("n", 1), ("n", 2)] == span.more_tags
    assert [("n", 0), ("n", 1), ("n", 2)] == pairs_of(span)
