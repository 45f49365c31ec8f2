"""A sampler that always says the same."""

from __future__ import annotations

from jaeger_client.constants import SAMPLER_TYPE_CONST
from jaeger_client.sampler.base import Decision, DecisionTags, Sampler


class ConstSampler(Sampler):
    """Records every trace, or none."""

    def __init__(self, decision: bool) -> None:  # noqa: FBT001 - as in 4.8
        super().__init__(DecisionTags(SAMPLER_TYPE_CONST, bool(decision)))
        self.decision = decision
        self._answer: Decision = (bool(decision), self._tags)

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Return the one decision."""
        del trace_id, operation
        return self._answer

    def __repr__(self) -> str:
        return f"ConstSampler({self.decision})"
