"""Forks while the background thread imports the HTTP library."""

from __future__ import annotations

import os

from tests.integration.programs.make_tracer import make_tracer

endpoint = os.environ["TEST_ENDPOINT"]
tracer = make_tracer(collector={"endpoint": endpoint}, reporter_flush_interval=0)
tracer.start_span("parent").finish()
child = os.fork()
if child == 0:
    tracer.start_span("child").finish()
    os._exit(0 if tracer.close(timeout=20).result() else 1)
assert tracer.close(timeout=20).result()
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
