"""A program with two tracers, the second one created by new_tracer()."""

from jaeger_client import Config


def config_of(service_name):
    """Return the settings of one of the two services."""
    return Config(
        config={"sampler": {"type": "const", "param": 1}},
        service_name=service_name,
    )


first = config_of("first").initialize_tracer()
second = config_of("second").new_tracer()

first.start_span("of first").finish()
second.start_span("of second").finish()

first.close()
second.close()
