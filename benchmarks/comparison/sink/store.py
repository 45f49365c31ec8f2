"""Stores payloads, and decodes them on request."""

from __future__ import annotations

import threading
import time
from collections import Counter

from benchmarks.comparison.sink.count import Count
from benchmarks.comparison.sink.decoding import Arrived, decode

MAX_BYTES = 1_000_000_000
"""Maximum number of bytes that the sink stores undecoded."""


class Store:
    """
    Accepts payloads from any thread and counts the spans in them.

    They are decoded on request, because decoding takes longer than a burst, and would
    use a core that the measurement needs.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._arrived = threading.Condition()
        self._decoding = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._waiting: list[tuple[str, bytes]] = []
        self._size = 0
        self._payloads = 0
        self._spans = 0
        self._distinct: set[Arrived] = set()
        self._error = ""

    def put(self, kind: str, payload: bytes) -> None:
        """Store a payload, unless the limit is exceeded."""
        with self._arrived:
            self._payloads += 1
            if self._size + len(payload) > self._max_bytes:
                self._error = f"more than {self._max_bytes} undecoded bytes arrived"
            else:
                self._size += len(payload)
                self._waiting.append((kind, payload))
            self._arrived.notify_all()

    def reset(self) -> None:
        """Discard all that came."""
        with self._decoding, self._arrived:
            self._clear()

    def count(self) -> Count:
        """Decode what came and count it."""
        with self._decoding:
            while self._waiting:
                with self._arrived:
                    waiting, self._waiting, self._size = self._waiting, [], 0
                for kind, payload in waiting:
                    self._decode(kind, payload)
            names = Counter(span.name for span in self._distinct)
            return Count(
                spans=self._spans,
                distinct=len(self._distinct),
                names=dict(names),
                payloads=self._payloads,
                error=self._error,
            )

    def _decode(self, kind: str, payload: bytes) -> None:
        try:
            spans = list(decode(kind, payload))
        except Exception as exc:  # noqa: BLE001 - whatever a foreign decoder raises
            self._error = f"{kind}: cannot decode {len(payload)} bytes: {exc!r}"
        else:
            self._spans += len(spans)
            self._distinct.update(spans)

    def wait(self, spans: int, quiet: float) -> Count:
        """Count once *spans* spans have arrived, or none came for *quiet* seconds."""
        while (count := self.count()).distinct < spans and self._more_comes(quiet):
            pass
        return count

    def _more_comes(self, quiet: float) -> bool:
        deadline = time.monotonic() + quiet
        with self._arrived:
            return self._arrived.wait_for(
                lambda: bool(self._waiting), deadline - time.monotonic()
            )
