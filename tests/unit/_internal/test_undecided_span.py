"""Root spans whose sampler decides by their final name or their tags."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import opentracing
import pytest

from jaeger_client._internal.undecided_span import UndecidedSpan
from jaeger_client.constants import DEBUG_FLAG, SAMPLED_FLAG
from jaeger_client.reporter import InMemoryReporter
from jaeger_client.sampler import (
    AdaptiveSampler,
    Decision,
    RootSpan,
    Sampler,
    Undecided,
)
from jaeger_client.span import Span
from jaeger_client.span_context import SpanContext
from jaeger_client.throttler import Throttler
from jaeger_client.tracer import Tracer
from tests.unit.bytecodes import call_at, every_place, interrupt
from tests.unit.spans import HOSTILE_VALUES, Anything, Hostile, pairs_of

Decide = Callable[[RootSpan, bool], Decision | None]

YES: Decision = (True, {"sampler.type": "late", "sampler.param": 1.5})
NO: Decision = (False, {"sampler.type": "late", "sampler.param": 0.0})


class Late(Sampler):
    """A sampler whose decisions are made by a function."""

    def __init__(self, decide: Decide, watched: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.decide = decide
        self.watched = watched
        self.calls: list[tuple[str, bool]] = []

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Wait."""
        return True, LateDecision(self)


class LateDecision(Undecided):
    """Calls the function of a `Late`, and records the call."""

    def __init__(self, sampler: Late) -> None:
        super().__init__()
        self.sampler = sampler

    @property
    def watched_tags(self) -> frozenset[str]:
        """The arguments of the sampler."""
        return self.sampler.watched

    def decide(self, root: RootSpan, *, is_final: bool) -> Decision | None:
        """Call the function."""
        self.sampler.calls.append((root.operation, is_final))
        return self.sampler.decide(root, is_final)


def by_final_name(root: RootSpan, is_final: bool) -> Decision | None:
    """Sample spans whose final name is "yes"."""
    if not is_final:
        return None
    return YES if root.operation == "yes" else NO


def by_any_name(root: RootSpan, is_final: bool) -> Decision | None:
    """Decide as soon as the name is "yes" or "no"."""
    return {"yes": YES, "no": NO}.get(root.operation, NO if is_final else None)


def by_tag(root: RootSpan, is_final: bool) -> Decision | None:
    """Sample spans with the tag `wanted`, as soon as they have it."""
    if "wanted" in dict(root.tag_items):
        return YES
    return NO if is_final else None


class Scene:
    """A tracer with such a sampler, and what it counted and reported."""

    def __init__(
        self,
        decide: Decide = by_final_name,
        watched: frozenset[str] = frozenset(),
        throttler: Throttler | None = None,
    ) -> None:
        self.sampler = Late(decide, watched)
        self.reporter = InMemoryReporter()
        self.counts: dict[str, int] = {}
        self.tracer = Tracer(
            "svc",
            self.reporter,
            self.sampler,
            metrics=_Counting(self.counts),  # type: ignore[arg-type]  # all it needs
            throttler=throttler,
        )

    def start(self, name: str = "", tags: Mapping[str, object] | None = None) -> Span:
        """Start a root."""
        return self.tracer.start_span(name, tags=tags)

    @property
    def reported(self) -> list[str]:
        """The names of all spans that were reported."""
        return [span.operation_name for span in self.reporter.get_spans()]


