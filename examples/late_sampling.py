"""
Late sampling decisions: by the final name of the root span, and by a tag.

A web framework starts the span of a request before it knows the route, so all root
spans have the same name at first. Here the decision is made by the final name: orders
are recorded, health checks are not. All requests of the customer `ann` are recorded.

The rates of the operations are constants here. A `RemoteControlledSampler`, which gets
them from Jaeger or from a file, has the parameter `operation_name_late_binding`, too.
"""

from __future__ import annotations

from jaeger_client import Config, Tracer
from jaeger_client.sampler import AdaptiveSampler, PrioritySampler, TagEqualsSampler

RATES = {"POST /orders": 1.0, "GET /health": 0.0}

by_route = AdaptiveSampler(
    {
        "defaultSamplingProbability": 0.0,
        "defaultLowerBoundTracesPerSecond": 0.0,
        "perOperationStrategies": [
            {"operation": route, "probabilisticSampling": {"samplingRate": rate}}
            for route, rate in RATES.items()
        ],
    },
    max_operations=100,
    operation_name_late_binding=True,
)
by_customer = TagEqualsSampler("customer", {"ann": True})


def handle(tracer: Tracer, route: str, customer: str) -> bool:
    """Handle a request as a framework does; return whether it is recorded."""
    with tracer.start_span("request") as span:
        span.set_operation_name(route)
        span.set_tag("customer", customer)
    return span.is_sampled()


def main() -> None:
    """Handle three requests."""
    tracer = Config(
        {"sampler": PrioritySampler([by_customer, by_route])},
        service_name="bakery",
    ).new_tracer()
    requests = (
        ("POST /orders", "bob"),
        ("GET /health", "bob"),
        ("GET /health", "ann"),
    )
    for route, customer in requests:
        fate = "recorded" if handle(tracer, route, customer) else "not recorded"
        print(f"{route} of {customer}: {fate}")
    print("sent" if tracer.close().result() else "not all was sent")


if __name__ == "__main__":
    main()
