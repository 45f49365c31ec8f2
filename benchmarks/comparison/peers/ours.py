"""jaeger-client 5, as in this tree."""

from __future__ import annotations

from benchmarks.comparison.peers.opentracing_api import OpenTracingPeer, make_batches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ENOUGH = 1_000_000
"""Maximum size of a payload in bytes, so that a batch becomes one payload."""


class OurPeer(OpenTracingPeer):
    """Sends compact Thrift by UDP."""

    label = "ours"
    encoder = "JaegerCompactEncoder"

    def close(self, timeout: float) -> None:
        """Send all that is left; returns when that is done."""
        self.tracer.close(timeout)

    def make_encoding(self, *, unseen: bool, batches: int) -> Callable[[], int]:
        """Encode as the reporter's worker does, one batch per call."""
        # Here, because the start, which is measured by this module's import, does not
        # need it.
        from jaeger_client import encoding, model  # noqa: PLC0415 - see above

        encoder = getattr(encoding, self.encoder)(model.SpanLosses())
        encoder.set_process(model.Process("benchmark", (("hostname", "here"),)))
        waiting = iter(make_batches(unseen=unseen, batches=batches))

        def encode() -> int:
            payloads = encoder.encode(next(waiting), limit=ENOUGH)
            return sum(len(payload.body) for payload in payloads)

        return encode


class OurPeerOtlp(OurPeer):
    """The same, as OTLP; for `make_encoding` only."""

    label = "ours, OTLP"
    encoder = "OtlpEncoder"


PEER = OurPeer
