"""
Root spans of which it is not yet decided whether they are recorded.

Such a span is an `UndecidedSpan`: it records everything, and hands what may bring
the decision on to the sampler. Once that has decided, the object becomes a plain
`Span` again, by its `__class__`, and what it has recorded stays or goes. So a span
that was decided at its start, which is every span of most samplers, pays nothing.

One thread at a time asks the sampler about a span. Others that need the decision
wait for it, for a second at most: in a forked child the thread that was asking may
be one that was not copied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from jaeger_client._internal.diagnostics import Notice
from jaeger_client._internal.signal_safe import Exclusive
from jaeger_client._internal.span_identity import SpanIdentity
from jaeger_client._internal.span_records import NO_TAGS
from jaeger_client._internal.tag_lists import TagList
from jaeger_client.constants import SAMPLED_FLAG, SPAN_KIND
from jaeger_client.sampler.base import DecisionTags, RootSpan, Undecided
from jaeger_client.span import Span

if TYPE_CHECKING:
    from jaeger_client.sampler.base import Decision
    from jaeger_client.span_context import SpanContext

_PATIENCE: Final = 1.0
"""Seconds that a thread waits for the decision of another one."""

_SAMPLING_PRIORITY: Final = "sampling.priority"

_REFUSED: Final[Decision] = (False, NO_TAGS)

_DECISION_FAILED = Notice("deciding by %r raised %r; the trace is not sampled")

# The property of the plain span. `super()` would fail once the class has changed.
_context: Final[Any] = vars(SpanIdentity)["context"]

_QUESTION: Final = "_question"
"""Where the question is, in the span's `__dict__`: a slot would be every span's."""

OnDecision: TypeAlias = Callable[[Span, Mapping[str, object]], object]
"""Takes a span whose decision came, and its tag `span.kind` from before that."""


class _Question:
    """What an undecided span waits for."""

    __slots__ = ("deciding", "on_decision", "undecided")

    def __init__(self, undecided: Undecided, on_decision: OnDecision) -> None:
        self.undecided = undecided
        self.on_decision = on_decision
        # Also turns away a sampler that uses the span while it is deciding.
        self.deciding = Exclusive()


def leave_undecided(
    span: Span,
    undecided: Undecided,
    on_decision: OnDecision,
) -> None:
    """
    Make *span* an undecided one, unless its first name and tags bring the decision.

    Called while the span is started. *on_decision* is called when the decision comes
    later.
    """
    if (decision := _ask(span, undecided, is_final=False)) is not None:
        _settle(span, decision)
        return
    span.__class__ = UndecidedSpan
    span.__dict__[_QUESTION] = _Question(undecided, on_decision)


class UndecidedSpan(Span):
    """
    A root span of which it is not yet decided whether it is recorded.

    Until then it says that it is sampled. Methods never raise, and may be called
    from any thread.
    """

    # No slots and no methods of its own: from one statement to the next another
    # thread may make it a plain span, which has only those of `Span`.
    __slots__ = ()

    @property
    def context(self) -> SpanContext:
        """Ids, flags and baggage, as they travel: the decision is made for them."""
        _consider(self, is_final=True)
        return cast("SpanContext", _context.__get__(self))

    @context.setter
    def context(self, context: SpanContext) -> None:
        _context.__set__(self, context)

    def set_operation_name(self, operation_name: str) -> Span:
        """Replace the operation name, which may bring the decision."""
        Span.set_operation_name(self, operation_name)
        _consider(self, is_final=False)
        return self

    def set_tag(self, key: str, value: object) -> Span:
        """Append a tag, which may bring the decision."""
        Span.set_tag(self, key, value)
        if _is_watched(self, key):
            _consider(self, is_final=False)
        return self

    def finish(self, finish_time: float | None = None) -> None:
        """Decide, then end the span as any other."""
        _consider(self, is_final=True)
        Span.finish(self, finish_time)


def _is_watched(span: Span, key: str) -> bool:
    question = _question_of(span)
    try:
        return question is not None and (
            key == _SAMPLING_PRIORITY or key in question.undecided.watched_tags
        )
    except Exception:  # noqa: BLE001 - the key's own code may raise anything
        return False


def _consider(span: Span, *, is_final: bool) -> None:
    """Ask whether the trace is recorded; make a plain span of it if that is known."""
    question = _question_of(span)
    if question is None:
        return
    tags = question.deciding.run(
        lambda: _decide(span, question, is_final=is_final),
        timeout=_PATIENCE,
    )
    if tags is not None:
        question.on_decision(span, tags)


def _decide(
    span: Span,
    question: _Question,
    *,
    is_final: bool,
) -> Mapping[str, object] | None:
    """Return what the span is counted by, if this was the decision."""
    # Another thread may have been first.
    if _question_of(span) is None:
        return None
    decision = _ask(span, question.undecided, is_final=is_final)
    if decision is None:
        return None
    kind = _kind_of(span)
    _settle(span, decision)
    del span.__dict__[_QUESTION]
    span.__class__ = Span
    return kind


def _kind_of(span: Span) -> Mapping[str, object]:
    """Return the tag that tells traces that were joined from those begun here."""
    try:
        return next({key: value} for key, value in span.tag_items if key == SPAN_KIND)
    except Exception:  # noqa: BLE001 - there is none, or as above
        return {}


def _question_of(span: Span) -> _Question | None:
    return span.__dict__.get(_QUESTION)


def _ask(span: Span, undecided: Undecided, *, is_final: bool) -> Decision | None:
    """Return the decision, if it is known: the application's or the sampler's."""
    if span.flags != SAMPLED_FLAG:
        # `sampling.priority`, or somebody set the flags.
        return span.is_sampled(), NO_TAGS
    root = RootSpan(span.trace_id, span.operation_name, span.tag_items)
    try:
        decision = undecided.decide(root, is_final=is_final)
    except Exception as error:  # noqa: BLE001 - a sampler of the application's may raise anything
        _DECISION_FAILED.warn(undecided, error)
        return _REFUSED
    return _REFUSED if decision is None and is_final else decision


def _settle(span: Span, decision: Decision) -> None:
    """Keep or drop what *span* has recorded."""
    sampled, tags = decision
    if not sampled:
        span.flags &= ~SAMPLED_FLAG
        # New lists: another thread may be about to append to the one that it sees.
        span.more_tags, span.log_items = [], []
        span.first_tags = span.decision_tags = NO_TAGS
    elif span.parent_id is not None:
        return  # They are for the root, which is in another process.
    # No call and no jump between the last comparison and the next line: if another
    # thread moves the tags to a `TagList`, it does so before or after both.
    elif type(tags) is DecisionTags and span.more_tags.__class__ is not TagList:  # type: ignore[comparison-overlap, unreachable]  # it may be one
        span.decision_tags = tags
    else:
        for key, value in tags.items():
            Span.set_tag(span, key, value)
