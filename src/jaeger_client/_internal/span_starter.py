"""The part of the tracer that spans use: starts spans, passes them to the reporter."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import opentracing

from jaeger_client._internal.arguments import (
    as_dict,
    context_of,
    is_server,
    with_context,
)
from jaeger_client._internal.clock import STEADY_CLOCK, UNPATCHED
from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.fork import ProcessMark, notice_fork
from jaeger_client._internal.ids import IdRandom, operating_system_bits
from jaeger_client._internal.span_core import StarterCore, adopt_starter
from jaeger_client._internal.span_records import (
    NO_LOGS,
    NO_MORE_TAGS,
    NO_TAGS,
    to_seconds,
    to_tag_values,
    to_text,
)
from jaeger_client._internal.undecided_span import leave_undecided
from jaeger_client.constants import DEBUG_FLAG, MAX_ID_BITS, SAMPLED_FLAG
from jaeger_client.sampler.base import DecisionTags, Undecided
from jaeger_client.span import SAMPLING_PRIORITY, Span
from jaeger_client.span_context import NO_BAGGAGE, SpanContext

if TYPE_CHECKING:
    from opentracing import Reference

    from jaeger_client._internal.clock import Clock
    from jaeger_client.metrics.instruments import TracerMetrics
    from jaeger_client.metrics.metrics import MetricsFactory
    from jaeger_client.reporter.base import BaseReporter
    from jaeger_client.sampler.base import Sampler
    from jaeger_client.scope import SpanScope
    from jaeger_client.throttler import Throttler

_MAX_SPAN_ID: Final = (1 << MAX_ID_BITS) - 1

DecisionOrTags: TypeAlias = Mapping[str, object] | None
"""Tags that describe the sampler of a new trace, an `Undecided`, or `None`."""

_START_FAILED = RateLimitedWarning("starting a span raised %r; it is not recorded")
_METRICS_FAILED = RateLimitedWarning("metrics factory %r raised %r; a count is lost")
_THROTTLER_FAILED = RateLimitedWarning(
    "throttler %r raised %r; the debug trace is not allowed"
)
_SAMPLER_FAILED = RateLimitedWarning("sampler %r raised %r; the trace is not sampled")
_DEBUG_REFUSED = RateLimitedWarning(
    "a debug trace of %r is refused: the throttler has no credit for it. It is "
    "recorded only if the sampler decides so",
)
_REPORTER_FAILED = RateLimitedWarning("reporter %r raised %r; the span is lost")


class SpanStarter(StarterCore, opentracing.Tracer):  # type: ignore[misc]  # untyped base
    """
    Starts and reports spans; the base class of `Tracer`.

    All public attributes except `clock` may be replaced at any time.
    """

    sampler: Sampler
    """Decides which traces are recorded."""
    reporter: BaseReporter
    """Receives finished spans."""
    throttler: Throttler | None
    """Decides which debug traces may be started."""
    metrics_factory: MetricsFactory
    metrics: TracerMetrics
    random: IdRandom
    """Source of trace and span ids."""
    max_trace_id_bits: int
    one_span_per_rpc: bool
    """Whether a server span shares its client's span id."""
    debug_id_header: str
    """Header that requests a debug trace, and key of the tag of its root."""
    service_name: str
    max_tag_value_length: int
    """Maximum length of a text value; longer ones are cut."""
    max_traceback_length: int
    """Maximum length of a traceback."""
    max_tags_per_span: int
    """Maximum number of tags of a span; the oldest half and the newest are stored."""
    max_logs_per_span: int
    """Maximum number of logs of a span; the oldest half and the newest are stored."""
    clock: Clock | None
    """Where spans read the time; `None` is the system's clock."""
    _scope_manager: opentracing.ScopeManager
    _active_scope: Callable[[], opentracing.Scope | None]
    _process_mark: ProcessMark
    """
    False before the first span and in forked children; see `fork`.

    Always false if the tracer has a clock of its own, so that tracers without one need
    not test for it.
    """

    def start_span(  # noqa: C901, PLR0917 - OpenTracing's signature; flat  # pyright: ignore[reportIncompatibleMethodOverride]  # takes our spans only
        self,
        operation_name: str | None = None,
        child_of: Span | SpanContext | None = None,
        references: Reference | Sequence[Reference] | None = None,
        tags: Mapping[str, object] | None = None,
        start_time: float | None = None,
        ignore_active_span: bool = False,  # noqa: FBT001, FBT002
    ) -> Span:
        """
        Start a span; the caller finishes it.

        Args:
            operation_name: Name of the work, the same for all requests of a kind.
            child_of: The parent; the active span, if `None`.
            references: Related contexts; without any other parent, the first one is the
                parent.
            tags: Initial tags; the mapping is copied.
            start_time: Seconds since the epoch; now, if `None`.
            ignore_active_span: Whether the active span is not used as the parent.
        """
        try:
            if not self._process_mark:
                start_time = self._notice_fork(start_time)
            if references is not None:
                references = with_context(references)
            parent = child_of
            if parent is None and not ignore_active_span:
                scope = self._active_scope()
                parent = None if scope is None else scope.span
            if parent is None and references:
                parent = references[0].referenced_context
            initial: Any = tags
            if tags is not None and type(tags) is not dict:
                initial = as_dict(tags)

            span = self._new_span(operation_name, references)
            if parent is None:
                decision = self._begin(span)
            else:
                decision = self._join(span, parent, initial)
            flags = span.flags
            if initial:
                flags = self._set_first_tags(span, initial, flags)
            if flags and decision is not None:
                self._apply_decision(span, decision)
            self._set_start_time(span, start_time, flags)
            if not self.metrics.is_noop:
                self._count_start(span, initial)
        except Exception as error:  # noqa: BLE001 - arguments may raise anything
            return self._failed_span(error)
        return span

    def start_active_span(  # noqa: PLR0917 - OpenTracing's signature  # pyright: ignore[reportIncompatibleMethodOverride]  # accepts our spans only
        self,
        operation_name: str | None = None,
        child_of: Span | SpanContext | None = None,
        references: Reference | Sequence[Reference] | None = None,
        tags: Mapping[str, object] | None = None,
        start_time: float | None = None,
        ignore_active_span: bool = False,  # noqa: FBT001, FBT002
        finish_on_close: bool = True,  # noqa: FBT001, FBT002
    ) -> SpanScope:
        """
        Start a span and make it the active one until the returned scope is closed.

        The parameters are those of `start_span`. With *finish_on_close*, closing the
        scope finishes the span.
        """
        span = self.start_span(
            operation_name,
            child_of,
            references,
            tags,
            start_time,
            ignore_active_span,
        )
        return self._scope_manager.activate(span, finish_on_close)  # type: ignore[no-any-return]  # pyright: ignore[reportReturnType]  # of our span

    def _new_span(self, name: object, references: Sequence[Reference] | None) -> Span:
        # Without __init__, which does more.
        span = Span.__new__(Span)
        span._tracer = self  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # as its __init__ does
        if type(name) is not str:
            name = "" if name is None else to_text(name)
        span.operation_name = name
        span.stored_context = None
        span.clock_offset = None
        span.end_time = None
        span.finished = False
        span.references = references
        span.first_tags = span.decision_tags = NO_TAGS
        span.more_tags = NO_MORE_TAGS
        span.log_items = NO_LOGS
        return span

    def _set_first_tags(
        self, span: Span, tags: Mapping[str, object], flags: int
    ) -> int:
        """Store the initial tags of a span with *flags*; return its flags then."""
        if SAMPLING_PRIORITY in tags:
            span.add_tags(tags)
            return span.flags
        if flags & SAMPLED_FLAG:
            stored = dict(tags)
            if len(stored) > self.max_tags_per_span:
                stored = span.fewer_tags(stored)
            span.first_tags = to_tag_values(stored, self)
        return flags

    def _set_start_time(self, span: Span, start_time: float | None, flags: int) -> None:
        if start_time is not None:
            if self.clock is not None:
                span.use_clock(self.clock)
            span.start_time = to_seconds(start_time, span.wall_time)
            span.clock_offset = None
        elif not flags or time.time is not UNPATCHED.wall_clock:
            span.start_time = time.time()
            span.clock_offset = None
        elif span.clock_offset is None:
            span.start_time = now = time.time()
            span.clock_offset = now - STEADY_CLOCK()
        else:
            # Spans of a trace share a clock offset: a step of the wall clock does not
            # shift them against each other.
            span.start_time = span.clock_offset + STEADY_CLOCK()

    def _notice_fork(self, start_time: float | None) -> float | None:
        """Detect a fork; return *start_time*, or the time of the tracer's own clock."""
        mark = notice_fork()
        if self.clock is None:
            self._process_mark = mark
            return start_time
        return self.clock.time() if start_time is None else start_time

    def _failed_span(self, error: Exception) -> Span:
        """Return an unsampled span in place of one whose start raised *error*."""
        _START_FAILED.warn(error)
        # Not the tracer's random source and clock: they may have raised the error.
        trace_id, span_id = (operating_system_bits(MAX_ID_BITS) or 1 for _ in range(2))
        context = SpanContext(trace_id, span_id, None, 0)
        return Span(context, self, "", start_time=time.time())

    def _join(
        self,
        span: Span,
        parent: opentracing.Span | opentracing.SpanContext,
        tags: Mapping[str, object] | None,
    ) -> DecisionOrTags:
        """Make *span* a child of *parent*, or a root if *parent* has no trace."""
        if type(parent) is Span:
            span.clock_offset = parent.clock_offset
            if parent.stored_context is None:
                self._inherit(span, parent, parent.own_flags, tags)
                return None
        context, decision = context_of(parent), None
        if not context.has_trace:
            return self._begin(span, context)
        flags = context.flags
        if flags & DEBUG_FLAG:
            # Formats other than Jaeger's may set the debug flag alone.
            flags |= SAMPLED_FLAG
        elif not flags and context.sampling_undecided:
            name = span.operation_name
            flags, decision = self._call_sampler(context.trace_id, name)
            # The decision's tags belong to the root, which is in another process.
            decision = decision if isinstance(decision, Undecided) else None
        self._inherit(span, context, flags, tags)
        if context.trace_state is not None:
            span.context.trace_state = context.trace_state
        return decision

    def _inherit(
        self,
        span: Span,
        parent: Span | SpanContext,
        flags: int,
        tags: Mapping[str, object] | None,
    ) -> None:
        """Set the ids, *flags* and baggage of a child of *parent*."""
        span.trace_id = parent.trace_id
        span.own_flags = flags
        span.has_random_trace_id = parent.has_random_trace_id
        span.baggage = dict(parent.baggage) if parent.baggage else NO_BAGGAGE
        if self.one_span_per_rpc and is_server(tags):
            span.span_id, span.parent_id = parent.span_id, parent.parent_id
            span.shares_span_id = True
        else:
            span.span_id = self.random.getrandbits(MAX_ID_BITS) or 1
            span.parent_id = parent.span_id

    def _begin(self, span: Span, carried: SpanContext | None = None) -> DecisionOrTags:
        """Make *span* the root of a new trace, with the baggage of *carried*."""
        span.trace_id = self.random.getrandbits(self.max_trace_id_bits) or 1
        # One random number serves as both ids, as in the Go and Java clients.
        span.span_id = span.trace_id & _MAX_SPAN_ID or 1
        span.parent_id = None
        span.baggage = NO_BAGGAGE
        span.has_random_trace_id = True
        if carried is not None:
            span.baggage = dict(carried.baggage) or NO_BAGGAGE
            if carried.debug_id is not None and self.is_debug_allowed(
                span.operation_name
            ):
                span.own_flags = SAMPLED_FLAG | DEBUG_FLAG
                return {self.debug_id_header: carried.debug_id}
            if carried.decides_sampling_only:
                span.own_flags = carried.flags
                return None
        flags, decision = self._call_sampler(span.trace_id, span.operation_name)
        span.own_flags = flags
        return decision

    def _call_sampler(
        self, trace_id: int, operation: str
    ) -> tuple[int, DecisionOrTags]:
        """Return the flags of a new trace, and its tags or an `Undecided`."""
        try:
            sampled, tags = self.sampler.is_sampled(trace_id, operation)
            if sampled:
                return SAMPLED_FLAG, tags
        except Exception as error:  # noqa: BLE001 - the application's sampler may raise anything
            _SAMPLER_FAILED.warn(self.sampler, error)
        # An unsampled trace has no tags of the sampler, even if `sampling.priority`
        # makes it sampled later.
        return 0, None

    def _apply_decision(self, span: Span, decision: Mapping[str, object]) -> None:
        """Set the tags of a decision, or wait for it if it is pending."""
        if type(decision) is DecisionTags:
            span.decision_tags = decision
        elif isinstance(decision, Undecided):
            leave_undecided(span, decision, self._count_decided)
        else:
            span.add_tags(decision)

    def _count_decided(self, span: Span, tags: Mapping[str, object]) -> None:
        """Count a span whose decision came after its start."""
        if not self.metrics.is_noop:
            self._count_start(span, tags)

    def _count_start(self, span: Span, tags: Mapping[str, object] | None) -> None:
        if type(span) is not Span:
            return  # An undecided span is counted by `_count_decided`.
        joined = is_server(tags) if span.parent_id is None else None
        try:
            self.metrics.count_start(sampled=span.is_sampled(), joined=joined)
        except Exception as error:  # noqa: BLE001 - the application's factory may raise anything
            _METRICS_FAILED.warn(self.metrics_factory, error)

    def report_span(self, span: Span) -> None:
        """Pass a finished span to the reporter; called by the span."""
        if not self.metrics.is_noop:
            self._count(self.metrics.spans_finished)
        try:
            self.reporter.report_span(span)
        except Exception as error:  # noqa: BLE001 - the application's reporter may raise anything
            _REPORTER_FAILED.warn(self.reporter, error)

    def count_dropped(self, *, tags: int = 0, logs: int = 0, baggage: int = 0) -> None:
        """Count what spans dropped because of their limits; called by the span."""
        if tags:
            self._count(self.metrics.dropped_tags, tags)
        if logs:
            self._count(self.metrics.dropped_logs, logs)
        if baggage:
            self._count(self.metrics.dropped_baggage_items, baggage)

    def is_debug_allowed(self, operation: str = "") -> bool:
        """Return whether the throttler allows one more debug trace."""
        try:
            if self.throttler is None or self.throttler.is_allowed(operation):
                return True
        except Exception as error:  # noqa: BLE001 - the application's throttler may raise anything
            _THROTTLER_FAILED.warn(self.throttler, error)
        else:
            _DEBUG_REFUSED.warn(operation)
        self._count(self.metrics.throttled_debug_spans)
        return False

    def _count(self, counter: Callable[[int], object], number: int = 1) -> None:
        try:
            counter(number)
        except Exception as error:  # noqa: BLE001 - the application's factory may raise anything
            _METRICS_FAILED.warn(self.metrics_factory, error)

    def random_id(self) -> int:
        """Return a new span id, which is never 0."""
        return self.random.getrandbits(MAX_ID_BITS) or 1


adopt_starter(SpanStarter)
