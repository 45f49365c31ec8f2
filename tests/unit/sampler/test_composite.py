"""Samplers that call several others: at least one must accept, or all of them."""

from __future__ import annotations

import pytest

from jaeger_client.errors import ConfigError
from jaeger_client.model import TagItem
from jaeger_client.sampler import (
    AdaptiveSampler,
    CompositeSampler,
    ConstSampler,
    Decision,
    PrioritySampler,
    ProbabilisticSampler,
    RateLimitingSampler,
    RootSpan,
    Sampler,
    TagEqualsSampler,
    Undecided,
)
from jaeger_client.testing import FakeClock
from tests.unit.sampler.fakes import full_limiters

LARGEST = 2**64 - 1

YES, NO = ConstSampler(True), ConstSampler(False)
ALL = {"sampler.type": "const", "sampler.param": True}
NONE = {"sampler.type": "const", "sampler.param": False}


def limited(traces_per_second: float = 1) -> RateLimitingSampler:
    """Return a sampler with a full bucket, and a clock that does not advance."""
    return RateLimitingSampler(
        traces_per_second,
        new_limiter=full_limiters(FakeClock()),
    )


def by_name(**rates: float) -> AdaptiveSampler:
    """Return a sampler that postpones its decision until the name is final."""
    return AdaptiveSampler(
        {
            "defaultSamplingProbability": 0.0,
            "defaultLowerBoundTracesPerSecond": 0.0,
            "perOperationStrategies": [
                {"operation": name, "probabilisticSampling": {"samplingRate": rate}}
                for name, rate in rates.items()
            ],
        },
        10,
        operation_name_late_binding=True,
    )


class Trace:
    """A trace whose root span changes while a sampler is undecided."""

    def __init__(self, sampler: Sampler, trace_id: int = 1) -> None:
        self.root = RootSpan(trace_id, "op")
        self.first = sampler.is_sampled(trace_id, "op")

    @property
    def undecided(self) -> Undecided:
        """The postponed decision."""
        undecided = self.first[1]
        assert isinstance(undecided, Undecided)
        return undecided

    def decide(self, *tags: TagItem) -> Decision | None:
        """Set *tags* and call `decide`."""
        self.root = self.root._replace(tag_items=[*self.root.tag_items, *tags])
        return self.undecided.decide(self.root, is_final=False)

    def end(self, name: str = "op") -> Decision | None:
        """Set the name and call `decide` for the last time."""
        self.root = self.root._replace(operation=name)
        return self.undecided.decide(self.root, is_final=True)


def test_priority_uses_the_first_that_accepts() -> None:
    """The trace has its tags; samplers after it are not charged."""
    limit = limited()
    sampler = PrioritySampler([NO, ProbabilisticSampler(0.5), limit])

    decision = sampler.is_sampled(1)

    assert (True, {"sampler.type": "probabilistic", "sampler.param": 0.5}) == decision
    assert 1.0 == limit.rate_limiter.balance


def test_priority_refuses_if_all_do() -> None:
    """The tags are those of the last sampler."""
    sampler = PrioritySampler([NO, ProbabilisticSampler(0.5)])

    assert (False, {"sampler.type": "probabilistic", "sampler.param": 0.5}) == (
        sampler.is_sampled(LARGEST)
    )


def test_priority_calls_the_first_with_the_tags_of_the_start() -> None:
    """A sampler that waits for a tag is called with the tags of the start first."""
    limit = limited()
    trace = Trace(PrioritySampler([TagEqualsSampler("vip", {True: True}), limit]))

    decision = trace.decide(("vip", True))

    assert (True, {"sampler.type": "TagEqualsSampler", "sampler.param": True}) == (
        decision
    )
    assert 1.0 == limit.rate_limiter.balance


def test_priority_continues_after_one_that_waits() -> None:
    """A later sampler that accepts decides."""
    trace = Trace(PrioritySampler([TagEqualsSampler("vip", {True: True}), YES]))

    assert (True, ALL) == trace.decide()


