"""Samplers with a rate for each operation, and a guaranteed minimum of traces."""

from __future__ import annotations

from functools import partial

import pytest

from jaeger_client.errors import SamplingRateError
from jaeger_client.sampler import (
    AdaptiveSampler,
    GuaranteedThroughputProbabilisticSampler,
    RootSpan,
    Undecided,
)
from jaeger_client.sampler.strategy import parse_per_operation
from jaeger_client.testing import FakeClock
from tests.unit.bytecodes import call_at, every_place
from tests.unit.sampler.fakes import empty_limiters, full_limiters

LARGEST = 2**64 - 1


def strategies(
    rate: float,
    lower_bound: float,
    **operations: float,
) -> dict[str, object]:
    """Return the object `operationSampling` of a response."""
    return {
        "defaultSamplingProbability": rate,
        "defaultLowerBoundTracesPerSecond": lower_bound,
        "perOperationStrategies": [
            {"operation": name, "probabilisticSampling": {"samplingRate": own_rate}}
            for name, own_rate in operations.items()
        ],
    }


def described(sampler: AdaptiveSampler) -> dict[str, tuple[float, float]]:
    """Return rate and lower bound of each operation that has a sampler."""
    return {
        name: (each.rate, each.lower_bound) for name, each in sampler.samplers.items()
    }


guaranteed = partial(
    GuaranteedThroughputProbabilisticSampler,
    new_limiter=full_limiters(FakeClock()),
)


def test_a_probabilistic_hit_sets_the_tags_and_spends_credit() -> None:
    """A trace sampled by its id has that tag and spends credit of the bound."""
    sampler = guaranteed("op", 2, 0.5)

    decision = sampler.is_sampled(1)

    assert (True, {"sampler.type": "probabilistic", "sampler.param": 0.5}) == decision
    assert 1.0 == sampler.lower_bound_sampler.rate_limiter.balance


def test_the_lower_bound_samples_what_the_rate_does_not() -> None:
    """Such a trace has the type `lowerbound` and the rate."""
    sampler = guaranteed("op", 1, 0.5)

    decisions = [sampler.is_sampled(LARGEST), sampler.is_sampled(LARGEST)]

    tags = {"sampler.type": "lowerbound", "sampler.param": 0.5}
    assert [(True, tags), (False, tags)] == decisions


def test_guaranteed_update_changes_rate_and_bound_in_place() -> None:
    """The token bucket of the bound stays the same."""
    sampler = guaranteed("op", 2, 0.5)
    bound = sampler.lower_bound_sampler

    sampler.update(3, 0.25)

    assert (3, 0.25) == (sampler.lower_bound, sampler.rate)
    assert bound is sampler.lower_bound_sampler
    assert 3 == bound.traces_per_second
    assert 0.25 == sampler.is_sampled(LARGEST)[1]["sampler.param"]
    assert 0.25 == sampler.is_sampled(1)[1]["sampler.param"]


def test_guaranteed_update_to_the_same_rate_keeps_its_sampler() -> None:
    """If only the bound changes, the probabilistic sampler is the same object."""
    sampler = guaranteed("op", 2, 0.5)
    probabilistic = sampler.probabilistic_sampler

    sampler.update(3, 0.5)

    assert probabilistic is sampler.probabilistic_sampler


@pytest.mark.parametrize(("bound", "rate"), [(3, 1.5), (-1, 0.25), (-1, 0.5)])
def test_an_invalid_guaranteed_update_changes_nothing(
    bound: float, rate: float
) -> None:
    """If rate or bound is out of range, neither changes."""
    sampler = guaranteed("op", 2, 0.5)

    with pytest.raises(SamplingRateError):
        sampler.update(bound, rate)

    assert guaranteed("op", 2, 0.5) == sampler


def test_the_repr_of_guaranteed_is_that_of_4_8() -> None:
    """The repr is that of 4.8."""
    assert "GuaranteedThroughputProbabilisticSampler(op, 0.500000, 2.000000)" == str(
        guaranteed("op", 2, 0.5),
    )


