"""
Imports a tracer and starts it, in a process that has imported almost nothing.

A separate program, because all that the runner imports would be loaded already: `python
-m benchmarks.comparison.running.start PEER UDP_PORT HTTP_PORT`.
"""

from __future__ import annotations

import importlib
import sys
import time


def memory_now() -> float:
    """Return the memory of this process in MiB."""
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - pathlib costs 5 ms
        return int(statm.read().split()[1]) * 4096 / 2**20


def main() -> None:
    """Print a line of JSON with the cost."""
    name, udp_port, http_port = sys.argv[1:]
    before = memory_now()
    wall, process = time.perf_counter(), time.process_time()
    base = importlib.import_module("benchmarks.comparison.peers.base")
    module = importlib.import_module(f"benchmarks.comparison.peers.{name}")
    peer = module.PEER()
    peer.start(base.Addresses(int(udp_port), int(http_port)))
    wall = time.perf_counter() - wall
    process = time.process_time() - process
    after = memory_now()
    peer.close(5)

    import json  # noqa: PLC0415 - see above

    figures = {
        "wall_ms": wall * 1e3,
        "process_ms": process * 1e3,
        "memory_mb": after,
        "growth_mb": after - before,
        "started": 0,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
