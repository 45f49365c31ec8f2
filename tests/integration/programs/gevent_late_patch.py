"""A tracer made before gevent patches the world must not stop it."""

from __future__ import annotations

from tests.integration.programs.make_tracer import make_tracer

tracer = make_tracer(reporter_flush_interval=0.05)

import gevent.monkey  # noqa: E402 - the point of this program

gevent.monkey.patch_all()

import time  # noqa: E402

tracer.start_span("first").finish()
# A cooperative sleep: were the worker to hold the hub, it would never end.
time.sleep(0.2)
tracer.start_span("second").finish()
assert tracer.close().result()
