"""
Creates `SPANS` spans, as fast as possible, and closes.

Settings are the defaults and the environment. It prints whether all spans were sent,
according to the future of `close`.
"""

from __future__ import annotations

import os

from jaeger_client import Config

CLOSE_TIMEOUT = 30.0
"""Timeout in seconds; on a machine with two busy cores, 100,000 spans take several."""


def main() -> None:
    """Create the spans, each a trace of its own with three tags."""
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
