"""A socket in place of an agent; decodes with another project's Thrift library."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tests.foreign.decoders import decode_emit_batch

if TYPE_CHECKING:
    from typing_extensions import Self

_TIMEOUT = 20.0


class SpanSink:
    """Receives datagrams on 127.0.0.1 until closed, and stores their spans."""

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self._arrived = threading.Condition()
        self._datagrams: list[bytes] = []
        self._batches: list[Any] = []
        self._thread = threading.Thread(target=self._take, name="span sink")
        self._thread.start()

    def _take(self) -> None:
        # Decoded on demand, because decoding takes longer than a burst.
        while datagram := self._socket.recv(70_000):
            with self._arrived:
                self._datagrams.append(datagram)
                self._arrived.notify_all()

    def _decode(self) -> list[Any]:
        while self._datagrams:
            self._batches.append(decode_emit_batch(self._datagrams.pop(0)))
        return self._batches

    @property
    def batches(self) -> list[Any]:
        """The batches that have arrived, as Jaeger's structs."""
        with self._arrived:
            return list(self._decode())

    @property
    def spans(self) -> list[Any]:
        """The spans of all batches so far."""
        return [span for batch in self.batches for span in batch.spans]

    @property
    def names(self) -> list[str]:
        """The operation names of all spans so far, sorted."""
        return sorted(span.operationName for span in self.spans)

    def wait_for(self, count: int) -> bool:
        """Wait until *count* spans have arrived; return whether they have."""
        with self._arrived:
            return self._arrived.wait_for(
                lambda: sum(len(batch.spans) for batch in self._decode()) >= count,
                _TIMEOUT,
            )

    def __enter__(self) -> Self:
        """Return the sink itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the thread by an empty datagram, after everything that came before it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(_TIMEOUT)
        self._socket.close()
