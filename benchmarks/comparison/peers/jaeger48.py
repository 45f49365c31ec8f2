"""jaeger-client 4.8.0, the client that ours replaces."""

from __future__ import annotations

import time
from importlib import import_module

from benchmarks.comparison.peers.opentracing_api import OpenTracingPeer, make_batches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class OldPeer(OpenTracingPeer):
    """Sends compact Thrift by UDP."""

    label = "jaeger-client 4.8"

    def close(self, timeout: float) -> None:
        """
        Wait until the old client's event loop has sent what is left.

        Its future belongs to that loop's thread and cannot be waited for from here, so
        it is polled every few milliseconds.
        """
        deadline = time.monotonic() + timeout
        left = self.tracer.close()
        while not left.done() and time.monotonic() < deadline:
            time.sleep(0.005)

    def make_encoding(self, *, unseen: bool, batches: int) -> Callable[[], int]:
        """Create Thrift structs of a batch and write them as its UDP sender does."""
        structs: Any = import_module("jaeger_client.thrift")
        agent: Any = import_module("jaeger_client.thrift_gen.agent.Agent")
        thrift: Any = import_module("thrift.Thrift")
        compact: Any = import_module("thrift.protocol.TCompactProtocol")
        transport: Any = import_module("thrift.transport.TTransport")
        process = structs.make_process("benchmark", {"hostname": "here"}, 1024)
        waiting = iter(make_batches(unseen=unseen, batches=batches))

        def encode() -> int:
            batch = structs.make_jaeger_batch(next(waiting), process)
            buffer = transport.TMemoryBuffer()
            protocol = compact.TCompactProtocol(buffer)
            protocol.writeMessageBegin("emitBatch", thrift.TMessageType.ONEWAY, 0)
            agent.emitBatch_args(batch).write(protocol)
            protocol.writeMessageEnd()
            return len(buffer.getvalue())

        return encode


PEER = OldPeer
