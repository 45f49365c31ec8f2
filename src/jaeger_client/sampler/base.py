"""The interface of all samplers: shall this trace be recorded?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from jaeger_client.constants import SAMPLER_PARAM_TAG_KEY, SAMPLER_TYPE_TAG_KEY
from jaeger_client.model import TagValue

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


class Sampler:
    """
    Decides at the root of a trace whether the trace is recorded.

    Derive from it and override `is_sampled`; there is no need to call
    `super().__init__()`.

    `is_sampled` is called on the application's threads, several at a time, for
    each root span. It must not block and must not raise. The decisions of the
    samplers here are made once and handed out again and again.
    """

    def __init__(self, tags: SamplerTags | None = None) -> None:
        self._tags: SamplerTags = tags or {}

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """
        Decide on the trace *trace_id* whose root is named *operation*.

        Returns:
            Whether to record the trace, and tags for its root span. The tags
            come with a refusal, too.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Stop what runs in the background. Idempotent."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        # Samplers are changed in place, and what goes into a hash must stay.
        return hash(type(self))
