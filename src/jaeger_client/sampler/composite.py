"""A sampler that asks several, all of which must say yes."""

from __future__ import annotations

from collections.abc import Sequence

from jaeger_client.sampler.base import Decision, RootSpan, Undecided
from jaeger_client.sampler.pending import Pending, SamplerGroup, ask, watched_tags


class CompositeSampler(SamplerGroup):
    """
    Records what all of *samplers* record; they are asked in this order.

    The first that says no decides, and those after it are neither asked nor charged.
    So a limit belongs behind a rate. One that waits holds up those after it. A trace
    that is recorded carries the tags of the last sampler, the one that had the last
    word; a refusal those of the one that refused.

        CompositeSampler([ProbabilisticSampler(0.1), RateLimitingSampler(5)])

    Raises:
        ConfigError: If *samplers* is empty.
    """

    decisive = False

    def _wait(self, pending: Sequence[Pending]) -> Undecided:
        return _AllOf(pending)


class _AllOf(Undecided):
    """Those that have not said yes about one trace; the first one is asked."""

    def __init__(self, pending: Sequence[Pending]) -> None:
        super().__init__()
        self._pending = pending

    @property
    def watched_tags(self) -> frozenset[str]:
        """The tags of the one that the others wait for."""
        return watched_tags(self._pending[:1])

    def decide(self, root: RootSpan, *, is_final: bool) -> Decision | None:
        """Ask one after the other, up to one that waits or refuses."""
        decision: Decision | None = None
        for number, each in enumerate(self._pending):
            pending, decision = ask(each, root, is_final=is_final)
            if decision is None:
                self._pending = [pending, *self._pending[number + 1 :]]
                return None
            if not decision[0]:
                return decision
        return decision