def test_priority_remembers_samplers_that_wait() -> None:
    """A sampler that has refused is not called again; the others may decide later."""
    limit = limited()
    limit.rate_limiter.balance = 0.0
    trace = Trace(PrioritySampler([TagEqualsSampler("vip", {True: True}), limit]))
    first = trace.decide()
    limit.rate_limiter.balance = 1.0

    second = trace.decide(("vip", True))

    assert first is None
    assert second is not None
    assert second[0]
    assert 1.0 == limit.rate_limiter.balance


def test_priority_watches_all_that_wait() -> None:
    """The tags of all waiting samplers are watched."""
    trace = Trace(
        PrioritySampler(
            [TagEqualsSampler("vip", {1: True}), TagEqualsSampler("size", {1: True})],
        ),
    )

    trace.decide()

    assert frozenset({"vip", "size"}) == trace.undecided.watched_tags


def test_priority_with_a_final_name() -> None:
    """At the end, all waiting samplers are called in order."""
    sampler = PrioritySampler([TagEqualsSampler("vip", {1: True}), by_name(yes=1.0)])

    sampled, refused = Trace(sampler).end("yes"), Trace(sampler).end("no")

    assert (True, {"sampler.type": "probabilistic", "sampler.param": 1.0}) == sampled
    assert refused is not None
    assert not refused[0]


def test_composite_needs_all() -> None:
    """A sampled trace has the tags of the last sampler."""
    sampler = CompositeSampler([YES, ProbabilisticSampler(0.5)])
    tags = {"sampler.type": "probabilistic", "sampler.param": 0.5}

    assert [(True, tags), (False, tags)] == [
        sampler.is_sampled(1),
        sampler.is_sampled(LARGEST),
    ]


def test_composite_charges_only_what_passes() -> None:
    """A limit after a rate is charged only for traces that the rate accepted."""
    limit = limited()
    sampler = CompositeSampler([ProbabilisticSampler(0.5), limit])

    refused_by_rate = sampler.is_sampled(LARGEST)
    balance = limit.rate_limiter.balance
    decisions = [sampler.is_sampled(1)[0], sampler.is_sampled(1)[0]]

    assert not refused_by_rate[0]
    assert 1.0 == balance
    assert [True, False] == decisions


def test_composite_waits_in_order() -> None:
    """Samplers after one that waits are called when it has accepted."""
    limit = limited()
    trace = Trace(CompositeSampler([TagEqualsSampler("vip", {1: True}), limit]))
    first = trace.decide()
    balance = limit.rate_limiter.balance

    second = trace.decide(("vip", 1))

    assert first is None
    assert 1.0 == balance
    assert (True, {"sampler.type": "ratelimiting", "sampler.param": 1.0}) == second
    assert 0.0 == limit.rate_limiter.balance


def test_composite_of_two_that_wait() -> None:
    """The second one also sees tags that were set before it was called."""
    first, second = (TagEqualsSampler(key, {1: True}) for key in ("a", "b"))
    trace = Trace(CompositeSampler([first, second]))

    waits = trace.decide(("b", 1))
    watched = trace.undecided.watched_tags

    assert waits is None
    assert frozenset({"a"}) == watched
    assert (True, {"sampler.type": "TagEqualsSampler", "sampler.param": 1}) == (
        trace.decide(("a", 1))
    )


def test_composite_continues_with_the_second_one() -> None:
    """The first one, which has accepted, is not called again."""
    limit = limited()
    tag = TagEqualsSampler("vip", {1: limit})
    trace = Trace(CompositeSampler([tag, TagEqualsSampler("size", {1: True})]))

    trace.decide(("vip", 1))
    watched = trace.undecided.watched_tags
    decision = trace.decide(("size", 1))

    assert frozenset({"size"}) == watched
    assert decision is not None
    assert decision[0]
    assert 0.0 == limit.rate_limiter.balance


def test_composite_has_the_tags_of_the_one_that_refused() -> None:
    """This includes a sampler after one that waited."""
    trace = Trace(CompositeSampler([by_name(yes=1.0), NO, YES]))

    assert (False, NONE) == trace.end("yes")


