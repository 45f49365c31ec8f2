"""
Makes 20,000 spans as fast as it can, with default settings, and closes.

It prints whether all of them left, as the future of `close` says.
"""

from __future__ import annotations

from jaeger_client import Config

SPANS = 20_000


def main() -> None:
    """Make the spans, each a trace of its own with three tags."""
    config = Config(
        config={"sampler": {"type": "const", "param": 1}, "logging": False},
        service_name="burst",
    )
    tracer = config.new_tracer()
    for number in range(SPANS):
        tags = {"number": number, "text": f"span {number}", "even": number % 2 == 0}
        tracer.start_span("burst", tags=tags).finish()
    print(tracer.close().result())


if __name__ == "__main__":
    main()