def test_adaptive_uses_the_operations_own_rate() -> None:
    """A listed operation is sampled at its rate, an unlisted one at the default."""
    sampler = AdaptiveSampler(strategies(0.5, 1, op=0.2), 10)

    assert 0.2 == sampler.is_sampled(1, "op")[1]["sampler.param"]
    assert 0.5 == sampler.is_sampled(1, "new")[1]["sampler.param"]


def test_adaptive_uses_the_own_rate_beyond_max_operations() -> None:
    """A server may list more operations than have samplers of their own otherwise."""
    sampler = AdaptiveSampler(strategies(0.5, 1, op=0.2), 0)

    assert 0.2 == sampler.is_sampled(1, "op")[1]["sampler.param"]


def test_adaptive_without_a_name_uses_an_empty_one() -> None:
    """The name of the operation is optional, as in all samplers."""
    sampler = AdaptiveSampler(strategies(0.5, 1), 10)

    sampler.is_sampled(1)

    assert [""] == list(sampler.samplers)


def test_the_error_of_a_strategy_describes_the_value() -> None:
    """It is that of a response of the server."""
    with pytest.raises(
        SamplingRateError, match="^defaultSamplingProbability must be .*, got 2$"
    ):
        AdaptiveSampler(strategies(2, 1), 10)


def test_adaptive_creates_a_sampler_for_each_new_operation() -> None:
    """An operation seen for the first time gets default rate and lower bound."""
    sampler = AdaptiveSampler(strategies(0.5, 2, op=0.2), 10)

    sampler.is_sampled(LARGEST, "new")
    created = sampler.samplers["new"]
    sampler.is_sampled(LARGEST, "new")

    assert {"op": (0.2, 2), "new": (0.5, 2)} == described(sampler)
    assert created is sampler.samplers["new"]


def test_adaptive_guarantees_new_operations_a_minimum() -> None:
    """The lower bound may sample traces that the rate refuses."""
    new_limiter = full_limiters(FakeClock())
    sampler = AdaptiveSampler(strategies(0, 1), 10, new_limiter=new_limiter)

    decisions = [sampler.is_sampled(LARGEST, name)[0] for name in ("a", "a", "b")]

    assert [True, False, True] == decisions


def test_adaptive_falls_back_to_the_default_beyond_max_operations() -> None:
    """Once `max_operations` have a sampler, others share a probabilistic one."""
    sampler = AdaptiveSampler(strategies(0.5, 1, op=0.2), 2)
    sampler.is_sampled(1, "second")

    decisions = [sampler.is_sampled(1, "third"), sampler.is_sampled(LARGEST, "third")]

    tags = {"sampler.type": "probabilistic", "sampler.param": 0.5}
    assert [(True, tags), (False, tags)] == decisions
    assert {"op", "second"} == set(sampler.samplers)


def test_long_names_share_the_default_sampler() -> None:
    """Names of more than 1,024 characters are not stored."""
    sampler = AdaptiveSampler(strategies(1.0, 2.0), 10)

    sampler.is_sampled(1, "a" * 1024)
    sampler.is_sampled(1, "b" * 1025)

    assert ["a" * 1024] == list(sampler.samplers)


def test_adaptive_update_does_not_change_unlisted_operations() -> None:
    """Listed operations get a new rate and bound, others do not."""
    sampler = AdaptiveSampler(strategies(0.4, 1, a=0.2), 10)
    sampler.is_sampled(1, "unlisted")
    kept = sampler.samplers["a"]

    sampler.update(strategies(0.5, 2, a=0.3, b=0.1))

    assert {"a": (0.3, 2), "unlisted": (0.4, 1), "b": (0.1, 2)} == described(sampler)
    assert kept is sampler.samplers["a"]
    assert 0.5 == sampler.default_sampler.rate


def test_adaptive_update_to_the_same_keeps_every_sampler() -> None:
    """An unchanged strategy replaces none of the samplers."""
    sampler = AdaptiveSampler(strategies(0.4, 1, a=0.2), 10)
    before = (sampler.default_sampler, sampler.samplers["a"])

    sampler.update(strategies(0.4, 1, a=0.2))

    after = (sampler.default_sampler, sampler.samplers["a"])
    assert [True, True] == [old is new for old, new in zip(before, after, strict=True)]


