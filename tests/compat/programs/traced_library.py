"""A library that creates a tracer, and even a span, when it is imported."""

from jaeger_client import Config

tracer = Config(
    config={"sampler": {"type": "const", "param": 1}},
    service_name="library",
).initialize_tracer()

with tracer.start_span("import") as span:
    span.set_tag("when", "import")
tracer.flush()
