"""
Sampler, reporter, metrics and clocks of a tracer: replaced and patched ones count.

The compiled core does itself what objects of our classes do. These tests pass on the
plain Python classes as well: an application cannot tell which it has.
"""

# Applications without type checkers do what is tested here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportAttributeAccessIssue=false, reportUnknownParameterType=false

from __future__ import annotations

import contextvars
import copy
import gc
import pickle
import time
from unittest import mock  # noqa: TID251 - as applications patch

import pytest

from jaeger_client import ConstSampler, ProbabilisticSampler, Span, Tracer
from jaeger_client._native import IS_COMPILED
from jaeger_client.metrics import MetricsFactory
from jaeger_client.metrics.instruments import TracerMetrics
from jaeger_client.reporter import InMemoryReporter, NullReporter, Reporter
from jaeger_client.sampler import Decision
from jaeger_client.testing import MemoryTracer
from tests.unit.reporter.line_encoder import LineChannel
from tests.unit.reporter.manual_worker import ManualWorker
from tests.unit.spans import Anything, fields_of, pairs_of

YES: Decision = (True, {"by": "patch"})
TWO_TO_63 = 1 << 63


def make_tracer(sampler: Anything = None, reporter: Anything = None) -> Tracer:
    """Return a tracer; by default, one that samples every trace."""
    return Tracer("test", reporter or NullReporter(), sampler or ConstSampler(True))


def make_reporter() -> Reporter:
    """Return a reporter with a queue and no thread."""
    return Reporter(LineChannel(), worker=ManualWorker())


def is_sampled(tracer: Tracer) -> bool:
    """Return whether the next root of *tracer* is sampled."""
    return tracer.start_span("root").is_sampled()


