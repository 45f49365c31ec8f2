"""A program that initialises the tracer in a function, as in production."""

import opentracing

from jaeger_client import Config


def init_jaeger_tracer(service_name="your-app-name"):
    """Make the global tracer, all of whose settings come from elsewhere."""
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
    # No close, no sleep: the end of the program must do.
