"""Sampling strategies of a real Jaeger; they are in jaeger/strategies.json."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from jaeger_client import Config, Tracer
from tests.real.jaeger_query import JaegerQuery, query_until


@contextmanager
def remotely_sampled(service: str) -> Generator[Tracer, None, None]:
    """Create a tracer as Config does if no sampler is set."""
    tracer = Config({"logging": False}, service_name=service).new_tracer()
    try:
        yield tracer
    finally:
        tracer.close()


def decision_tags(tracer: Tracer, operation: str, param: float) -> dict[str, object]:
    """Return the tags of the sampler's decision once they name *param*."""
    _, tags = query_until(
        lambda: tracer.sampler.is_sampled(1, operation),
        lambda decision: decision[1]["sampler.param"] == param,
    )
    return dict(tags)


def test_default_strategy_is_followed(jaeger: JaegerQuery) -> None:
    """A service that Jaeger does not know gets the default probability at once."""
    with remotely_sampled("gets-the-default") as tracer:
        tags = decision_tags(tracer, "any", 1.0)
        span = tracer.start_span("sampled from afar")
        span.finish()
    trace = jaeger.trace(f"{span.trace_id:x}", spans=1)

    assert {"sampler.type": "probabilistic", "sampler.param": 1.0} == tags
    assert trace is not None
    assert [("sampler.param", 1), ("sampler.type", "probabilistic")] == sorted(
        (tag["key"], tag["value"]) for tag in trace["spans"][0]["tags"]
    )


def test_rate_limit_is_followed(jaeger: JaegerQuery) -> None:
    """Jaeger's rate limit becomes a rate limiting sampler."""
    with remotely_sampled("gets-a-limit") as tracer:
        tags = decision_tags(tracer, "any", 42.0)

    assert {"sampler.type": "ratelimiting", "sampler.param": 42.0} == tags


def test_strategy_of_an_operation_is_followed(jaeger: JaegerQuery) -> None:
    """An operation that Jaeger lists has its own probability, others the service's."""
    with remotely_sampled("gets-operation-rates") as tracer:
        others = decision_tags(tracer, "often", 1.0)
        seldom = decision_tags(tracer, "seldom", 0.25)

    assert (1.0, 0.25) == (others["sampler.param"], seldom["sampler.param"])