class TestSampler:
    """The decision is what `is_sampled` of the sampler returns."""

    def test_a_function_of_the_instance(self) -> None:
        """A function that is assigned to a sampler decides, until it is deleted."""
        sampler = ConstSampler(decision=False)
        tracer = make_tracer(sampler)
        before = is_sampled(tracer)

        with mock.patch.object(sampler, "is_sampled", return_value=YES):
            patched = tracer.start_span("root")

        assert [before, is_sampled(tracer)] == [False, False]
        assert patched.is_sampled()
        assert {"by": "patch"} == dict(pairs_of(patched))

    def test_a_function_in_place_of_another_attribute(self) -> None:
        """The number of the sampler's attributes may stay the same."""
        sampler: Anything = ConstSampler(decision=False)
        tracer = make_tracer(sampler)
        before = is_sampled(tracer)
        del sampler.decision
        sampler.is_sampled = lambda *_: YES

        assert (before, is_sampled(tracer)) == (False, True)

    def test_a_decision_that_is_assigned(self) -> None:
        """A sampler decides as its attributes say when the trace starts."""
        sampler: Anything = ConstSampler(decision=False)
        tracer = make_tracer(sampler)
        before = is_sampled(tracer)
        sampler._result = YES

        assert (before, is_sampled(tracer)) == (False, True)

    @pytest.mark.parametrize("cls", [ConstSampler, ProbabilisticSampler])
    def test_a_function_of_the_class(self, cls: Anything) -> None:
        """A function that is assigned to the class decides, until it is restored."""
        tracer = make_tracer(cls(False))
        before = is_sampled(tracer)
        with mock.patch.object(cls, "is_sampled", return_value=YES):
            patched = is_sampled(tracer)

        assert [before, patched, is_sampled(tracer)] == [False, True, False]

    @pytest.mark.parametrize("base", [ConstSampler, ProbabilisticSampler])
    def test_a_method_of_a_derived_class(self, base: Anything) -> None:
        """A derived class may override the method."""
        derived = type("Derived", (base,), {"is_sampled": lambda *_: YES})

        assert is_sampled(make_tracer(derived(False)))

    def test_arguments(self) -> None:
        """A sampler of another class is called with the trace id and the name."""
        sampler = mock.Mock()
        sampler.is_sampled.return_value = YES

        span = make_tracer(sampler).start_span("root")

        sampler.is_sampled.assert_called_once_with(span.trace_id, "root")

    def test_another_init(self) -> None:
        """A sampler that is initialized again decides anew."""
        sampler: Anything = ConstSampler(decision=False)
        tracer = make_tracer(sampler)
        before = is_sampled(tracer)
        sampler.__init__(decision=True)

        assert (before, is_sampled(tracer)) == (False, True)

    def test_other_attributes(self) -> None:
        """A sampler whose `__dict__` is replaced decides anew."""
        sampler = ConstSampler(decision=False)
        tracer = make_tracer(sampler)
        before = is_sampled(tracer)
        sampler.__dict__ = ConstSampler(decision=True).__dict__

        assert (before, is_sampled(tracer)) == (False, True)

    def test_another_sampler(self) -> None:
        """A sampler that is assigned to the tracer decides from the next root on."""
        tracer = make_tracer(ConstSampler(decision=False))
        before = is_sampled(tracer)
        tracer.sampler = ProbabilisticSampler(1)

        assert (before, is_sampled(tracer)) == (False, True)

    def test_missing_attributes(self) -> None:
        """A sampler without its attributes raises, and the trace is not sampled."""
        sampler = ConstSampler(decision=True)
        tracer = make_tracer(sampler)
        before = is_sampled(tracer)
        del sampler._result

        assert (before, is_sampled(tracer)) == (True, False)

    @pytest.mark.parametrize(
        ("sampler", "name", "value"),
        [
            (ConstSampler(decision=False), "_result", YES),
            (ProbabilisticSampler(0), "boundary", 1 << 64),
            (ProbabilisticSampler(0), "_no", YES),
            (ProbabilisticSampler(1), "_yes", (False, {})),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_property_in_place_of_an_attribute(
        self, sampler: Anything, name: str, value: object
    ) -> None:
        """A property that is assigned to the class replaces the attribute."""
        tracer = make_tracer(sampler)
        before = is_sampled(tracer)
        new = mock.PropertyMock(return_value=value)
        with mock.patch.object(type(sampler), name, new, create=True):
            patched = is_sampled(tracer)

        assert [before, patched, is_sampled(tracer)] == [before, not before, before]

    @pytest.mark.parametrize(
        "boundary",
        [
            *(-(1 << 70), -1, 0, 1, 2, TWO_TO_63 - 1, TWO_TO_63, TWO_TO_63 + 1),
            *((1 << 64) - 1, 1 << 64, (1 << 64) + 1, (1 << 64) + TWO_TO_63, 1 << 80),
            *(2.5, True, None),
        ],
    )
    def test_the_boundary_of_a_probabilistic_sampler(self, boundary: Anything) -> None:
        """A trace is sampled if the low 64 bits of its id are below the boundary."""
        sampler = ProbabilisticSampler(0.5)
        tracer = make_tracer(sampler)
        sampler.boundary = boundary
        for low in (1, 2, TWO_TO_63 - 1, TWO_TO_63, TWO_TO_63 + 1, (1 << 64) - 1):
            for trace_id in (low, low | 1 << 64, low | 1 << 200):
                expected = boundary is not None and low < boundary
                with mock.patch.object(
                    tracer.random, "getrandbits", return_value=trace_id
                ):
                    assert expected == is_sampled(tracer)

    @pytest.mark.parametrize("rate", [0, 0.25, 1])
    def test_the_rate_of_a_probabilistic_sampler(self, rate: float) -> None:
        """A trace is sampled if its sampler samples that id."""
        sampler = ProbabilisticSampler(rate)
        tracer = make_tracer(sampler)
        for _ in range(200):
            span = tracer.start_span("root")

            assert sampler.is_sampled(span.trace_id)[0] == span.is_sampled()

    def test_tags_of_the_decision(self) -> None:
        """The root has the tags of the sampler that decided."""
        for sampler in (ConstSampler(decision=True), ProbabilisticSampler(1)):
            span = make_tracer(sampler).start_span("root")

            assert sampler.is_sampled(1)[1] == dict(span.tag_items)


class TestRandom:
    """Ids are what `getrandbits` of the tracer's random source returns."""

    def test_a_function_in_place_of_another_attribute(self) -> None:
        """The number of its attributes may stay the same."""
        tracer: Anything = make_tracer()
        tracer.start_span("before")
        del tracer.random.gauss_next
        tracer.random.getrandbits = lambda _: 7

        assert 7 == tracer.start_span("root").trace_id

    def test_other_attributes(self) -> None:
        """Its `__dict__` may be replaced."""
        tracer: Anything = make_tracer()
        tracer.start_span("before")
        tracer.random.__dict__ = {"getrandbits": lambda _: 7}

        assert 7 == tracer.start_span("root").trace_id

    def test_a_function_that_is_deleted_again(self) -> None:
        """Then ids are random again."""
        tracer: Anything = make_tracer()
        tracer.random.getrandbits = lambda _: 7
        tracer.start_span("patched")
        del tracer.random.getrandbits

        assert 7 != tracer.start_span("root").trace_id


class TestReporter:
    """`report_span` of the tracer and of its reporter are called for each span."""

    def test_of_the_instance_of_a_tracer(self) -> None:
        """A function that is assigned to a tracer is called, until it is deleted."""
        reporter = InMemoryReporter()
        tracer = make_tracer(reporter=reporter)
        tracer.start_span("before").finish()
        span = tracer.start_span("patched")
        with mock.patch.object(tracer, "report_span") as report:
            span.finish()
        tracer.start_span("after").finish()

        report.assert_called_once_with(span)
        names = [span.operation_name for span in reporter.get_spans()]
        assert ["before", "after"] == names

    @pytest.mark.parametrize("cls", [Tracer, MemoryTracer])
    def test_of_the_class_of_a_tracer(self, cls: Anything) -> None:
        """A function that is assigned to a class or a derived class is called."""
        tracer = MemoryTracer()
        tracer.start_span("before").finish()
        with mock.patch.object(cls, "report_span") as report:
            tracer.start_span("patched").finish()
        tracer.start_span("after").finish()

        assert 1 == report.call_count
        assert ["before", "after"] == [span.operation_name for span in tracer.spans]

    def test_of_a_derived_tracer(self) -> None:
        """A derived class may override the method and call the one it overrides."""
        reported: list[Span] = []

        class Derived(MemoryTracer):
            def report_span(self, span: Span) -> None:
                reported.append(span)
                super().report_span(span)

        tracer = Derived()
        tracer.start_span("op").finish()

        assert reported == tracer.spans
        assert 1 == len(reported)

    def test_of_the_instance_of_a_reporter(self) -> None:
        """A function that is assigned to a reporter is called, until it is deleted."""
        reporter = make_reporter()
        tracer = make_tracer(reporter=reporter)
        tracer.start_span("before").finish()
        span = tracer.start_span("patched")
        with mock.patch.object(reporter, "report_span") as report:
            span.finish()
        tracer.start_span("after").finish()

        report.assert_called_once_with(span)
        assert 2 == len(reporter._queue)

    def test_of_the_class_of_a_reporter(self) -> None:
        """A function that is assigned to the class is called, until it is restored."""
        reporter = make_reporter()
        tracer = make_tracer(reporter=reporter)
        tracer.start_span("before").finish()
        with mock.patch.object(Reporter, "report_span") as report:
            tracer.start_span("patched").finish()
        tracer.start_span("after").finish()

        assert 1 == report.call_count
        assert 2 == len(reporter._queue)

    def test_of_a_derived_reporter(self) -> None:
        """A derived class may override the method."""
        reported: list[Span] = []

        class Derived(Reporter):
            def report_span(self, span: Span) -> None:
                reported.append(span)

        reporter = Derived(LineChannel(), worker=ManualWorker())
        span = make_tracer(reporter=reporter).start_span("op")
        span.finish()

        assert [span] == reported

    def test_another_reporter(self) -> None:
        """A reporter that is assigned to the tracer gets the next span."""
        first, second = make_reporter(), make_reporter()
        tracer = make_tracer(reporter=first)
        tracer.start_span("op").finish()
        tracer.reporter = second
        tracer.start_span("op").finish()

        assert [1, 1] == [len(reporter._queue) for reporter in (first, second)]

    def test_another_queue(self) -> None:
        """An object that is assigned as the queue gets the spans."""
        reporter: Anything = make_reporter()
        reporter._queue = mock.Mock()
        span = make_tracer(reporter=reporter).start_span("op")
        span.finish()

        reporter._queue.put.assert_called_once_with(span)

    def test_a_key_that_cannot_be_compared(self) -> None:
        """A key in `vars(reporter)` that raises costs one span at most."""

        class Key:
            is_stored = False

            def __hash__(self) -> int:
                return hash("report_span")

            def __eq__(self, other: object) -> bool:
                if self.is_stored:
                    raise ZeroDivisionError
                return False

        reporter: Anything = make_reporter()
        # From Python 3.14 on, that compares it with names of the class.
        reporter.__dict__[Key()] = 1
        Key.is_stored = True
        span = make_tracer(reporter=reporter).start_span("op")
        span.finish()

        assert span.finished

    def test_a_reporter_without_a_queue(self, caplog: pytest.LogCaptureFixture) -> None:
        """A reporter that raises costs the span; that is logged and not raised."""
        reporter: Anything = make_reporter()
        del reporter._queue

        make_tracer(reporter=reporter).start_span("op").finish()

        (line,) = caplog.messages
        assert "_queue" in line


def test_metrics_may_be_replaced() -> None:
    """Spans are counted by the metrics that the tracer has when they start and end."""
    tracer = MemoryTracer()
    tracer.start_span("before").finish()
    tracer.metrics = TracerMetrics(MetricsFactory())
    tracer.start_span("none").finish()
    count = mock.Mock()
    tracer.metrics = mock.Mock(is_noop=False, spans_finished=count)
    tracer.start_span("counted").finish()

    count.assert_called_once_with(1)


def test_metrics_of_another_class_may_begin_to_count() -> None:
    """What they do is read for each span."""
    tracer = MemoryTracer()
    tracer.metrics = metrics = mock.Mock(is_noop=True)
    tracer.start_span("before").finish()
    metrics.is_noop = False
    tracer.start_span("counted").finish()

    metrics.spans_finished.assert_called_once_with(1)


class TestScopes:
    """`start_active_span` and closing a scope call what is assigned or overridden."""

    def test_start_span_of_the_instance(self) -> None:
        """A `start_span` that is assigned to a tracer starts active spans, too."""
        tracer = MemoryTracer()
        span = tracer.start_span("op")
        with (
            mock.patch.object(tracer, "start_span", return_value=span),
            tracer.start_active_span("other") as scope,
        ):
            pass

        assert span is scope.span

    def test_start_span_of_a_derived_class(self) -> None:
        """A `start_span` that is overridden starts active spans, too."""

        class Derived(MemoryTracer):
            def start_span(self, *args: Anything, **kwargs: Anything) -> Span:
                return super().start_span(*args, **kwargs).set_tag("derived", True)

        with Derived().start_active_span("op", tags={"a": 1}) as scope:
            pass

        assert {"a": 1, "derived": True} == dict(pairs_of(scope.span))

    def test_another_scope_manager(self) -> None:
        """A scope manager that is assigned activates the span."""
        tracer = MemoryTracer()
        tracer._scope_manager = mock.Mock()
        tracer.start_active_span("op", finish_on_close=False)

        ((span, finish_on_close), _) = tracer._scope_manager.activate.call_args
        assert ("op", False) == (span.operation_name, finish_on_close)

    def test_all_parameters(self) -> None:
        """Parameters may be passed by position, as in OpenTracing."""
        tracer = MemoryTracer()
        parent = tracer.start_span("parent")
        with tracer.start_active_span("outer"):
            scope = tracer.start_active_span(
                "op", parent, None, {"a": 1}, 5.0, True, False
            )
            scope.close()

        span = scope.span
        assert parent.span_id == span.parent_id
        assert (5.0, {"a": 1}) == (span.start_time, dict(pairs_of(span)))
        assert not span.finished

    def test_finish_of_the_instance(self) -> None:
        """A `finish` that is assigned to a span is called when its scope is closed."""
        tracer = MemoryTracer()
        with tracer.start_active_span("op") as scope:
            finish = mock.Mock()
            scope.span.finish = finish  # type: ignore[method-assign]

        finish.assert_called_once_with()
        assert not tracer.spans

    def test_finish_of_the_class(self) -> None:
        """A `finish` that is assigned to the class is called when a scope is closed."""
        tracer = MemoryTracer()
        with (
            mock.patch.object(Span, "finish") as finish,
            tracer.start_active_span("op"),
        ):
            pass

        finish.assert_called_once_with()
        assert not tracer.spans

    def test_the_reader_of_the_active_scope(self) -> None:
        """Any function may return the active scope, `get` of any object as well."""
        tracer: Anything = MemoryTracer()
        with tracer.start_active_span("parent") as scope:
            pass
        variable = contextvars.ContextVar[object]("scope")
        without = tracer.start_span("op")
        tracer._active_scope = variable.get
        failed = tracer.start_span("op")  # LookupError
        token = variable.set(scope)
        inside = tracer.start_span("op")
        tracer._active_scope = {None: scope}.get
        wrong = tracer.start_span("op")  # TypeError
        variable.reset(token)
        tracer._active_scope = lambda: scope

        parent = scope.span.span_id
        spans = (without, failed, inside, wrong, tracer.start_span("op"))
        assert [None, None, parent, None, parent] == [span.parent_id for span in spans]


class TestStoredTagsAndLogs:
    """How the compiled core stores tags and logs is not visible."""

    def test_tags_are_a_dict(self) -> None:
        """`first_tags` is a dict of its own, and the same at each read."""
        tags = {"a": 1, "b": "two", "c": True, "d": 0.5}
        span: Anything = make_tracer().start_span("op", tags=tags)
        first = span.first_tags
        tags["a"] = 2

        assert first is span.first_tags
        assert type(first) is dict
        assert [("a", 1), ("b", "two"), ("c", True), ("d", 0.5)] == [*first.items()]

    def test_logs_are_a_list(self) -> None:
        """`log_items` is a list, and the same at each read; later logs are appended."""
        span: Anything = make_tracer().start_span("op")
        fields = {"event": "first", "n": 1}
        span.log_kv(fields)
        first = span.log_items
        fields["n"] = 2
        span.log_kv({"event": "second"})

        assert first is span.log_items
        assert type(first) is list
        assert [{"event": "first", "n": 1}, {"event": "second"}] == [
            dict(items) for _, items in first
        ]

    def test_times_of_logs(self) -> None:
        """A log has the time at which it was made, in microseconds."""
        span = make_tracer().start_span("op")
        before = int(time.time() * 1e6)
        span.log_kv({})
        span.log_kv({"n": 1})

        assert before - 1 <= span.logs[0].timestamp <= span.logs[1].timestamp
        assert [{}, {"n": 1}] == [fields_of(log) for log in span.logs]

    def test_a_copy(self) -> None:
        """A copy of a span has its tags and logs."""
        span = MemoryTracer().start_span("op", tags={"a": 1})
        span.log_kv({"event": "one"})
        copied: Anything = copy.copy(span)

        assert {"a": 1} == copied.first_tags
        assert {"event": "one"} == fields_of(copied.logs[0])

    def test_pickle(self) -> None:
        """A pickled span has its tags."""
        span = MemoryTracer().start_span("op", tags={"a": 1})
        span._tracer = None  # type: ignore[assignment]

        assert {"a": 1} == pickle.loads(pickle.dumps(span)).first_tags

    @pytest.mark.parametrize("name", ["first_tags", "log_items"])
    def test_a_tuple_may_be_assigned(self, name: str) -> None:
        """A tuple that the application assigns is returned as it is."""
        span = make_tracer().start_span("op", tags={"a": 1})
        span.log_kv({"event": "one"})
        value = ("a", 1)
        setattr(span, name, value)

        assert value is getattr(span, name)

    @pytest.mark.parametrize(
        "tags",
        [
            {1: "number"},
            {"long": "x" * 2000},
            {"list": [1]},
            {"big": 1 << 70},
            {"bytes": b"x"},
            dict.fromkeys(map(str, range(2000))),
            {"sampling.priority": 1, "a": 1},
            {"a" * 17: 1},
        ],
        ids=range(8),
    )
    def test_unusual_tags(self, tags: dict[Anything, Anything]) -> None:
        """Tags and fields of any kind are converted in the same way."""
        tracer = make_tracer()
        span = tracer.start_span("op", tags=tags)
        one_by_one = tracer.start_span("op")
        for key, value in tags.items():
            one_by_one.set_tag(key, value)
        span.log_kv(tags)
        one_by_one.log_kv({})
        one_by_one.log_kv(tags)

        assert pairs_of(one_by_one) == pairs_of(span)
        assert fields_of(one_by_one.logs[1]) == fields_of(span.logs[0])

    def test_a_key_that_is_a_derived_text(self) -> None:
        """The key of a priority may be of a class derived from `str`."""
        key = type("Text", (str,), {})("sampling.priority")
        span = make_tracer(ConstSampler(decision=False)).start_span("op", tags={key: 1})

        assert span.is_debug()

    def test_a_cycle_with_a_tracer_is_collected(self) -> None:
        """A reporter in memory, its spans and its tracer are collected together."""
        gone: list[object] = []

        class Sign:
            def __del__(self) -> None:
                gone.append(self)

        tracer: Anything = MemoryTracer()
        tracer.sign = Sign()
        span = tracer.start_span("op", tags={"a": 1})
        span.log_kv({"event": "one"})
        span.finish()
        del tracer, span
        gc.collect()

        assert 1 == len(gone)


class TestClocks:
    """Roots start at the time of the system's clock, however close they are."""

    def test_many_roots(self) -> None:
        """A root starts between two readings of the clock around it."""
        tracer = make_tracer()
        for _ in range(2000):
            before = time.time()
            span = tracer.start_span("root")

            assert before <= span.start_time + 1e-6
            assert span.start_time <= time.time()

    def test_a_patched_clock_among_roots(self) -> None:
        """A clock that is patched for one root counts for that only."""
        tracer = make_tracer()
        first = tracer.start_span("root")
        with mock.patch("time.time", return_value=5.0):
            patched = tracer.start_span("root")
        last = tracer.start_span("root")

        assert 5.0 == patched.start_time
        assert first.start_time <= last.start_time < first.start_time + 60

    def test_a_child_reads_the_clock_of_its_parent(self) -> None:
        """If the wall clock is set, spans of a trace are not shifted against others."""
        tracer = make_tracer()
        parent: Anything = tracer.start_span("parent")
        parent.clock_offset += 3600  # as if the clock had been set back since
        child: Anything = tracer.start_span("child", child_of=parent)
        child.finish()

        assert parent.start_time + 3590 < child.start_time <= child.end_time

    @pytest.mark.parametrize("how", ["argument", "patched", "unsampled"])
    def test_a_start_by_another_clock(self, how: str) -> None:
        """A child that starts at such a time ends at that of the system's clock."""
        tracer = make_tracer()
        parent: Anything = tracer.start_span("parent")
        parent.clock_offset += 3600
        now = time.time()
        if how == "unsampled":
            parent.flags = 0
        if how == "patched":
            with mock.patch("time.time", return_value=now):
                child: Anything = tracer.start_span("child", child_of=parent)
        else:
            start = now if how == "argument" else None
            child = tracer.start_span("child", child_of=parent, start_time=start)
        child.set_tag("sampling.priority", 1)
        child.finish()

        assert now <= child.start_time + 1e-3 <= child.end_time + 2e-3 < now + 1800

    def test_the_end_of_a_root(self) -> None:
        """A root ends after its start, and not after the time of the clock."""
        tracer = make_tracer()
        for _ in range(100):
            span: Anything = tracer.start_span("root")
            span.finish()

            assert span.start_time <= span.end_time <= time.time() + 1e-6
            # In pure Python both may be the same number; encoders write 1 us then.
            assert not IS_COMPILED or span.start_time < span.end_time
