"""
Exits with a span for each of the collectors whose URLs are the arguments.

The first argument is the file of the authority to trust. Prints the time when the end
begins; the test compares it with the time when the process has ended.
"""

from __future__ import annotations

import atexit
import sys
import time

from jaeger_client import Config

_, ca_file, *urls = sys.argv
for url in urls:
    settings = {
        "sampler": {"type": "const", "param": 1},
        "collector": {"endpoint": url, "ca_file": ca_file},
        # Longer than the test may take: a process that waits for it fails.
        "reporter_timeout": 300,
    }
    tracer = Config(settings, service_name="exit").new_tracer()
    tracer.start_span("last span").finish()
atexit.register(lambda: print(time.monotonic(), flush=True))
