"""
The life of spans as the tracer sees it: how they start, and where they go.

`start_span` is the hot path. What can be decided once is decided by the tracer's
`__init__`; of the rest, the common case of each question comes first and leaves
at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import opentracing

from jaeger_client._internal.arguments import (
    as_dict,
    as_operation,
    context_of,
    says_server,
    with_context,
)
from jaeger_client._internal.clock import STEADY_CLOCK, UNPATCHED
from jaeger_client._internal.diagnostics import Notice
from jaeger_client._internal.fork import ProcessMark, noticed_mark
from jaeger_client._internal.span_records import NO_LOGS, NO_MORE_TAGS, NO_TAGS
from jaeger_client._internal.tag_values import BY_VALUE, kept_values, to_seconds
from jaeger_client.constants import DEBUG_FLAG, MAX_ID_BITS, SAMPLED_FLAG
from jaeger_client.sampler.base import DecisionTags, Undecided
from jaeger_client.span import Span
from jaeger_client.span_context import NO_BAGGAGE, SpanContext

if TYPE_CHECKING:
    from opentracing import Reference

    from jaeger_client._internal.clock import Clock
    from jaeger_client._internal.ids import IdRandom
    from jaeger_client.metrics.instruments import TracerMetrics
    from jaeger_client.metrics.metrics import MetricsFactory
    from jaeger_client.reporter.base import BaseReporter
    from jaeger_client.sampler.base import Sampler
    from jaeger_client.throttler import Throttler

_LARGEST_SPAN_ID: Final = (1 << MAX_ID_BITS) - 1
_SAMPLING_PRIORITY: Final = "sampling.priority"
_new: Final = object.__new__

_START_FAILED = Notice("starting a span raised %r; it is not recorded")
_METRICS_FAILED = Notice("counting by %r raised %r")
_THROTTLER_FAILED = Notice("throttler %r raised %r; the debug trace is not allowed")
_SAMPLER_FAILED = Notice("sampler %r raised %r; the trace is not sampled")
_DEBUG_REFUSED = Notice(
    "a debug trace of %r is refused: the throttler has no credit for it. It is "
    "recorded only if the sampler says so",
)
_REPORTER_FAILED = Notice("reporter %r raised %r; the span is lost")


class SpanStarter(opentracing.Tracer):  # type: ignore[misc]  # untyped base
    """
    The half of the tracer that spans belong to; see `Tracer` for the whole.

    Its public attributes may be replaced at any time.
    """

    sampler: Sampler
    """Decides which traces are recorded."""
    reporter: BaseReporter
    """Takes finished spans."""
    throttler: Throttler | None
    """Decides which debug traces may be started."""
    metrics_factory: MetricsFactory
    metrics: TracerMetrics
    random: IdRandom
    """Where ids come from."""
    max_trace_id_bits: int
    one_span_per_rpc: bool
    """Whether a server span shares its client's span id."""
    debug_id_header: str
    """Asks for a debug trace, and is the tag that says so."""
    service_name: str
    max_tag_value_length: int
    """Characters of a text value that are kept."""
    max_traceback_length: int
    """Characters of a traceback that are kept."""
    max_tags_per_span: int
    """Maximum number of tags of a span; the first and the newest are kept."""
    max_logs_per_span: int
    """Maximum number of logs of a span; the first and the newest are kept."""
    _active_scope: Callable[[], opentracing.Scope | None]
    clock: Clock | None
    """Where spans read the time; `None` is the system's clock."""
    _process_mark: ProcessMark
    """
    False before the first span and in forked children; see `fork`.

    Always false if the tracer has a clock of its own, so that tracers without one need
    not test for it.
    """

    # Long, and spans are made without their __init__: a call more costs 4 % of a
    # root's instructions, an __init__ 0.1 of its 2 µs.
    def start_span(  # noqa: C901, PLR0912, PLR0915, PLR0917 - see above  # pyright: ignore[reportIncompatibleMethodOverride]  # takes our spans only
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
            operation_name: What is done, the same for all requests of a kind.
            child_of: The parent; the active span, if `None`.
            references: Related contexts, the first of which is the parent where
                there is no other.
            tags: Its first tags; the mapping is read and not kept.
            start_time: Seconds since the epoch; now, if `None`.
            ignore_active_span: Whether the active span is no parent.
        """
        try:
            if not self._process_mark:
                start_time = self._notice_fork(start_time)
            parent = child_of
            if parent is None and not ignore_active_span:
                scope = self._active_scope()
                if scope is not None:
                    parent = scope.span
            if references is not None:
                references = with_context(references)
                if parent is None and references:
                    parent = references[0].referenced_context
            given: dict[str, object] | None = tags  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]  # or else:
            if given is not None and dict is not type(given):
                given = as_dict(tags)
            if type(operation_name) is not str:
                operation_name = as_operation(operation_name)

            span = _new(Span)
            span.made_context = None
            if parent is None:
                trace_id = self.random.getrandbits(self.max_trace_id_bits) or 1
                span.trace_id = trace_id
                # As the Go and Java clients do: one random number serves as both ids.
                span.span_id = (
                    trace_id
                    if trace_id <= _LARGEST_SPAN_ID
                    else trace_id & _LARGEST_SPAN_ID or 1
                )
                span.parent_id = None
                span.baggage = NO_BAGGAGE
                clock_offset = None
                # As _ask_sampler() does; its call would be 4 % of a root.
                flags = 0
                decision: Mapping[str, object] | None = None
                try:
                    sampled, reason = self.sampler.is_sampled(trace_id, operation_name)
                    if sampled:
                        flags, decision = SAMPLED_FLAG, reason
                except Exception as error:  # noqa: BLE001 - see there
                    _SAMPLER_FAILED.warn(self.sampler, error)
                span.own_flags = flags
            elif (
                type(parent) is Span
                and parent.own_flags == SAMPLED_FLAG
                and not self.one_span_per_rpc
            ):
                # As _join() does for nearly all; its call would be 9 % of a child.
                span.trace_id = parent.trace_id
                span.span_id = self.random.getrandbits(MAX_ID_BITS) or 1
                span.parent_id = parent.span_id
                baggage = parent.baggage
                span.baggage = dict(baggage) if baggage else NO_BAGGAGE
                span.own_flags = flags = SAMPLED_FLAG
                decision = None
                # Spans of a trace share a clock: a step of the wall clock does not
                # move them against each other, and one call fewer is needed.
                clock_offset = parent.clock_offset
            elif (
                type(parent) is SpanContext
                and parent.flags == SAMPLED_FLAG
                and parent.trace_id
                and parent.span_id
                and parent.trace_state is None
                and not self.one_span_per_rpc
            ):
                # The same again, for each of the two reads its names of one type.
                span.trace_id = parent.trace_id
                span.span_id = self.random.getrandbits(MAX_ID_BITS) or 1
                span.parent_id = parent.span_id
                baggage = parent.baggage
                span.baggage = dict(baggage) if baggage else NO_BAGGAGE
                span.own_flags = flags = SAMPLED_FLAG
                decision = clock_offset = None
            else:
                clock_offset = None
                decision = self._join(span, parent, given, operation_name)
                flags = span.flags

            span._tracer = self  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # see above
            span.operation_name = operation_name
            span.end_time = None
            span.finished = False
            span.references = references
            span.first_tags = span.decision_tags = NO_TAGS
            span.more_tags = NO_MORE_TAGS
            span.log_items = NO_LOGS
            if given:
                if _SAMPLING_PRIORITY in given:
                    span.add_tags(given)
                    flags = span.flags
                elif flags & SAMPLED_FLAG:
                    # As kept_values() does; its call would be 4 % of a root.
                    kept, longest = given.copy(), self.max_tag_value_length
                    if len(kept) > self.max_tags_per_span:
                        kept = span.fewer_tags(kept)
                    for value in kept.values():
                        kind = type(value)
                        if kind is str:
                            if len(value) <= longest:  # type: ignore[arg-type]  # it is text  # pyright: ignore[reportArgumentType]  # as before
                                continue
                        # To ask for these two first takes half the instructions.
                        elif kind is int or kind is bool or kind in BY_VALUE:
                            continue
                        kept = kept_values(kept, self)  # type: ignore[assignment]  # tags are objects
                        break
                    span.first_tags = kept  # type: ignore[assignment]  # that is what was looked at
            if decision is not None and flags:
                if type(decision) is DecisionTags:
                    span.decision_tags = decision
                else:
                    self._take_tags(span, decision)
            if start_time is not None:
                if self.clock is not None:
                    span.use_clock(self.clock)
                span.start_time = to_seconds(start_time, span.wall_time)
                span.clock_offset = None
            elif flags and time.time is UNPATCHED.wall_clock:
                if clock_offset is None:
                    span.start_time = now = time.time()
                    span.clock_offset = now - STEADY_CLOCK()
                else:
                    span.start_time = clock_offset + STEADY_CLOCK()
                    span.clock_offset = clock_offset
            else:
                span.start_time = time.time()
                span.clock_offset = None
            if not self.metrics.is_noop:
                self._count_start(span, given)
        except Exception as error:  # noqa: BLE001 - what was handed in may raise anything
            _START_FAILED.warn(error)
            return self._unrecorded_span()
        return span

    def _notice_fork(self, start_time: float | None) -> float | None:
        """Renew everything in a forked child; return the time of the tracer's clock."""
        mark = noticed_mark()
        if self.clock is None:
            self._process_mark = mark
            return start_time
        return self.clock.time() if start_time is None else start_time

    def _take_tags(self, span: Span, decision: Mapping[str, object]) -> None:
        """Set tags that were made for this span, or wait for the decision."""
        if isinstance(decision, Undecided):
            from jaeger_client._internal.undecided_span import (  # noqa: PLC0415 - most samplers decide at once
                leave_undecided,
            )

            leave_undecided(span, decision, self._count_decided)
        else:
            span.add_tags(decision)

    def _unrecorded_span(self) -> Span:
        context = SpanContext(self.random_id(), self.random_id(), None, 0)
        # The tracer's clock may be what has failed.
        return Span(context, self, "", start_time=time.time())

    def _join(
        self,
        span: Span,
        parent: opentracing.Span | opentracing.SpanContext,
        tags: Mapping[str, object] | None,
        operation: str,
    ) -> Mapping[str, object] | None:
        """Make *span* a child; return tags that tell who decided, if one did."""
        context: SpanContext | None
        # Two readings of the same names: each sees one type, which is faster.
        if type(parent) is Span:
            trace_id, span_id, baggage = parent.trace_id, parent.span_id, parent.baggage
            context = parent.made_context
            flags = parent.own_flags if context is None else context.flags
        else:
            if type(parent) is not SpanContext:
                parent = context_of(parent)
            trace_id, span_id, baggage = parent.trace_id, parent.span_id, parent.baggage
            context, flags = parent, parent.flags
        # SpanContext.has_trace, without the 40 ns of a property.
        if not trace_id or not span_id or flags is None:  # pyright: ignore[reportUnnecessaryComparison]  # see there
            return self._begin(span, parent, operation)
        if flags != SAMPLED_FLAG:
            if not flags and context is not None and context.sampling_undecided:
                return self._join_and_decide(span, context, tags, operation)
            if flags & DEBUG_FLAG:
                # Receivers of other formats may have set debug alone.
                flags |= SAMPLED_FLAG
        span.own_flags = flags
        span.trace_id = trace_id
        if self.one_span_per_rpc and says_server(tags):
            span.span_id, span.parent_id = span_id, parent.parent_id
            span.shares_span_id = True  # type: ignore[misc]  # as any attribute, beside the slots
        else:
            span.span_id = self.random.getrandbits(MAX_ID_BITS) or 1
            span.parent_id = span_id
        span.baggage = dict(baggage) if baggage else NO_BAGGAGE
        if context is not None and context.trace_state is not None:
            span.context.trace_state = context.trace_state  # type: ignore[misc]  # see there
        return None

    def _join_and_decide(
        self,
        span: Span,
        caller: SpanContext,
        tags: Mapping[str, object] | None,
        operation: str,
    ) -> Mapping[str, object] | None:
        """Make *span* the child of a caller who leaves the decision to us."""
        flags, decision = self._ask_sampler(caller.trace_id, operation)
        decided = SpanContext(
            caller.trace_id,
            caller.span_id,
            caller.parent_id,
            flags,
            caller.baggage,
        )
        if caller.trace_state is not None:
            decided.trace_state = caller.trace_state  # type: ignore[misc]  # see there
        self._join(span, decided, tags, operation)
        # Tags stand on the root, which is not here.
        return decision if isinstance(decision, Undecided) else None

    def _begin(
        self,
        span: Span,
        carried: Span | SpanContext,
        operation: str,
    ) -> Mapping[str, object] | None:
        """Make *span* a new trace's, with what was carried; return as `_join`."""
        context = carried.context if isinstance(carried, Span) else carried
        span.trace_id = self.random.getrandbits(self.max_trace_id_bits) or 1
        span.span_id = span.trace_id & _LARGEST_SPAN_ID or 1
        span.parent_id = None
        span.baggage = dict(context.baggage) or NO_BAGGAGE
        span.own_flags, decision = self._decide(context, span.trace_id, operation)
        return decision

    def _decide(
        self,
        carried: SpanContext,
        trace_id: int,
        operation: str,
    ) -> tuple[int, Mapping[str, object] | None]:
        """Return flags and tags as `_ask_sampler` does, unless the caller decided."""
        if carried.debug_id is not None and self.is_debug_allowed(operation):
            return SAMPLED_FLAG | DEBUG_FLAG, {self.debug_id_header: carried.debug_id}
        if carried.decides_sampling_only:
            return carried.flags, None
        return self._ask_sampler(trace_id, operation)

    def _ask_sampler(
        self,
        trace_id: int,
        operation: str,
    ) -> tuple[int, Mapping[str, object] | None]:
        """Return the flags of a new trace, and tags that tell who decided."""
        try:
            sampled, tags = self.sampler.is_sampled(trace_id, operation)
            if sampled:
                return SAMPLED_FLAG, tags
        except Exception as error:  # noqa: BLE001 - a sampler of the application's may raise anything
            _SAMPLER_FAILED.warn(self.sampler, error)
        # Tags of a refusal stand nowhere, not even on a span that is given priority.
        return 0, None

    def _count_decided(self, span: Span, tags: Mapping[str, object]) -> None:
        """Count a span whose decision came after its start."""
        if not self.metrics.is_noop:
            self._count_start(span, tags)

    def _count_start(self, span: Span, tags: Mapping[str, object] | None) -> None:
        if type(span) is not Span:
            return  # It is undecided, and counted once it is not.
        joined = says_server(tags) if span.parent_id is None else None
        try:
            self.metrics.count_start(sampled=span.is_sampled(), joined=joined)
        except Exception as error:  # noqa: BLE001 - a factory of the application's may raise anything
            _METRICS_FAILED.warn(self.metrics_factory, error)

    def report_span(self, span: Span) -> None:
        """Take a finished span to the reporter; called by the span."""
        if not self.metrics.is_noop:
            self._count(self.metrics.spans_finished)
        try:
            self.reporter.report_span(span)
        except Exception as error:  # noqa: BLE001 - a reporter of the application's may raise anything
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
        except Exception as error:  # noqa: BLE001 - a throttler of the application's may raise anything
            _THROTTLER_FAILED.warn(self.throttler, error)
        else:
            _DEBUG_REFUSED.warn(operation)
        self._count(self.metrics.throttled_debug_spans)
        return False

    def _count(self, counter: Callable[[int], object], number: int = 1) -> None:
        try:
            counter(number)
        except Exception as error:  # noqa: BLE001 - a factory of the application's may raise anything
            _METRICS_FAILED.warn(self.metrics_factory, error)

    def random_id(self) -> int:
        """Return a new span id, which is never 0."""
        return self.random.getrandbits(MAX_ID_BITS) or 1