class _Counting:
    """Stores counts, by the interface of 4.8."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._counts = counts

    def count(self, key: str, value: int) -> None:
        self._counts[key] = self._counts.get(key, 0) + value

    def gauge(self, key: str, value: float) -> None:
        """Keep none."""

    def timing(self, key: str, value: float) -> None:
        """Keep none."""


def test_the_last_name_before_the_end_decides() -> None:
    """A root that was renamed is sampled by its final name, and reported."""
    scene = Scene()

    scene.start("no").set_operation_name("yes").finish()

    assert ["yes"] == scene.reported


def test_a_last_name_that_is_not_sampled_is_not_reported() -> None:
    """An unsampled decision drops recorded data and clears the flags."""
    scene = Scene()
    span = scene.start("yes", tags={"a": 1}).set_tag("b", 2).log_kv({"c": 3})

    span.set_operation_name("no").finish()

    assert [] == scene.reported
    assert (0, [], []) == (span.flags, list(span.tags), list(span.logs))


def test_all_is_recorded_while_it_is_undecided() -> None:
    """A sampled span has the tags and logs from before the decision."""
    scene = Scene()
    span = scene.start("no", tags={"a": 1}).set_tag("b", 2).log_kv({"c": 3})

    assert span.is_sampled()
    span.set_operation_name("yes").finish()

    assert [("a", 1), ("b", 2)] == pairs_of(span)
    assert 1 == len(span.logs)


def test_the_tags_of_the_decision_are_on_the_root() -> None:
    """The sampler's tags are those of the final decision, typed."""
    span = Scene().start("yes")

    span.finish()

    assert {"sampler.type": "late", "sampler.param": 1.5} == {
        tag.key: tag.value for tag in span.tags
    }


def test_it_becomes_a_plain_span() -> None:
    """After the decision the span is a plain `Span` without extra state."""
    span = Scene().start("yes")
    before = type(span)

    span.finish()

    assert (UndecidedSpan, Span) == (before, type(span))
    assert {} == vars(span)


def test_a_sampler_may_decide_at_the_start() -> None:
    """A decision by the first name creates a plain span."""
    scene = Scene(by_any_name)

    assert Span is type(scene.start("yes"))
    assert Span is type(scene.start("no"))
    assert [("yes", False), ("no", False)] == scene.sampler.calls


def test_a_sampler_may_decide_at_a_new_name() -> None:
    """After the decision, further names have no effect."""
    scene = Scene(by_any_name)
    span = scene.start("later").set_operation_name("yes")
    decided = type(span)

    span.set_operation_name("no").finish()

    assert Span is decided
    assert ["no"] == scene.reported


def test_tags_of_the_start_may_decide() -> None:
    """The first call of the sampler has the initial tags."""
    assert Span is type(Scene(by_tag).start("any", tags={"wanted": 1}))


def test_a_watched_tag_may_decide() -> None:
    """Setting a watched tag calls the sampler."""
    scene = Scene(by_tag, frozenset({"wanted"}))
    span = scene.start("any").set_tag("other", 1)
    before = len(scene.sampler.calls)

    span.set_tag("wanted", 1)

    assert (1, 2) == (before, len(scene.sampler.calls))
    assert Span is type(span)


def test_other_tags_do_not_call_the_sampler() -> None:
    """Setting other tags does not call the sampler."""
    tracer = Tracer("svc", InMemoryReporter(), late_by_rates(yes=1.0))
    span = tracer.start_span("no").set_tag("a", 1)

    assert UndecidedSpan is type(span)


def test_the_first_child_ends_the_wait() -> None:
    """A child has its root's decision, and a later name changes neither."""
    scene = Scene()
    parent = scene.start("no")

    child = scene.tracer.start_span("child", child_of=parent)
    parent.set_operation_name("yes").finish()
    child.finish()

    assert [] == scene.reported
    assert (0, 0) == (parent.flags, child.flags)


def test_a_child_of_a_sampled_root_is_sampled() -> None:
    """A child has the ids of the root, and no tags of the sampler."""
    scene = Scene()
    parent = scene.start("no").set_operation_name("yes")

    child = scene.tracer.start_span("child", child_of=parent)

    assert (parent.trace_id, parent.span_id, 1) == (
        child.trace_id,
        child.parent_id,
        child.flags,
    )
    assert [] == list(child.tags)


def test_the_active_span_is_a_parent_that_ends_the_wait() -> None:
    """A child of the active span needs the decision as well."""
    scene = Scene()

    with scene.tracer.start_active_span("yes") as scope:
        scene.tracer.start_span("child").finish()
        scope.span.set_operation_name("no")

    assert ["child", "no"] == scene.reported


@pytest.mark.parametrize(("name", "header"), [("yes", ":1"), ("no", ":0")])
def test_inject_ends_the_wait(name: str, header: str) -> None:
    """An injected context has the decision, which later names do not change."""
    scene = Scene()
    span = scene.start("other").set_operation_name(name)
    carrier: dict[str, str] = {}

    scene.tracer.inject(span, opentracing.Format.TEXT_MAP, carrier)
    span.set_operation_name("another").finish()

    assert carrier["uber-trace-id"].endswith(header)
    assert scene.reported == (["another"] if name == "yes" else [])


