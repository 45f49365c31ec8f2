"""
Samplers that combine others: all must accept, one must accept, or a tag selects one.

A delegate may postpone its decision by returning `Undecided`; then the combined
decision is postponed as well. Until it has decided, each delegate is represented by a
`Pending`: the sampler itself before it is called for the trace, then its `Undecided`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import ClassVar, Final, TypeAlias

from jaeger_client.errors import ConfigError
from jaeger_client.model import TagValue
from jaeger_client.sampler.base import (
    WATCHES_NOTHING,
    Decision,
    RootSpan,
    Sampler,
    Undecided,
)
from jaeger_client.sampler.basic import ConstSampler, ProbabilisticSampler

SAMPLER_TYPE_TAG_EQUALS: Final = "TagEqualsSampler"
"""Value of `sampler.type` if a tag's value alone decided."""

Pending: TypeAlias = Sampler | Undecided
Choice: TypeAlias = Sampler | float
"""How to sample traces with a tag: a sampler, a rate, True (always), False (never)."""

_REFUSED: Final[Decision] = (False, {})


class SamplerGroup(Sampler):
    """The common part of samplers that call several others in order."""

    decisive: ClassVar[bool]
    """The decision after which no other sampler is called."""

    def __init__(self, samplers: Sequence[Sampler]) -> None:
        super().__init__()
        if not samplers:
            msg = f"{type(self).__name__} needs one sampler or more, got {samplers!r}"
            raise ConfigError(msg)
        self.samplers = tuple(samplers)

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Call one sampler after the other, up to a decisive or undecided one."""
        decision = _REFUSED
        for number, sampler in enumerate(self.samplers, 1):
            decision = sampler.is_sampled(trace_id, operation)
            if isinstance(decision[1], Undecided):
                pending: list[Pending] = [decision[1], *self.samplers[number:]]
                return True, _UndecidedGroup(pending, decisive=self.decisive)
            if bool(decision[0]) is self.decisive:
                return decision
        return decision

    def close(self) -> None:
        """Close all samplers."""
        _close_all(self.samplers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self.samplers)!r})"


class CompositeSampler(SamplerGroup):
    """
    Samples the traces that all of *samplers* sample; they are called in order.

    The first one that refuses decides; those after it are not called and spend no
    credit, so a rate limit belongs after a probability. While one is undecided,
    those after it wait. A sampled trace has the tags of the last sampler, a refused
    trace those of the sampler that refused it.

        CompositeSampler([ProbabilisticSampler(0.1), RateLimitingSampler(5)])

    Raises:
        ConfigError: If *samplers* is empty.
    """

    decisive = False


class PrioritySampler(SamplerGroup):
    """
    Samples the traces that at least one of *samplers* samples, called in order.

    The first one that accepts decides, with its tags; those after it are not called
    and spend no credit. One that refuses is not called again for the trace. While
    one is undecided, the others may still accept. The trace is refused when all have
    refused, with the tags of the last.

        PrioritySampler([TagEqualsSampler("debug", {True: True}), remote_sampler])

    Raises:
        ConfigError: If *samplers* is empty.
    """

    decisive = True


class _UndecidedGroup(Undecided):
    """The samplers of a group that have not decided on one trace."""

    def __init__(self, pending: Sequence[Pending], *, decisive: bool) -> None:
        super().__init__()
        self._pending = pending
        self._decisive = decisive

    @property
    def watched_tags(self) -> frozenset[str]:
        """The tags that those samplers watch."""
        return _watched_tags(self._pending)

    def decide(self, root: RootSpan, *, is_final: bool) -> Decision | None:
        """Call the remaining samplers."""
        decision: Decision | None = None
        undecided: list[Pending] = []
        for number, each in enumerate(self._pending, 1):
            pending, decision = _decide(each, root, is_final=is_final)
            if decision is None:
                undecided.append(pending)
                # Where all must accept, those after it wait for it.
                if not self._decisive:
                    undecided += self._pending[number:]
                    break
            elif bool(decision[0]) is self._decisive:
                return decision
        self._pending = undecided
        return None if undecided else decision


class TagEqualsSampler(Sampler):
    """
    Decides by the value of one tag, which may be set after the start.

    As long as the root span is undecided, the first tag *key* with one of the listed
    values decides. For `True` and `False` the tags of the decision are
    `sampler.type=TagEqualsSampler` and the value as `sampler.param`; a rate or a
    sampler decides with its own tags. If there is no such tag by the end, *otherwise*
    decides, by the last name of the root span.

        TagEqualsSampler("customer.level", {"gold": True, "silver": 0.1})
        TagEqualsSampler("http.route", {"/health": False}, otherwise=remote_sampler)

    Booleans equal only booleans: `True` is not 1 here, while 1 is 1.0.

    Raises:
        ConfigError: If a rate is out of range, or *choices* is empty.
    """

    def __init__(
        self, key: str, choices: Mapping[TagValue, Choice], *, otherwise: Choice = False
    ) -> None:
        super().__init__()
        if not choices:
            msg = f"TagEqualsSampler needs a value of the tag {key!r}, got none"
            raise ConfigError(msg)
        self.key = key
        self.choices = {
            _typed(value): _sampler(choice, value) for value, choice in choices.items()
        }
        self.otherwise = _sampler(otherwise, "")

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Postpone the decision until the tag is set."""
        del trace_id, operation
        return True, _UndecidedTag(self)

    def choose(self, root: RootSpan) -> Sampler | None:
        """Return the sampler for the tags that are set, `None` without such a tag."""
        for key, value in root.tag_items:
            if key == self.key and _typed(value) in self.choices:
                return self.choices[_typed(value)]
        return None

    def close(self) -> None:
        """Close the samplers of all values."""
        _close_all((*self.choices.values(), self.otherwise))

    def __repr__(self) -> str:
        choices = {value: choice for (_, value), choice in self.choices.items()}
        return (
            f"TagEqualsSampler({self.key!r}, {choices!r}, otherwise={self.otherwise!r})"
        )


