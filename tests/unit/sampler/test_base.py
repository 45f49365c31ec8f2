"""The interface of samplers, including subclasses written for 4.8."""

from __future__ import annotations

import pytest

import jaeger_client.sampler
from jaeger_client.sampler import (
    AdaptiveSampler,
    ConstSampler,
    Decision,
    GuaranteedThroughputProbabilisticSampler,
    ProbabilisticSampler,
    RateLimitingSampler,
    RootSpan,
    Sampler,
    Undecided,
)

OLD_NAMES = {
    "AdaptiveSampler",
    "ConstSampler",
    "DEFAULT_LOWER_BOUND",
    "DEFAULT_LOWER_BOUND_STR",
    "DEFAULT_MAX_OPERATIONS",
    "DEFAULT_SAMPLING_INTERVAL",
    "DEFAULT_SAMPLING_PROBABILITY",
    "DEFAULT_SAMPLING_PROBABILITY_STR",
    "GuaranteedThroughputProbabilisticSampler",
    "MAX_TRACES_PER_SECOND_STR",
    "OPERATION_SAMPLING_STR",
    "OPERATION_STR",
    "PROBABILISTIC_SAMPLING_STR",
    "PROBABILISTIC_SAMPLING_STRATEGY",
    "ProbabilisticSampler",
    "RATE_LIMITING_SAMPLING_STR",
    "RATE_LIMITING_SAMPLING_STRATEGY",
    "RateLimitingSampler",
    "RemoteControlledSampler",
    "SAMPLER_PARAM_TAG_KEY",
    "SAMPLER_TYPE_CONST",
    "SAMPLER_TYPE_LOWER_BOUND",
    "SAMPLER_TYPE_PROBABILISTIC",
    "SAMPLER_TYPE_RATE_LIMITING",
    "SAMPLER_TYPE_TAG_KEY",
    "SAMPLING_RATE_STR",
    "STRATEGIES_STR",
    "STRATEGY_TYPE_STR",
    "Sampler",
    "SamplerMetrics",
    "get_rate_limit",
    "get_sampling_probability",
}
STRATEGIES = {
    "defaultSamplingProbability": 0.5,
    "defaultLowerBoundTracesPerSecond": 1.0,
    "perOperationStrategies": [
        {"operation": "op", "probabilisticSampling": {"samplingRate": 0.2}},
    ],
}


class OldSampler(Sampler):
    """A sampler as applications wrote them: without `super().__init__()`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def is_sampled(self, trace_id: int, operation: str = "") -> Decision:
        """Sample the operation that has the name of the sampler."""
        return operation == self.name, {}


def test_every_old_name_imports() -> None:
    """All names of `jaeger_client.sampler` of 4.8 can be imported."""
    assert set() == OLD_NAMES - set(jaeger_client.sampler.__all__)
    assert all(hasattr(jaeger_client.sampler, name) for name in OLD_NAMES)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """`dir()` lists the name that is imported on demand."""
    with pytest.raises(AttributeError, match="'jaeger_client.sampler' has no .*'Typo'"):
        _ = jaeger_client.sampler.Typo  # type: ignore[attr-defined]  # what is tested
    assert "StrategiesFile" in dir(jaeger_client.sampler)


def test_the_old_defaults() -> None:
    """The default rates and limits are those of 4.8."""
    assert (0.001, 1 / 600, 2000, 60) == (
        jaeger_client.sampler.DEFAULT_SAMPLING_PROBABILITY,
        jaeger_client.sampler.DEFAULT_LOWER_BOUND,
        jaeger_client.sampler.DEFAULT_MAX_OPERATIONS,
        jaeger_client.sampler.DEFAULT_SAMPLING_INTERVAL,
    )


def test_the_base_decides_nothing() -> None:
    """`Sampler()` raises NotImplementedError from `is_sampled` and `close`."""
    with pytest.raises(NotImplementedError):
        Sampler().is_sampled(1)
    with pytest.raises(NotImplementedError):
        Sampler().close()


def test_a_subclass_needs_no_close_of_its_own() -> None:
    """A `close` that calls `super().close()` works, too."""

    class Closing(OldSampler):
        def close(self) -> None:
            super().close()

    OldSampler("a").close()
    Closing("a").close()


def test_the_base_accepts_tags() -> None:
    """Subclasses may pass tags to the constructor."""
    sampler = Sampler({"a": 1})

    assert {"a": 1} == sampler._tags
    assert Sampler({"a": 1}) == sampler
    assert Sampler() != sampler


def test_a_subclass_may_skip_the_constructor_of_the_base() -> None:
    """Without `super().__init__()`, it decides, compares, hashes and closes."""
    sampler = OldSampler("a")

    sampler.close()
    assert (True, {}) == sampler.is_sampled(1, "a")
    assert OldSampler("a") == sampler
    assert OldSampler("b") != sampler
    assert hash(OldSampler("a")) == hash(sampler)


@pytest.mark.parametrize(
    ("sampler", "equal", "other"),
    [
        (ConstSampler(True), ConstSampler(True), ConstSampler(False)),
        (
            ProbabilisticSampler(0.5),
            ProbabilisticSampler(0.5),
            ProbabilisticSampler(0.4),
        ),
        (RateLimitingSampler(2), RateLimitingSampler(2), RateLimitingSampler(3)),
        (
            GuaranteedThroughputProbabilisticSampler("op", 2, 0.5),
            GuaranteedThroughputProbabilisticSampler("op", 2, 0.5),
            GuaranteedThroughputProbabilisticSampler("op", 3, 0.5),
        ),
        (
            AdaptiveSampler(STRATEGIES, 10),
            AdaptiveSampler(STRATEGIES, 10),
            AdaptiveSampler(STRATEGIES, 11),
        ),
    ],
    ids=lambda sampler: type(sampler).__name__,
)
def test_samplers_of_equal_settings_are_equal(
    sampler: Sampler,
    equal: Sampler,
    other: Sampler,
) -> None:
    """Balances are ignored; equal samplers have equal hashes."""
    assert sampler == equal
    assert sampler != other
    assert sampler != "a text"
    assert {sampler} == {sampler, equal}


def test_samplers_of_other_classes_are_not_equal() -> None:
    """A subclass never equals its base class."""

    class MySampler(ProbabilisticSampler):
        """A sampler of an application."""

    assert ProbabilisticSampler(0.5) != MySampler(0.5)
    assert MySampler(0.5) != ProbabilisticSampler(0.5)


def test_samplers_of_two_classes_have_different_hashes() -> None:
    """The hash is that of the class, because attributes may change."""
    samplers = {ConstSampler(True), ProbabilisticSampler(0.5), RateLimitingSampler(1)}

    assert 3 == len({hash(sampler) for sampler in samplers})


def test_repr_of_undecided_is_the_name_of_its_class() -> None:
    """As a mapping it is empty, which would say nothing."""
    assert "<Undecided>" == repr(Undecided())


def test_the_base_of_undecided_is_empty_and_decides_nothing() -> None:
    """It has no watched tags; `decide` raises NotImplementedError."""
    undecided = Undecided()

    assert ({}, frozenset()) == (undecided, undecided.watched_tags)
    with pytest.raises(NotImplementedError):
        undecided.decide(RootSpan(1, "op"), is_final=True)
