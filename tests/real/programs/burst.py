"""
Makes as many spans as `SPANS` says, as fast as it can, and closes.

Settings are the defaults, but for what the environment says. It prints whether
all of them left, as the future of `close` says.
"""

from __future__ import annotations

import os

from jaeger_client import Config

CLOSE_TIMEOUT = 30.0
"""Seconds; 100,000 spans take a machine with two busy cores some of them."""


def main() -> None:
    """Make the spans, each a trace of its own with three tags."""
    config = Config(
        config={"sampler": {"type": "const", "param": 1}, "logging": False},
        service_name="burst",
    )
    tracer = config.new_tracer()
    for number in range(int(os.environ["SPANS"])):
        tags = {"number": number, "text": f"span {number}", "even": number % 2 == 0}
        tracer.start_span("burst", tags=tags).finish()
    print(tracer.close(CLOSE_TIMEOUT).result())


if __name__ == "__main__":
    main()
