"""The interface of all samplers: whether a trace is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from jaeger_client._internal.named_tuple import NamedTuple
from jaeger_client.constants import SAMPLER_PARAM_TAG_KEY, SAMPLER_TYPE_TAG_KEY
from jaeger_client.model import TagItem, TagValue

SamplerTags: TypeAlias = Mapping[str, TagValue]
"""Tags for the root span of a sampled trace; must not be changed."""

Decision: TypeAlias = tuple[bool, SamplerTags]
"""Whether to record the trace, and tags that name the sampler that decided."""

WATCHES_NOTHING: Final[frozenset[str]] = frozenset()


class DecisionTags(dict[str, TagValue]):
    """
    The tags of a decision that is created once and returned many times.

    Spans store this object itself; mappings of other types may change, so they are
    copied.
    """


class RootSpan(NamedTuple):
    """The current state of a root span, as far as a decision may depend on it."""

    trace_id: int
    operation: str
    tag_items: Iterable[TagItem] = ()
    """All tags set so far as pairs; a key may occur more than once."""


class Undecided(dict[str, TagValue]):
    """
    Replaces the tags in a decision that is postponed.

    A sampler whose decision depends on more than the first name of a root span
    returns `(True, Undecided())`, of its own subclass. The span is recorded, and
    `decide` is called right after the start, when the span gets another name or one
    of the `watched_tags`, and, with *is_final*, when the span gets its first child,
    is injected, its context is read, or it is finished. Credits that a decision
    costs must be spent in `decide` only, and once.

    An object may serve one trace or all traces; calls for one trace are never
    concurrent. As a mapping it is empty.
    """

    @property
    def watched_tags(self) -> frozenset[str]:
        """Keys of the tags that may allow a decision before the final one."""
        return WATCHES_NOTHING

    def decide(self, root: RootSpan, *, is_final: bool) -> Decision | None:
        """
        Return the decision, or `None` while it may still change.

        With *is_final*, `None` means that the trace is not sampled. Must not block
        and must not raise.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Sampler:
    """
    Decides for the root span of a trace whether the trace is recorded.

    Subclasses override `is_sampled`; they need not call `super().__init__()`.

    `is_sampled` is called for each root span, on the application's threads and
    concurrently. It must not block and must not raise. To decide by the final name
    of the root span, or by its tags, return `Undecided`.
    """

    def __init__(self, tags: SamplerTags | None = None) -> None:
        self._tags: SamplerTags = tags or {}

    def _set_tags(self, sampler_type: str, param: TagValue) -> None:
        """Set the tags, and create both decisions with them."""
        self._tags = DecisionTags(
            {SAMPLER_TYPE_TAG_KEY: sampler_type, SAMPLER_PARAM_TAG_KEY: param}
        )
        self._yes: Decision = (True, self._tags)
        self._no: Decision = (False, self._tags)

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """
        Decide on the trace *trace_id* whose root span is named *operation*.

        Returns:
            Whether to record the trace, and tags for its root span or, in their
            place, an `Undecided`. There are tags even if the trace is not recorded.
        """
        raise NotImplementedError

    def close(self) -> None:
        """
        Stop background work. Idempotent.

        Subclasses without background work need not override it.
        """
        # As in 4.8: tests of applications rely on it.
        if type(self) is Sampler:
            raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        # The attributes of a sampler change, and its hash must not.
        return hash(type(self))
