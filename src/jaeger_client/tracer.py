"""
The tracer: starts spans, carries contexts across processes, hands spans on.

`start_span` is the hot path. What can be decided once is decided in `__init__`;
of the rest, the common case of each question comes first and leaves at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import opentracing
from opentracing import Format, Reference

from jaeger_client.arguments import (
    as_dict,
    as_operation,
    context_of,
    injectable,
    says_server,
    with_context,
)
from jaeger_client.clock import SYSTEM_CLOCK
from jaeger_client.codecs import (
    BinaryCodec,
    Codec,
    TextCodec,
    ZipkinCodec,
    ZipkinSpanFormat,
)
from jaeger_client.constants import (
    BAGGAGE_HEADER_PREFIX,
    CLIENT_UUID_TAG_KEY,
    DEBUG_FLAG,
    DEBUG_ID_HEADER_KEY,
    JAEGER_CLIENT_VERSION,
    JAEGER_HOSTNAME_TAG_KEY,
    JAEGER_IP_TAG_KEY,
    JAEGER_VERSION_TAG_KEY,
    MAX_ID_BITS,
    MAX_TAG_VALUE_LENGTH,
    MAX_TRACE_ID_BITS,
    MAX_TRACEBACK_LENGTH,
    SAMPLED_FLAG,
    TRACE_ID_HEADER,
)
from jaeger_client.diagnostics import Notice, logger
from jaeger_client.errors import UnsupportedFormatError
from jaeger_client.host import hostname, local_ip
from jaeger_client.ids import IdRandom
from jaeger_client.metrics.instruments import TracerMetrics, choose_factory
from jaeger_client.reporter.base import (
    DEFAULT_CLOSE_TIMEOUT,
    close_reporter,
    completed,
    flush_reporter,
)
from jaeger_client.sampler.base import DecisionTags
from jaeger_client.scope import ContextScopeManager
from jaeger_client.span import NO_LOGS, NO_MORE_TAGS, NO_TAGS, Span
from jaeger_client.span_context import NO_BAGGAGE, SpanContext
from jaeger_client.tag_values import BY_VALUE, kept_values, to_seconds

if TYPE_CHECKING:
    from typing_extensions import Self

    from jaeger_client.metrics.factory import Metrics, MetricsFactory
    from jaeger_client.reporter.base import BaseReporter
    from jaeger_client.reporter.future import CompletedFuture
    from jaeger_client.sampler import Sampler
    from jaeger_client.throttler import Throttler
    from jaeger_client.worker import BackgroundWorker

__all__ = ["Reference", "Tracer", "TracerMetrics", "local_ip", "logger"]

_LARGEST_SPAN_ID: Final = (1 << MAX_ID_BITS) - 1
_SAMPLING_PRIORITY: Final = "sampling.priority"
_new: Final = object.__new__

_START_FAILED = Notice("starting a span raised %r; it is not recorded")
_METRICS_FAILED = Notice("counting by %r raised %r")
_THROTTLER_FAILED = Notice("throttler %r raised %r; the debug trace is not allowed")
_SAMPLER_FAILED = Notice("sampler %r raised %r; the trace is not sampled")
_REPORTER_FAILED = Notice("reporter %r raised %r; the span is lost")


class Tracer(opentracing.Tracer):  # type: ignore[misc]  # untyped base
    """
    The OpenTracing tracer for Jaeger.

    Methods may be called from any thread. None but `inject` and `extract`
    raises; these raise only errors of `jaeger_client.errors`, which are
    OpenTracing's as well. `sampler`, `reporter`, `one_span_per_rpc` and the
    lengths may be replaced at any time.
    """

    _scope_manager: opentracing.ScopeManager

    def __init__(  # noqa: PLR0917 - the signature of 4.8
        self,
        service_name: str,
        reporter: BaseReporter,
        sampler: Sampler,
        metrics: Metrics | None = None,
        metrics_factory: MetricsFactory | None = None,
        trace_id_header: str = TRACE_ID_HEADER,
        generate_128bit_trace_id: bool = False,  # noqa: FBT001, FBT002
        baggage_header_prefix: str = BAGGAGE_HEADER_PREFIX,
        debug_id_header: str = DEBUG_ID_HEADER_KEY,
        one_span_per_rpc: bool = False,  # noqa: FBT001, FBT002
        extra_codecs: Mapping[str, Codec] | None = None,
        tags: Mapping[str, object] | None = None,
        max_tag_value_length: int = MAX_TAG_VALUE_LENGTH,
        max_traceback_length: int = MAX_TRACEBACK_LENGTH,
        throttler: Throttler | None = None,
        scope_manager: opentracing.ScopeManager | None = None,
        *,
        worker: BackgroundWorker | None = None,
    ) -> None:
        """
        Make a tracer; most applications let `Config` do it.

        Args:
            service_name: Names the process in every trace.
            reporter: Takes finished spans.
            sampler: Decides which traces are recorded.
            metrics: Counts by the interface older than *metrics_factory*.
            metrics_factory: Makes the tracer's counters.
            trace_id_header: Carries the span context.
            generate_128bit_trace_id: Whether trace ids have 128 bits, not 64.
            baggage_header_prefix: What the names of baggage headers begin with.
            debug_id_header: Asks for a debug trace.
            one_span_per_rpc: Whether a server span shares its client's span id.
            extra_codecs: Codecs by format, over the built-in ones.
            tags: Tags of the process.
            max_tag_value_length: Characters of a text value that are kept.
            max_traceback_length: Characters of a traceback that are kept.
            throttler: Decides which debug traces may be started.
            scope_manager: Keeps the active span; by default one that follows
                threads and asyncio tasks.
            worker: A thread that reporter, sampler and throttler share, to be
                closed with the tracer.
        """
        super().__init__(
            ContextScopeManager() if scope_manager is None else scope_manager,
        )
        self.service_name = service_name
        self.reporter = reporter
        self.sampler = sampler
        self.metrics_factory = choose_factory(metrics_factory, metrics)
        self.metrics = TracerMetrics(self.metrics_factory)
        self.debug_id_header = debug_id_header
        self.one_span_per_rpc = one_span_per_rpc
        self.max_tag_value_length = max_tag_value_length
        self.max_traceback_length = max_traceback_length
        self.max_trace_id_bits = (
            MAX_TRACE_ID_BITS if generate_128bit_trace_id else MAX_ID_BITS
        )
        self.random = IdRandom()
        self.throttler = throttler
        self._worker = worker
        self._closed: CompletedFuture | None = None
        self._active_scope = _reader_of_active_scope(self._scope_manager)
        self.codecs = _make_codecs(
            trace_id_header=trace_id_header,
            baggage_header_prefix=baggage_header_prefix,
            debug_id_header=debug_id_header,
        )
        self.codecs.update(extra_codecs or {})
        self.tags = self._process_tags(tags or {})
        self.reporter.set_process(
            service_name=self.service_name,
            tags=self.tags,
            max_length=self.max_tag_value_length,
        )

    def _process_tags(self, tags: Mapping[str, object]) -> dict[str, object]:
        all_tags: dict[str, object] = {JAEGER_VERSION_TAG_KEY: JAEGER_CLIENT_VERSION}
        questions = ((JAEGER_IP_TAG_KEY, local_ip), (JAEGER_HOSTNAME_TAG_KEY, hostname))
        for key, look_up in questions:
            if key not in tags and (found := look_up()) is not None:
                all_tags[key] = found
        all_tags.update(tags)
        if self.throttler is not None:
            # One bit less than an id: the tag is a signed number of 64 bits.
            client_id = self.random.getrandbits(MAX_ID_BITS - 1)
            self.throttler.set_client_id(client_id)
            all_tags[CLIENT_UUID_TAG_KEY] = client_id
        return all_tags

    # Long, and objects are made without their __init__: a call more costs 50 ns,
    # an __init__ 120 ns, of 2 µs in all.
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

            context = _new(SpanContext)
            if parent is None:
                trace_id = self.random.getrandbits(self.max_trace_id_bits) or 1
                context.trace_id = trace_id
                # As the Go and Java clients do: one random number serves as both ids.
                context.span_id = (
                    trace_id
                    if trace_id <= _LARGEST_SPAN_ID
                    else trace_id & _LARGEST_SPAN_ID or 1
                )
                context.parent_id = None
                context.baggage = NO_BAGGAGE
                # As _ask_sampler() does, without the 45 ns of its call.
                context.flags = 0
                decision: Mapping[str, object] | None = None
                try:
                    sampled, reason = self.sampler.is_sampled(trace_id, operation_name)
                    if sampled:
                        context.flags, decision = SAMPLED_FLAG, reason
                except Exception as error:  # noqa: BLE001 - see there
                    _SAMPLER_FAILED.warn(self.sampler, error)
            else:
                decision = self._join(context, parent, given, operation_name)
            context.debug_id = None

            span = _new(Span)
            span.context = context
            span._tracer = self  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # see above
            span.operation_name = operation_name
            span.end_time = None
            span.finished = False
            span.references = references
            span.first_tags = span.decision_tags = NO_TAGS
            span.more_tags = NO_MORE_TAGS
            span.log_items = NO_LOGS
            flags = context.flags
            if given and _SAMPLING_PRIORITY in given:
                span.add_tags(given)
                flags = context.flags
            # The comparison spares the common cases 40 ns of `&`.
            elif given and (flags == SAMPLED_FLAG or (flags and flags & SAMPLED_FLAG)):
                # As kept_values() does, without the 45 ns of its call.
                kept, longest = given.copy(), self.max_tag_value_length
                for value in kept.values():
                    if type(value) is str:
                        if len(value) <= longest:
                            continue
                    elif type(value) in BY_VALUE:
                        continue
                    kept = kept_values(given, self)  # type: ignore[assignment]  # tags are objects
                    break
                span.first_tags = kept  # type: ignore[assignment]  # that is what was looked at
            if decision is not None and flags:
                if type(decision) is DecisionTags:
                    span.decision_tags = decision
                else:
                    span.add_tags(decision)
            span.start_time = (
                time.time() if start_time is None else to_seconds(start_time)
            )
            if not self.metrics.is_noop:
                self._count_start(span, given)
        except Exception as error:  # noqa: BLE001 - what was handed in may raise anything
            _START_FAILED.warn(error)
            return self._unrecorded_span()
        return span

    def _unrecorded_span(self) -> Span:
        return Span(SpanContext(self.random_id(), self.random_id(), None, 0), self, "")

    def _join(
        self,
        context: SpanContext,
        parent: opentracing.Span | opentracing.SpanContext,
        tags: Mapping[str, object] | None,
        operation: str,
    ) -> Mapping[str, object] | None:
        """Make *context* a child's; return tags that tell who decided, if one did."""
        if type(parent) is Span:
            parent = parent.context
        elif type(parent) is not SpanContext:
            parent = context_of(parent)
        # SpanContext.has_trace, without the 40 ns of a property.
        if (
            not parent.trace_id or not parent.span_id or parent.flags is None  # pyright: ignore[reportUnnecessaryComparison]  # see there
        ):
            return self._begin(context, parent, operation)
        context.trace_id = parent.trace_id
        flags = parent.flags
        if flags != SAMPLED_FLAG:
            if not flags and parent.sampling_undecided:
                flags, _ = self._ask_sampler(parent.trace_id, operation)
            if flags & DEBUG_FLAG:
                # Receivers of other formats may have set debug alone.
                flags |= SAMPLED_FLAG
        context.flags = flags
        if self.one_span_per_rpc and says_server(tags):
            context.span_id, context.parent_id = parent.span_id, parent.parent_id
        else:
            context.span_id = self.random.getrandbits(MAX_ID_BITS) or 1
            context.parent_id = parent.span_id
        context.baggage = dict(parent.baggage) if parent.baggage else NO_BAGGAGE
        if parent.trace_state is not None:
            context.trace_state = parent.trace_state  # type: ignore[misc]  # see there
        return None

    def _begin(
        self,
        context: SpanContext,
        carried: SpanContext,
        operation: str,
    ) -> Mapping[str, object] | None:
        """Make *context* a new trace's, with what was carried; return as `_join`."""
        context.trace_id = self.random.getrandbits(self.max_trace_id_bits) or 1
        context.span_id = context.trace_id & _LARGEST_SPAN_ID or 1
        context.parent_id = None
        context.baggage = dict(carried.baggage) or NO_BAGGAGE
        context.flags, decision = self._decide(carried, context.trace_id, operation)
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

    def _count_start(self, span: Span, tags: Mapping[str, object] | None) -> None:
        metrics, sampled = self.metrics, span.is_sampled()
        try:
            if sampled:
                metrics.spans_started_sampled(1)
            else:
                metrics.spans_started_not_sampled(1)
            if span.parent_id is None:
                self._count_trace(joined=says_server(tags), sampled=sampled)
        except Exception as error:  # noqa: BLE001 - a factory of the application's may raise anything
            _METRICS_FAILED.warn(self.metrics_factory, error)

    def _count_trace(self, *, joined: bool, sampled: bool) -> None:
        metrics = self.metrics
        count = {
            (True, True): metrics.traces_joined_sampled,
            (True, False): metrics.traces_joined_not_sampled,
            (False, True): metrics.traces_started_sampled,
            (False, False): metrics.traces_started_not_sampled,
        }[joined, sampled]
        count(1)

    def start_active_span(  # noqa: PLR0917 - OpenTracing's signature  # pyright: ignore[reportIncompatibleMethodOverride]  # takes our spans only
        self,
        operation_name: str | None = None,
        child_of: Span | SpanContext | None = None,
        references: Reference | Sequence[Reference] | None = None,
        tags: Mapping[str, object] | None = None,
        start_time: float | None = None,
        ignore_active_span: bool = False,  # noqa: FBT001, FBT002
        finish_on_close: bool = True,  # noqa: FBT001, FBT002
    ) -> opentracing.Scope:
        """
        Start a span and make it the active one until the returned scope closes.

        Parameters as those of `start_span`; *finish_on_close* says whether the
        span is finished then.
        """
        span = self.start_span(
            operation_name,
            child_of,
            references,
            tags,
            start_time,
            ignore_active_span,
        )
        return self._scope_manager.activate(span, finish_on_close)

    def inject(  # pyright: ignore[reportIncompatibleMethodOverride]  # takes our spans only
        self,
        span_context: Span | SpanContext,
        format: str,
        carrier: object,
    ) -> None:
        """
        Write *span_context* into *carrier*, for another process to extract.

        Raises:
            UnsupportedFormatError: If no codec is registered for *format*.
            ForeignSpanContextError: If the context is not this library's.
            InvalidCarrierError: If *format* cannot be written to such a carrier.
        """
        try:
            codec = self.codecs[format]
        except (KeyError, TypeError):
            raise self._unsupported(format) from None
        if type(span_context) is Span:
            span_context = span_context.context
        elif type(span_context) is not SpanContext:
            span_context = injectable(span_context)
        codec.inject(span_context, carrier)

    def extract(  # pyright: ignore[reportIncompatibleMethodOverride]  # OpenTracing's stub forgets None
        self,
        format: str,
        carrier: object,
    ) -> SpanContext | None:
        """
        Read the context that another process has injected; `None` if there is none.

        Raises:
            UnsupportedFormatError: If no codec is registered for *format*.
            InvalidCarrierError: If *format* cannot be read from such a carrier.
            CorruptContextError: If there is a context that cannot be read.
        """
        try:
            codec = self.codecs[format]
        except (KeyError, TypeError):
            raise self._unsupported(format) from None
        try:
            return codec.extract(carrier)
        except opentracing.SpanContextCorruptedException:
            self._count(self.metrics.decoding_errors)
            raise

    def _unsupported(self, format: object) -> UnsupportedFormatError:
        msg = f"no codec for format {format!r}; there are {sorted(self.codecs)}"
        return UnsupportedFormatError(msg)

    def report_span(self, span: Span) -> None:
        """Take a finished span to the reporter; called by the span."""
        if not self.metrics.is_noop:
            self._count(self.metrics.spans_finished)
        try:
            self.reporter.report_span(span)
        except Exception as error:  # noqa: BLE001 - a reporter of the application's may raise anything
            _REPORTER_FAILED.warn(self.reporter, error)

    def is_debug_allowed(self, operation: str = "") -> bool:
        """Return whether the throttler allows one more debug trace."""
        try:
            if self.throttler is None or self.throttler.is_allowed(operation):
                return True
        except Exception as error:  # noqa: BLE001 - a throttler of the application's may raise anything
            _THROTTLER_FAILED.warn(self.throttler, error)
        self._count(self.metrics.throttled_debug_spans)
        return False

    def _count(self, counter: Callable[[int], object]) -> None:
        try:
            counter(1)
        except Exception as error:  # noqa: BLE001 - a factory of the application's may raise anything
            _METRICS_FAILED.warn(self.metrics_factory, error)

    def random_id(self) -> int:
        """Return a new span id, which is never 0."""
        return self.random.getrandbits(MAX_ID_BITS) or 1

    def flush(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> bool:
        """
        Send what is queued; blocks for *timeout* seconds at most.

        Returns whether everything left the process.
        """
        return flush_reporter(self.reporter, timeout)

    def close(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> CompletedFuture:
        """
        Flush, then close reporter, sampler and throttler; idempotent.

        Blocks for *timeout* seconds at most. The future is done, can be awaited
        too, and its result says whether everything left the process.
        """
        if self._closed is None:
            deadline = SYSTEM_CLOCK.monotonic() + timeout
            all_left = close_reporter(self.reporter, timeout)
            _close_quietly(self.sampler)
            _close_quietly(self.throttler)
            if self._worker is not None:
                self._worker.close(max(0.0, deadline - SYSTEM_CLOCK.monotonic()))
            self._closed = completed(all_left)
        return self._closed

    async def aclose(self, timeout: float = DEFAULT_CLOSE_TIMEOUT) -> bool:
        """Do as `close` does without blocking the event loop."""
        import asyncio  # noqa: PLC0415 - whoever awaits this has it already

        future = await asyncio.to_thread(self.close, timeout)
        return future.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "open" if self._closed is None else "closed"
        parts = f"{self.sampler}, {self.reporter!r}"
        return f"<Tracer {self.service_name!r} {state}, {parts}>"


def _make_codecs(
    *,
    trace_id_header: str,
    baggage_header_prefix: str,
    debug_id_header: str,
) -> dict[str, Codec]:
    def text(*, url_encoding: bool) -> TextCodec:
        return TextCodec(
            url_encoding=url_encoding,
            trace_id_header=trace_id_header,
            baggage_header_prefix=baggage_header_prefix,
            debug_id_header=debug_id_header,
        )

    return {
        Format.TEXT_MAP: text(url_encoding=False),
        Format.HTTP_HEADERS: text(url_encoding=True),
        Format.BINARY: BinaryCodec(),
        ZipkinSpanFormat: ZipkinCodec(),
    }


def _reader_of_active_scope(
    manager: opentracing.ScopeManager,
) -> Callable[[], opentracing.Scope | None]:
    if type(manager) is ContextScopeManager:
        # Straight to the variable: a property on the way would cost 60 ns a span.
        return manager.variable.get
    return lambda: manager.active


def _close_quietly(part: object) -> None:
    try:
        close = getattr(part, "close", None)
        if close is not None:
            close()
    except Exception:  # noqa: BLE001 - a part of the application's may raise anything
        logger.exception("closing %r failed", part)
