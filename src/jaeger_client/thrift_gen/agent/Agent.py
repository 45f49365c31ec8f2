"""The service that an agent offers over UDP."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaeger_client.thrift_gen.jaeger.ttypes import Batch

__all__ = ["Iface"]


class Iface:
    """What an agent can be told."""

    def emitBatch(self, batch: Batch) -> None:
        """Take the spans of one process. Answers nothing."""
        raise NotImplementedError

    def emitZipkinBatch(self, spans: object) -> None:
        """Take spans of Zipkin's model. Answers nothing."""
        raise NotImplementedError