def test_reading_the_context_ends_the_wait() -> None:
    """Reading `context` forces the decision."""
    span = Scene().start("no")

    assert 0 == span.context.flags
    assert Span is type(span)


def test_reading_anything_else_does_not() -> None:
    """Reading attributes or the repr of a span does not force the decision."""
    scene = Scene()
    span = scene.start("no", tags={"a": 1})

    looked_at = (span.flags, span.is_debug(), span.baggage, len(span.tags), repr(span))
    span.set_operation_name("yes").finish()

    assert (SAMPLED_FLAG, False, {}, 1) == looked_at[:4]
    assert ["yes"] == scene.reported


def test_baggage_does_not_end_the_wait() -> None:
    """It is kept, and the name that comes after it decides."""
    scene = Scene()
    span = scene.start("no").set_baggage_item("user", "ann")

    span.set_operation_name("yes")

    assert UndecidedSpan is type(span)
    assert ({"user": "ann"}, 1) == (span.context.baggage, span.context.flags)


def test_a_context_that_is_set_is_retained() -> None:
    """The decision is written into it."""
    span = Scene().start("no")
    span.context = SpanContext(7, 8, None, SAMPLED_FLAG)

    span.finish()

    assert (7, 0) == (span.context.trace_id, span.context.flags)


def test_priority_ends_the_wait() -> None:
    """A trace with a positive priority is recorded without the sampler."""
    scene = Scene()
    span = scene.start("no").set_tag("a", 1)

    span.set_tag("sampling.priority", 1)
    decided = type(span)
    span.finish()

    assert Span is decided
    assert SAMPLED_FLAG | DEBUG_FLAG == span.flags
    assert [("a", 1), ("sampling.priority", 1)] == [(t.key, t.value) for t in span.tags]
    assert [("no", False)] == scene.sampler.calls


def test_no_priority_ends_the_wait() -> None:
    """A trace with priority 0 is not recorded."""
    scene = Scene()
    span = scene.start("yes").set_tag("sampling.priority", 0)

    assert Span is type(span)
    assert 0 == span.flags


def test_priority_at_the_start_leaves_nothing_to_wait_for() -> None:
    """The sampler is not called again."""
    scene = Scene()
    span = scene.start("no", tags={"sampling.priority": 1})

    assert Span is type(span)
    assert [] == scene.sampler.calls


class Refusing(Throttler):
    """Allows no debug trace."""

    def is_allowed(self, operation: str) -> bool:
        return False


def test_priority_that_the_throttler_refuses_decides_nothing() -> None:
    """The last name decides, as without the request for the trace."""
    scene = Scene(throttler=Refusing())
    span = scene.start("no").set_tag("sampling.priority", 1)

    span.set_operation_name("yes").finish()

    assert SAMPLED_FLAG == span.flags
    assert ["yes"] == scene.reported


def test_a_debug_id_leaves_nothing_to_decide() -> None:
    """The sampler is not called at all."""
    scene = Scene()

    span = scene.tracer.start_span("no", child_of=SpanContext.with_debug_id("ticket"))

    assert Span is type(span)
    assert [] == scene.sampler.calls


def test_a_callers_trace_that_is_decided_is_not_ours_to_decide() -> None:
    """A child of a sampled remote parent is sampled, whatever its name."""
    scene = Scene()

    span = scene.tracer.start_span("no", child_of=SpanContext(1, 2, None, 1))

    assert (Span, 1, []) == (type(span), span.flags, scene.sampler.calls)


@pytest.mark.parametrize("name", ["yes", "no"])
def test_a_caller_may_leave_the_decision_to_us(name: str) -> None:
    """The final name decides; the sampler's tags are left to the remote root."""
    scene = Scene()
    caller = SpanContext(1, 2, None, 0)
    caller.sampling_undecided = True
    span = scene.tracer.start_span("other", child_of=caller)

    span.set_operation_name(name).finish()

    assert scene.reported == (["yes"] if name == "yes" else [])
    assert [] == list(span.tags)


