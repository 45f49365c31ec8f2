"""
The program of the getting-started page: a parent span, a child span, two logs.

It is an ordinary jaeger-client 4.8 program. Where the spans go is left to the
environment: `JAEGER_AGENT_HOST` and `JAEGER_AGENT_PORT`, or `JAEGER_ENDPOINT`.
It prints the id of its trace, to be looked up in Jaeger.
"""

import logging

from jaeger_client import Config


def main() -> None:
    """Trace two pieces of work and close."""
    logging.basicConfig(level=logging.INFO)
    config = Config(
        config={"sampler": {"type": "const", "param": 1}, "logging": True},
        service_name="getting-started",
        validate=True,
    )
    tracer = config.initialize_tracer()
    assert tracer is not None  # only a second call in one process returns None

    with tracer.start_span("bake-bread") as span:
        span.set_tag("loaves", 2)
        span.log_kv({"event": "oven is hot", "celsius": 230})
        with tracer.start_span("knead-dough", child_of=span) as child:
            child.log_kv({"event": "dough is smooth"})

    tracer.close()
    print(f"{span.trace_id:016x}")


if __name__ == "__main__":
    main()
