"""The sampler that decides by a tag of the root span."""

from __future__ import annotations

import pytest

from jaeger_client.errors import ConfigError
from jaeger_client.model import TagItem, TagValue
from jaeger_client.sampler import (
    ConstSampler,
    Decision,
    PrioritySampler,
    RateLimitingSampler,
    RootSpan,
    Sampler,
    TagEqualsSampler,
    Undecided,
)
from jaeger_client.testing import FakeClock
from tests.unit.sampler.fakes import full_limiters

LARGEST = 2**64 - 1


def decide(
    sampler: Sampler,
    *tags: TagItem,
    is_final: bool = False,
    trace_id: int = 1,
) -> Decision | None:
    """Return the decision of *sampler* on a root span with *tags*."""
    _, undecided = sampler.is_sampled(trace_id, "op")
    assert isinstance(undecided, Undecided)
    return undecided.decide(RootSpan(trace_id, "op", tags), is_final=is_final)


def test_a_listed_value_decides() -> None:
    """The trace is sampled at once, with the value as parameter."""
    sampler = TagEqualsSampler("level", {"gold": True})

    assert (True, {"sampler.type": "TagEqualsSampler", "sampler.param": "gold"}) == (
        decide(sampler, ("other", 1), ("level", "gold"))
    )


def test_a_value_may_refuse() -> None:
    """The trace is not sampled, even if `otherwise` would sample it."""
    sampler = TagEqualsSampler("route", {"/health": False}, otherwise=True)

    assert (
        False,
        {"sampler.type": "TagEqualsSampler", "sampler.param": "/health"},
    ) == (decide(sampler, ("route", "/health")))


@pytest.mark.parametrize("tag", [("level", "tin"), ("colour", "gold"), ("level", b"")])
def test_another_tag_leaves_it_undecided(tag: TagItem) -> None:
    """Without the tag, the trace is refused at the end."""
    sampler = TagEqualsSampler("level", {"gold": True})

    assert decide(sampler, tag) is None
    assert (False, {"sampler.type": "TagEqualsSampler", "sampler.param": ""}) == (
        decide(sampler, tag, is_final=True)
    )


def test_the_first_listed_value_counts() -> None:
    """Unlisted values of the tag are ignored."""
    sampler = TagEqualsSampler("level", {"gold": True, "tin": False})
    tags = [("level", "wood"), ("level", "gold"), ("level", "tin")]

    decision = decide(sampler, *tags)

    assert decision is not None
    assert decision[0]


def test_a_rate_samples_a_fraction() -> None:
    """A number is a probability; the tags are those of its sampler."""
    sampler = TagEqualsSampler("level", {"silver": 0.5})
    tags = {"sampler.type": "probabilistic", "sampler.param": 0.5}

    assert (True, tags) == decide(sampler, ("level", "silver"))
    assert (False, tags) == decide(sampler, ("level", "silver"), trace_id=LARGEST)


def test_a_sampler_decides_and_is_charged_once() -> None:
    """It is called when the tag is set."""
    limit = RateLimitingSampler(2, new_limiter=full_limiters(FakeClock()))
    sampler = TagEqualsSampler("level", {"gold": limit})

    decide(sampler, ("level", "tin"), is_final=True)
    decision = decide(sampler, ("level", "gold"))

    assert (True, {"sampler.type": "ratelimiting", "sampler.param": 2.0}) == decision
    assert 1.0 == limit.rate_limiter.balance


def test_otherwise_decides_at_the_end() -> None:
    """It is used if no listed value was set."""
    sampler = TagEqualsSampler("level", {"gold": True}, otherwise=ConstSampler(True))

    assert decide(sampler) is None
    assert (True, {"sampler.type": "const", "sampler.param": True}) == (
        decide(sampler, is_final=True)
    )


@pytest.mark.parametrize(
    ("listed", "set_value", "is_sampled"),
    [
        (1, 1, True),
        (1, 1.0, True),
        (1, True, False),
        (True, True, True),
        (True, 1, False),
        ("1", 1, False),
        (b"x", b"x", True),
        (b"x", "x", False),
    ],
)
def test_booleans_are_not_numbers(
    listed: TagValue,
    set_value: TagValue,
    is_sampled: bool,
) -> None:
    """A boolean equals a boolean only."""
    sampler = TagEqualsSampler("tag", {listed: True})

    decision = decide(sampler, ("tag", set_value), is_final=True)

    assert decision is not None
    assert is_sampled is decision[0]


