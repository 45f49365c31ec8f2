"""Samplers that ask others: what they must know of one that does not decide at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import ClassVar, Final, TypeAlias

from jaeger_client.errors import ConfigError
from jaeger_client.sampler.base import (
    WATCHES_NOTHING,
    Decision,
    RootSpan,
    Sampler,
    Undecided,
)

Pending: TypeAlias = Sampler | Undecided
"""A sampler that was not asked about a trace yet, or its last word about it."""

_REFUSED: Final[Decision] = (False, {})


def ask(
    pending: Pending,
    root: RootSpan,
    *,
    is_final: bool,
) -> tuple[Pending, Decision | None]:
    """Ask for the first time, or again; return whom to ask next, and the decision."""
    if not isinstance(pending, Undecided):
        decision: Decision | None
        decision = pending.is_sampled(root.trace_id, root.operation)
        if not isinstance(decision[1], Undecided):
            return pending, decision
        pending = decision[1]
    decision = pending.decide(root, is_final=is_final)
    return pending, _REFUSED if decision is None and is_final else decision


def watched_tags(all_pending: Iterable[Pending]) -> frozenset[str]:
    """Return the tags that may bring the decision of one of these."""
    return WATCHES_NOTHING.union(
        *(each.watched_tags for each in all_pending if isinstance(each, Undecided)),
    )


def close_all(samplers: Iterable[Sampler]) -> None:
    """Close every one, even if another raises."""
    with ExitStack() as stack:
        for sampler in samplers:
            stack.callback(sampler.close)


class SamplerGroup(Sampler):
    """
    What samplers that ask several others have in common.

    They are asked in their order until one gives the `decisive` answer, or wants to
    wait.

    Raises:
        ConfigError: If there are none.
    """

    decisive: ClassVar[bool]
    """The answer after which no other sampler is asked."""

    def __init__(self, samplers: Sequence[Sampler]) -> None:
        super().__init__()
        if not samplers:
            msg = f"{type(self).__name__} needs one sampler or more, got {samplers!r}"
            raise ConfigError(msg)
        self.samplers = tuple(samplers)

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Ask one after the other; what wants to wait holds up the decision."""
        decision = _REFUSED
        for number, sampler in enumerate(self.samplers):
            decision = sampler.is_sampled(trace_id, operation)
            if isinstance(decision[1], Undecided):
                return True, self._wait([decision[1], *self.samplers[number + 1 :]])
            if bool(decision[0]) is self.decisive:
                return decision
        return decision

    def _wait(self, pending: Sequence[Pending]) -> Undecided:
        """Return what decides once those that wait do."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the samplers that it was given."""
        close_all(self.samplers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self.samplers)!r})"