def test_adaptive_update_keeps_the_balances() -> None:
    """Credit that an operation has saved survives an update of its rate."""
    new_limiter = empty_limiters(FakeClock())
    sampler = AdaptiveSampler(strategies(0.4, 4, a=0.2), 10, new_limiter=new_limiter)
    sampler.samplers["a"].lower_bound_sampler.rate_limiter.balance = 3.0

    sampler.update(strategies(0.4, 4, a=0.3))

    assert 3.0 == sampler.samplers["a"].lower_bound_sampler.rate_limiter.balance


def test_a_response_applies_to_operations_it_does_not_list() -> None:
    """They get its default rate and lower bound, in place, and keep their balance."""
    new_limiter = empty_limiters(FakeClock())
    sampler = AdaptiveSampler(strategies(0.1, 1, a=0.2), 10, new_limiter=new_limiter)
    sampler.is_sampled(1, "seen")
    kept = dict(sampler.samplers)
    for each in kept.values():
        each.lower_bound_sampler.rate_limiter.balance = 0.5

    sampler.replace(parse_per_operation(strategies(0.9, 2, b=0.3)))

    assert {"a": (0.9, 2), "seen": (0.9, 2), "b": (0.3, 2)} == described(sampler)
    for operation, each in kept.items():
        assert each is sampler.samplers[operation]
        assert 1.0 == each.lower_bound_sampler.rate_limiter.balance


def test_a_response_with_a_default_of_0_turns_the_others_off() -> None:
    """A later response turns them on again."""
    sampler = AdaptiveSampler(strategies(1, 0, a=0.5), 10)
    sampler.is_sampled(1, "seen")

    sampler.replace(parse_per_operation(strategies(0, 0)))
    off = [sampler.is_sampled(1, operation)[0] for operation in ("a", "seen", "new")]
    sampler.replace(parse_per_operation(strategies(1, 0)))
    on = [sampler.is_sampled(1, operation)[0] for operation in ("a", "seen", "new")]

    assert ([False] * 3, [True] * 3) == (off, on)


def test_the_same_response_keeps_every_sampler() -> None:
    """An unchanged response replaces none of the samplers, nor their parts."""
    same = parse_per_operation(strategies(0.4, 1, a=0.2))
    sampler = AdaptiveSampler(same, 10)
    sampler.is_sampled(1, "seen")
    before = [each.probabilistic_sampler for each in sampler.samplers.values()]
    default = sampler.default_sampler

    sampler.replace(same)

    after = [each.probabilistic_sampler for each in sampler.samplers.values()]
    assert all(old is new for old, new in zip(before, after, strict=True))
    assert default is sampler.default_sampler


def test_responses_with_ever_new_operations_do_not_fill_the_memory() -> None:
    """Operations that are not listed any more do not accumulate."""
    sampler = AdaptiveSampler(strategies(0.5, 1), 10)

    for number in range(100):
        each = strategies(0.5, 1, **{f"{number}-{n}": 0.1 for n in range(5)})
        sampler.replace(parse_per_operation(each))

    assert len(sampler.samplers) <= 15


def test_a_new_operation_follows_a_concurrent_response() -> None:
    """The response may interrupt the creation of the sampler at any bytecode."""
    new = parse_per_operation(strategies(0.9, 2, listed=0.3))
    expected = {"seen": (0.9, 2), "listed": (0.3, 2)}

    def interrupt_newcomer(operation: str, at: int) -> str:
        sampler = AdaptiveSampler(strategies(0.1, 1), 10)
        place = call_at(
            at,
            lambda: sampler.replace(new),
            lambda: sampler.is_sampled(1, operation),
        )
        if place:
            assert expected[operation] == described(sampler)[operation]
        return place

    for operation in expected:
        run = partial(interrupt_newcomer, operation)
        assert len(list(every_place(run))) > 50


