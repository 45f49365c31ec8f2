"""Report a span to each of the endpoints, then print the version of urllib3."""

from __future__ import annotations

import importlib.metadata
import sys

from jaeger_client import Config

ca_file, *endpoints = sys.argv[1:]
for endpoint in endpoints:
    config = {
        "sampler": {"type": "const", "param": 1},
        "collector": {"endpoint": endpoint, "ca_file": ca_file},
    }
    tracer = Config(config, service_name="bakery").new_tracer()
    tracer.start_span("bake").finish()
    assert tracer.flush(10)
    tracer.close(10)
print(importlib.metadata.version("urllib3"))
