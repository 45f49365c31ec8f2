"""A sampler that asks several, of which the first that says yes decides."""

from __future__ import annotations

from collections.abc import Sequence

from jaeger_client.sampler.base import Decision, RootSpan, Undecided
from jaeger_client.sampler.pending import Pending, SamplerGroup, ask, watched_tags


class PrioritySampler(SamplerGroup):
    """
    Records what one of *samplers* records; they are asked in this order.

    The first that says yes decides, with its tags, and those after it are neither
    asked nor charged. One that says no is not asked again about the trace. One that
    waits stays in play as long as no other says yes: the trace is refused once all
    have said no, with the tags of the last.

        PrioritySampler([TagEqualsSampler("debug", {True: True}), remote_sampler])

    Raises:
        ConfigError: If *samplers* is empty.
    """

    decisive = True

    def _wait(self, pending: Sequence[Pending]) -> Undecided:
        return _OneOf(pending)


class _OneOf(Undecided):
    """Those that have not said no about one trace."""

    def __init__(self, pending: Sequence[Pending]) -> None:
        super().__init__()
        self._pending = pending

    @property
    def watched_tags(self) -> frozenset[str]:
        """The tags of all that wait."""
        return watched_tags(self._pending)

    def decide(self, root: RootSpan, *, is_final: bool) -> Decision | None:
        """Ask all that are left."""
        refusal: Decision | None = None
        left: list[Pending] = []
        for each in self._pending:
            pending, decision = ask(each, root, is_final=is_final)
            if decision is None:
                left.append(pending)
            elif decision[0]:
                return decision
            else:
                refusal = decision
        self._pending = left
        return None if left else refusal