def test_it_watches_its_tag_and_then_those_of_the_chosen_sampler() -> None:
    """The chosen sampler may be undecided, too."""
    inner = TagEqualsSampler("size", {"large": True})
    _, undecided = TagEqualsSampler("level", {"gold": inner}).is_sampled(1)
    assert isinstance(undecided, Undecided)
    before = undecided.watched_tags
    root = RootSpan(1, "op", [("level", "gold")])

    first = undecided.decide(root, is_final=False)
    watched = undecided.watched_tags

    root = RootSpan(1, "op", [("level", "gold"), ("size", "large")])
    second = undecided.decide(root, is_final=False)
    assert (frozenset({"level"}), frozenset({"size"})) == (before, watched)
    assert first is None
    assert (True, {"sampler.type": "TagEqualsSampler", "sampler.param": "large"}) == (
        second
    )


def test_without_values_it_is_an_error() -> None:
    """At least one value is required."""
    with pytest.raises(ConfigError, match="needs a value of the tag 'level'"):
        TagEqualsSampler("level", {})


def test_a_rate_out_of_range_is_an_error() -> None:
    """The constructor raises the error."""
    with pytest.raises(ConfigError, match="sampling rate"):
        TagEqualsSampler("level", {"gold": 1.5})


class Closing(Sampler):
    """A sampler that counts calls of `close`, and may raise an error."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.closed = 0
        self.error = error

    def close(self) -> None:
        """Count the call, and raise the error if there is one."""
        self.closed += 1
        if self.error is not None:
            raise self.error


def test_closing_closes_all() -> None:
    """All samplers are closed, even if one of them raises."""
    samplers = Closing(), Closing(OSError()), Closing()

    with pytest.raises(OSError):  # noqa: PT011 - our own
        TagEqualsSampler(
            "level",
            {"gold": samplers[0], "tin": samplers[1]},
            otherwise=samplers[2],
        ).close()

    assert [1, 1, 1] == [each.closed for each in samplers]


def test_repr_is_the_call_of_the_constructor() -> None:
    """The repr contains key, values and `otherwise`."""
    sampler = TagEqualsSampler("level", {"gold": True, "tin": 0.5})

    assert (
        "TagEqualsSampler('level', {'gold': True, 'tin': ProbabilisticSampler(0.5)}, "
        "otherwise=False)"
    ) == repr(sampler)


class ByFinalName(Sampler):
    """A sampler that decides at the end, by the name of the operation."""

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Postpone the decision."""
        return True, ByFinalNameUndecided()


class ByFinalNameUndecided(Undecided):
    """The postponed decision."""

    def decide(self, root: RootSpan, *, is_final: bool) -> Decision | None:
        """Decide at the end only."""
        return (root.operation == "op", {}) if is_final else None


def test_the_chosen_sampler_learns_that_the_decision_is_final() -> None:
    """It may have waited for the end."""
    sampler = TagEqualsSampler("level", {"gold": ByFinalName()})

    assert decide(sampler, ("level", "gold")) is None
    assert (True, {}) == decide(sampler, ("level", "gold"), is_final=True)


def test_the_chosen_sampler_is_called_once() -> None:
    """While it is undecided, it keeps what it has decided so far."""
    limit = RateLimitingSampler(1, new_limiter=full_limiters(FakeClock()))
    limit.rate_limiter.balance = 0.0
    inner = PrioritySampler([limit, TagEqualsSampler("size", {"large": True})])
    _, undecided = TagEqualsSampler("level", {"gold": inner}).is_sampled(1)
    assert isinstance(undecided, Undecided)
    tags = [("level", "gold")]
    first = undecided.decide(RootSpan(1, "op", tags), is_final=False)
    limit.rate_limiter.balance = 1.0

    second = undecided.decide(
        RootSpan(1, "op", [*tags, ("size", "large")]), is_final=False
    )

    assert first is None
    assert (True, {"sampler.type": "TagEqualsSampler", "sampler.param": "large"}) == (
        second
    )
    assert 1.0 == limit.rate_limiter.balance
