"""Spans before, during and after a fork; the child exits normally."""

from __future__ import annotations

import os
import sys

from tests.integration.programs.make_tracer import make_tracer

tracer = make_tracer()
tracer.start_span("before").finish()
over = tracer.start_span("over")
child = os.fork()
if child == 0:
    tracer.start_span("child", child_of=over).finish()
    sys.exit()
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
tracer.start_span("after", child_of=over).finish()
over.finish()
assert tracer.close().result()
