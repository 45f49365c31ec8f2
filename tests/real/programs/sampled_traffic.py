"""
Creates traces on request, sampled by the strategy of a Jaeger.

Each line of its input is a number: so many traces of one span are created and sent. The
response is a line of JSON: how many of them were sampled by which type of sampler, and
the type and parameter of a decision made after them. Trace ids come from a fixed seed,
which is reset for each line. All other settings are read from the environment.
"""

from __future__ import annotations

import json
import sys
from collections import Counter

from jaeger_client import Config, Tracer

OPERATION = "work"
SEED = 20_261_128


def make_traces(tracer: Tracer, number: int) -> Counter[str]:
    """Create *count* traces, and count those sampled by the sampler's type."""
    tracer.random.seed(SEED)
    sampled = Counter()
    for _ in range(number):
        with tracer.start_span(OPERATION) as span:
            if span.is_sampled():
                tags = {tag.key: tag.vStr for tag in span.tags}
                sampled[tags["sampler.type"]] += 1
    tracer.flush(10.0)
    return sampled


def main() -> None:
    """Respond to each line until the input ends."""
    tracer = Config({"logging": False}).new_tracer()
    for line in sys.stdin:
        sampled = make_traces(tracer, int(line))
        _, tags = tracer.sampler.is_sampled(2**64 - 1, OPERATION)
        print(json.dumps({"sampled": sampled, "tags": tags}), flush=True)
    tracer.close()


if __name__ == "__main__":
    main()
