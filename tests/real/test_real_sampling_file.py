"""Strategies in the file of a real Jaeger: followed, changed, and counted."""

from __future__ import annotations

from itertools import permutations

import pytest

from jaeger_client import Tracer
from jaeger_client._internal.clock import SYSTEM_CLOCK
from jaeger_client.rate_limiter import RateLimiter
from jaeger_client.sampler.strategy import (
    PerOperation,
    Probabilistic,
    RateLimiting,
    Strategy,
)
from jaeger_client.testing import FakeClock
from tests.real.binomial import is_likely
from tests.real.jaeger_query import Json, query_until
from tests.real.sampling_jaeger import WITHIN, FileJaeger, Strategies

SERVICE = "follows-jaeger"
SEED = 20_261_128

Decision = dict[str, object]
"""The tags of a decision: `sampler.type` and `sampler.param`."""


def strategies_of(kind: str, param: float, **operations: float) -> Strategies:
    """Return a file in which the service has this strategy."""
    rates = [
        {"operation": operation, "type": "probabilistic", "param": rate}
        for operation, rate in operations.items()
    ]
    service = {"service": SERVICE, "type": kind, "param": param}
    return {"service_strategies": [service | {"operation_strategies": rates}]}


def decision(kind: str, param: float) -> Decision:
    """Return the tags of a decision of this kind."""
    return {"sampler.type": kind, "sampler.param": param}


FILES = {
    "probabilistic": strategies_of("probabilistic", 0.25),
    "rate-limiting": strategies_of("ratelimiting", 20),
    "per-operation": strategies_of("probabilistic", 0.125, named=0.5),
}
"""One file of each kind."""

PARSED: dict[str, Strategy] = {
    "probabilistic": Probabilistic(0.25),
    "rate-limiting": RateLimiting(20),
    # Jaeger's file has no lower bound, and Jaeger sends none.
    "per-operation": PerOperation(0.125, 0, {"named": 0.5}),
}
"""Jaeger's response for each."""

TAGS = {
    "probabilistic": decision("probabilistic", 0.25),
    "rate-limiting": decision("ratelimiting", 20),
    "per-operation": decision("lowerbound", 0.5),
}
"""The tags of a decision about an operation `named` that is not recorded."""


def tags_of(tracer: Tracer, operation: str = "named") -> Decision:
    """Return the tags of a decision; this trace id is sampled by no rate below 1."""
    _, tags = tracer.sampler.is_sampled(2**64 - 1, operation)
    return dict(tags)


def follow(tracer: Tracer, tags: Decision) -> Decision:
    """Return the tags of the last decision within the time a change may take."""
    return query_until(lambda: tags_of(tracer), lambda now: now == tags, timeout=WITHIN)


@pytest.mark.parametrize("kind", FILES)
def test_first_response_is_followed_at_once(file_jaeger: FileJaeger, kind: str) -> None:
    """A new tracer follows the file, whatever kind of strategy it has."""
    strategy = file_jaeger.serve(FILES[kind], SERVICE)
    with file_jaeger.sampled_tracer(SERVICE) as tracer:
        tags = follow(tracer, TAGS[kind])

    assert (type(PARSED[kind]), PARSED[kind]) == (type(strategy), strategy)
    assert TAGS[kind] == tags


@pytest.mark.parametrize(("old", "new"), list(permutations(FILES, 2)))
def test_change_of_kind_is_followed_within_one_interval(
    file_jaeger: FileJaeger, old: str, new: str
) -> None:
    """A strategy that replaces one of another kind is followed in time."""
    file_jaeger.serve(FILES[old], SERVICE)
    with file_jaeger.sampled_tracer(SERVICE) as tracer:
        before = follow(tracer, TAGS[old])
        file_jaeger.serve(FILES[new], SERVICE)
        after = follow(tracer, TAGS[new])

    assert (TAGS[old], TAGS[new]) == (before, after)


@pytest.mark.parametrize(
    ("kind", "strategies", "tags"),
    [
        (
            "probabilistic",
            strategies_of("probabilistic", 0.75),
            decision("probabilistic", 0.75),
        ),
        (
            "rate-limiting",
            strategies_of("ratelimiting", 30),
            decision("ratelimiting", 30),
        ),
        (
            "per-operation",
            strategies_of("probabilistic", 0.125, named=0.75),
            decision("lowerbound", 0.75),
        ),
    ],
)
def test_change_of_number_is_followed_within_one_interval(
    file_jaeger: FileJaeger, kind: str, strategies: Strategies, tags: Decision
) -> None:
    """A strategy whose number has changed is followed in time."""
    file_jaeger.serve(FILES[kind], SERVICE)
    with file_jaeger.sampled_tracer(SERVICE) as tracer:
        before = follow(tracer, TAGS[kind])
        file_jaeger.serve(strategies, SERVICE)
        after = follow(tracer, tags)

    assert (TAGS[kind], tags) == (before, after)


def test_operation_that_is_no_longer_named_is_sampled_as_others(
    file_jaeger: FileJaeger,
) -> None:
    """A service that loses its strategy, and so its operations, gets the default."""
    file_jaeger.serve(FILES["per-operation"], SERVICE)
    with file_jaeger.sampled_tracer(SERVICE) as tracer:
        before = follow(tracer, TAGS["per-operation"])
        file_jaeger.serve({}, SERVICE)
        after = follow(tracer, decision("probabilistic", 0.001))

    assert TAGS["per-operation"] == before
    assert decision("probabilistic", 0.001) == after