def test_what_such_a_caller_has_sent_is_retained() -> None:
    """Ids, baggage and `tracestate` are those of its context."""
    caller = SpanContext(1, 2, None, 0, {"user": "ann"})
    caller.sampling_undecided = True
    caller.trace_state = "a=b"

    context = Scene().tracer.start_span("yes", child_of=caller).context

    assert (1, 2, 1) == (context.trace_id, context.parent_id, context.flags)
    assert ({"user": "ann"}, "a=b") == (context.baggage, context.trace_state)


@pytest.mark.parametrize(("name", "letter"), [("yes", "y"), ("no", "n")])
@pytest.mark.parametrize("kind", ["server", "client"])
def test_the_start_is_counted_once_with_the_decision(
    name: str,
    letter: str,
    kind: str,
) -> None:
    """Span and trace are counted once, with the final decision."""
    scene = Scene()
    span = scene.start("other", tags={"span.kind": kind})
    undecided = dict(scene.counts)

    span.set_operation_name(name)
    for _ in range(2):
        scene.tracer.start_span("child", child_of=span.context)

    state = "joined" if kind == "server" else "started"
    assert {} == undecided
    assert scene.counts == {
        f"jaeger:traces.sampled_{letter}.state_{state}": 1,
        f"jaeger:started_spans.sampled_{letter}": 3,
    }


@pytest.mark.parametrize(("name", "letter"), [("yes", "y"), ("no", "n")])
def test_a_start_that_decides_is_counted_once(name: str, letter: str) -> None:
    """A decision at the start is counted there and not again."""
    scene = Scene(by_any_name)

    scene.start(name).finish()

    assert 1 == scene.counts[f"jaeger:started_spans.sampled_{letter}"]
    assert 1 == scene.counts[f"jaeger:traces.sampled_{letter}.state_started"]


def test_the_final_decision_is_made_once() -> None:
    """Child, injection and end after the decision do not call the sampler."""
    scene = Scene()
    span = scene.start("yes")

    scene.tracer.start_span("child", child_of=span)
    scene.tracer.inject(span, opentracing.Format.TEXT_MAP, {})
    span.finish()

    assert [("yes", False), ("yes", True)] == scene.sampler.calls


def test_finishing_twice_reports_once() -> None:
    """The second call finds a plain span that is finished."""
    scene = Scene()
    span = scene.start("yes")

    span.finish()
    span.finish()

    assert ["yes"] == scene.reported


def test_a_with_block_records_its_exception_before_the_decision() -> None:
    """An error tag may be what the sampler waits for."""
    scene = Scene(
        lambda root, final: YES if dict(root.tag_items).get("error") else None,
        frozenset({"error"}),
    )

    with pytest.raises(KeyError), scene.start("op"):
        raise KeyError

    assert ["op"] == scene.reported


def test_no_final_decision_is_unsampled() -> None:
    """A sampler that never decides records nothing."""
    scene = Scene(lambda root, final: None)

    scene.start("any").finish()

    assert [] == scene.reported


def fail(root: RootSpan, is_final: bool) -> Decision | None:
    """Raise an error, which samplers should not."""
    raise ZeroDivisionError


def test_a_sampler_that_raises_refuses(caplog: pytest.LogCaptureFixture) -> None:
    """An error of the sampler is logged, and does not reach the application."""
    scene = Scene(fail)

    span = scene.start("any")
    span.finish()

    assert (Span, 0, []) == (type(span), span.flags, scene.reported)
    (line,) = caplog.messages
    assert line.startswith(
        "sampling decision by <LateDecision> raised ZeroDivisionError();"
    )


@pytest.mark.parametrize("decision", [True, (True,), (Hostile(), {}), (True, 5)])
def test_an_invalid_decision_refuses(
    caplog: pytest.LogCaptureFixture, decision: Anything
) -> None:
    """A decision of a wrong type is logged, and does not reach the application."""
    scene = Scene(lambda _root, is_final: decision if is_final else None)

    span = scene.start("any")
    span.finish()

    assert (Span, 0, []) == (type(span), span.flags, scene.reported)
    (line,) = caplog.messages
    assert line.startswith("sampling decision by <LateDecision> raised ")


