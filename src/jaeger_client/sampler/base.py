"""The interface of all samplers: shall this trace be recorded?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from jaeger_client.constants import SAMPLER_PARAM_TAG_KEY, SAMPLER_TYPE_TAG_KEY
from jaeger_client.model import TagItem, TagValue

SamplerTags: TypeAlias = Mapping[str, TagValue]
"""Tags for the root span of a sampled trace. Read them, never change them."""


class DecisionTags(dict[str, TagValue]):
    """
    The tags of a decision that is made once and handed out again and again.

    Spans keep the object itself; of another mapping, which may change, a copy.
    """

    def __init__(self, sampler_type: str, param: TagValue) -> None:
        super().__init__(
            {SAMPLER_TYPE_TAG_KEY: sampler_type, SAMPLER_PARAM_TAG_KEY: param}
        )


Decision: TypeAlias = tuple[bool, SamplerTags]
"""Whether to record, and the tags that say who decided. Both always stand."""

WATCHES_NOTHING: Final[frozenset[str]] = frozenset()


class RootSpan:
    """What a decision may look at: a root span as it is by now."""

    __slots__ = ("operation", "tag_items", "trace_id")

    def __init__(
        self,
        trace_id: int,
        operation: str,
        tag_items: Iterable[TagItem] = (),
    ) -> None:
        self.trace_id = trace_id
        self.operation = operation
        self.tag_items = tag_items
        """All tags set so far as pairs; a key may come more than once."""


class Undecided(dict[str, TagValue]):
    """
    Takes the place of the tags in a decision that is not made yet.

    A sampler that wants to see more of a root span than its first name returns
    `(True, Undecided())` of a class of its own. The span is recorded, and `decide`
    is called right after the start, when the span gets another name or one of the
    `watched_tags`, and, with *is_final*, when the span gets its first child, is
    injected or its context is read, or is finished. What credits a decision costs
    is to be spent in `decide` alone, and once.

    An object may serve one trace or all; calls for one trace come one at a time.
    As a mapping it is empty.
    """

    @property
    def watched_tags(self) -> frozenset[str]:
        """Keys of the tags that may bring a decision before the final one."""
        return WATCHES_NOTHING

    def decide(self, root: RootSpan, *, is_final: bool) -> Decision | None:
        """
        Return the decision, or `None` while it may still change.

        With *is_final*, `None` is taken as a refusal. Must not block and must not
        raise.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Sampler:
    """
    Decides at the root of a trace whether the trace is recorded.

    Derive from it and override `is_sampled`; there is no need to call
    `super().__init__()`.

    `is_sampled` is called on the application's threads, several at a time, for
    each root span. It must not block and must not raise. The decisions of the
    samplers here are made once and handed out again and again.

    A sampler that decides by the final name of the root, or by its tags, returns
    `Undecided`; see there.
    """

    def __init__(self, tags: SamplerTags | None = None) -> None:
        self._tags: SamplerTags = tags or {}

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """
        Decide on the trace *trace_id* whose root is named *operation*.

        Returns:
            Whether to record the trace, and tags for its root span, or
            `Undecided` in their place. The tags come with a refusal, too.
        """
        raise NotImplementedError

    def close(self) -> None:
        """
        Stop what runs in the background. Idempotent.

        Subclasses with nothing to stop need not override it.
        """
        # As in 4.8, whose tests of applications check it.
        if type(self) is Sampler:
            raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        # Samplers are changed in place, and what goes into a hash must stay.
        return hash(type(self))
