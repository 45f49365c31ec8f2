"""The first program of the old client's page: two spans, two logs, a sleep, a close."""

import logging
import time

from jaeger_client import Config

if __name__ == "__main__":
    logging.getLogger("").handlers = []
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.DEBUG)

    config = Config(
        config={
            "sampler": {
                "type": "const",
                "param": 1,
            },
            "logging": True,
        },
        service_name="your-app-name",
        validate=True,
    )
    # The call also sets opentracing.tracer.
    tracer = config.initialize_tracer()

    with tracer.start_span("OuterSpan") as span:
        span.log_kv({"event": "begin", "life": 42})

        with tracer.start_span("InnerSpan", child_of=span) as inner:
            inner.log_kv({"event": "within"})

    # Yields to the event loop of 4.8, which needed time to send the spans.
    time.sleep(2)
    tracer.close()
