"""
The measured application, in the environment of its tracer.

waitress with its default settings serves one handler: a millisecond of Python in a
server span with one child.

Run as a program, with the fields of `Service` as JSON, it prints its port, serves until
its standard input ends, closes the tracer and prints the fields of `Served` as JSON.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from benchmarks.comparison.latency_work import work
from benchmarks.comparison.peers.base import Addresses
from benchmarks.comparison.runner import load_peer

if TYPE_CHECKING:
    from benchmarks.comparison.peers.base import Peer

CLOSE_TIMEOUT = 30.0
"""Maximum number of seconds for the tracer to send what is left."""

Application = Callable[[Mapping[str, object], Callable[..., object]], list[bytes]]


@dataclass(frozen=True, slots=True)
class Service:
    """What to serve."""

    peer: str
    """Module of the tracer among `benchmarks.comparison.peers`."""
    rows: int
    """The application's own work for each request; see `latency_work`."""
    udp_port: int
    http_port: int
    queue_size: int
    """Capacity of the queue, the same for all: enough for every request."""


@dataclass(frozen=True, slots=True)
class Served:
    """The cost."""

    requests: int
    cpu_s: float
    """CPU of the process from its first request until all was sent."""


class Handler:
    """The WSGI application, and how often it was called."""

    def __init__(self, peer: Peer, rows: int, *, is_traced: bool) -> None:
        self._peer = peer
        self._rows = rows
        self._do = self._do_traced if is_traced else self._do_work
        self._lock = threading.Lock()
        self.requests = 0
        self.cpu_start = 0.0

    def __call__(
        self,
        environ: Mapping[str, object],
        start_response: Callable[..., object],
    ) -> list[bytes]:
        """Respond to one request."""
        self._count()
        length = self._peer.serve_request(environ, self._do)
        body = b"%d characters\n" % length
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]

    def _do_work(self) -> int:
        return work(self._rows)

    def _do_traced(self) -> int:
        # The child of the server span, which is active.
        self._peer.root_finish()
        return work(self._rows)

    def _count(self) -> None:
        with self._lock:
            if not self.requests:
                self.cpu_start = time.process_time()
            self.requests += 1


def serve_until_input_ends(handler: Application) -> None:
    """Serve on a free port of 127.0.0.1, and print it."""
    # By import_module, because it has no types and is installed with the peers only.
    waitress: Any = import_module("waitress")
    server = waitress.create_server(handler, host="127.0.0.1", port=0)
    # It logs every request that waits for a thread, which costs time.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    # Not SIGINT, which a process that was started in the background may ignore.
    signal.signal(signal.SIGTERM, end_serving)
    watch = threading.Thread(target=end_with_input, daemon=True)
    watch.start()
    print(server.effective_port, flush=True)
    try:
        # Ends at SystemExit, and its threads with it.
        server.run()
    finally:
        server.close()
    watch.join()


def end_serving(signum: int, frame: object) -> None:
    """End `server.run`; called on the main thread, whatever it waits for."""
    del signum, frame
    raise SystemExit


def end_with_input() -> None:
    """Wait for the end of the standard input, which comes if the parent ends, too."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve as the command line requests, and print the cost."""
    service = Service(**json.loads(sys.argv[1]))
    peer = load_peer(service.peer)
    peer.start(
        Addresses(service.udp_port, service.http_port),
        queue_size=service.queue_size,
    )
    handler = Handler(peer, service.rows, is_traced=service.peer != "limit")
    try:
        serve_until_input_ends(handler)
    finally:
        peer.close(CLOSE_TIMEOUT)
    cpu_s = time.process_time() - handler.cpu_start
    print(json.dumps(asdict(Served(handler.requests, cpu_s))))


if __name__ == "__main__":
    main()
