"""A tracer as an application makes one; the agent comes from the environment."""

from __future__ import annotations

from jaeger_client import Config, Tracer


def make_tracer(service_name: str = "lifecycle", **config: object) -> Tracer:
    """Return a tracer that samples everything."""
    settings = {"sampler": {"type": "const", "param": 1}, **config}
    return Config(settings, service_name=service_name).new_tracer()