def sampled_starts(tracer: Tracer, starts: int, operation: str = "named") -> int:
    """Start *starts* traces with ids from the seed, and count those sampled."""
    tracer.random.seed(SEED)
    return sum(
        tracer.start_span(operation, ignore_active_span=True).is_sampled()
        for _ in range(starts)
    )


@pytest.mark.parametrize("probability", [0.5, 0.1, 0.02])
def test_share_of_sampled_traces_is_the_probability(
    file_jaeger: FileJaeger, probability: float
) -> None:
    """The number of sampled traces among 50,000 is plausible for the probability."""
    starts = 50_000
    file_jaeger.serve(strategies_of("probabilistic", probability), SERVICE)
    with file_jaeger.sampled_tracer(SERVICE) as tracer:
        tags = follow(tracer, decision("probabilistic", probability))
        sampled = sampled_starts(tracer, starts)

    assert decision("probabilistic", probability) == tags
    assert is_likely(sampled, starts, probability), sampled


@pytest.mark.parametrize(
    ("operation", "probability"),
    [("often", 0.5), ("seldom", 0.02), ("never", 0.0), ("always", 1.0), ("other", 0.1)],
)
def test_share_of_an_operation_is_its_probability(
    file_jaeger: FileJaeger, operation: str, probability: float
) -> None:
    """
    An operation that is listed has its probability, others have the service's.

    No traces are added to them: Jaeger's lower bound is none, as a probability of 0
    shows.
    """
    starts = 50_000
    strategies = strategies_of(
        "probabilistic", 0.1, often=0.5, seldom=0.02, never=0.0, always=1.0, named=0.5
    )
    file_jaeger.serve(strategies, SERVICE)
    with file_jaeger.sampled_tracer(SERVICE) as tracer:
        tags = follow(tracer, decision("lowerbound", 0.5))
        sampled = sampled_starts(tracer, starts, operation)

    assert decision("lowerbound", 0.5) == tags
    assert is_likely(sampled, starts, probability), sampled


@pytest.mark.parametrize("limit", [1, 20, 400])
def test_rate_limit_is_respected(
    file_jaeger: FileJaeger, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """
    In 30 s no more traces are sampled than the limit allows, plus one burst.

    The bucket's clock is advanced by hand, 1 ms a trace. The initial balance of the
    bucket is random, from nothing to the burst of one second.
    """
    seconds = 30
    file_jaeger.serve(strategies_of("ratelimiting", limit), SERVICE)
    with file_jaeger.sampled_tracer(SERVICE) as tracer:
        tags = follow(tracer, decision("ratelimiting", limit))
        clock = FakeClock(time=SYSTEM_CLOCK.time())
        monkeypatch.setattr(RateLimiter, "timestamp", clock.time)
        sampled = 0
        for _ in range(seconds * 1000):
            clock.advance(0.001)
            sampled += tracer.start_span("limited").is_sampled()

    assert decision("ratelimiting", limit) == tags
    assert limit * seconds - 1 <= sampled <= limit * (seconds + 1), sampled


def sampler_tags(trace: Json) -> list[tuple[str, str, object]]:
    """Return key, type and value of the sampler's tags of a trace's root."""
    (root,) = trace["spans"]
    return sorted(
        (tag["key"], tag["type"], tag["value"])
        for tag in root["tags"]
        if tag["key"].startswith("sampler.")
    )


@pytest.mark.parametrize(
    ("strategies", "param", "kind"),
    [
        pytest.param(FILES["probabilistic"], 0.25, "probabilistic", id="probabilistic"),
        pytest.param(FILES["rate-limiting"], 20.0, "ratelimiting", id="rate-limiting"),
        pytest.param(FILES["per-operation"], 0.5, "probabilistic", id="per-operation"),
    ],
)
def test_all_sampled_traces_arrive(
    file_jaeger: FileJaeger, strategies: Strategies, param: float, kind: str
) -> None:
    """Jaeger has exactly the sampled traces, and the reason for each."""
    file_jaeger.serve(strategies, SERVICE)
    sampled: set[str] = set()
    with file_jaeger.sampled_tracer(SERVICE) as tracer:
        query_until(lambda: tags_of(tracer)["sampler.param"], lambda now: now == param)
        tracer.random.seed(SEED)
        # A bucket may be empty at first, so until some were sampled.
        while len(sampled) < 10:
            sampled |= finished_and_sampled(tracer, 2_000)
    found = file_jaeger.query.traces(SERVICE, len(sampled))

    assert sampled == {trace["traceID"] for trace in found}
    assert [
        ("sampler.param", "float64", param),
        ("sampler.type", "string", kind),
    ] * len(found) == [tag for trace in found for tag in sampler_tags(trace)]


def finished_and_sampled(tracer: Tracer, starts: int) -> set[str]:
    """Create *count* traces of one span, and return the ids of those sampled."""
    spans = [tracer.start_span("named") for _ in range(starts)]
    for span in spans:
        span.finish()
    return {f"{span.trace_id:016x}" for span in spans if span.is_sampled()}
