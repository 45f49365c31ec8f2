"""Measures how the memory of a program grows while it repeats the same operations."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count, islice
from pathlib import Path

from jaeger_client import Tracer

WARM_UP = 3
"""Number of blocks before the first measurement."""
BLOCKS = 9
"""Number of blocks that are measured."""
FLUSH_TIMEOUT = 60.0

_PAGE = os.sysconf("SC_PAGE_SIZE")


def rss() -> int:
    """Return the resident memory in bytes, without free memory of the allocator."""
    with suppress(AttributeError):  # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE


def measure(
    block: Callable[[], object], operations: int, *, traced: bool = True
) -> None:
    """
    Print the memory after each run of *block*, which performs *operations* operations.

    `rss` is the resident memory. `traced` is what Python's allocators have allocated
    since the first block, by `tracemalloc`; it is 0 if *traced* is false, because
    tracing makes everything several times slower.
    """
    if traced:
        tracemalloc.start()
    figures: dict[str, list[int]] = {"rss": [], "traced": []}
    for number in range(WARM_UP + BLOCKS):
        block()
        gc.collect()
        if number >= WARM_UP:
            figures["rss"].append(rss())
            figures["traced"].append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    print(json.dumps({"operations": operations, **figures}))


def texts() -> Iterator[str]:
    """Yield texts that are all different: most are short, some long, a few huge."""
    for number in count():
        if number % 1_000 == 999:
            yield f"{number:0200000}"
        elif number % 10 == 9:
            yield f"{number:01000}"
        else:
            yield f"text {number}"


def repeat(operations: int, step: Callable[[str], object]) -> Callable[[], None]:
    """Return a block that calls *step* with *operations* different texts."""
    source = texts()

    def block() -> None:
        for text in islice(source, operations):
            step(text)

    return block


def flushed(tracer: Tracer, block: Callable[[], object]) -> Callable[[], None]:
    """Return *block*, followed by a flush of *tracer*."""

    def block_and_flush() -> None:
        block()
        tracer.flush(FLUSH_TIMEOUT)

    return block_and_flush


def discarding_agent() -> int:
    """Return a port where every datagram is received and discarded."""
    agent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    agent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    agent.bind(("127.0.0.1", 0))

    def receive() -> None:
        buffer = bytearray(70_000)
        while agent.recv_into(buffer):
            pass

    threading.Thread(target=receive, daemon=True).start()
    return int(agent.getsockname()[1])
