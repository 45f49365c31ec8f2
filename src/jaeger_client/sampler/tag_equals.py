"""A sampler that decides by a tag of the root span."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from jaeger_client.errors import ConfigError
from jaeger_client.model import TagValue
from jaeger_client.sampler.base import (
    Decision,
    DecisionTags,
    RootSpan,
    Sampler,
    Undecided,
)
from jaeger_client.sampler.pending import Pending, ask, close_all, watched_tags
from jaeger_client.sampler.probabilistic import ProbabilisticSampler

SAMPLER_TYPE_TAG_EQUALS: Final = "TagEqualsSampler"
"""What `sampler.type` says of a trace that a tag's value decided alone."""

Choice: TypeAlias = Sampler | float
"""What becomes of a trace: a sampler decides, `True`, `False`, or a rate."""


class TagEqualsSampler(Sampler):
    """
    Decides by the value of one tag, which may be set after the start.

    The first tag *key* with one of the given values decides, at once, as long as
    the root is undecided. `True` and `False` say so with the value as
    `sampler.param`; a rate and a sampler decide with tags of their own. Without
    such a tag *otherwise* decides in the end, by the root's last name.

        TagEqualsSampler("customer.level", {"gold": True, "silver": 0.1})
        TagEqualsSampler("http.route", {"/health": False}, otherwise=remote_sampler)

    Values are of the same type if they are truth values or none of them is:
    `True` is not 1 here, while 1 is 1.0.

    Raises:
        ConfigError: If a rate is out of range, or no value is given.
    """

    def __init__(
        self,
        key: str,
        choices: Mapping[TagValue, Choice],
        *,
        otherwise: Choice = False,
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
        """Wait for the tag."""
        del trace_id, operation
        return True, _UndecidedTag(self)

    def choose(self, root: RootSpan) -> Sampler | None:
        """Return who decides by the tags that there are, if that can be said."""
        for key, value in root.tag_items:
            if key == self.key and _typed(value) in self.choices:
                return self.choices[_typed(value)]
        return None

    def close(self) -> None:
        """Close the samplers that it was given."""
        close_all((*self.choices.values(), self.otherwise))

    def __repr__(self) -> str:
        choices = {value: choice for (_, value), choice in self.choices.items()}
        return (
            f"TagEqualsSampler({self.key!r}, {choices!r}, otherwise={self.otherwise!r})"
        )


class _UndecidedTag(Undecided):
    """Waits for the tag, and then perhaps for the sampler that it chose."""

    def __init__(self, sampler: TagEqualsSampler) -> None:
        super().__init__()
        self._sampler = sampler
        self._chosen: Pending | None = None

    @property
    def watched_tags(self) -> frozenset[str]:
        """The tag, and then those of the sampler that it chose."""
        if self._chosen is None:
            return frozenset({self._sampler.key})
        return watched_tags((self._chosen,))

    def decide(self, root: RootSpan, *, is_final: bool) -> Decision | None:
        """Decide once the tag is there, and in the end without it."""
        chosen = self._chosen
        if chosen is None:
            chosen = self._sampler.choose(root)
        if chosen is None:
            if not is_final:
                return None
            chosen = self._sampler.otherwise
        self._chosen, decision = ask(chosen, root, is_final=is_final)
        return decision


class _TagDecides(Sampler):
    """Says always the same, and which value of the tag said so."""

    def __init__(self, param: TagValue, *, is_sampled: bool) -> None:
        super().__init__(DecisionTags(SAMPLER_TYPE_TAG_EQUALS, param))
        self._answer: Decision = (is_sampled, self._tags)

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Return the one decision."""
        del trace_id, operation
        return self._answer

    def __repr__(self) -> str:
        return str(self._answer[0])


def _sampler(choice: Choice, param: TagValue) -> Sampler:
    if isinstance(choice, bool):
        return _TagDecides(param, is_sampled=choice)
    if isinstance(choice, (int, float)):
        return ProbabilisticSampler(choice)
    return choice


def _typed(value: TagValue) -> tuple[bool, TagValue]:
    return isinstance(value, bool), value
