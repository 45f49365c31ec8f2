"""
Root spans whose sampling decision is pending.

Such a span is an `UndecidedSpan`: it records everything, and calls the sampler again
when its name or a relevant tag changes. Once the sampler has decided, the object
becomes a plain `Span`, by assignment to its `__class__`, and keeps or drops what it has
recorded. So spans that are decided when they start, as with most samplers, have no
extra cost.

One thread at a time calls the sampler for a span. Other threads that need the decision
wait for it, for a second at most: in a forked child the deciding thread does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from jaeger_client._internal.diagnostics import RateLimitedWarning
from jaeger_client._internal.signal_safe import Exclusive
from jaeger_client._internal.span_records import NO_TAGS, kind_of
from jaeger_client._internal.tag_lists import TagList
from jaeger_client.constants import SAMPLED_FLAG, SPAN_KIND
from jaeger_client.sampler.base import DecisionTags, RootSpan, Undecided
from jaeger_client.span import SAMPLING_PRIORITY, Span
from jaeger_client.span_context import SpanIdentity

if TYPE_CHECKING:
    from jaeger_client.sampler.base import Decision
    from jaeger_client.span_context import SpanContext

_TIMEOUT: Final = 1.0
"""Maximum time in seconds that a thread waits for the decision of another one."""

_UNSAMPLED: Final[Decision] = (False, NO_TAGS)

_DECISION_FAILED = RateLimitedWarning(
    "sampling decision by %r raised %r; the trace is not sampled"
)

# The property of the plain span. `super()` would fail once the class has changed.
_context: Final[Any] = vars(SpanIdentity)["context"]

_PENDING: Final = "_pending"
"""Key of the `_Pending` in the span's `__dict__`; a slot would enlarge every span."""

OnDecision: TypeAlias = Callable[[Span, Mapping[str, object]], object]
"""Called with a decided span and the `span.kind` tag that it had at the decision."""


class _Pending:
    """The pending decision of an undecided span."""

    __slots__ = ("deciding", "on_decision", "undecided")

    def __init__(self, undecided: Undecided, on_decision: OnDecision) -> None:
        self.undecided = undecided
        self.on_decision = on_decision
        # Also keeps a sampler from being called again by its own use of the span.
        self.deciding = Exclusive()


def leave_undecided(
    span: Span,
    undecided: Undecided,
    on_decision: OnDecision,
) -> None:
    """
    Decide about *span* by its first name and tags, or make it an `UndecidedSpan`.

    Called while the span is started. *on_decision* is called only if the decision is
    made later.
    """
    if (decision := _decision_on(span, undecided, is_final=False)) is not None:
        _apply(span, decision)
        return
    span.__class__ = UndecidedSpan
    span.__dict__[_PENDING] = _Pending(undecided, on_decision)


class UndecidedSpan(Span):
    """
    A root span whose sampling decision is pending.

    Until then `is_sampled` returns true. Methods never raise, and may be called from
    any thread.
    """

    # No slots and no additional methods: from one statement to the next, another thread
    # may make it a plain span, which has those of `Span` only.
    __slots__ = ()

    @property
    def context(self) -> SpanContext:
        """Ids, flags and baggage to propagate; reading them forces the decision."""
        _consider(self, is_final=True)
        return cast("SpanContext", _context.__get__(self))

    @context.setter
    def context(self, context: SpanContext) -> None:
        _context.__set__(self, context)

    def set_operation_name(self, operation_name: str) -> Span:
        """Replace the operation name, which may lead to the decision."""
        Span.set_operation_name(self, operation_name)
        _consider(self, is_final=False)
        return self

    def set_tag(self, key: str, value: object) -> Span:
        """Append a tag, which may lead to the decision."""
        Span.set_tag(self, key, value)
        if _is_watched(self, key):
            _consider(self, is_final=False)
        return self

    def finish(self, finish_time: float | None = None) -> None:
        """Force the decision, then finish the span."""
        _consider(self, is_final=True)
        Span.finish(self, finish_time)


def _is_watched(span: Span, key: str) -> bool:
    pending = _pending_of(span)
    try:
        return pending is not None and (
            key == SAMPLING_PRIORITY or key in pending.undecided.watched_tags
        )
    except Exception:  # noqa: BLE001 - the key's own code may raise anything
        return False


def _consider(span: Span, *, is_final: bool) -> None:
    """Call the sampler; make *span* a plain one if it decides."""
    pending = _pending_of(span)
    if pending is None:
        return
    kind = pending.deciding.run(
        lambda: _decide(span, pending, is_final=is_final),
        timeout=_TIMEOUT,
    )
    if kind is not None:
        pending.on_decision(span, kind)


def _decide(
    span: Span,
    pending: _Pending,
    *,
    is_final: bool,
) -> Mapping[str, object] | None:
    """Return the `span.kind` tag for `on_decision`, or `None` without a decision."""
    # Another thread may have decided in the meantime.
    if _pending_of(span) is None:
        return None
    decision = _decision_on(span, pending.undecided, is_final=is_final)
    if decision is None:
        return None
    # `on_decision` counts joined and started traces separately, by this tag.
    kind = {SPAN_KIND: kind_of(span)}
    _apply(span, decision)
    del span.__dict__[_PENDING]
    span.__class__ = Span
    return kind


def _pending_of(span: Span) -> _Pending | None:
    return span.__dict__.get(_PENDING)


def _decision_on(
    span: Span, undecided: Undecided, *, is_final: bool
) -> Decision | None:
    """Return the decision of the application or the sampler, if it is known."""
    if span.flags != SAMPLED_FLAG:
        # The application has decided, by `sampling.priority` or the flags.
        return span.is_sampled(), NO_TAGS
    root = RootSpan(span.trace_id, span.operation_name, span.tag_items)
    try:
        decision = undecided.decide(root, is_final=is_final)
        if decision is None:
            return _UNSAMPLED if is_final else None
        sampled, tags = decision
        # Those of this client's samplers are stored as they are.
        checked = tags if type(tags) is DecisionTags else dict(tags or NO_TAGS)
        return bool(sampled), checked
    except Exception as error:  # noqa: BLE001 - the application's sampler may raise anything
        _DECISION_FAILED.warn(undecided, error)
        return _UNSAMPLED


def _apply(span: Span, decision: Decision) -> None:
    """Keep or drop what *span* has recorded."""
    sampled, tags = decision
    if not sampled:
        span.flags &= ~SAMPLED_FLAG
        # New lists: a thread that has loaded an old one may still append to that.
        span.more_tags, span.log_items = [], []
        span.first_tags = span.decision_tags = NO_TAGS
    elif span.parent_id is not None:
        return  # The tags belong to the root, which is in another process.
    # No call and no jump between the last comparison and the next line (see
    # `signal_safe`): another thread moves the tags to a `TagList` before or after both.
    elif type(tags) is DecisionTags and span.more_tags.__class__ is not TagList:  # type: ignore[comparison-overlap, unreachable]  # it may be one
        span.decision_tags = tags
    else:
        for key, value in tags.items():
            Span.set_tag(span, key, value)