class _UndecidedTag(Undecided):
    """Waits for the tag, and then for the chosen sampler if that is undecided."""

    def __init__(self, sampler: TagEqualsSampler) -> None:
        super().__init__()
        self._sampler = sampler
        self._chosen: Pending | None = None

    @property
    def watched_tags(self) -> frozenset[str]:
        """The tag, and then those that the chosen sampler watches."""
        if self._chosen is None:
            return frozenset({self._sampler.key})
        return _watched_tags((self._chosen,))

    def decide(self, root: RootSpan, *, is_final: bool) -> Decision | None:
        """Decide as soon as the tag is set, and at the end without it."""
        chosen = self._chosen
        if chosen is None:
            chosen = self._sampler.choose(root)
        if chosen is None:
            if not is_final:
                return None
            chosen = self._sampler.otherwise
        self._chosen, decision = _decide(chosen, root, is_final=is_final)
        return decision


class _TagDecision(ConstSampler):
    """A constant decision whose tags contain the value of the root span's tag."""

    def __init__(self, decision: bool, param: TagValue) -> None:  # noqa: FBT001 - as the base
        super().__init__(decision)
        self._set_tags(SAMPLER_TYPE_TAG_EQUALS, param)
        self._result = self._yes if decision else self._no

    def __repr__(self) -> str:
        return str(self.decision)


def _decide(
    pending: Pending, root: RootSpan, *, is_final: bool
) -> tuple[Pending, Decision | None]:
    """Return the decision of *pending*, if any, and what to call next otherwise."""
    if not isinstance(pending, Undecided):
        first = pending.is_sampled(root.trace_id, root.operation)
        if not isinstance(first[1], Undecided):
            return pending, first
        pending = first[1]
    decision = pending.decide(root, is_final=is_final)
    return pending, _REFUSED if decision is None and is_final else decision


def _watched_tags(all_pending: Iterable[Pending]) -> frozenset[str]:
    return WATCHES_NOTHING.union(
        *(each.watched_tags for each in all_pending if isinstance(each, Undecided))
    )


def _close_all(samplers: Iterable[Sampler]) -> None:
    # Closes every one, even if another raises.
    with ExitStack() as stack:
        for sampler in samplers:
            stack.callback(sampler.close)


def _sampler(choice: Choice, param: TagValue) -> Sampler:
    if isinstance(choice, bool):
        return _TagDecision(choice, param)
    if isinstance(choice, (int, float)):
        return ProbabilisticSampler(choice)
    return choice


def _typed(value: TagValue) -> tuple[bool, TagValue]:
    return isinstance(value, bool), value
