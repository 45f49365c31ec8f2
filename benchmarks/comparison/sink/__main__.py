"""
A process that receives spans over real sockets and counts them.

It prints its ports as a line of JSON, and ends when its standard input does, so that it
never outlives the process that started it.
"""

from __future__ import annotations

import json
import sys

from benchmarks.comparison.sink.servers import ControlServer, Datagrams, HttpServer
from benchmarks.comparison.sink.store import Store


def main() -> None:
    """Serve until standard input ends."""
    store = Store()
    datagrams = Datagrams(store)
    http = HttpServer(store)
    control = ControlServer(store)
    ports = {
        "udp": datagrams.port,
        "http": http.server_address[1],
        "control": control.server_address[1],
    }
    print(json.dumps(ports), flush=True)
    sys.stdin.read()
    for server in (datagrams, http, control):
        server.close()


if __name__ == "__main__":
    main()
