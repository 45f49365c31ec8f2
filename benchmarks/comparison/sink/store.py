"""Keeps payloads as they come, and decodes them when somebody asks."""

from __future__ import annotations

import threading
import time
from collections import Counter

from benchmarks.comparison.sink.count import Count
from benchmarks.comparison.sink.decoding import Arrived, decode

MOST_BYTES = 1_000_000_000
"""What the sink holds undecoded before it gives up."""


class Store:
    """
    Takes payloads from any thread and counts the spans in them.

    Decoding waits until somebody asks: it takes longer than a burst does, and
    would take a core from what is measured.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
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
        """Keep a payload, unless that would be too much."""
        with self._arrived:
            self._payloads += 1
            if self._size + len(payload) > self._most_bytes:
                self._error = f"more than {self._most_bytes} bytes came undecoded"
            else:
                self._size += len(payload)
                self._waiting.append((kind, payload))
            self._arrived.notify_all()

    def reset(self) -> None:
        """Forget all that came."""
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
        """Count once so many spans are there, or none came for *quiet* seconds."""
        while (count := self.count()).distinct < spans and self._more_comes(quiet):
            pass
        return count

    def _more_comes(self, quiet: float) -> bool:
        deadline = time.monotonic() + quiet
        with self._arrived:
            return self._arrived.wait_for(
                lambda: bool(self._waiting), deadline - time.monotonic()
            )
