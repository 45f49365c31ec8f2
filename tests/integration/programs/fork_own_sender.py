"""
Forks with a tracer that has a sender of the application, and a second tracer.

The argument is what the sender does after a fork: "raise", or "none": it has no hook.
"""

from __future__ import annotations

import os
import sys

from jaeger_client import ConstSampler, Tracer
from jaeger_client.encoding import Encoder, OtlpEncoder
from jaeger_client.reporter import Reporter, SimpleChannel
from tests.integration.programs.make_tracer import make_tracer


class PlainSender:
    """Discards payloads."""

    max_payload = 1_000_000
    rejected_spans = 0

    def send(self, payload: bytes) -> None:
        """Discard *payload*."""

    def close(self) -> None:
        """Do nothing."""


class FailingSender(PlainSender):
    """Raises after a fork."""

    def after_fork_in_child(self) -> None:
        """Raise."""
        raise OSError


encoder: Encoder = OtlpEncoder()
sender = FailingSender() if sys.argv[1] == "raise" else PlainSender()
channel = SimpleChannel(encoder, sender)  # type: ignore[arg-type]  # lacks the hook  # pyright: ignore[reportArgumentType]
own = Tracer("own", Reporter(channel), ConstSampler(decision=True))
own.start_span("own").finish()
tracer = make_tracer()
tracer.start_span("parent").finish()
assert tracer.flush(10)
child = os.fork()
if not child:
    own.start_span("own").finish()
    tracer.start_span("child").finish()
    os._exit(0 if tracer.flush(10) else 1)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