def test_a_decision_without_tags() -> None:
    """A decision may have `None` instead of tags, as one at the start may."""
    without: Anything = True, None
    scene = Scene(lambda _root, is_final: without if is_final else None)

    scene.start("any").finish()

    assert ["any"] == scene.reported


def test_nothing_that_is_handed_in_raises() -> None:
    """Keys, values and names of any type raise nothing."""
    scene = Scene(watched=frozenset({"watched"}))

    for value in HOSTILE_VALUES:
        use_up(scene.start("no"), value)

    assert len(HOSTILE_VALUES) == len(scene.reported)


def use_up(span: Span, value: Anything) -> None:
    """Pass *value* to every method, and finish the span so that it is recorded."""
    span.set_tag(value, 1).set_tag("watched", value).set_operation_name(value)
    span.log_kv(value).set_baggage_item(value, value)
    span.set_tag("sampling.priority", 1).finish()


def test_a_sampler_may_use_the_span_that_it_decides_about() -> None:
    """A sampler that uses the span is not called again by that."""
    held: list[Span] = []

    def through_the_span(root: RootSpan, is_final: bool) -> Decision | None:
        for span in held:
            span.set_operation_name("yes").set_tag("flags", span.context.flags)
        return by_final_name(root, is_final)

    scene = Scene(through_the_span)
    held.append(scene.start("yes"))

    held[0].finish()

    assert ["yes"] == scene.reported
    assert 2 == len(scene.sampler.calls)


def test_threads_decide_once() -> None:
    """One thread calls the sampler; others that need the decision wait."""
    entered, go_on = threading.Event(), threading.Event()

    def slow(root: RootSpan, is_final: bool) -> Decision | None:
        if is_final:
            entered.set()
            go_on.wait(5)
            return NO
        return None

    scene = Scene(slow)
    span = scene.start("op")
    flags: list[int] = []
    threads = [
        threading.Thread(target=lambda: flags.append(span.context.flags))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    entered.wait(5)
    go_on.set()
    for thread in threads:
        thread.join()

    assert [0, 0, 0, 0] == flags
    assert [("op", False), ("op", True)] == scene.sampler.calls


def test_other_threads_wait_for_the_timeout_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If the deciding thread does not return, the span stays sampled."""
    monkeypatch.setattr("jaeger_client._internal.undecided_span._TIMEOUT", 0.01)
    scene = Scene()
    span = scene.start("yes")
    ended = threading.Event()
    deciding = vars(span)["_pending"].deciding
    began = threading.Event()

    def decide() -> None:
        began.set()
        ended.wait(5)

    locker = threading.Thread(target=deciding.run, args=(decide,))
    locker.start()
    assert began.wait(5)

    span.finish()
    ended.set()
    locker.join()

    assert ["yes"] == scene.reported


def test_an_interrupted_decision_is_made_by_the_next_thread() -> None:
    """After an interrupt at any bytecode, another thread can decide."""

    def run(at: int) -> str:
        scene = Scene()
        span = scene.start("no")
        place = call_at(at, interrupt, span.finish)
        other = threading.Thread(target=span.finish, daemon=True)
        other.start()
        other.join(5)

        assert not other.is_alive(), place
        assert [] == scene.reported, place
        return place

    assert sum(1 for _ in every_place(run)) > 50


def late_by_rates(**rates: float) -> AdaptiveSampler:
    """Return a sampler that decides by the final name."""
    listed = [
        {"operation": name, "probabilisticSampling": {"samplingRate": rate}}
        for name, rate in rates.items()
    ]
    return AdaptiveSampler(
        {
            "defaultSamplingProbability": 0.0,
            "defaultLowerBoundTracesPerSecond": 0.0,
            "perOperationStrategies": listed,
        },
        10,
        operation_name_late_binding=True,
    )


def test_rates_of_operations_go_by_the_last_name() -> None:
    """Of two roots that swap their names the one is recorded that ends with a rate."""
    reporter = InMemoryReporter()
    tracer = Tracer("svc", reporter, late_by_rates(yes=1.0, no=0.0))

    for first, last in [("no", "yes"), ("yes", "no")]:
        tracer.start_span(first).set_operation_name(last).finish()

    assert ["yes"] == [span.operation_name for span in reporter.get_spans()]
