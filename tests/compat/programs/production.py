"""A program that initializes the tracer in a function, as in production."""

import opentracing

from jaeger_client import Config


def init_jaeger_tracer(service_name="your-app-name"):
    """Create the global tracer; the environment contains all settings."""
    config = Config(
        config={"sampler": {"type": "const", "param": 1}},
        service_name=service_name,
        validate=True,
    )
    return config.initialize_tracer()


if __name__ == "__main__":
    init_jaeger_tracer()
    with opentracing.tracer.start_active_span("global") as scope:
        scope.span.set_tag("set", "yes")
    # No close and no sleep: the end of the program must be enough.