@pytest.mark.parametrize(
    "bad",
    [
        strategies(1.5, 1),
        strategies(0.5, -1),
        strategies(0.5, 1, a=2),
        {"perOperationStrategies": "all"},
    ],
)
def test_an_invalid_adaptive_strategy_changes_nothing(bad: dict[str, object]) -> None:
    """A value out of range raises an error before anything changes."""
    good = strategies(0.5, 1, a=0.2)
    sampler = AdaptiveSampler(good, 10)

    with pytest.raises(SamplingRateError):
        AdaptiveSampler(bad, 10)
    with pytest.raises(AssertionError):
        sampler.update(bad)

    assert AdaptiveSampler(good, 10) == sampler


def test_adaptive_accepts_an_empty_strategy() -> None:
    """A strategy without defaults gets those of the client."""
    sampler = AdaptiveSampler({}, 10)

    assert (0.001, 1 / 600) == (
        sampler.default_sampling_probability,
        sampler.lower_bound,
    )


def test_updates_with_ever_new_operations_do_not_fill_the_memory() -> None:
    """Beyond `max_operations` unlisted operations are removed, the oldest first."""
    sampler = AdaptiveSampler(strategies(0.5, 1), 2)

    for turn in range(100):
        sampler.update(strategies(0.5, 1, **{f"op{turn}": 0.1}))

    assert ["op97", "op98", "op99"] == list(sampler.samplers)


def test_the_repr_of_adaptive_is_that_of_4_8() -> None:
    """The repr is that of 4.8."""
    sampler = AdaptiveSampler(strategies(0.5, 1), 2)

    assert "AdaptiveSampler(0.500000, 1.000000, 2)" == str(sampler)


def test_adaptive_can_be_closed_twice() -> None:
    """The second call has no effect."""
    sampler = AdaptiveSampler(strategies(1, 1), 2)

    sampler.close()
    sampler.close()

    assert sampler.is_sampled(1, "op")[0]


def undecided_of(sampler: AdaptiveSampler) -> Undecided:
    """Return the postponed decision of a sampler with late binding."""
    is_sampled, undecided = sampler.is_sampled(1, "first")
    assert is_sampled
    assert isinstance(undecided, Undecided)
    return undecided


def late(strategy: dict[str, object], max_operations: int = 10) -> AdaptiveSampler:
    """Return a sampler with late binding and full buckets, whose clock is stopped."""
    return AdaptiveSampler(
        strategy,
        max_operations,
        new_limiter=full_limiters(FakeClock()),
        operation_name_late_binding=True,
    )


def test_late_binding_decides_at_the_end() -> None:
    """Before that the name may change, so there is no decision."""
    undecided = undecided_of(late(strategies(0.0, 0.0, last=1.0)))

    decisions = [
        undecided.decide(RootSpan(1, "last"), is_final=is_final)
        for is_final in (False, True)
    ]

    tags = {"sampler.type": "probabilistic", "sampler.param": 1.0}
    assert [None, (True, tags)] == decisions


def test_late_binding_charges_the_last_name_only() -> None:
    """The first name gets no sampler, and credit is spent once."""
    sampler = late(strategies(0.0, 2.0))

    decision = undecided_of(sampler).decide(RootSpan(1, "last"), is_final=True)

    assert (True, {"sampler.type": "lowerbound", "sampler.param": 0.0}) == decision
    assert ["last"] == list(sampler.samplers)
    limiter = sampler.samplers["last"].lower_bound_sampler.rate_limiter
    assert 1.0 == limiter.balance


def test_late_binding_shares_a_sampler_beyond_max_operations() -> None:
    """Generated names do not fill the memory."""
    sampler = late(strategies(1.0, 2.0), max_operations=0)

    decision = undecided_of(sampler).decide(RootSpan(1, "last"), is_final=True)

    tags = {"sampler.type": "probabilistic", "sampler.param": 1.0}
    assert (True, tags) == decision
    assert {} == sampler.samplers


def test_late_binding_finds_the_sampler_of_a_listed_operation() -> None:
    """Listed operations have a sampler, however many there may be of others."""
    sampler = late(strategies(0.0, 0.0, last=1.0), max_operations=0)

    decision = undecided_of(sampler).decide(RootSpan(1, "last"), is_final=True)

    tags = {"sampler.type": "probabilistic", "sampler.param": 1.0}
    assert (True, tags) == decision
