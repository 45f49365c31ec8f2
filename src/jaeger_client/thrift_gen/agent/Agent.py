"""The service that an agent provides over UDP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jaeger_client.errors import RemovedError

if TYPE_CHECKING:
    from jaeger_client.thrift_gen.jaeger.ttypes import Batch

__all__ = ["Client", "Iface", "Processor"]

_NEEDS_THRIFT: Final = (
    "Agent.%s needs the thrift library, which jaeger-client 5 does not use: %s"
)


class Iface:
    """The methods of the service, for servers to implement."""

    def emitBatch(self, batch: Batch) -> None:
        """Receive the spans of one process. One-way."""
        raise NotImplementedError

    def emitZipkinBatch(self, spans: object) -> None:
        """Receive spans in Zipkin's model. One-way."""
        raise NotImplementedError


class Client(Iface):
    """
    The generated client. It cannot be used.

    Raises:
        RemovedError: Always.
    """

    def __init__(self, *_: object, **__: object) -> None:
        instead = (
            "send spans with jaeger_client.reporter.Reporter, or encode them with "
            "jaeger_client.encoding.JaegerCompactEncoder"
        )
        raise RemovedError(_NEEDS_THRIFT % ("Client", instead))


class Processor(Iface):
    """
    The generated server. It cannot be used.

    Raises:
        RemovedError: Always.
    """

    def __init__(self, *_: object, **__: object) -> None:
        instead = "generate a server from Jaeger's agent.thrift"
        raise RemovedError(_NEEDS_THRIFT % ("Processor", instead))