def test_a_group_in_a_group() -> None:
    """A group is undecided while a group inside is."""
    inner = CompositeSampler([TagEqualsSampler("vip", {1: True}), limited()])
    trace = Trace(PrioritySampler([NO, inner, NO]))

    first = trace.decide()

    assert first is None
    assert frozenset({"vip"}) == trace.undecided.watched_tags
    assert (True, {"sampler.type": "ratelimiting", "sampler.param": 1.0}) == (
        trace.decide(("vip", 1))
    )


class NeverDecides(Sampler):
    """A sampler that postpones its decision for ever."""

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Postpone the decision."""
        return True, NeverDecided()


class NeverDecided(Undecided):
    """A decision that is not made, even at the end."""

    def decide(self, root: RootSpan, *, is_final: bool) -> Decision | None:
        """Return no decision."""
        return None


@pytest.mark.parametrize(
    ("group", "expected"), [(PrioritySampler, True), (CompositeSampler, False)]
)
def test_one_that_never_decides_refuses_at_the_end(
    group: type[PrioritySampler | CompositeSampler],
    expected: bool,
) -> None:
    """It counts as a refusal; the others decide."""
    decision = Trace(group([NeverDecides(), YES])).end()

    assert decision is not None
    assert expected is decision[0]


@pytest.mark.parametrize("group", [PrioritySampler, CompositeSampler])
def test_a_trace_is_recorded_until_the_group_has_decided(
    group: type[PrioritySampler | CompositeSampler],
) -> None:
    """Otherwise the root span would be lost if it is sampled later."""
    is_sampled, _ = Trace(group([by_name()])).first

    assert is_sampled


class Listening(Sampler):
    """A sampler that records the names of the operations it is called with."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[str] = []

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Record the name, and sample the trace."""
        self.operations.append(operation)
        return True, {}


@pytest.mark.parametrize("group", [PrioritySampler, CompositeSampler])
def test_samplers_of_a_group_get_the_name_of_the_operation(
    group: type[PrioritySampler | CompositeSampler],
) -> None:
    """The name is empty if the caller passes none."""
    inner = Listening()
    sampler = group([inner])

    sampler.is_sampled(1, "op")
    sampler.is_sampled(1)

    assert ["op", ""] == inner.operations


def test_a_sampler_that_is_called_later_gets_the_current_name() -> None:
    """A root span may have been renamed since its start."""
    inner = Listening()
    trace = Trace(CompositeSampler([by_name(renamed=1.0), inner]))

    trace.end("renamed")

    assert ["renamed"] == inner.operations


def test_composite_calls_one_that_waited_once() -> None:
    """The credit of the sampler that it chooses is spent once."""
    limit = limited(2)
    trace = Trace(CompositeSampler([TagEqualsSampler("vip", {1: limit}), YES]))

    trace.decide()
    trace.decide(("vip", 1))

    assert 1.0 == limit.rate_limiter.balance


@pytest.mark.parametrize("group", [PrioritySampler, CompositeSampler])
def test_an_empty_group_is_refused(
    group: type[PrioritySampler | CompositeSampler],
) -> None:
    """A group requires a sampler."""
    message = rf"^{group.__name__} needs one sampler or more, got \[\]$"
    with pytest.raises(ConfigError, match=message):
        group([])


@pytest.mark.parametrize("group", [PrioritySampler, CompositeSampler])
def test_repr_of_a_group_is_the_call_of_the_constructor(
    group: type[PrioritySampler | CompositeSampler],
) -> None:
    """It contains the repr of each sampler."""
    assert f"{group.__name__}([ConstSampler(True)])" == repr(group([YES]))


def test_groups_of_equal_samplers_are_equal() -> None:
    """Groups are compared by their settings, like all samplers."""
    one, same = (PrioritySampler([ConstSampler(True)]) for _ in range(2))

    assert one == same
    assert one != CompositeSampler([ConstSampler(True)])
    assert one != PrioritySampler([NO])


def test_closing_a_group_closes_its_samplers() -> None:
    """Samplers of groups inside are closed, too."""
    closed: list[str] = []

    class Closing(Sampler):
        def close(self) -> None:
            closed.append("closed")

    PrioritySampler([Closing(), CompositeSampler([Closing()])]).close()

    assert ["closed", "closed"] == closed
