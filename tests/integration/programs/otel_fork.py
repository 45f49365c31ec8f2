"""
Forks after the sampler has its strategy; the child gets one of its own.

The arguments are the endpoint, and `os` or `c` for the way to fork.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable

from opentelemetry.context import Context

from jaeger_client.otel import JaegerRemoteSampler
from tests.unit.otel.following import WaitingFactory

# A child of C code hangs if another thread waited for the interpreter lock at the fork.
# This way threads only give it up when they block, so the worker sleeps then.
sys.setswitchinterval(1000)

# PyDLL keeps the interpreter locked, so that the child owns it.
FORKS: dict[str, Callable[[], int]] = {"os": os.fork, "c": ctypes.PyDLL(None).fork}

factory = WaitingFactory()
sampler = JaegerRemoteSampler("bakery", endpoint=sys.argv[1], metrics_factory=factory)


def decide(who: str, count: str) -> None:
    """Make a decision, which starts the polling, and print what is followed then."""
    sampler.should_sample(Context(), 1, "bake")
    factory.wait_for(count)
    print(who, sampler.get_description(), flush=True)


decide("parent", "jaeger:sampler_updates ok")
child = FORKS[sys.argv[2]]()
if not child:
    # The strategy is the same, so it is no update.
    decide("child", "jaeger:sampler_queries ok")
    os._exit(0)
_, status = os.waitpid(child, 0)
sampler.close()
sys.exit(status)
